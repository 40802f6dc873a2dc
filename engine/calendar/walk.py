"""Every day a term passes, one by one, with what it was to the count. What the days add up to is said in ``explain``.

The walk asks the calendar about single days only, apart from the tables ``count`` uses, so that each can be held
against the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from engine.calendar.calendar import Calendar, Day, DayKind
from engine.calendar.count import Count, Leg, Spans
from engine.calendar.term import Direction, StartDay, Term
from engine.calendar.wording import weekday_text
from engine.definition.period import PeriodUnit
from engine.errors import CalendarEnds
from engine.text import Text

_SATURDAY = 6


class Mark(StrEnum):
    """What a day was to the count of a term."""

    START = "start"
    WORKED = "worked"
    MAKE_UP = "make_up"
    COUNTED = "counted"
    REST = "rest"
    SUSPENDED = "suspended"
    ROLLED = "rolled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedDay:
    """One day of the walk. ``count`` is the running number of counted days, None on a day that does not count.

    ``worked`` and ``make_up`` count in terms of working days, ``counted`` in all others; ``rest`` is a day off passed
    over; ``rolled`` is the day on which a rolled end came to rest.
    """

    day: Day
    mark: Mark
    count: int | None = None

    @property
    def on(self) -> date:
        """The date."""
        return self.day.on

    @property
    def weekday(self) -> Text:
        """The day of the week, as ``周五`` and ``Fri``."""
        return weekday_text(self.day.on)


def walk(calendar: Calendar, start_on: date, term: Term, counted: Count) -> tuple[ExplainedDay, ...]:
    """Return every day from the start to the effective end, in the order in which they are counted."""
    step = timedelta(days=-1 if term.direction is Direction.BACKWARD else 1)
    rows = []
    if term.start_day is StartDay.EXCLUDED or term.period.count == 0:
        rows.append(ExplainedDay(day=look(calendar, start_on), mark=Mark.START))
    number = 0
    for index, leg in enumerate(counted.legs):
        if index and leg.period.unit is not counted.legs[0].period.unit:
            number = 0
        for row in _leg_days(calendar, leg, step, counted.suspended, number):
            rows.append(row)
            number = row.count or number
        if index == 0 and counted.rolled_base_on is not None:
            rows.extend(_rolled_days(calendar, leg.end_on, counted.rolled_base_on, counted.suspended))
    rows.extend(_rolled_days(calendar, counted.nominal_on, counted.effective_on, counted.suspended))
    return tuple(rows)


def _leg_days(calendar: Calendar, leg: Leg, step: timedelta, suspended: Spans, number: int) -> Iterator[ExplainedDay]:
    if leg.period.count == 0:
        return
    by_calendar = leg.period.unit is PeriodUnit.WORKING_DAYS
    on = leg.first_on
    while on != leg.end_on + step:
        day = look(calendar, on)
        if _within(on, suspended):
            yield ExplainedDay(day=day, mark=Mark.SUSPENDED)
        elif by_calendar and not day.is_working:
            yield ExplainedDay(day=day, mark=Mark.REST)
        else:
            number += 1
            yield ExplainedDay(day=day, mark=_counted(day) if by_calendar else Mark.COUNTED, count=number)
        on += step


def _counted(day: Day) -> Mark:
    return Mark.MAKE_UP if day.kind is DayKind.MAKE_UP else Mark.WORKED


def _rolled_days(calendar: Calendar, from_on: date, to_on: date, suspended: Spans) -> Iterator[ExplainedDay]:
    """Yield the days after ``from_on`` to ``to_on``, whichever way that is; none when the end did not move."""
    step = timedelta(days=1 if to_on > from_on else -1)
    on = from_on
    while on != to_on:
        on += step
        mark = Mark.ROLLED if on == to_on else Mark.SUSPENDED if _within(on, suspended) else Mark.REST
        yield ExplainedDay(day=look(calendar, on), mark=mark)


def look(calendar: Calendar, on: date) -> Day:
    """Return the day; one that a strict calendar refuses, but that no count depends on, by its weekday alone."""
    try:
        return calendar.day(on)
    except CalendarEnds:
        kind = DayKind.WORKED if on.isoweekday() < _SATURDAY else DayKind.REST
        return Day(on=on, kind=kind, name=None, source=None, provisional=True)


def _within(on: date, suspended: Spans) -> bool:
    return any(from_on <= on < until_on for from_on, until_on in suspended)
