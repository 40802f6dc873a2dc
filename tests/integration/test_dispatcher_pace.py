"""What a dispatcher does when a channel can take no more: it asks first, holds back, and counts no attempt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from engine.case.codec import instant
from engine.service.notice_times import ATTEMPTS_MAX
from engine.service.notice_writes import SetPreference
from notifications.dispatcher import Dispatched
from notifications.limits import RateLimit
from notifications.message import Failed, Held, Message, Outcome, Sent
from tests.integration.test_dispatcher import FakeBots, FakeChannel, a_dispatcher, lines, prepare, queue
from tests.support.builders import ROOT, at
from tests.support.notices import Hall, a_preference, an_errand, open_hall


@pytest.fixture
def hall(any_database: str) -> Iterator[Hall]:
    with open_hall(any_database) as hall:
        prepare(hall)
        yield hall


def by_bot(hall: Hall, person: str, bot: str, **parts: Any) -> None:
    hall.write([SetPreference(a_preference(person, channel="wecom", address=bot, **parts))])


def queue_cases(hall: Hall, count: int, *, first: int = 0) -> None:
    for number in range(first, first + count):
        queue(hall, "registered", case=an_errand(f"case-{number}", data={"subject": f"第{number}号"}))


def test_a_bot_is_given_what_its_limit_leaves_and_the_rest_is_not_even_taken(hall: Hall) -> None:
    by_bot(hall, "li", "office")
    queue_cases(hall, 5)
    bots = FakeBots()
    dispatcher = a_dispatcher(hall, bots)

    assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=3, sent=3)
    hall.clock += timedelta(seconds=59)
    assert dispatcher.run_until_idle(ROOT) == Dispatched()
    hall.clock += timedelta(seconds=1)
    assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=2, sent=2)
    assert [
        line.attempts for number in range(5) for line in lines(hall, f"case-{number}") if line.channel == "wecom"
    ] == [1] * 5


def test_each_bot_has_its_own_limit_and_a_full_one_keeps_no_other_waiting(hall: Hall) -> None:
    by_bot(hall, "li", "office")
    by_bot(hall, "wang", "workshop")
    hall.deputed("li", "wang")
    queue_cases(hall, 2)
    bots = FakeBots()
    a_dispatcher(hall, bots).run_until_idle(ROOT)
    assert sorted(message.address for message in bots.given) == ["office"] * 2 + ["workshop"] * 2


def test_what_another_worker_sent_within_the_minute_counts_too(hall: Hall) -> None:
    by_bot(hall, "li", "office")
    queue_cases(hall, 2)
    a_dispatcher(hall, FakeBots()).run_until_idle(ROOT)
    queue_cases(hall, 2, first=2)
    other = FakeBots()
    assert a_dispatcher(hall, other).run_until_idle(ROOT) == Dispatched(taken=1, sent=1)


def test_attempts_that_failed_count_against_the_limit_because_the_platform_counts_them(hall: Hall) -> None:
    by_bot(hall, "li", "office")
    queue_cases(hall, 5)
    bots = FakeBots(answer=lambda message: Failed(message.id, "errcode -1", again=True))
    dispatcher = a_dispatcher(hall, bots)
    assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=3, again=3)
    assert dispatcher.run_until_idle(ROOT) == Dispatched()


def test_an_outage_of_any_length_brings_nothing_nearer_to_being_given_up(hall: Hall) -> None:
    queue_cases(hall, 2)
    away = FakeChannel(answer=lambda message: Held(message.id, "connection failed"))
    dispatcher = a_dispatcher(hall, away)
    for _minute in range(ATTEMPTS_MAX * 3):
        assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=2, held=2)
        hall.clock += timedelta(minutes=1)

    assert [(one.state, one.attempts, one.reason) for one in lines(hall, "case-0") + lines(hall, "case-1")] == [
        ("queued", 0, "connection failed")
    ] * 2
    back = FakeChannel()
    assert a_dispatcher(hall, back).run_until_idle(ROOT) == Dispatched(taken=2, sent=2)
    assert {message.id for message in back.given} == {message.id for message in away.given}


def test_what_was_held_back_is_looked_at_again_after_half_a_minute(hall: Hall) -> None:
    queue_cases(hall, 1)
    a_dispatcher(hall, FakeChannel(answer=lambda message: Held(message.id, "held back"))).run_until_idle(ROOT)
    assert instant(lines(hall, "case-0")[0].due_at) - hall.clock == timedelta(seconds=30)


def test_attempts_made_before_an_outage_still_count(hall: Hall) -> None:
    queue_cases(hall, 1)
    answers: list[type[Failed] | type[Held]] = [Failed, Held, Failed]

    def answer(message: Message) -> Outcome:
        kind = answers.pop(0)
        return (
            Held(message.id, "smtp 421 on connecting") if kind is Held else Failed(message.id, "smtp 451", again=True)
        )

    for attempts in (1, 1, 2):
        a_dispatcher(hall, FakeChannel(answer=answer)).run_until_idle(ROOT)
        [line] = lines(hall, "case-0")
        assert (line.state, line.attempts) == ("queued", attempts)
        hall.clock = instant(line.due_at)


def test_a_day_too_long_for_one_message_goes_in_two_and_only_as_many_as_the_limit_leaves(hall: Hall) -> None:
    by_bot(hall, "li", "office", digest="daily")
    queue_cases(hall, 250)
    hall.clock = at("2026-03-05", 8, 30)
    sent: list[Message] = []

    class TwoAMinute(FakeBots):
        def limit(self, _address: str) -> RateLimit:
            return RateLimit(count=2)

    bots = TwoAMinute(answer=lambda message: sent.append(message) or Sent(message.id))  # type: ignore[func-returns-value]  # notes and answers
    dispatcher = a_dispatcher(hall, bots)
    # 250 notices are three messages of at most a hundred.
    assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=250, sent=200, given_back=50)
    hall.clock += timedelta(minutes=1)
    assert dispatcher.run_until_idle(ROOT) == Dispatched(taken=50, sent=50)
    assert len(sent) == 3
