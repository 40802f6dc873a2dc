"""The oracle gives the dates of the handbook's worked examples, which were counted by hand (domain, chapter 4)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.oracle.clock import OracleClock
from tests.oracle.dates import CHINA, Rule, end_of_term
from tests.oracle.days import read_days
from tests.oracle.rungs import Rung
from tests.support.builders import CALENDARS

HANDBOOK = (
    ("E01", "15 days", "2026-06-05", "2026-06-20", "2026-06-22"),
    ("E02", "60 days", "2026-03-02", "2026-05-01", "2026-05-06"),
    ("E05 make-up day", "30 days", "2026-01-15", "2026-02-14", "2026-02-14"),
    ("E05 holiday", "30 days", "2026-01-16", "2026-02-15", "2026-02-24"),
    ("E06", "5 working days", "2026-02-11", "2026-02-25", "2026-02-25"),
    ("E07", "15 working days", "2026-09-18", "2026-10-15", "2026-10-15"),
    ("E08", "7 working days", "2026-04-28", "2026-05-11", "2026-05-11"),
    ("E10 month", "1 month", "2026-01-31", "2026-02-28", "2026-02-28"),
    ("E10 days", "30 days", "2026-01-31", "2026-03-02", "2026-03-02"),
    ("E11 months", "3 months", "2026-07-01", "2026-10-01", "2026-10-08"),
    ("E12 days", "90 days", "2026-03-20", "2026-06-18", "2026-06-18"),
    ("E12 months", "3 months", "2026-03-20", "2026-06-20", "2026-06-22"),
    ("E17", "90 days", "2026-07-06", "2026-10-04", "2026-10-08"),
    ("E21", "3 working days", "2026-05-02", "2026-05-08", "2026-05-08"),
    ("E24 a Sunday", "on 2026-03-15", "2026-03-02", "2026-03-15", "2026-03-15"),
)
Moved = tuple[str, str, str, list[tuple[str, str]], list[int], str, str]
MOVED: tuple[Moved, ...] = (
    ("E03", "60 days", "2026-08-03", [], [30], "2026-11-01", "2026-11-02"),
    ("E04", "30 days", "2026-04-01", [("2026-04-13", "2026-04-20")], [], "2026-05-08", "2026-05-08"),
    ("E09", "15 working days", "2026-03-02", [("2026-03-10", "2026-03-17")], [], "2026-03-30", "2026-03-30"),
    ("E13", "90 days", "2026-03-20", [], [30], "2026-07-18", "2026-07-20"),
    ("E15", "45 days", "2026-03-10", [], [15], "2026-05-09", "2026-05-09"),
    (
        "E09 stopped twice over the same days",
        "15 working days",
        "2026-03-02",
        [("2026-03-10", "2026-03-17"), ("2026-03-12", "2026-03-14")],
        [],
        "2026-03-30",
        "2026-03-30",
    ),
)
DAYS = read_days(CALENDARS)


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), CHINA).replace(hour=hour).astimezone(UTC)


@pytest.mark.parametrize(("case", "term", "start", "nominal", "effective"), HANDBOOK, ids=[row[0] for row in HANDBOOK])
def test_terms_end_where_the_handbook_says(case: str, term: str, start: str, nominal: str, effective: str) -> None:
    end = end_of_term(DAYS, term, at(start), Rule(), (), ())
    assert (end.nominal_on.isoformat(), end.effective_on.isoformat(), end.provisional) == (nominal, effective, False)


@pytest.mark.parametrize(
    ("case", "term", "start", "stood", "extensions", "nominal", "effective"), MOVED, ids=[row[0] for row in MOVED]
)
def test_suspended_and_extended_terms_end_where_the_handbook_says(
    case: str,
    term: str,
    start: str,
    stood: list[tuple[str, str]],
    extensions: list[int],
    nominal: str,
    effective: str,
) -> None:
    spans = [(date.fromisoformat(begin), date.fromisoformat(until)) for begin, until in stood]
    end = end_of_term(DAYS, term, at(start), Rule(), spans, extensions)
    assert (end.nominal_on.isoformat(), end.effective_on.isoformat()) == (nominal, effective)


def test_hours_run_through_a_holiday_to_the_minute_as_in_e22() -> None:
    end = end_of_term(DAYS, "24 hours", at("2026-09-30", 16), Rule(), (), ())
    assert end.due_at == at("2026-10-01", 16)


def test_a_term_over_the_end_of_the_year_is_provisional_as_in_e25() -> None:
    # Eleven working days to 31 December; then 4, 5, 6 and 7 January 2027, since the 1st is a Friday and off.
    end = end_of_term(DAYS, "15 working days", at("2026-12-16"), Rule(), (), ())
    assert (end.effective_on.isoformat(), end.provisional) == ("2027-01-07", True)


def test_the_ladder_of_e20_stands_on_its_days() -> None:
    ladder = (
        Rung("blue", 1, "before", "7 days"),
        Rung("yellow", 2, "after", "1 day"),
        Rung("red", 3, "after", "15 days"),
        Rung("black", 4, "after", "30 days"),
    )
    clock = OracleClock("on 2026-10-08", Rule(), ladder, at("2026-07-10"))
    clock.start(DAYS)
    days = []
    while clock.next_at is not None:
        now = clock.next_at
        clock.tend(DAYS, now)
        days.append(now.astimezone(CHINA).date().isoformat())
    assert days == ["2026-09-30", "2026-10-09", "2026-10-23", "2026-11-09"]
    assert clock.raised == ["blue", "yellow", "red", "black"]
