"""How often may be guessed: counted through, attack by attack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from engine.access.throttle import BY_STRANGERS, FROM_ONE_SOURCE, SECOND_FACTOR, Pace, Try, seconds_to_wait, tries

HOUR = 3600
DAY = 24 * HOUR


class Counter:
    """Buckets as the database keeps them."""

    def __init__(self) -> None:
        self.kept: dict[str, list[int]] = defaultdict(list)

    def take(self, asked: tuple[Try, ...], at: int) -> bool:
        if any(seconds_to_wait(one.pace, [at - then for then in self.kept[one.bucket]]) for one in asked):
            return False
        for one in asked:
            self.kept[one.bucket].append(at)
        return True


def worst_hour(taken: list[int]) -> int:
    return max(sum(1 for other in taken if at <= other < at + HOUR) for at in taken)


@pytest.mark.parametrize("sources", [1, 3, 500])
def test_an_account_is_guessed_at_most_twenty_times_in_any_hour(sources: int) -> None:
    """An attacker who asks every second for a day, from many addresses and from a browser that is known."""
    counter = Counter()
    taken = []
    for at in range(0, DAY, 1 if sources < 500 else 5):
        known = at % 2 == 0
        source = f"source-{at % sources}"
        if counter.take(tries("password", "victim", source=source, known=known), at):
            taken.append(at)
    assert 5 <= worst_hour(taken) <= 20


def test_the_wait_grows_from_the_fourth_try_on() -> None:
    waits = [seconds_to_wait(FROM_ONE_SOURCE, [0.0] * failed) for failed in range(8)]
    assert waits == [0, 0, 0, 15, 30, 60, 120, 240]
    assert seconds_to_wait(FROM_ONE_SOURCE, [0.0] * 8) == HOUR


def test_time_spent_waiting_counts() -> None:
    assert seconds_to_wait(FROM_ONE_SOURCE, [14.0, 300, 300]) == 1
    assert seconds_to_wait(FROM_ONE_SOURCE, [15.0, 300, 300]) == 0
    assert seconds_to_wait(FROM_ONE_SOURCE, [HOUR] * 20) == 0


def test_one_source_alone_keeps_nobody_out_elsewhere() -> None:
    counter = Counter()
    for at in range(DAY):
        counter.take(tries("password", "victim", source="attacker", known=False), at)
        if at % 600 == 599:
            assert _waits(counter, "elsewhere", at) <= 900, "the victim gets in within a quarter of an hour"


def test_a_browser_that_was_let_in_before_is_never_kept_out_by_strangers() -> None:
    counter = Counter()
    for at in range(0, HOUR, 3):
        counter.take(tries("password", "victim", source=f"bot-{at}", known=False), at)
    assert not counter.take(tries("password", "victim", source="new", known=False), HOUR - 1)
    assert counter.take(tries("password", "victim", source="bot-0", known=True), HOUR - 1)


def test_nobody_is_kept_out_for_good() -> None:
    counter = Counter()
    for at in range(0, DAY, 3):
        counter.take(tries("password", "victim", source=f"bot-{at}", known=False), at)
    assert counter.take(tries("password", "victim", source="home", known=False), DAY + HOUR)


def test_a_flood_from_one_source_is_stopped_whatever_names_it_tries() -> None:
    counter = Counter()
    taken = [at for at in range(HOUR) if counter.take(tries("password", f"name-{at}", source="bot", known=False), at)]
    assert len(taken) == 300


def test_passwords_and_activation_codes_do_not_share_an_account_s_bucket() -> None:
    counter = Counter()
    for at in range(HOUR):
        counter.take(tries("password", "victim", source=f"bot-{at}", known=False), at)
    assert counter.take(tries("activate", "victim", source="home", known=False), HOUR - 1)


def test_where_sources_cannot_be_told_apart_the_account_s_bucket_is_left() -> None:
    assert list(_buckets(None)) == ["password/account/a"]
    assert list(_buckets("s")) == ["password/account/a", "password/pair/a/s", "source/s"]


@pytest.mark.parametrize("pace", [FROM_ONE_SOURCE, BY_STRANGERS, SECOND_FACTOR])
def test_no_pace_waits_longer_than_its_window(pace: Pace) -> None:
    assert all(seconds_to_wait(pace, [0.5] * failed) <= HOUR for failed in range(100))


def _buckets(source: str | None) -> Iterator[str]:
    return (one.bucket for one in tries("password", "a", source=source, known=False))


def _waits(counter: Counter, source: str, at: int) -> int:
    asked = tries("password", "victim", source=source, known=False)
    return max(seconds_to_wait(one.pace, [at - then for then in counter.kept[one.bucket]]) for one in asked)
