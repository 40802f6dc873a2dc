"""Where a term ends, found by walking the days one by one (handbook, chapter 4: D1 to D13).

The engine counts with tables and adds up suspended days; here every day is looked at and nothing is added up.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from tests.oracle.days import ONE_DAY, Days

CHINA = timezone(timedelta(hours=8))
"""Asia/Shanghai has been eight hours ahead of UTC, without summer time, in all the years that are asked about."""

Suspensions = Collection[tuple[date, date | None]]
Extensions = Collection[int]


@dataclass(frozen=True, slots=True)
class End:
    """The last day before and after rolling, the instant from which one is late, whether a day was guessed."""

    nominal_on: date
    effective_on: date
    due_at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """How a term is counted: whether its first day counts, and where an end on a day off goes (None: the default)."""

    start_included: bool = False
    roll: str | None = None


def day_of(at: datetime) -> date:
    """Return the day of an instant in China."""
    return at.astimezone(CHINA).date()


def begin_of(day: date) -> datetime:
    """Return the instant at which a day begins in China, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA).astimezone(UTC)


def end_of_term(
    days: Days, term: str, start_at: datetime, rule: Rule, suspensions: Suspensions, extensions: Extensions
) -> End:
    """Return where a term ends: a period, ``on`` a date or ``at`` an instant that was given."""
    days.guessed = False
    still = _still(suspensions)
    kind, _, given = term.partition(" ")
    if kind == "on":
        return _given_day(days, date.fromisoformat(given), still, extensions)
    if kind == "at":
        return _given_instant(days, datetime.fromisoformat(given), still, extensions)
    number, unit = re_period(term)
    if unit == "hour":
        return _hours(start_at.astimezone(CHINA), number + 24 * sum(extensions), still)
    nominal = _nominal(days, day_of(start_at), number, unit, rule, still)
    for _day in range(sum(extensions)):  # D10: on top of the nominal end, in calendar days
        nominal = _next(nominal, still)
    roll = rule.roll or "next"
    if unit == "working day" and not extensions:  # D7: ends on a working day by construction
        roll = "none"
    return _ended(days, nominal, _rolled(days, nominal, roll, still))


def _nominal(days: Days, start: date, number: int, unit: str, rule: Rule, still: set[date]) -> date:
    """Return the last day that counts (D1, D2, D7, D9): the start is day 0, or day 1 where it is included."""
    if unit == "month":
        number = _days_of_months(start, number, included=rule.start_included)
    day = start - ONE_DAY if rule.start_included else start
    counted = 0
    while counted < number:
        day += ONE_DAY
        if unit == "working day" and not days.works(day):
            continue
        if day not in still:
            counted += 1
    return day


def _days_of_months(start: date, months: int, *, included: bool) -> int:
    """Return of how many days so many months consist, found by walking to the corresponding day (D2)."""
    day, passed, walked = start, 0, 0
    while passed < months:
        day += ONE_DAY
        walked += 1
        passed += day.day == 1
    while day.day < start.day and (day + ONE_DAY).month == day.month:
        day += ONE_DAY
        walked += 1
    if not included:
        return walked
    # Counted from its first day on, a month ends on the day before the corresponding one; a month end stays one.
    return walked if day.day == start.day else walked + 1


def _next(day: date, still: set[date]) -> date:
    day += ONE_DAY
    while day in still:
        day += ONE_DAY
    return day


def _rolled(days: Days, day: date, roll: str, still: set[date]) -> date:
    """Return the end moved off a day off, and off days on which the clock stands still on the way (D3)."""
    if roll == "none" or days.works(day):
        return day
    step = ONE_DAY if roll == "next" else -ONE_DAY
    while not days.works(day) or day in still:
        day += step
    return day


def _given_day(days: Days, day: date, still: set[date], extensions: Extensions) -> End:
    """D12: a given date does not roll; only what suspension or extension added to it does."""
    moved = _moved(day, still, extensions)
    return _ended(days, moved, moved if moved == day else _rolled(days, moved, "next", still))


def _given_instant(days: Days, at: datetime, still: set[date], extensions: Extensions) -> End:
    day = day_of(at)
    moved = _moved(day, still, extensions)
    return End(moved, moved, at.astimezone(UTC) + (moved - day), False)


def _moved(day: date, still: set[date], extensions: Extensions) -> date:
    """Return a given day later by the days on which the clock stood still before it was over, and by extensions."""
    left = sum(extensions)
    # A day that was given is not counted from anywhere: whatever stood still up to it moves it (D9).
    left += sum(1 for each in still if each <= day)
    while left:
        day += ONE_DAY
        if day not in still:
            left -= 1
    return day


def _hours(start: datetime, hours: int, still: set[date]) -> End:
    """D8: from the minute on, no roll; a day on which the clock stands still gives no time at all (D9)."""
    at, left = start, timedelta(hours=hours)
    while left:
        midnight = begin_of(at.date() + ONE_DAY).astimezone(CHINA)
        passed = timedelta(0) if at.date() in still else min(left, midnight - at)
        left -= passed
        at = midnight if left or passed == timedelta(0) else at + passed
    return End(at.date(), at.date(), at.astimezone(UTC), False)


def _ended(days: Days, nominal: date, effective: date) -> End:
    return End(nominal, effective, begin_of(effective + ONE_DAY), days.guessed)


def _still(suspensions: Suspensions) -> set[date]:
    """Return the days on which the clock stood still: each once, the day on which it ran again not (D9, X15)."""
    found = set()
    for begin, until in suspensions:
        day = begin
        while until is not None and day < until:
            found.add(day)
            day += ONE_DAY
    return found


_PERIOD = re.compile(r"(\d+) (working day|day|month|hour)s?")


def re_period(text: str) -> tuple[int, str]:
    """Return number and unit of a period."""
    match = _PERIOD.fullmatch(text)
    assert match is not None, text
    return int(match[1]), match[2]
