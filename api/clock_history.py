"""What has happened to a clock, entry by entry, and the rungs of its ladder: those raised, and those to come.

Both are for the reader: entries are compared, days of rungs are asked of the calendar, nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import cast

from pydantic import JsonValue

from engine.calendar.calendar import Calendar
from engine.calendar.due import Side, offset
from engine.calendar.term import day_begins_at
from engine.case.case import Clock, ClockState
from engine.case.codec import at_from, clock_from
from engine.case.deadlines import counted_by
from engine.case.scope import SHANGHAI
from engine.definition.model import Rung, Workflow
from engine.definition.period import parse_period
from engine.errors import CalendarEnds
from engine.service.queries import TimelineLine
from engine.text import Text


class Happened(StrEnum):
    """What an entry did to a clock."""

    STARTED = "started"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    EXTENDED = "extended"
    WITHDRAWN = "withdrawn"
    CAPPED = "capped"
    UNCAPPED = "uncapped"
    CALENDAR = "calendar"
    MET = "met"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """One entry that changed a clock: who, when, what, and the due date before and after.

    ``from_on`` is None where the clock began. ``days`` are those of an extension, ``rungs`` the names raised.
    """

    seq: int
    at: datetime
    who: str
    role: str | None
    transition: str | None
    happened: tuple[Happened, ...]
    from_on: date | None
    to_on: date
    provisional: bool
    days: int | None
    rungs: tuple[str, ...]


class RungState(StrEnum):
    """How a rung stands: RAISED, or WITHDRAWN after that; TO_COME on its day; OPEN for one that stands at a move;
    PASSED_OVER never comes."""

    RAISED = "raised"
    WITHDRAWN = "withdrawn"
    TO_COME = "to_come"
    OPEN = "open"
    PASSED_OVER = "passed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class RungDay:
    """One rung of a clock: the day on which it is due by the date of now, and when it was raised.

    ``on`` is None for a rung that stands at a move, named by ``at_move`` and ``times``, and where no calendar reaches.
    """

    name: str
    title: Text
    level: int
    colour: str
    on: date | None
    at_move: str | None
    times: int
    state: RungState
    raised_at: datetime | None


def clock_changes(name: str, lines: Sequence[TimelineLine]) -> tuple[ClockChange, ...]:
    """Return what the entries of a case did to one of its clocks, oldest first."""
    changes = []
    before: Clock | None = None
    for line in lines:
        for written in cast(Sequence[Mapping[str, JsonValue]], line.body.get("clocks", ())):
            if written["name"] != name:
                continue
            clock = clock_from(written)
            known = before if before is not None and before.started_at == clock.started_at else None
            change = _change(line, known, clock)
            if change.happened or change.rungs:
                changes.append(change)
            before = clock
    return tuple(changes)


def rung_days(
    clock: Clock, workflow: Workflow, calendar: Calendar, changes: Sequence[ClockChange]
) -> tuple[RungDay, ...]:
    """Return every rung of a clock's ladder with its day, in the order of the ladder.

    A rung that repeats stands once for each time it was raised, and once for the next time.
    """
    part = workflow.deadlines[clock.name]
    if part.ladder is None:
        return ()
    calendar = counted_by(part, calendar)
    raised_at = {name: change.at for change in changes for name in change.rungs}
    rungs = workflow.ladders[part.ladder].rungs
    return tuple(day for rung in rungs for day in _days_of(rung, clock, calendar, raised_at))


def _change(line: TimelineLine, before: Clock | None, after: Clock) -> ClockChange:
    known = () if before is None else before.rungs
    extensions = () if before is None else before.extensions
    return ClockChange(
        seq=line.seq,
        at=at_from(line.at),
        who=line.who,
        role=line.role,
        transition=line.transition,
        happened=(Happened.STARTED,) if before is None else tuple(_happened(before, after)),
        from_on=None if before is None else before.due_on,
        to_on=after.due_on,
        provisional=after.provisional,
        days=sum(after.extensions) - sum(extensions) or None,
        rungs=tuple(name for name in after.rungs if name not in known),
    )


def _happened(before: Clock, after: Clock) -> Iterator[Happened]:
    if before.state is ClockState.RUNNING and after.state is ClockState.SUSPENDED:
        yield Happened.SUSPENDED
    if before.state is ClockState.SUSPENDED and after.state is not ClockState.SUSPENDED:
        yield Happened.RESUMED
    if len(after.extensions) > len(before.extensions):
        yield Happened.EXTENDED
    if len(after.withdrawn) > len(before.withdrawn):
        yield Happened.WITHDRAWN
    if before.cap_on != after.cap_on:
        yield Happened.UNCAPPED if after.cap_on is None else Happened.CAPPED
    if before.calendar != after.calendar and _moved(before, after) and not _moved_by_people(before, after):
        yield Happened.CALENDAR
    if before.is_open and after.state is ClockState.MET:
        yield Happened.MET
    if before.is_open and after.state is ClockState.CANCELLED:
        yield Happened.CANCELLED


def _moved(before: Clock, after: Clock) -> bool:
    return (before.due_on, before.provisional) != (after.due_on, after.provisional)


def _moved_by_people(before: Clock, after: Clock) -> bool:
    was = (before.suspensions, before.extensions, before.cap_on)
    return was != (after.suspensions, after.extensions, after.cap_on)


def _days_of(rung: Rung, clock: Clock, calendar: Calendar, raised_at: Mapping[str, datetime]) -> Iterator[RungDay]:
    raised = [name for name in clock.rungs if name.partition("#")[0] == rung.id]
    by_time = rung.at.on is None
    for name in raised:
        state = RungState.WITHDRAWN if name in clock.withdrawn else RungState.RAISED
        yield _rung_day(rung, name, None, state, raised_at.get(name))
    if not by_time:
        if not raised:
            yield _rung_day(rung, rung.id, None, RungState.OPEN if clock.is_open else RungState.PASSED_OVER, None)
        return
    if raised and rung.repeat is None:
        return
    on = _planned_on(rung, clock, calendar, len(raised))
    comes = clock.is_open and on is not None and day_begins_at(on) > clock.started_at
    name = f"{rung.id}#{len(raised) + 1}" if raised else rung.id
    if comes or not raised:
        yield _rung_day(rung, name, on, RungState.TO_COME if comes else RungState.PASSED_OVER, None)


def _planned_on(rung: Rung, clock: Clock, calendar: Calendar, times: int) -> date | None:
    """Return the day on which the rung is due for the next time, by the due date of now (D11)."""
    try:
        if rung.at.before is not None:
            on = offset(calendar, clock.due_on, parse_period(rung.at.before), Side.BEFORE)
        else:
            on = offset(calendar, clock.due_on, parse_period(rung.at.after or ""), Side.AFTER)
        if clock.provisional:
            on = max(on, date(clock.due_on.year, 1, 1))
        for _time in range(times):
            on = offset(calendar, on, parse_period(rung.repeat or ""), Side.AFTER)
    except CalendarEnds:
        return None
    return on


def _rung_day(rung: Rung, name: str, on: date | None, state: RungState, raised_at: datetime | None) -> RungDay:
    raised_on = None if raised_at is None else raised_at.astimezone(SHANGHAI).date()
    return RungDay(
        name=name,
        title=rung.title.text,
        level=rung.level,
        colour=rung.colour,
        on=raised_on if state in (RungState.RAISED, RungState.WITHDRAWN) else on,
        at_move=rung.at.on,
        times=rung.at.times,
        state=state,
        raised_at=raised_at,
    )
