"""What another calendar does to open deadlines: looked at before anything is written, then carried out case by case.

Dates are worked out by the same function that tends a case (``engine.case.escalation``); nothing is counted here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from engine.calendar.calendar import Calendar, Day
from engine.calendar.local import Overlay
from engine.calendar.notices import Notice
from engine.calendar.walk import look
from engine.case.case import Case, Clock
from engine.case.commands import TendCase
from engine.case.deadlines import counted_by
from engine.case.escalation import tended
from engine.case.identity import CaseId, RootId
from engine.case.scope import SHANGHAI
from engine.case.units import UnitTree
from engine.definition.model import Workflow
from engine.errors import BanjieError
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.text import Text

PAGE = 500
_DAY = timedelta(days=1)


class ChangedDay(NamedTuple):
    """A day that is worked under one calendar and off under the other. ``now`` names the notice that made it so."""

    was: Day
    now: Day

    @property
    def on(self) -> date:
        return self.now.on


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An open deadline that another calendar changes.

    Where ``old_on`` and ``new_on`` are the same day, what changes is that the date is provisional or no longer so.
    ``causes`` are the days that moved it; none where it was still counted by a calendar of before and moves by a change
    that was made earlier.
    """

    case: CaseId
    number: str | None
    workflow: str
    deadline: str
    title: Text
    old_on: date
    new_on: date
    was_provisional: bool
    provisional: bool
    causes: tuple[ChangedDay, ...]

    @property
    def moves(self) -> bool:
        """Whether the date itself changes."""
        return self.old_on != self.new_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What another calendar changes in one organisation: the days, and of so many open deadlines these."""

    root: RootId
    days: tuple[ChangedDay, ...]
    settled: tuple[int, ...]
    looked: int
    moves: tuple[Move, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no day is another than before and no year has got its notice."""
        return not self.days and not self.settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A change carried out: what moved, what could not be moved and why (None: the case had changed meanwhile)."""

    moved: tuple[Move, ...]
    left: tuple[tuple[Move, BanjieError | None], ...]


def looked_at(desk: Desk, root: RootId, new: Calendar, *, progress: Callable[[int], None] | None = None) -> Change:
    """Return what ``new`` would change in an organisation. Nothing is written.

    Args:
        desk: gives the calendar of now and the cases.
        root: the organisation.
        new: its calendar as it would be.
        progress: told how many cases have been looked at so far.
    """
    world = desk.world(root)
    looking = _Looking(old=world.calendar, new=new, tree=world.surroundings.tree, now=desk.office.now())
    cases = 0
    for page in _pages(desk, root):
        for case in desk.reads.cases(root, page):
            looking.look(case, world.rules.pinned(case.pins.definition, case.pins.lists).workflow)
        cases += len(page)
        if progress is not None:
            progress(cases)
    return Change(
        root=root,
        days=_changed_anywhere(world.calendar, new),
        settled=tuple(sorted(_years(new) - _years(world.calendar))),
        looked=looking.looked,
        moves=tuple(sorted(looking.moves, key=lambda move: (move.old_on, move.number or "", move.case, move.deadline))),
    )


def carry_out(desk: Desk, change: Change, *, progress: Callable[[int], None] | None = None) -> Carried:
    """Tend every open case of the organisation, so that each move is an entry, and return what really moved.

    The new calendar must be in force already. Of cases that somebody else tended meanwhile, as the sweep of a running
    server, the moves count as done too.
    """
    refused: dict[CaseId, BanjieError] = {}
    cases = 0
    for page in _pages(desk, change.root):
        answers = desk.office.carry_out([TendCase(root=change.root, case=case) for case in page])
        refused.update(
            (case, answer) for case, answer in zip(page, answers, strict=True) if not isinstance(answer, Done)
        )
        cases += len(page)
        if progress is not None:
            progress(cases)
    moved: list[Move] = []
    left: list[tuple[Move, BanjieError | None]] = []
    for move, stands in _as_they_stand(desk, change):
        if stands:
            moved.append(move)
        else:
            left.append((move, refused.get(move.case)))
    return Carried(moved=tuple(moved), left=tuple(left))


def changed_days(old: Calendar, new: Calendar) -> tuple[ChangedDay, ...]:
    """Return the days that are worked under one calendar and off under the other, in order."""
    years: set[int] = set()
    for year, _part in _parts(old) ^ _parts(new):
        # A notice names days of its year and of the December before.
        years.update((year - 1, year))
    pairs = (ChangedDay(look(old, on), look(new, on)) for year in sorted(years) for on in _days_of(year))
    return tuple(pair for pair in pairs if pair.was.is_working != pair.now.is_working)


@dataclass(slots=True, kw_only=True)
class _Looking:
    """One look through the open deadlines."""

    old: Calendar
    new: Calendar
    tree: UnitTree
    now: datetime
    looked: int = 0
    moves: list[Move] = field(default_factory=list)
    days: dict[tuple[str, str], tuple[ChangedDay, ...]] = field(default_factory=dict)

    def look(self, case: Case, workflow: Workflow) -> None:
        lineage = self.tree.lineage(case.unit)
        new = self.new.for_unit(lineage)
        for clock in case.clocks:
            if not clock.is_open or clock.name not in workflow.deadlines:
                continue
            self.looked += 1
            again, _rungs = tended(clock, workflow, new, self.now)
            if (again.due_on, again.provisional) != (clock.due_on, clock.provisional):
                self.moves.append(self._move(case, workflow, clock, again, lineage))

    def _move(self, case: Case, workflow: Workflow, clock: Clock, again: Clock, lineage: Sequence[str]) -> Move:
        part = workflow.deadlines[clock.name]
        old, new = (counted_by(part, calendar.for_unit(lineage)) for calendar in (self.old, self.new))
        number = next((str(case.data[name]) for name in workflow.number_fields if case.data.get(name)), None)
        return Move(
            case=case.id,
            number=number,
            workflow=case.workflow,
            deadline=clock.name,
            title=part.title.text,
            old_on=clock.due_on,
            new_on=again.due_on,
            was_provisional=clock.provisional,
            provisional=again.provisional,
            causes=_causes(clock, again, self._days(old, new)),
        )

    def _days(self, old: Calendar, new: Calendar) -> tuple[ChangedDay, ...]:
        key = (old.version, new.version)
        if key not in self.days:
            self.days[key] = changed_days(old, new)
        return self.days[key]


def _causes(clock: Clock, again: Clock, days: Iterable[ChangedDay]) -> tuple[ChangedDay, ...]:
    """Return those of the changed days that moved a clock.

    Days counted as working days are looked at from the start on; of all other terms only the roll at the end asks
    whether a day is worked. A day on which the clock stood still is taken out whether it is worked or not.
    """
    if clock.due_on == again.due_on:
        return ()
    started_on = clock.started_at.astimezone(SHANGHAI).date()
    counts_from = started_on + _DAY if "working" in clock.term else min(clock.nominal_on, again.nominal_on)
    last = max(clock.due_on, again.due_on)
    return tuple(day for day in days if counts_from <= day.on <= last and not _stood(clock, day.on))


def _stood(clock: Clock, on: date) -> bool:
    return any(begin <= on and (end is None or on < end) for begin, end in clock.suspensions)


def _as_they_stand(desk: Desk, change: Change) -> Iterator[tuple[Move, bool]]:
    """Yield every move with whether the case has the new date now."""
    for at in range(0, len(change.moves), PAGE):
        page = change.moves[at : at + PAGE]
        cases = desk.reads.cases(change.root, list(dict.fromkeys(move.case for move in page)))
        known: Mapping[CaseId, Case] = {case.id: case for case in cases}
        for move in page:
            clock = known[move.case].clock(move.deadline) if move.case in known else None
            yield move, clock is not None and (clock.due_on, clock.provisional) == (move.new_on, move.provisional)


def _pages(desk: Desk, root: RootId) -> Iterator[Sequence[CaseId]]:
    after: CaseId | None = None
    while page := desk.reads.running_cases(root, after=after, limit=PAGE):
        yield page
        after = page[-1]


def _changed_anywhere(old: Calendar, new: Calendar) -> tuple[ChangedDay, ...]:
    """Return the days that change for everybody or, where units have days of their own, for one of them."""
    units = dict.fromkeys(overlay.unit for overlay in (*old.overlays, *new.overlays))
    found = {day.on: day for unit in units for day in changed_days(old.for_unit([unit]), new.for_unit([unit]))}
    found.update((day.on, day) for day in changed_days(old.official, new.official))
    return tuple(found[on] for on in sorted(found))


def _years(calendar: Calendar) -> frozenset[int]:
    return frozenset(notice.year for notice in calendar.notices)


def _parts(calendar: Calendar) -> set[tuple[int, Notice | Overlay]]:
    """Return the notices and overlays that decide the days of a calendar, each with its year."""
    notices = {(notice.year, notice) for notice in calendar.notices}
    return notices | {(overlay.notice.year, overlay) for overlay in calendar.applied}


def _days_of(year: int) -> Iterator[date]:
    first, end = date(year, 1, 1), date(year + 1, 1, 1)
    return (first + timedelta(days=n) for n in range((end - first).days))
