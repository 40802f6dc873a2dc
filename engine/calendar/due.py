"""The one place where a due instant is computed; every path that writes a deadline calls it.

On time is what was done before ``due_at``. Rule numbers (D1…) are those of the handbook on deadlines; each function
names the article it stands on (CC = 民法典).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Unpack
from zoneinfo import ZoneInfo

from engine.calendar.calendar import Calendar
from engine.calendar.count import Count, Spans, count, roll_day
from engine.calendar.reading import YEAR_FIRST, YEAR_LAST
from engine.calendar.term import (
    MIDNIGHT,
    SHANGHAI,
    Counting,
    Direction,
    Roll,
    Term,
    day_begins_at,
    day_ends_at,
    merged,
)
from engine.definition.period import Period, PeriodUnit
from engine.errors import CalendarEnds, InputRefused
from engine.text import Text


class Side(StrEnum):
    """On which side of the due date a rung stands."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Where a term ends.

    ``nominal_on`` is the last day before rolling and ``effective_on`` the one that binds; ``due_at`` (UTC) is its end,
    so what was done earlier was on time. ``provisional`` says that a day without a notice was read: the date is 暂定.
    ``standing`` says that a suspension is still open: it has moved nothing yet, and the date can only become later.
    ``warns`` says that a date fixed by a notice is a day off.
    """

    nominal_on: date
    effective_on: date
    due_at: datetime
    provisional: bool
    calendar_version: str
    standing: bool = False
    warns: bool = False


def due(calendar: Calendar, start_at: datetime, period: Period, **counting: Unpack[Counting]) -> Due:
    """Return the due instant of ``period`` started at ``start_at``.

    The start day is not counted (D1; CC Art.201); months end on the corresponding day (D2; CC Art.202); an end on a
    day off rolls as ``roll`` says (D3; CC Art.203) and the day ends at 24:00 (D4; CC Art.203). Working days are those
    of the State Council's notices (D7). Hours run from the minute (D8; CC Art.201). Suspended days are taken out (D9;
    信访工作条例 Art.36), the extension is added to the nominal end, and the whole is rolled once (D10). Applying these
    rules to petitions and proposals is customary, so each is a choice of ``counting`` (D6).

    Args:
        calendar: decides which day is worked.
        start_at: an aware instant; its day is taken in ``zone``.
        period: the length of the term.
        **counting: see ``Term`` for each choice and its default.

    Raises:
        CalendarEnds: a year without a notice was touched and the calendar is strict about it, or a day lies outside
            the years of the calendar (D13).
        InputRefused: the choices contradict each other.
    """
    term = Term(period=period, **counting)
    start_on = checked_start(term, start_at)
    if term.in_hours:
        return _due_hours(calendar, start_at, term)
    counted = count(calendar, start_on, term)
    return Due(
        nominal_on=counted.nominal_on,
        effective_on=counted.effective_on,
        due_at=day_ends_at(counted.effective_on, term.end_of_day, term.zone).astimezone(UTC),
        provisional=_read_provisional(calendar, term, counted),
        calendar_version=calendar.version,
        standing=_stands(term, counted.effective_on),
    )


def backward(calendar: Calendar, event_at: datetime, period: Period, **counting: Unpack[Counting]) -> Due:
    """Return the last day to act ``period`` before an event: counted back, the event's day not counted (D11).

    A day off moves earlier, so that the distance is never shortened.
    """
    counting["direction"] = Direction.BACKWARD
    return due(calendar, event_at, period, **counting)


def fixed_due(
    calendar: Calendar,
    on: date,
    *,
    roll: Roll = Roll.NONE,
    suspended: Spans = (),
    zone: ZoneInfo = SHANGHAI,
    end_of_day: str = MIDNIGHT,
) -> Due:
    """Return the end of a date that a notice sets. It does not roll; ``warns`` when nobody works on it (D12).

    Dates that recur (every Tuesday, every 15th) are given ``Roll.NEXT`` by their rule. An end that rolls falls on no
    day on which the clock stood still.
    """
    effective_on = roll_day(calendar, on, roll, suspended)
    return Due(
        nominal_on=on,
        effective_on=effective_on,
        due_at=day_ends_at(effective_on, end_of_day, zone).astimezone(UTC),
        provisional=roll is not Roll.NONE and calendar.any_provisional(on, effective_on),
        calendar_version=calendar.version,
        warns=not calendar.is_working_day(effective_on),
    )


def field_due(calendar: Calendar, at: datetime, *, zone: ZoneInfo = SHANGHAI) -> Due:
    """Return an instant that the case itself carries as its due instant: nothing is counted and nothing rolls (D12)."""
    on = at.astimezone(zone).date()
    return Due(
        nominal_on=on,
        effective_on=on,
        due_at=at.astimezone(UTC),
        provisional=False,
        calendar_version=calendar.version,
    )


def offset(calendar: Calendar, effective_on: date, period: Period, side: Side) -> date:
    """Return the day of a rung that stands ``period`` before or after an effective due date (D11).

    Before the date a day off moves earlier, after it later. The rung is raised when that day begins.
    """
    if period.unit is PeriodUnit.HOURS:
        raise InputRefused(
            Text("督办层级只能按日、工作日或月设定", "A rung is set by days, working days or months"),
            period=str(period),
        )
    if side is Side.BEFORE:
        term = Term(period=period, direction=Direction.BACKWARD)
    else:
        term = Term(period=period)
    return count(calendar, effective_on, term).effective_on


def checked_start(term: Term, start_at: datetime) -> date:
    """Return the start day of ``term``; ``CalendarEnds`` when no calendar reaches it."""
    start_on = term.start_on(start_at)
    if not YEAR_FIRST <= start_on.year <= YEAR_LAST:
        raise CalendarEnds(start_on.year)
    return start_on


def _due_hours(calendar: Calendar, start_at: datetime, term: Term) -> Due:
    hours = term.period.count + (term.extension.count if term.extension else 0)
    step = timedelta(hours=hours)
    if term.direction is Direction.BACKWARD:
        end = start_at.astimezone(UTC) - step
    else:
        end = _moved_hours(start_at.astimezone(UTC), step, term)
    on = end.astimezone(term.zone).date()
    return Due(
        nominal_on=on,
        effective_on=on,
        due_at=end,
        provisional=False,
        calendar_version=calendar.version,
        standing=_stands(term, on),
    )


def _moved_hours(start: datetime, step: timedelta, term: Term) -> datetime:
    """Add hours to ``start`` (UTC); a suspended day stops the clock from its 00:00 on (D9)."""
    end = start + step
    for from_on, until_on in merged(term.suspensions):
        stops = day_begins_at(from_on, term.zone).astimezone(UTC)
        if stops >= end:
            break
        resumes = day_begins_at(until_on, term.zone).astimezone(UTC)
        end += max(timedelta(0), resumes - max(stops, start))
    return end


def _stands(term: Term, effective_on: date) -> bool:
    return any(each.until_on is None and each.from_on <= effective_on for each in term.suspensions)


def _read_provisional(calendar: Calendar, term: Term, counted: Count) -> bool:
    """Whether a day without a notice was looked at: days counted as working days, and days looked at to roll."""
    by_calendar = (leg for leg in counted.legs if leg.period.unit is PeriodUnit.WORKING_DAYS and leg.period.count)
    if any(calendar.any_provisional(leg.first_on, leg.end_on) for leg in by_calendar):
        return True
    if term.effective_roll is Roll.NONE:
        return False
    if counted.rolled_base_on is not None and calendar.any_provisional(counted.legs[0].end_on, counted.rolled_base_on):
        return True
    return calendar.any_provisional(counted.nominal_on, counted.effective_on)
