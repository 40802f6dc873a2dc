"""Day arithmetic on the calendar: the end of a counted leg, with suspended days taken out, and the roll at the end.

A term is one leg, or two when it was extended. Nothing here knows instants or zones.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from engine.calendar.calendar import Calendar
from engine.calendar.term import Direction, ExtensionBase, Roll, StartDay, Term, merged
from engine.definition.period import Period, PeriodUnit

Spans = Sequence[tuple[date, date]]
_ONE_DAY = timedelta(days=1)
_MONTHS_OF_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One counted stretch: ``first_on`` is the first day that counts, ``end_on`` the last; 0 units count no day."""

    period: Period
    first_on: date
    end_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A term counted out in days. ``rolled_base_on`` is given when the extension was added to a rolled end (D10)."""

    legs: tuple[Leg, ...]
    suspended: Spans
    nominal_on: date
    effective_on: date
    rolled_base_on: date | None


def count(calendar: Calendar, start_on: date, term: Term) -> Count:
    """Count ``term`` (not in hours) from ``start_on``: period, then extension, then one roll (D1, D2, D7, D9, D10)."""
    suspended = merged(term.suspensions)
    first = _leg(calendar, start_on, term.period, term, suspended, included=term.start_day is StartDay.INCLUDED)
    legs: tuple[Leg, ...] = (first,)
    base = None
    if term.extension is not None:
        if term.extension_base is ExtensionBase.EFFECTIVE:
            base = roll_day(calendar, first.end_on, term.effective_roll, suspended)
        legs = (first, _leg(calendar, base or first.end_on, term.extension, term, suspended, included=False))
    nominal_on = legs[-1].end_on
    return Count(
        legs=legs,
        suspended=suspended,
        nominal_on=nominal_on,
        effective_on=roll_day(calendar, nominal_on, term.effective_roll, suspended),
        rolled_base_on=base,
    )


def roll_day(calendar: Calendar, on: date, roll: Roll, suspended: Spans = ()) -> date:
    """Move a day off to the working day ``roll`` asks for; a working day stays (D3, D11).

    A clock that stands still while the end is being rolled holds it: the end then falls on no suspended day.
    """
    if roll is Roll.NONE or calendar.is_working_day(on):
        return on
    if roll is Roll.NEXT:
        found = calendar.working_day_from(on, 1)
        for from_on, until_on in suspended:
            if from_on <= found < until_on:
                found = calendar.working_day_from(until_on, 1)
        return found
    found = calendar.working_day_until(on, 1)
    for from_on, until_on in reversed(suspended):
        if from_on <= found < until_on:
            found = calendar.working_day_until(from_on - _ONE_DAY, 1)
    return found


def _leg(calendar: Calendar, start_on: date, period: Period, term: Term, suspended: Spans, *, included: bool) -> Leg:
    if term.direction is Direction.BACKWARD:
        first = start_on if included else start_on - _ONE_DAY
        return Leg(period=period, first_on=first, end_on=_backward(calendar, start_on, first, period))
    first = start_on if included else start_on + _ONE_DAY
    end = _forward(calendar, start_on, first, period)
    if period.count:
        end = _moved(calendar, first, end, period.unit, suspended)
    return Leg(period=period, first_on=first, end_on=end)


def _forward(calendar: Calendar, start_on: date, first: date, period: Period) -> date:
    if period.count == 0:
        return start_on
    if period.unit is PeriodUnit.WORKING_DAYS:
        return calendar.working_day_from(first, period.count)
    if period.unit is PeriodUnit.DAYS:
        return first + timedelta(days=period.count - 1)
    end, corresponds = _months_later(start_on, period.count)
    # A month counted from its first day on ends the day before the corresponding one; a month end stays a month end.
    return end - _ONE_DAY if corresponds and first == start_on else end


def _backward(calendar: Calendar, start_on: date, first: date, period: Period) -> date:
    if period.count == 0:
        return start_on
    if period.unit is PeriodUnit.WORKING_DAYS:
        return calendar.working_day_until(first, period.count)
    if period.unit is PeriodUnit.DAYS:
        return first - timedelta(days=period.count - 1)
    end, _ = _months_later(start_on, -period.count)
    return end + _ONE_DAY if first == start_on else end


def _months_later(on: date, months: int) -> tuple[date, bool]:
    """Return the corresponding day and True; without one, the last day of that month and False (D2; CC Art.202)."""
    index = on.year * _MONTHS_OF_YEAR + on.month - 1 + months
    year, month = index // _MONTHS_OF_YEAR, index % _MONTHS_OF_YEAR + 1
    last_day = gregorian.monthrange(year, month)[1]
    return date(year, month, min(on.day, last_day)), on.day <= last_day


def _moved(calendar: Calendar, first: date, end: date, unit: PeriodUnit, suspended: Spans) -> date:
    """Move ``end`` by the days (working days, where those are counted) on which the clock stood still (D9)."""
    for from_on, until_on in suspended:
        if from_on > end:
            break
        from_on = max(from_on, first)
        if unit is PeriodUnit.WORKING_DAYS:
            taken_out = calendar.working_days_between(from_on, until_on)
            if taken_out:
                end = calendar.working_day_from(end + _ONE_DAY, taken_out)
        else:
            end += timedelta(days=max(0, (until_on - from_on).days))
    return end
