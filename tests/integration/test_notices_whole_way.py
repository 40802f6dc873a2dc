"""The whole way of a notice, from a step in a case to servers with bad days: none lost, none twice without cause."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from engine.case.identity import CaseId
from tests.support.hook_server import HookServer, Reply, hook_server, json_reply
from tests.support.house import ROOT as CASE_ROOT
from tests.support.mail_server import mail_server
from tests.support.post_house import FlakyPost, PostHouse, open_post_house
from tests.support.storage import table

CASES = 22
OK = json_reply({"errcode": 0})
BOTS_PER_MINUTE = 20
"""What WeCom allows a group bot (path/91770)."""


def bad_days(seed: int, good: Reply, *bad: Reply) -> list[Reply]:
    """Return what a server answers: every third or fourth time something bad, and in the end only what is good."""
    dice = random.Random(seed)
    weights = [70, *[30 / len(bad)] * len(bad)]
    return [dice.choices([good, *bad], weights)[0] for _ in range(CASES * 8)] + [good]


HOOK_DAYS = bad_days(
    7, Reply(), Reply(instead="lost"), Reply(instead="refused"), Reply(status=503), Reply(instead="late")
)
WECOM_DAYS = bad_days(
    9, OK, Reply(instead="lost"), json_reply({"errcode": -1}), json_reply({"errcode": 45009}), Reply(status=500)
)


@contextmanager
def servers(url: str) -> Iterator[tuple[PostHouse, FlakyPost, HookServer, HookServer]]:
    """Open a house with a mail server, a receiver of webhooks and a bot's platform, all of which have bad days."""
    with mail_server(FlakyPost(seed=3)) as post, hook_server(*HOOK_DAYS) as oa, hook_server(*WECOM_DAYS) as wecom:
        assert isinstance(post, FlakyPost)
        with open_post_house(
            url,
            mail_host="127.0.0.1",
            mail_port=post.port,
            mail_security="plain",
            mail_from="banjie@union.example.cn",
            webhooks=f"oa {oa.origin}/notices geheim",
            wecom_bots="office key-of-the-bot",
            wecom_url=wecom.origin,
            internal_origins=f"{oa.origin} {wecom.origin}",
        ) as house:
            house.tell("shi", "mail", "shi@union.example.cn")
            house.tell("shi", "webhook", "oa")
            house.tell("shen", "mail", "shen@union.example.cn")
            house.tell("shi", "wecom", "office")
            house.tell("shen", "wecom", "office")
            yield house, post, oa, wecom


@pytest.mark.slow
def test_every_notice_arrives_and_a_second_time_only_where_the_answer_was_lost(any_database: str) -> None:
    uncommitted: list[str] = []
    asked_at: list[datetime] = []

    def look(message_id: str) -> None:
        """Look, on a connection of its own, whether the step that a mail tells of was committed."""
        told = message_id.strip("<>").partition("@")[0]
        entries = 'SELECT 1 FROM delivery d JOIN ledger_entry e ON e.root = d.root AND e."case" = d."case"'
        if not table(any_database, f"{entries} AND e.seq = d.seq WHERE d.message_id = '{told}'"):
            uncommitted.append(message_id)

    with servers(any_database) as (house, post, oa, wecom):
        post.on_text = look
        post.sender_answer = "421 too busy"
        cases = [house.house.filed(form={"subject": f"第{number:02}号测试提案"}) for number in range(CASES)]
        assert post.texts == len(oa.requests) == len(wecom.requests) == 0

        def after_turn() -> None:
            post.sender_answer = "250 OK"
            asked_at.extend([house.clock.now()] * (len(wecom.requests) - len(asked_at)))

        house.work_until_nothing_waits(after_turn)
        states = Counter((line.channel, line.state) for line in house.deliveries(*cases))
        names = {case: house.house.desk.reads.cases(CASE_ROOT, [case])[0].data["subject"] for case in cases}

    # A registered proposal is told to proposer and union office, the result of its review to the proposer.
    assert states == {("mail", "sent"): 3 * CASES, ("webhook", "sent"): 2 * CASES, ("wecom", "sent"): 3 * CASES}
    assert uncommitted == []
    _check_mails(post, names)
    _check_hooks(oa, cases)
    _check_bot(wecom, asked_at, sorted(map(str, names.values())))


def _check_mails(post: FlakyPost, names: Mapping[CaseId, object]) -> None:
    arrived = Counter(str(mail["Message-ID"]) for mail in post.taken)
    assert len(arrived) == 3 * CASES
    assert {id_: times - 1 for id_, times in arrived.items() if times > 1} == {
        id_: times for id_, times in post.lost.items() if times
    }
    assert min(sum(post.lost.values()), post.refused) > 0, "the days were not bad enough to prove anything"
    subjects: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mail in post.taken:
        subject = str(mail["Subject"])
        name = next(str(name) for name in names.values() if str(name) in subject)
        if subject not in subjects[str(mail["To"]), name]:
            subjects[str(mail["To"]), name].append(subject)
    for (to, _name), in_order in subjects.items():
        wanted = ["提案已登记", "审查结果通知"] if to.startswith("shi@") else ["提案已登记"]
        assert [next(title for title in wanted if title in subject) for subject in in_order] == wanted


def _check_hooks(oa: HookServer, cases: list[CaseId]) -> None:
    taken = [
        request
        for request, reply in zip(oa.requests, oa.replied, strict=True)
        if reply.instead in {None, "late", "lost"} and reply.status == 200
    ]
    lost = Counter(
        request.headers["Idempotency-Key"]
        for request, reply in zip(oa.requests, oa.replied, strict=True)
        if reply.instead == "lost"
    )
    arrived = Counter(request.headers["Idempotency-Key"] for request in taken)
    assert len(arrived) == 2 * CASES
    assert lost
    assert {key: times - 1 for key, times in arrived.items() if times > 1} == lost
    in_order: dict[object, list[str]] = defaultdict(list)
    for request in taken:
        key = request.headers["Idempotency-Key"]
        if key not in in_order[request.json["thread"]]:
            in_order[request.json["thread"]].append(key)
    titles = {request.headers["Idempotency-Key"]: str(request.json["subject"]) for request in taken}
    assert set(in_order) == set(cases)
    for keys in in_order.values():
        assert ["提案已登记" in titles[keys[0]], "审查结果通知" in titles[keys[1]]] == [True, True]


def _check_bot(wecom: HookServer, asked_at: list[datetime], names: list[str]) -> None:
    """A group bot knows no key: that a text came once more is told by the text itself."""
    taken: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for request, reply in zip(wecom.requests, wecom.replied, strict=True):
        name = next(name for name in names if name in request.body.decode())
        taken[name] += reply is OK or reply.instead == "lost"
        lost[name] += reply.instead == "lost"
    assert taken == Counter(dict.fromkeys(names, 3)) + lost
    assert len(asked_at) == len(wecom.requests) > BOTS_PER_MINUTE
    for at in asked_at:
        within = [other for other in asked_at if at <= other < at + timedelta(minutes=1)]
        assert len(within) <= BOTS_PER_MINUTE
