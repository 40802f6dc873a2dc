"""When the rungs of a deadline's ladder are due, and which are due now. A rung is raised once.

A rung by time stands before or after the effective due date and is due when its day begins (domain D11): the one before
moves earlier off a day off, the one after later. It belongs to a running clock: while a clock stands still none is due,
and time makes it run again when it has stood as long as its deadline allows.
A rung that would have been due before its clock began is left out, and a date that is still provisional raises none
before its year begins (design: time).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from engine.calendar.calendar import Calendar
from engine.calendar.due import Side, offset
from engine.calendar.term import day_begins_at
from engine.case.case import Case, Clock, ClockState
from engine.case.deadlines import counted_by, recomputed, resumed, resumes_on, with_rung
from engine.definition.model import Ladder, Rung, Workflow
from engine.definition.period import parse_period


class Raised(NamedTuple):
    """A rung as it is raised: under its id, and under ``id#2``, ``id#3`` … where the ladder repeats it."""

    name: str
    rung: Rung


def planned(clock: Clock, workflow: Workflow, calendar: Calendar) -> Clock:
    """Return the clock with the instant at which time acts on it next, None when it will not.

    A rung of its ladder is due, or it has stood still as long as it may.
    """
    rung_at = _resumes_at(clock, workflow)
    if rung_at is None:
        rung_at = min((at for at, _raised in _ahead(clock, workflow, calendar)), default=None)
    return clock if rung_at == clock.rung_at else clock._replace(rung_at=rung_at)


def due_rungs(clock: Clock, workflow: Workflow, calendar: Calendar, now: datetime) -> list[Raised]:
    """Return the rungs that are due by now and not raised yet, the earliest first.

    A repeated one comes as often as it has been missed: after a look at the clock nothing that is due is left.
    """
    due = [(at, raised.rung.level, raised) for at, raised in _ahead(clock, workflow, calendar, now) if at <= now]
    return [raised for _at, _level, raised in sorted(due, key=itemgetter(0, 1))]


def rungs_of_move(case: Case, clocks: Iterable[Clock], workflow: Workflow, move: str) -> Iterator[tuple[Clock, Raised]]:
    """Yield the rungs that this move raises at open clocks: those that stand at its n-th time, from then on."""
    times = case.fired.get(move, 0) + 1
    for clock in clocks:
        ladder = _ladder(clock, workflow)
        for rung in () if ladder is None or not clock.is_open else ladder.rungs:
            if rung.at.on == move and times >= rung.at.times and rung.id not in clock.rungs:
                yield clock, Raised(rung.id, rung)


def tended(clock: Clock, workflow: Workflow, calendar: Calendar, now: datetime) -> tuple[Clock, list[Raised]]:
    """Return an open clock as time and calendar have it now, and the rungs that have come due.

    Its dates are worked out anew where the calendar has changed, and it runs again where it has stood still as long as
    it may. The same clock comes back when no date moved and no rung is due.
    """
    part = workflow.deadlines.get(clock.name)
    if part is None or not clock.is_open:
        return clock, []
    calendar = counted_by(part, calendar)
    new = clock if clock.calendar == calendar.version else recomputed(clock, part, calendar)
    if (at := _resumes_at(new, workflow)) is not None and at <= now:
        new = resumed(new, part, calendar, at)
    rungs = due_rungs(new, workflow, calendar, now)
    for raised in rungs:
        new = with_rung(new, raised.name)
    # A rung may have been planned by a calendar that was withdrawn since, so that is asked also where no date can move.
    new = planned(new, workflow, calendar)
    return (clock if new._replace(calendar=clock.calendar) == clock else new), rungs


def _ahead(
    clock: Clock, workflow: Workflow, calendar: Calendar, by: datetime | None = None
) -> Iterator[tuple[datetime, Raised]]:
    """Yield the rungs by time that a running clock has still to raise, with their instants (UTC).

    A repeated one is yielded for its next time, and with ``by`` for every time up to that instant.
    """
    ladder = _ladder(clock, workflow)
    if ladder is None or clock.state is not ClockState.RUNNING:
        return
    calendar = counted_by(workflow.deadlines[clock.name], calendar)
    for rung in ladder.rungs:
        day = _first_day(clock, rung, calendar)
        times = sum(1 for name in clock.rungs if name.partition("#")[0] == rung.id)
        if day is None or (times and rung.repeat is None):
            continue
        for _time in range(times):
            day = _offset(calendar, day, rung.repeat or "", Side.AFTER)
        at = _begins_at(day)
        while at > clock.started_at:
            yield at, Raised(f"{rung.id}#{times + 1}" if times else rung.id, rung)
            if rung.repeat is None or by is None or at > by:
                break
            day = _offset(calendar, day, rung.repeat, Side.AFTER)
            if _begins_at(day) <= at:  # repeated after no time at all, it would never end
                break
            at, times = _begins_at(day), times + 1


def _resumes_at(clock: Clock, workflow: Workflow) -> datetime | None:
    part = workflow.deadlines.get(clock.name)
    on = None if part is None else resumes_on(clock, part)
    return None if on is None else _begins_at(on)


def _first_day(clock: Clock, rung: Rung, calendar: Calendar) -> date | None:
    """Return the day on which the rung is due; None for one that stands at a move and not at a time."""
    if rung.at.before is not None:
        day = _offset(calendar, clock.due_on, rung.at.before, Side.BEFORE)
    elif rung.at.after is not None:
        day = _offset(calendar, clock.due_on, rung.at.after, Side.AFTER)
    else:
        return None
    return max(day, date(clock.due_on.year, 1, 1)) if clock.provisional else day


@lru_cache(maxsize=4096)
def _begins_at(day: date) -> datetime:
    return day_begins_at(day).astimezone(UTC)


def _ladder(clock: Clock, workflow: Workflow) -> Ladder | None:
    part = workflow.deadlines.get(clock.name)
    return None if part is None or part.ladder is None else workflow.ladders[part.ladder]


@lru_cache(maxsize=4096)
def _offset(calendar: Calendar, day: date, period: str, side: Side) -> date:
    return offset(calendar, day, parse_period(period), side)
