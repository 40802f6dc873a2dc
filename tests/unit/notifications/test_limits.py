"""How many attempts a bot may be spoken to with, and what a batch holds back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.batches import Batch, deliver_each
from notifications.limits import RateLimit
from notifications.message import Failed, Held, Message, Sent

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def seconds_before(*seconds: float) -> list[datetime]:
    return [NOON - timedelta(seconds=ago) for ago in seconds]


def a_message(number: int, *, to: str = "a", thread: str | None = "t") -> Message:
    return Message(id=f"d{number}", address=to, subject="s", body="b", thread=thread)


def test_a_bot_may_be_spoken_to_twenty_times_a_minute() -> None:
    assert RateLimit().free([], NOON) == 20
    assert RateLimit().free(seconds_before(*range(1, 20)), NOON) == 1
    assert RateLimit().free(seconds_before(*range(1, 31)), NOON) == 0


def test_an_attempt_counts_for_a_whole_minute_and_no_longer() -> None:
    limit = RateLimit(count=1)
    assert limit.free(seconds_before(59.9), NOON) == 0
    assert limit.free(seconds_before(60), NOON) == 1


def test_the_next_attempt_is_due_when_the_oldest_that_stands_in_the_way_counts_no_more() -> None:
    limit = RateLimit(count=2, per=timedelta(seconds=10))
    assert limit.next_at(seconds_before(3), NOON) == NOON
    assert limit.next_at(seconds_before(1, 8, 4), NOON) == NOON + timedelta(seconds=6)


@given(st.lists(st.integers(0, 300), max_size=80), st.integers(1, 30))
def test_at_the_instant_named_there_is_room_and_just_before_there_is_none(ages: list[int], count: int) -> None:
    limit = RateLimit(count=count)
    attempts = seconds_before(*ages)
    next_at = limit.next_at(attempts, NOON)
    assert limit.free(attempts, next_at) > 0
    if next_at > NOON:
        assert limit.free(attempts, next_at - timedelta(microseconds=1)) == 0


@given(st.lists(st.integers(0, 120), max_size=60))
def test_using_what_is_free_never_passes_the_limit_in_any_minute(waits: list[int]) -> None:
    limit = RateLimit(count=5)
    now, attempts = NOON, list[datetime]()
    for wait in waits:
        now += timedelta(seconds=wait)
        attempts += [now] * limit.free(attempts, now)
    for first in attempts:
        assert len([at for at in attempts if first <= at < first + limit.per]) <= 5


def test_a_failed_message_holds_back_only_its_own_thread_at_its_own_address() -> None:
    messages = [
        a_message(1),
        a_message(2),
        a_message(3, to="b"),
        a_message(4, thread="u"),
        a_message(5, thread=None),
        a_message(6, thread=None),
    ]

    def deliver_one(message: Message, batch: Batch) -> None:
        if message.id in {"d1", "d5"}:
            batch.failed(message, "timeout", again=True)
        else:
            batch.sent(message)

    outcomes = deliver_each(messages, deliver_one)
    assert outcomes == [
        Failed("d1", "timeout", True),
        Held("d2", "held back"),
        Sent("d3"),
        Sent("d4"),
        Failed("d5", "timeout", True),
        Sent("d6"),
    ]


def test_a_message_that_is_given_up_holds_nobody_back() -> None:
    def deliver_one(message: Message, batch: Batch) -> None:
        if message.id == "d1":
            batch.failed(message, "smtp 550", again=False)
        else:
            batch.sent(message)

    assert deliver_each([a_message(1), a_message(2)], deliver_one) == [Failed("d1", "smtp 550", False), Sent("d2")]


def test_a_defect_met_with_one_message_is_not_the_others_end_and_tells_nothing_of_it() -> None:
    def deliver_one(message: Message, batch: Batch) -> None:
        if message.id == "d1":
            raise ValueError("CANARY")
        batch.sent(message)

    outcomes = deliver_each([a_message(1), a_message(2, to="b")], deliver_one)
    assert outcomes == [Failed("d1", "defect ValueError", True), Sent("d2")]


def test_stopping_the_process_is_no_defect_of_a_message() -> None:
    def deliver_one(message: Message, batch: Batch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_each([a_message(1)], deliver_one)
