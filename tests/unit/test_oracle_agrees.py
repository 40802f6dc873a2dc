"""Engine and oracle, two ways of computing the same dates and rungs, agree on generated lives of deadlines.

``make campaign`` plays 100,000 of them; the number of a case that differs is enough to play it again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest

from engine.calendar.calendar import Calendar
from tests.oracle.cases import Life, a_life
from tests.support.agreement import BothCalendars, both_calendars, disagreements

SEED, CASES = 20260302, 2_000


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> list[BothCalendars]:
    return both_calendars(tmp_path_factory.mktemp("calendars"))


def test_engine_and_oracle_agree_on_two_thousand_lives_of_deadlines(calendars: list[BothCalendars]) -> None:
    assert list(disagreements(SEED, range(CASES), calendars)) == []


def test_a_calendar_that_differs_in_one_day_is_found_out(calendars: list[BothCalendars]) -> None:
    off_by_a_day = [replace(calendars[0], engine=calendars[1].engine), *calendars[1:]]
    assert 0 < len(list(disagreements(SEED, range(CASES), off_by_a_day))) < CASES


def test_the_lives_hold_everything_that_can_happen_to_a_deadline() -> None:
    lives = [a_life(Random(f"{SEED}/{number}"), number, 6) for number in range(CASES)]
    words = {word for life in lives for word in life.term.split() if word.isalpha()}
    assert words == {"working", "days", "months", "hours", "on", "at"}
    assert {life.rule.roll for life in lives} == {None, "none", "next", "previous"}
    assert {life.rule.start_included for life in lives} == {True, False}
    assert {deed.kind for life in lives for deed in life.deeds} == {
        "look",
        "suspend",
        "resume",
        "extend",
        "cap",
        "correct",
        "stop",
        "cancel",
    }
    assert sum(overlapping(life) for life in lives) > CASES // 50
    assert sum(life.started_at.year == 2026 and life.started_at.month >= 9 for life in lives) > CASES // 5


def overlapping(life: Life) -> bool:
    """Return whether two suspensions of a life have a day in common."""
    spans = sorted(life.suspended_before)
    return any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def test_both_read_the_same_days_from_the_files(calendars: list[BothCalendars]) -> None:
    for both in calendars:
        assert worked(both.engine) == {day for day in every_day() if both.days.works(day)}


def worked(calendar: Calendar) -> set[date]:
    return {day for day in every_day() if calendar.is_working_day(day)}


def every_day() -> list[date]:
    return [date(2024, 1, 1) + timedelta(days=number) for number in range(366 + 365 + 365 + 365)]
