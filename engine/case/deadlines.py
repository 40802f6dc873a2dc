"""Starting, stopping and moving the clocks of a case. How a date is counted stands in ``engine.calendar.due``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from pydantic import JsonValue

from engine.calendar.calendar import Calendar
from engine.calendar.count import Spans
from engine.calendar.due import Due, due, field_due, fixed_due
from engine.calendar.term import Interval, Roll, StartDay, day_begins_at, merged
from engine.case.case import Clock, ClockState
from engine.case.scope import SHANGHAI
from engine.case.situation import CongressSession
from engine.definition.model import DeadlinePart, Within
from engine.definition.period import Period, PeriodUnit, parse_period
from engine.errors import GuardRefused
from engine.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Where a term may take its date from: the case's fields and the congress session."""

    fields: Mapping[str, JsonValue]
    session: CongressSession | None


def counted_by(part: DeadlinePart, calendar: Calendar) -> Calendar:
    """Return the calendar that a deadline counts by: the official one, or with the days of the unit laid over it.

    Args:
        part: the rule, which says whether a unit's own days count.
        calendar: the calendar of the unit of the case.
    """
    return calendar if part.calendar == "unit" else calendar.official


def started(part: DeadlinePart, name: str, calendar: Calendar, at: datetime, dates: Dates) -> Clock:
    """Return a new running clock; raises GuardRefused when the date it should take or count from is not there."""
    term, calendar = _term(part, dates), counted_by(part, calendar)
    if part.counts_from is not None:
        at = _counted_from(part, part.counts_from, dates)
    computed = _computed(part, term, calendar, at, (), ())
    return Clock(
        name=name,
        state=ClockState.RUNNING,
        started_at=at,
        term=term,
        promised_on=computed.effective_on,
        nominal_on=computed.nominal_on,
        due_on=computed.effective_on,
        due_at=computed.due_at,
        provisional=computed.provisional,
        calendar=calendar.version,
        watched=part.ladder is not None,
    )


def recomputed(clock: Clock, part: DeadlinePart, calendar: Calendar) -> Clock:
    """Return the clock with its dates worked out anew from everything that has happened to it."""
    calendar = counted_by(part, calendar)
    computed = _computed(part, clock.term, calendar, clock.started_at, clock.suspensions, clock.extensions)
    due_on, due_at, provisional = computed.effective_on, computed.due_at, computed.provisional
    if clock.cap_on is not None and clock.cap_on < due_on:
        earlier = fixed_due(calendar, clock.cap_on)
        due_on, due_at = earlier.effective_on, earlier.due_at
        provisional = calendar.any_provisional(due_on, due_on)  # as far as the merged case's own date is
    return clock._replace(
        nominal_on=computed.nominal_on,
        due_on=due_on,
        due_at=due_at,
        provisional=provisional,
        calendar=calendar.version,
    )


def ended(clock: Clock, state: ClockState, at: datetime) -> Clock:
    """Return the clock met or cancelled at this instant; an open suspension ends with it."""
    return clock._replace(state=state, ended_at=at, suspensions=_closed(clock, _day(at)))


def suspended(clock: Clock, at: datetime) -> Clock:
    """Return the clock standing still from this day on (the suspension day itself no longer counts)."""
    return clock._replace(state=ClockState.SUSPENDED, suspensions=(*clock.suspensions, (_day(at), None)))


def resumed(clock: Clock, part: DeadlinePart, calendar: Calendar, at: datetime) -> Clock:
    """Return the clock running again from this day on (the resume day counts), its end moved by the days out.

    A clock that stood still for longer than it may ran again from the day on which that was reached.
    """
    last_on = resumes_on(clock, part)
    day = _day(at) if last_on is None else min(_day(at), last_on)
    running = clock._replace(state=ClockState.RUNNING, suspensions=_closed(clock, day))
    return recomputed(running, part, calendar)


def resumes_on(clock: Clock, part: DeadlinePart) -> date | None:
    """Return the day on which a clock that stands still runs again by itself, as it may stand no longer.

    None for one that runs or is over, and where no limit is declared.
    """
    if clock.state is not ClockState.SUSPENDED or part.suspension is None:
        return None
    return clock.suspensions[-1][0] + timedelta(days=max(0, part.suspension.max_days - _days_out(clock.suspensions)))


def extended(clock: Clock, part: DeadlinePart, calendar: Calendar, days: int) -> Clock:
    """Return the clock with its nominal end moved by calendar days, rolled once at the end."""
    return recomputed(clock._replace(extensions=(*clock.extensions, days)), part, calendar)


def may_extend(clock: Clock, part: DeadlinePart, at: datetime, days: int) -> bool:
    """Return whether one more extension keeps within count and days, asked before expiry (domain: D10, X14).

    A clock that stands still can expire no more: what counts is whether it had when it was stopped (X15).
    """
    limit = part.extension
    if limit is None or not clock.is_open:
        return False
    if clock.state is ClockState.SUSPENDED:
        expired = clock.due_on < clock.suspensions[-1][0]
    else:
        expired = at >= clock.due_at
    return not expired and len(clock.extensions) < limit.max_count and sum(clock.extensions) + days <= limit.max_days


def capped(clock: Clock, part: DeadlinePart, calendar: Calendar, cap_on: date | None) -> Clock:
    """Return the clock due no later than the day taken over from a merged case; None lifts the cap."""
    return recomputed(clock._replace(cap_on=cap_on), part, calendar)


def begins_after(clock: Clock, at: datetime) -> bool:
    """Return whether a clock began, or was stopped for the last time, on a day after this instant."""
    last = clock.suspensions[-1][0] if clock.suspensions else _day(clock.started_at)
    return _day(at) < max(last, _day(clock.started_at))


def suspended_days(clock: Clock, until: date) -> int:
    """Return how many calendar days the clock has stood still, a standing suspension counted up to ``until``."""
    return _days_out(tuple((begin, end or max(begin, until)) for begin, end in clock.suspensions))


def with_rung(clock: Clock, rung: str) -> Clock:
    """Return the clock with a rung of its ladder raised."""
    return clock._replace(rungs=(*clock.rungs, rung))


def _counted_from(part: DeadlinePart, field: str, dates: Dates) -> datetime:
    """Return the beginning of the day in a field."""
    value = dates.fields.get(field)
    if not value:
        raise GuardRefused(
            Text(
                f"“{part.title.zh}”缺少起算日期，请先填写",
                f"{part.title.en} has no day to count from; fill it in first",
            )
        )
    return day_begins_at(date.fromisoformat(str(value))).astimezone(UTC)


def _term(part: DeadlinePart, dates: Dates) -> str:
    """Return the term as text: a period, or ``on <date>``, ``at <instant>`` for one that is given and never rolls."""
    if not isinstance(part.within, Within):
        return part.within
    given = _given(part.within, dates)
    if given is not None:
        return given
    if part.within.otherwise is None:
        raise GuardRefused(
            Text(f"“{part.title.zh}”缺少日期，请先填写", f"{part.title.en} has no date yet; fill it in first")
        )
    return part.within.otherwise


def _given(within: Within, dates: Dates) -> str | None:
    """Return ``on`` a date or ``at`` an instant that the case, its session or the definition gives, else None."""
    if within.from_field is not None and (value := dates.fields.get(within.from_field)):
        text = str(value)
        return f"on {text}" if len(text) == len("2026-03-02") else f"at {text}"
    if within.session is not None and dates.session is not None:
        day: date | None = getattr(dates.session, within.session)
        if day is not None:
            return f"on {day.isoformat()}"
    return None if within.fixed is None else f"on {within.fixed.isoformat()}"


def _computed(
    part: DeadlinePart,
    term: str,
    calendar: Calendar,
    at: datetime,
    suspensions: tuple[tuple[date, date | None], ...],
    extensions: tuple[int, ...],
) -> Due:
    kind, _, given = term.partition(" ")
    if kind in ("on", "at"):
        return _from_given(calendar, kind, given, suspensions, extensions)
    period = parse_period(term)
    if not suspensions and not extensions and period.unit is not PeriodUnit.HOURS:
        return _untouched(calendar, _day(at), period, part.start_day, part.roll)
    if not extensions:
        extension = None
    elif period.unit is PeriodUnit.HOURS:
        extension = Period(count=24 * sum(extensions), unit=PeriodUnit.HOURS)
    else:
        extension = Period(count=sum(extensions), unit=PeriodUnit.DAYS)
    return due(
        calendar,
        at,
        period,
        start_day=StartDay(part.start_day),
        roll=None if part.roll is None else Roll(part.roll),
        suspensions=_intervals(suspensions),
        extension=extension,
    )


@lru_cache(maxsize=4096)
def _untouched(calendar: Calendar, start_on: date, period: Period, start_day: str, roll: str | None) -> Due:
    """Return the end of a term that nothing has moved. Terms that start on one day end on one: it is counted once."""
    return due(
        calendar,
        day_begins_at(start_on),
        period,
        start_day=StartDay(start_day),
        roll=None if roll is None else Roll(roll),
    )


def _from_given(
    calendar: Calendar,
    kind: str,
    given: str,
    suspensions: tuple[tuple[date, date | None], ...],
    extensions: tuple[int, ...],
) -> Due:
    """Return the end of a given date or instant; only what was added to it is rolled (domain D10, D12)."""
    spans = merged(_intervals(suspensions))
    if kind == "at":
        at = datetime.fromisoformat(given)
        return field_due(calendar, at + (_moved(_day(at), spans, extensions) - _day(at)))
    on = date.fromisoformat(given)
    moved = _moved(on, spans, extensions)
    return fixed_due(calendar, moved, roll=Roll.NONE if moved == on else Roll.NEXT, suspended=spans)


def _moved(on: date, spans: Spans, extensions: tuple[int, ...]) -> date:
    """Return a given day moved by extensions and by the days the clock stood still before it was over.

    What stood still afterwards forgives no lateness (domain X14).
    """
    end = on + timedelta(days=sum(extensions))
    for from_on, until_on in spans:
        if from_on > end:
            break
        end += until_on - from_on
    return end


def _intervals(suspensions: tuple[tuple[date, date | None], ...]) -> list[Interval]:
    return [Interval(from_on=begin, until_on=end) for begin, end in suspensions]


def _days_out(suspensions: tuple[tuple[date, date | None], ...]) -> int:
    """Return the calendar days of all ended suspensions, days in two of them counted once."""
    days: set[date] = set()
    for begin, end in suspensions:
        if end is not None:
            days.update(begin + timedelta(days=n) for n in range((end - begin).days))
    return len(days)


def _closed(clock: Clock, day: date) -> tuple[tuple[date, date | None], ...]:
    return tuple((begin, day if end is None else end) for begin, end in clock.suspensions)


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
