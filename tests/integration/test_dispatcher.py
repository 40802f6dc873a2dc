"""Deliveries on their way out: what a channel is given, what becomes of its answers, and what a crash leaves behind."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

from engine.case.case import Case
from engine.case.codec import instant, microseconds
from engine.case.identity import CaseId
from engine.ledger.commitments import NullSealer
from engine.service.case_rows import row_of
from engine.service.notice_ports import CaseDelivery
from engine.service.notices import expand_all
from engine.storage.urls import sqlite_path
from engine.text import Language
from notifications.dispatcher import LEASE, NO_ANSWER, Dispatched, Dispatcher
from notifications.limits import RateLimit
from notifications.message import Failed, Message, Outcome, Sent
from notifications.phrasing import WITHHELD, Phrasing
from notifications.rendering import NoticeValues, render
from tests.support.builders import ROOT, at
from tests.support.notices import NOON, RULES, Hall, a_world, an_errand, open_hall, outbox
from tests.support.storage import change, table

CASE = CaseId("case-1")
CANARY = "金丝雀七三一"


@dataclass(slots=True)
class FakeChannel:
    """Keeps what it is given and answers what ``answer`` says, "sent" without one."""

    name: str = "mail"
    given: list[Message] = field(default_factory=list)
    answer: Callable[[Message], Outcome | None] = lambda message: Sent(message.id)

    def deliver(self, messages: Sequence[Message]) -> list[Outcome]:
        self.given.extend(messages)
        answers = [self.answer(message) for message in messages]
        return [answer for answer in answers if answer is not None]


@pytest.fixture
def hall(sqlite_database: str) -> Iterator[Hall]:
    with open_hall(sqlite_database) as hall:
        prepare(hall)
        yield hall


def prepare(hall: Hall) -> None:
    """Let Li, the clerk, be told by mail."""
    hall.people("zhao", "li clerk@plant", "wang")
    hall.by_mail("li")


def a_dispatcher(hall: Hall, channel: FakeChannel) -> Dispatcher:
    numbers = itertools.count(os.getpid() << 32 | threading.get_ident() & 0xFFFF_FFFF, 1 << 64)

    def random(count: int) -> bytes:
        return bytes(2) if count == 2 else next(numbers).to_bytes(count, "big")

    phrasing = Phrasing(
        office=hall,
        reads=hall.reads,
        sealer=NullSealer(),
        world=lambda _root: a_world(),
        page_of=lambda case: f"https://banjie.example/cases/{case}",
    )
    return Dispatcher(phrasing=phrasing, channel=channel, random=random)


@dataclass(slots=True)
class FakeBots(FakeChannel):
    """Bots that may be spoken to three times a minute."""

    name: str = "wecom"

    def limit(self, _address: str) -> RateLimit:
        return RateLimit(count=3)


def queue(hall: Hall, *names: str, case: Case | None = None, kind: str = "notice") -> None:
    """Bring it about that people are told, by what the steps of a case write."""
    case = case or an_errand("case-1", "zhao")
    rows = [outbox(case.id, seq, name, kind, when=hall.clock) for seq, name in enumerate(names, 1)]
    hall.keep(case, outbox=rows)
    expand_all(hall, hall.reads, a_world(), ROOT)


def lines(hall: Hall, case: str = CASE) -> list[CaseDelivery]:
    return list(hall.reads.deliveries_of_case(ROOT, CaseId(case)))


def test_a_delivery_is_said_sent_and_kept_as_sent(hall: Hall) -> None:
    queue(hall, "registered")
    channel = FakeChannel()

    assert a_dispatcher(hall, channel).run_until_idle(ROOT) == Dispatched(taken=1, sent=1)
    [message] = channel.given
    assert message.address == "li@example.org"
    assert (message.language, message.thread) == ("zh", CASE)
    assert "食堂" in message.subject + message.body
    assert "https://banjie.example/cases/case-1" in message.body
    assert [(line.state, line.attempts, line.settled_at) for line in lines(hall)] == [("sent", 1, microseconds(NOON))]
    assert a_dispatcher(hall, channel).run_until_idle(ROOT) == Dispatched()


def test_what_failed_waits_ever_longer_under_the_same_id_and_is_given_up_with_the_reason(hall: Hall) -> None:
    queue(hall, "registered")
    channel = FakeChannel(answer=lambda message: Failed(message.id, "smtp 451", again=True))
    waits = []
    for _attempt in range(8):
        a_dispatcher(hall, channel).run_until_idle(ROOT)
        waits.append((instant(lines(hall)[0].due_at) - hall.clock).total_seconds())
        hall.clock = max(instant(lines(hall)[0].due_at), hall.clock)

    assert waits[:7] == [30, 120, 480, 1920, 7680, 21600, 21600]
    assert len(channel.given) == 8
    assert len({message.id for message in channel.given}) == 1
    [line] = lines(hall)
    assert (line.state, line.attempts, line.reason) == ("given_up", 8, "smtp 451")


def test_what_is_refused_for_good_has_failed_at_once(hall: Hall) -> None:
    queue(hall, "registered")
    channel = FakeChannel(answer=lambda message: Failed(message.id, "smtp 550 " + "很" * 9000, again=False))

    assert a_dispatcher(hall, channel).run_until_idle(ROOT) == Dispatched(taken=1, failed=1)
    assert lines(hall)[0].state == "failed"
    assert len(lines(hall)[0].reason or "") == 200


def test_a_message_the_channel_says_nothing_of_is_tried_again(hall: Hall) -> None:
    queue(hall, "registered")
    a_dispatcher(hall, FakeChannel(answer=lambda _message: None)).run_until_idle(ROOT)

    assert [(line.state, line.reason) for line in lines(hall)] == [("queued", NO_ANSWER)]


def test_of_one_case_the_order_is_kept_also_when_the_first_fails(hall: Hall, sqlite_database: str) -> None:
    queue(hall, "registered", "handed", "registered")
    refuse = iter([True, False, False, False])
    channel = FakeChannel(
        answer=lambda message: Failed(message.id, "timeout", again=True) if next(refuse) else Sent(message.id)
    )
    dispatcher = a_dispatcher(hall, channel)
    dispatcher.run_until_idle(ROOT)
    assert len(channel.given) == 1
    hall.clock += timedelta(minutes=1)
    dispatcher.run_until_idle(ROOT)

    in_order = table(sqlite_database, "SELECT message_id FROM delivery ORDER BY seq")
    assert [(message.id,) for message in channel.given[1:]] == in_order


def test_nothing_of_a_confidential_case_leaves_the_house(hall: Hall) -> None:
    hall.deputed("li", "wang")
    hall.by_mail("wang", language="en")
    hall.by_mail("zhao", digest="daily")
    secret = an_errand("case-1", "zhao", data={"subject": CANARY, "level": "secret"})
    queue(hall, "registered", case=secret)
    queue(
        hall, "reply/red", kind="rung", case=an_errand("case-2", data={"subject": CANARY, "accused_units": ["canteen"]})
    )
    channel = FakeChannel()
    a_dispatcher(hall, channel).run_until_idle(ROOT)
    hall.clock = at("2026-03-05", 8, 30)
    a_dispatcher(hall, channel).run_until_idle(ROOT)

    assert sorted(message.address.partition("@")[0] for message in channel.given) == [
        "li",
        "li",
        "wang",
        "wang",
        "zhao",
    ]
    assert CANARY not in repr(channel.given)
    assert "姓名" not in repr(channel.given)
    assert "case-" not in repr(channel.given)


@pytest.mark.parametrize(
    "named", [{"accused_units": ["plant"]}, {"accused_people": ["li"]}, {"recused_people": ["li"]}]
)
def test_who_is_complained_about_or_recused_after_it_was_queued_is_not_told(
    hall: Hall, sqlite_database: str, named: dict[str, JsonValue]
) -> None:
    hall.people("sun clerk@works")
    hall.by_mail("zhao")
    hall.deputed("li", "wang")
    hall.by_mail("wang")
    queue(hall, "registered")
    later = an_errand("case-1", "zhao", data={"subject": CANARY, **named})
    body = row_of(later, RULES.for_new("errand")).body
    change(sqlite_database, f"UPDATE cases SET body = '{body}'")
    channel = FakeChannel()

    assert a_dispatcher(hall, channel).run_until_idle(ROOT) == Dispatched(taken=3, sent=1, failed=2)
    assert [message.address for message in channel.given] == ["zhao@example.org"]
    assert [(line.person, line.state, line.reason) for line in lines(hall)] == [
        ("li", "failed", WITHHELD),
        ("wang", "failed", WITHHELD),
        ("zhao", "sent", None),
    ]


def test_a_substitute_reads_in_whose_place(hall: Hall) -> None:
    hall.deputed("li", "wang")
    hall.by_mail("wang")
    queue(hall, "registered")
    channel = FakeChannel()
    a_dispatcher(hall, channel).run_until_idle(ROOT)

    bodies = {message.address: message.body for message in channel.given}
    assert "li的姓名" in bodies["wang@example.org"]
    assert "li的姓名" not in bodies["li@example.org"]


def test_a_day_of_notices_is_one_message_and_a_red_rung_does_not_wait_for_it(hall: Hall) -> None:
    hall.by_mail("li", digest="daily")
    queue(hall, "registered", "handed")
    queue(hall, "registered", case=an_errand("case-2", data={"subject": "班车"}))
    queue(hall, "reply/red", kind="rung", case=an_errand("case-3", data={"subject": "浴室"}))
    channel = FakeChannel()
    dispatcher = a_dispatcher(hall, channel)
    dispatcher.run_until_idle(ROOT)
    assert [message.thread for message in channel.given] == ["case-3"]

    hall.clock = at("2026-03-05", 8, 30)
    assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=3, sent=3)
    digest = channel.given[-1]
    assert len(channel.given) == 2
    assert "3" in digest.subject
    assert digest.body.count("食堂") >= 2
    assert "班车" in digest.body
    assert {line.state for line in lines(hall) + lines(hall, "case-2")} == {"sent"}


def test_a_digest_that_failed_goes_again_under_the_same_id(hall: Hall) -> None:
    hall.by_mail("li", digest="daily")
    queue(hall, "registered", "handed")
    hall.clock = at("2026-03-05", 8, 30)
    refuse = iter([True, False])
    channel = FakeChannel(
        answer=lambda message: Failed(message.id, "timeout", again=True) if next(refuse) else Sent(message.id)
    )
    a_dispatcher(hall, channel).run_until_idle(ROOT)
    hall.clock += timedelta(minutes=1)
    a_dispatcher(hall, channel).run_until_idle(ROOT)

    assert len(channel.given) == 2
    assert channel.given[0] == channel.given[1]


def test_what_cannot_be_put_into_words_stops_nothing_else(hall: Hall) -> None:
    queue(hall, "registered")
    queue(hall, "registered", case=an_errand("case-2", "zhao", data={"subject": "班车"}))

    def stumbling(
        template: str, values: NoticeValues, language: Language, *, confidential: bool = False
    ) -> tuple[str, str]:
        if values.subject == "食堂":
            raise KeyError(template)
        return render(template, values, language, confidential=confidential)

    channel = FakeChannel()
    dispatcher = a_dispatcher(hall, channel)
    object.__setattr__(dispatcher.phrasing, "render", stumbling)

    assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=2, sent=1, again=1)
    assert [(line.state, line.reason) for line in lines(hall)] == [("queued", "unsayable KeyError")]


def test_a_slow_channel_gives_back_what_it_would_send_without_a_lease(hall: Hall) -> None:
    for number in range(30):
        queue(hall, "registered", case=an_errand(f"case-{number}"))

    def slow(message: Message) -> Outcome:
        hall.clock += timedelta(seconds=20)
        return Sent(message.id)

    channel = FakeChannel(answer=slow)
    done = a_dispatcher(hall, channel).run(ROOT)

    # 25 messages of 20 s leave less than half of the ten minutes: the second slice is not begun.
    assert done == Dispatched(taken=30, sent=25, given_back=5)
    back = [line for number in range(30) for line in lines(hall, f"case-{number}") if line.state == "queued"]
    assert [(line.attempts, line.reason) for line in back] == [(0, None)] * 5


def send_and_die(url: str, sent: Path) -> None:
    """Dispatch in a process of its own that is killed after sending, before the outcome is written."""

    def deadly(message: Message) -> Outcome:
        sent.write_text(message.id)
        os.kill(os.getpid(), signal.SIGKILL)
        return Sent(message.id)

    with open_hall(url) as hall:
        a_dispatcher(hall, FakeChannel(answer=deadly)).run_until_idle(ROOT)


def test_a_crash_between_sending_and_writing_leads_to_the_same_message_again(any_database: str, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    with open_hall(any_database) as hall:
        prepare(hall)
        queue(hall, "registered")
    worker = multiprocessing.get_context("spawn").Process(target=send_and_die, args=(any_database, sent))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL

    with open_hall(any_database) as hall:
        channel = FakeChannel()
        dispatcher = a_dispatcher(hall, channel)
        assert dispatcher.run_until_idle(ROOT) == Dispatched()
        hall.clock = NOON + LEASE
        assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=1, sent=1)
        assert [message.id for message in channel.given] == [sent.read_text()]
        assert [(line.state, line.attempts) for line in lines(hall)] == [("sent", 2)]


def test_several_dispatchers_at_once_send_everything_once(any_database: str) -> None:
    with open_hall(any_database) as hall:
        prepare(hall)
        cases = [an_errand(f"case-{number:03}") for number in range(300)]
        hall.keep(*cases, outbox=[outbox(case.id, seq) for case in cases for seq in (1, 2)])
        expand_all(hall, hall.reads, a_world(), ROOT)
        channels = [FakeChannel() for _worker in range(3)]
        failures: list[BaseException] = []

        def work(channel: FakeChannel) -> None:
            try:
                if sqlite_path(any_database) is not None:  # a file has one writer, whom all workers share
                    a_dispatcher(hall, channel).run_until_idle(ROOT)
                    return
                with open_hall(any_database) as own:
                    a_dispatcher(own, channel).run_until_idle(ROOT)
            except BaseException as error:
                failures.append(error)
                raise

        threads = [threading.Thread(target=work, args=(channel,)) for channel in channels]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        a_dispatcher(hall, channels[0]).run_until_idle(ROOT)

    given = [message.id for channel in channels for message in channel.given]
    assert len(given) == len(set(given)) == 600
