"""The scenarios of notices: the product's own jobs on a database of their own, and a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_bdd import given, scenarios, then, when

from engine.access.directory import Deputation
from engine.calendar.term import SHANGHAI
from engine.case.commands import OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.absences import key_of, taken_back
from engine.service.execute import Done
from engine.service.house_notices import HOUSE, HOUSE_NOTICES
from engine.service.notice_inbox import Notices
from engine.service.notice_ports import InboxLine
from engine.service.notice_recipients import announced
from engine.service.plain import AddDeputation, done_by
from tests.acceptance.steps_common import sentence
from tests.support.house import ROOT, House
from tests.support.mail_server import Post, mail_server
from tests.support.post_house import PostHouse, open_post_house, text_of
from tests.support.wording import day

scenarios("../../features/notices")

WHO: Final = {"工会办公室": "shen", "罗小山": "luo", "后勤服务中心负责人": "lai"}
PERSON: Final = rf"(?P<who>{'|'.join(WHO)})"
AT: Final = r"DAY(?P<hour>\d\d):(?P<minute>\d\d)"
QUIET: Final = (time(22), time(7))


@dataclass(slots=True)
class ShyPost(Post):
    """A mail server that does not take the first texts."""

    refusals: int = 0
    refused: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd finds its hooks by these names
        """Refuse for now as often as it is shy, then take what comes."""
        if self.refused < self.refusals:
            self.refused += 1
            return "451 try again later"
        return await Post.handle_DATA(self, server, session, envelope)


@dataclass(slots=True)
class Letters:
    """A house that is opened by the first sentence that needs it, and the mails that left it, with their instants."""

    folder: Path
    post: ShyPost
    closing: ExitStack
    now: datetime | None = None
    opened: PostHouse | None = None
    cases: list[CaseId] = field(default_factory=list)
    sent: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def house(self) -> PostHouse:
        if self.opened is None:
            assert self.now is not None, "先说现在是什么时间"
            self.opened = self.closing.enter_context(
                open_post_house(
                    f"sqlite:///{self.folder}/house.db",
                    self.now,
                    mail_host="127.0.0.1",
                    mail_port=self.post.port,
                    mail_security="plain",
                    mail_from="a@union.example.cn",
                )
            )
        return self.opened

    @property
    def inner(self) -> House:
        return self.house.house

    def work(self) -> None:
        """Let the jobs run till nothing waits; what leaves is noted with the instant at which it left."""

        def note() -> None:
            for mail in self.post.taken[len(self.sent) :]:
                self.sent.append((self.house.clock.now().astimezone(SHANGHAI), f"{mail['Subject']}\n{text_of(mail)}"))

        self.house.work_until_nothing_waits(note)

    def inbox(self, who: str) -> list[InboxLine]:
        self.work()
        desk = self.inner.desk
        actor = desk.queries.actor(ROOT, PersonId(WHO[who]), self.house.clock.now())
        return list(Notices(desk.reads).inbox(ROOT, actor).lines)


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Letters]:
    post = ShyPost()
    with mail_server(post), ExitStack() as closing:
        yield Letters(tmp_path, post, closing)


@given(sentence(f"现在是{AT}"))
def _now(letters: Letters, on: str, hour: str, minute: str) -> None:
    assert letters.opened is None, "时间须在一切之前说明"
    letters.now = _instant(on, hour, minute)


@given(sentence(rf"{PERSON}设了邮箱(?:，(?P<how>免打扰时段为22:00至7:00|每日汇总))?"))
def _has_mail(letters: Letters, who: str, how: str | None) -> None:
    quiet = {"quiet_from": 22 * 60, "quiet_until": 7 * 60} if how is not None and "免打扰" in how else {}
    digest = "daily" if how == "每日汇总" else "none"
    letters.house.tell(WHO[who], "mail", f"{WHO[who]}@union.example.cn", digest=digest, **quiet)


@given(sentence(rf"{PERSON}自(?P<first>[^至]+)至(?P<last>[^外]+)外出，由罗小山代理"))
def _is_away(letters: Letters, who: str, first: str, last: str) -> None:
    letters.inner.desk.office.write(
        [
            AddDeputation(
                Deputation(
                    root=ROOT,
                    principal=PersonId(WHO[who]),
                    deputy=PersonId(WHO["罗小山"]),
                    from_on=day(first),
                    until_on=day(last),
                )
            )
        ]
    )


@when(sentence(rf"{PERSON}撤回外出登记"))
def _is_back(letters: Letters, who: str) -> None:
    """Take back what is running or to come, as the page does it."""
    desk, person = letters.inner.desk, PersonId(WHO[who])
    letters.work()
    [absence] = [one for one in desk.reads.deputations(ROOT, person) if one.principal == person]
    today = letters.house.clock.now().astimezone(SHANGHAI).date()
    desk.office.write(done_by(taken_back(desk.reads, ROOT, person, key_of(absence), today), person))
    letters.house.jobs.schedule("tell")


@given("邮件服务器头两次拒收")
def _refuses(letters: Letters) -> None:
    letters.post.refusals = 2


@when("代表提交一件提案")
def _submits(letters: Letters) -> None:
    case = letters.inner.open("shi", {"proposer_type": "delegation"})
    letters.inner.fire("shi", case, "submit")
    letters.cases.append(case)


@given("提案已交办后勤服务中心")
def _assigned(letters: Letters) -> None:
    case = letters.inner.filed()
    letters.inner.fire("shen", case, "assign", {"lead": "logistics"})
    letters.cases.append(case)
    letters.work()


@when(sentence(r"提案逾期，启动“(?P<rung>[^“”]+)”"))
def _is_late(letters: Letters, rung: str) -> None:
    """Let the sweep come whenever something is due, as it does every minute, until this rung was raised."""
    case = letters.inner.desk.reads.cases(ROOT, letters.cases)[0]
    while (clock := case.clock("reply")) is not None and "red" not in clock.rungs:
        assert clock.rung_at is not None, rung
        letters.house.clock.set(clock.rung_at)
        letters.work()
        [case] = letters.inner.desk.reads.cases(ROOT, letters.cases)


@when(sentence(r"职工提出一件保密诉求“(?P<subject>[^“”]+)”"))
def _complains(letters: Letters, subject: str) -> None:
    desk = letters.inner.desk
    command = OpenCase(
        root=ROOT,
        actor=desk.queries.actor(ROOT, PersonId("shi"), letters.house.clock.now()),
        key="complaint",
        workflow="grievance",
        unit=UnitId("works"),
        form={
            "subject": subject,
            "content": "采购价格长期高于市价。",
            "channel": "wechat",
            "confidentiality": "confidential",
        },
    )
    [answer] = desk.office.carry_out([command])
    assert isinstance(answer, Done), answer


@when("后台任务重复执行")
def _again(letters: Letters) -> None:
    for _turn in range(3):
        letters.work()
        for kind in letters.house.registry.handlers:
            letters.house.jobs.schedule(kind)


@then(sentence(rf"{PERSON}的收件箱有(?P<count>\d+)条“(?P<title>[^“”]+)”(?:，注明代(?P<principal>沈若棠))?"))
def _in_the_inbox(letters: Letters, who: str, count: str, title: str, principal: str | None) -> None:
    of_house = title in {notice.title.zh for notice in HOUSE_NOTICES.values()}
    lines = [line for line in letters.inbox(who) if (line.notice.kind == HOUSE) is of_house]
    if of_house:
        lines = [line for line in lines if _title(letters, line) == title]
    assert [_title(letters, line) for line in lines] == [title] * int(count)
    assert {line.notice.acting_for for line in lines} == {None if principal is None else "shen"}


@then(sentence(rf"{PERSON}的收件箱没有“(?P<title>[^“”]+)”"))
def _not_in_the_inbox(letters: Letters, who: str, title: str) -> None:
    assert title not in {_title(letters, line) for line in letters.inbox(who)}


@then("没有发出邮件")
def _nothing_left(letters: Letters) -> None:
    assert letters.post.taken == []


@then(sentence(rf"{AT}发出(?P<count>\d+)封邮件，内有“(?P<words>[^“”]+)”"))
def _mailed(letters: Letters, on: str, hour: str, minute: str, count: str, words: str) -> None:
    letters.work()
    assert [(at, words in text) for at, text in letters.sent] == [(_instant(on, hour, minute), True)] * int(count)


@then(sentence(r"免打扰时段内发出邮件，内有“(?P<words>[^“”]+)”"))
def _mailed_by_night(letters: Letters, words: str) -> None:
    found = [at.time() for at, text in letters.sent if words in text]
    assert len(found) == 1
    assert found[0] >= QUIET[0] or found[0] < QUIET[1], found


@then(sentence(r"邮件(?P<says>写明|不提)“(?P<words>[^“”]+)”"))
def _mail_says(letters: Letters, says: str, words: str) -> None:
    [(_at, text)] = letters.sent
    assert (words in text) is (says == "写明")


@then(sentence(r"共发出(?P<count>\d+)封邮件"))
def _in_all(letters: Letters, count: str) -> None:
    letters.work()
    assert len(letters.post.taken) == int(count)
    assert letters.post.refused == letters.post.refusals


def _instant(on: str, hour: str, minute: str) -> datetime:
    return datetime.combine(day(on), time(int(hour), int(minute)), SHANGHAI).astimezone(UTC)


def _title(letters: Letters, line: InboxLine) -> str:
    if line.notice.kind == HOUSE:
        return HOUSE_NOTICES[line.notice.name].title.zh
    rules = letters.inner.desk.world(ROOT).rules
    found = announced(rules.newest(line.workflow or "proposal"), line.notice.kind, line.notice.name)
    assert found is not None
    return found.title.text.zh
