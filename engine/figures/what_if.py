"""What past cases would have come to under other rules: both sides, counted alike. Pure, and writes nothing.

Dates are worked out by the functions that work them out in life (``case.deadlines``, ``case.escalation``), from all
that happened to a clock: when it began, how it was stopped, extended and ended. Both sides are counted anew, so that
they differ in what is varied and in nothing else. Where a move comes out otherwise (``figures.otherwise``) the other
side has the case as it would be then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

from engine.calendar.calendar import Calendar
from engine.case.case import Case, Clock, ClockState
from engine.case.deadlines import recomputed
from engine.case.escalation import due_rungs
from engine.case.identity import CaseId, UnitId
from engine.definition.model import Workflow
from engine.figures.otherwise import Turned
from engine.figures.trial import Trial, term_of
from engine.text import Text

LISTED_MAX: Final = 1_000
"""So many changed deadlines and cases are kept by name; all are counted."""


class Compared(NamedTuple):
    """A case as it is, the version it goes by, and as it would be; ``turned`` says what came out otherwise in it.

    ``unknown`` says why it cannot be told, and it is then left as it is. ``dropped`` moves could not have been made.
    """

    case: Case
    workflow: Workflow
    other: Case
    turned: Turned | None = None
    dropped: int = 0
    unknown: Text | None = None


class Changed(NamedTuple):
    """A deadline that would be due on another day, or be late where it was not, or the other way round.

    Its day is None where it would not have begun, or had not.
    """

    case: CaseId
    deadline: Text
    due_before: date | None
    due_after: date | None
    late_before: bool
    late_after: bool


@dataclass(slots=True)
class Side:
    """One of the two sides: late deadlines and cases, rungs by deadline and title, cases by the state they stand in,
    and by unit those late, those open and the cases it has."""

    late: int = 0
    late_cases: int = 0
    rungs: Counter[tuple[str, str]] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    units: Counter[UnitId] = field(default_factory=Counter)
    open: Counter[UnitId] = field(default_factory=Counter)
    cases: Counter[UnitId] = field(default_factory=Counter)


@dataclass(slots=True)
class Outcome:
    """Both sides, and what differs. ``titles`` are those of deadlines, of rungs as ``deadline/rung``, and of states as
    ``state:name``; ``turns`` counts what came out otherwise first, ``unknown`` what could not be told."""

    cases: int = 0
    clocks: int = 0
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    titles: dict[str, Text] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)
    changed_count: int = 0
    turned: list[Turned] = field(default_factory=list)
    turned_count: int = 0
    turns: Counter[tuple[Text, Text]] = field(default_factory=Counter)
    dropped: int = 0
    unknown: Counter[Text] = field(default_factory=Counter)


CalendarOf = Callable[[UnitId], Calendar]


def tried(cases: Iterable[Compared], trial: Trial, calendars: tuple[CalendarOf, CalendarOf], now: datetime) -> Outcome:
    """Return both sides for these cases.

    Args:
        cases: past and running ones.
        trial: what is tried.
        calendars: by the unit of a case, that in force and the one that is tried.
        now: an open deadline is late when it was due before this instant, aware.
    """
    outcome = Outcome()
    for one in cases:
        outcome.cases += 1
        _count_turn(outcome, one)
        other_rules = trial.of(one.workflow)
        sides = (
            (outcome.before, one.case, one.workflow, calendars[0]),
            (outcome.after, one.other, other_rules, calendars[1]),
        )
        late = [False, False]
        for side, case, _rules, _calendar in sides:
            side.states[case.state] += 1
            side.cases[case.lead_unit or case.unit] += 1
            outcome.titles.setdefault(f"state:{case.state}", one.workflow.states[case.state].title.text)
        for name in dict.fromkeys(clock.name for _side, case, *_rest in sides for clock in case.clocks):
            part = one.workflow.deadlines.get(name)
            if part is None:
                continue
            outcome.titles.setdefault(name, part.title.text)
            found: list[tuple[date | None, bool]] = []
            for index, (side, case, rules, calendar) in enumerate(sides):
                clock = _counted(case.clock(name))
                if clock is None:
                    found.append((None, False))
                    continue
                outcome.clocks += index == 0
                if index == 1 and clock.term == term_of(part):
                    clock = clock._replace(term=trial.terms.get(name, clock.term))
                again = recomputed(clock, part, calendar(case.unit))
                is_late = (again.ended_at or now) >= again.due_at
                found.append((again.due_on, is_late))
                late[index] |= is_late
                unit = case.lead_unit or case.unit
                side.late += is_late
                side.units[unit] += is_late
                side.open[unit] += clock.is_open
                _count_rungs(side, again, rules, calendar(case.unit), now, outcome.titles)
            _count_change(outcome, one.case.id, part.title.text, *found)
        outcome.before.late_cases += late[0]
        outcome.after.late_cases += late[1]
    return outcome


def _counted(clock: Clock | None) -> Clock | None:
    """Return a clock that says whether somebody is late; None where there is none, or it was cancelled."""
    return None if clock is None or not clock.watched or clock.state is ClockState.CANCELLED else clock


def _count_turn(outcome: Outcome, one: Compared) -> None:
    if one.unknown is not None:
        outcome.unknown[one.unknown] += 1
    if one.turned is None:
        return
    outcome.turned_count += 1
    outcome.dropped += one.dropped
    outcome.turns[one.turned.move, one.turned.what] += 1
    if len(outcome.turned) < LISTED_MAX:
        outcome.turned.append(one.turned._replace(case=one.case.id))


def _count_change(
    outcome: Outcome, case: CaseId, title: Text, before: tuple[date | None, bool], after: tuple[date | None, bool]
) -> None:
    if before == after:
        return
    outcome.changed_count += 1
    if len(outcome.changed) < LISTED_MAX:
        outcome.changed.append(Changed(case, title, before[0], after[0], before[1], after[1]))


def _count_rungs(
    side: Side, clock: Clock, workflow: Workflow, calendar: Calendar, now: datetime, titles: dict[str, Text]
) -> None:
    """Count the rungs by time that the clock would have raised until it ended, or until now."""
    if clock.state is ClockState.SUSPENDED:
        return
    running = clock._replace(state=ClockState.RUNNING, ended_at=None, rungs=(), withdrawn=())
    for raised in due_rungs(running, workflow, calendar, clock.ended_at or now):
        key = f"{clock.name}/{raised.rung.id}"
        titles.setdefault(key, raised.rung.title.text)
        side.rungs[clock.name, raised.rung.id] += 1


def units_of(outcome: Outcome) -> Sequence[UnitId]:
    """Return the units that have a case, the most late first."""
    before, after = outcome.before, outcome.after
    found = {*before.cases, *after.cases}
    return sorted(found, key=lambda unit: (-max(before.units[unit], after.units[unit]), unit))


def state_lines(outcome: Outcome) -> Iterator[tuple[Text, int, int]]:
    """Yield the states in which another number of cases would stand, with both numbers."""
    before, after = outcome.before.states, outcome.after.states
    for state in dict.fromkeys((*before, *after)):
        if before[state] != after[state]:
            yield outcome.titles[f"state:{state}"], before[state], after[state]
