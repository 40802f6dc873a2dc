"""The overdue list as supervisors read it: what is late or nearly late, by whom, on which rung, and what comes next.

The lines come from the rows of running deadlines, a page at a time; everything else about them is asked once per page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from engine.access.readers import principals_of
from engine.calendar.calendar import Calendar
from engine.calendar.term import SHANGHAI, day_ends_at
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.case import Case
from engine.case.codec import instant, microseconds
from engine.case.deadlines import counted_by
from engine.case.escalation import due_rungs
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.offers import offered
from engine.case.secrecy import recused_people
from engine.definition.model import Rung, Workflow
from engine.definition.parts import RolePart
from engine.definition.rulebook import Rulebook
from engine.errors import CalendarEnds
from engine.service.deadline_ports import DeadlineFilter
from engine.service.desk import Desk
from engine.service.notice_recipients import accused_of
from engine.service.ports import OverdueLine
from engine.service.rung_colours import (
    Colour,
    colours_of_rungs,
    farthest_rung_days,
    rungs_of_colour,
    standing_rung,
    worst_colour,
)
from engine.service.worded_lines import Called, Lines, OwnList, WordedList, with_words
from engine.service.world import World
from engine.text import Text

NEAR_WORKING_DAYS: Final = 3
"""How near a deadline without a rung that stands must be to count as nearly late."""
COUNTED_MAX: Final = 1_000
"""Figures count so many deadlines, the most overdue first, and then say that there are more."""
_ONE: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)


class Scope(StrEnum):
    """LATE is over; NEAR runs, and a rung of it stands or few working days are left; BOTH is the two together."""

    LATE = "late"
    NEAR = "near"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueAsk:
    """What somebody wants of the list.

    ``near_working_days`` says how near counts as nearly late; None leaves it to the definitions: their first rung, or
    ``NEAR_WORKING_DAYS``. ``before`` takes the place of ``scope``: everything due before that instant. ``raised`` asks
    for deadlines on which some rung stands. ``handled_by``, ``resting`` and ``names`` are as in ``DeadlineFilter``.
    ``text`` holds the words of the cases, or the beginning of a number.
    """

    scope: Scope = Scope.LATE
    near_working_days: int | None = None
    before: datetime | None = None
    workflow: str | None = None
    unit: str | None = None
    colour: Colour | None = None
    raised: bool = False
    handled_by: tuple[str, ...] | None = None
    resting: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueEntry:
    """A line of the list with what is said beside it.

    ``working_days`` is above 0 when late, below 0 when days are left, by the deadline's own calendar, None where that
    ends. ``next_on`` is the day of the next rung. ``measures`` are those moves of supervision that are offered to the
    one who asks.
    """

    line: OverdueLine
    workflow: Workflow
    unit_title: Text
    deadline_title: Text
    is_late: bool
    working_days: int | None
    rung: Rung | None
    next_on: date | None
    next_rung: Rung | None
    handlers: tuple[str, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueFigures:
    """How many deadlines are late, nearly late, and on rungs of which colour; ``is_cut``: there are more."""

    late: int
    near: int
    by_colour: Mapping[Colour, int]
    is_cut: bool


class OverdueList:
    """The list as one actor may see it."""

    def __init__(self, desk: Desk, root: RootId, actor: Actor) -> None:
        self._desk, self._root, self._actor = desk, root, actor
        self._world = desk.world(root)
        self._now = desk.office.now()

    @cached_property
    def _principals(self) -> Sequence[str] | None:
        return principals_of(self._actor) if self._actor.kind is ActorKind.PERSON else None

    def page(
        self, ask: OverdueAsk, *, after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[OverdueEntry], str | None]:
        """Return a page of the list, the most overdue first, with the key of the next one."""
        found = self.look(ask, after=after, limit=limit)
        return found.lines, found.next

    def look(self, ask: OverdueAsk, *, after: str | None = None, limit: int = 50) -> Lines[OverdueEntry]:
        """Return the same, and whether it is short of what there is: of words, so much is looked at as
        ``worded_lines`` says.

        Raises:
            InputRefused: the text holds nothing to look for or is too long, or the key is none of ours.
        """
        own = self._own(ask)
        if ask.text is None:
            lines, following, _is_cut = own.read(None, after, limit)
            return Lines(self._entries(lines), following)
        found = self._worded(own, ask, ask.text).page(after=after, limit=limit)
        return Lines(self._entries(found.lines), found.next, found.is_cut)

    def lines(self, ask: OverdueAsk, *, limit: int) -> Sequence[OverdueLine]:
        """Return the list from its top, at most so many lines, with nothing said beside them.

        Raises:
            InputRefused: the text holds nothing to look for or is too long, or too much had to be looked at for it.
        """
        own = self._own(ask)
        return (
            own.read(None, None, limit).lines if ask.text is None else self._worded(own, ask, ask.text).all(limit=limit)
        )

    def said_of(self, lines: Sequence[OverdueLine], *, at_once: int = 200) -> Iterator[OverdueEntry]:
        """Yield lines of the list with what is said beside them, asked for so many at a time."""
        for start in range(0, len(lines), at_once):
            yield from self._entries(lines[start : start + at_once])

    def all(self, ask: OverdueAsk, *, page: int = 200) -> Sequence[OverdueEntry]:
        """Return the whole list, asked for page by page."""
        found: list[OverdueEntry] = []
        after: str | None = None
        while True:
            entries, after = self.page(ask, after=after, limit=page)
            found += entries
            if after is None:
                return found

    def figures(self, ask: OverdueAsk) -> OverdueFigures:
        """Return the numbers of what is late and nearly late, whatever scope, colour and words are asked for: what
        holds words is not counted, as the index knows more of it than a reader may."""
        whole = OverdueAsk(
            scope=Scope.BOTH,
            near_working_days=ask.near_working_days,
            workflow=ask.workflow,
            unit=ask.unit,
            handled_by=ask.handled_by,
            resting=ask.resting,
        )
        before, where = reach(whole, self._world, self._now)
        counts = self._desk.reads.overdue_counts(
            self._root,
            self._principals,
            before=microseconds(before),
            late=microseconds(self._now + _ONE),
            limit=COUNTED_MAX + 1,
            where=where,
        )
        colours = colours_of_rungs(self._world.rules)
        by_colour = dict.fromkeys(Colour, 0)
        for each in counts:
            by_colour[worst_colour(json.loads(each.rungs), colours)] += each.deadlines
        late = sum(each.deadlines for each in counts if each.late)
        near = sum(each.deadlines for each in counts if not each.late)
        return OverdueFigures(late=late, near=near, by_colour=by_colour, is_cut=late + near > COUNTED_MAX)

    def _own(self, ask: OverdueAsk) -> OwnList[OverdueLine]:
        """Return the list without its words."""
        before, where = reach(ask, self._world, self._now)

        def read(ids: tuple[CaseId, ...] | None, after: str | None, limit: int) -> Lines[OverdueLine]:
            of_ids = where._replace(ids=ids)
            lines, following = self._desk.queries.overdue(
                self._root, self._actor, before=before, after=after, limit=limit, where=of_ids
            )
            return Lines(lines, following)

        return OwnList(read=read, case=lambda line: Called(line.case.id, line.case.number), key=lambda line: line.key)

    def _worded(self, own: OwnList[OverdueLine], ask: OverdueAsk, text: str) -> WordedList[OverdueLine]:
        reads, root = self._desk.reads, self._root
        return with_words(own, reads, root, self._actor, text, self._world, workflow=ask.workflow)

    def _entries(self, lines: Sequence[OverdueLine]) -> list[OverdueEntry]:
        if not lines:
            return []
        cases = {case.id: case for case in self._desk.reads.cases(self._root, {line.case.id for line in lines})}
        names = self._handlers(cases)
        return [self._entry(line, cases.get(line.case.id), names.get(line.case.id, ())) for line in lines]

    def _entry(self, line: OverdueLine, case: Case | None, handlers: tuple[str, ...]) -> OverdueEntry:
        world = self._world
        workflow = workflow_of_line(line, world)
        calendar = calendar_of_line(line, workflow, world)
        part = workflow.deadlines.get(line.deadline)
        name = line.case.lead_unit or line.case.unit
        unit = world.surroundings.units.get(UnitId(name))
        return OverdueEntry(
            line=line,
            workflow=workflow,
            unit_title=Text(name, name) if unit is None else unit.title,
            deadline_title=Text(line.deadline, line.deadline) if part is None else part.title.text,
            is_late=instant(line.due_at) <= self._now,
            working_days=working_days_late(calendar, date.fromisoformat(line.due_on), _day(self._now)),
            rung=standing_rung(line, workflow),
            next_on=None if line.rung_at is None else _day(instant(line.rung_at)),
            next_rung=None if case is None else _next_rung(line, case, workflow, world),
            handlers=handlers,
            measures=() if case is None else measures_offered(case, self._actor, world),
        )

    def _handlers(self, cases: Mapping[CaseId, Case]) -> Mapping[CaseId, tuple[str, ...]]:
        """Return who must act on each case by a post they hold; parties are not named, a petitioner least of all."""
        parents = {case.parent for case in cases.values() if case.parent is not None} - set(cases)
        above = {case.id: case for case in self._desk.reads.cases(self._root, parents)} if parents else {}
        family = {**cases, **above}
        posts = {case.id: _posts(_workflow(self._world.rules, case.workflow, case.definition_version), case)
                 for case in cases.values()}  # fmt: skip
        asked = {grant for each in posts.values() for part in each for grant in part.of}
        holders = self._desk.reads.holders(self._root, asked, _day(self._now)) if asked else {}
        found: dict[CaseId, Sequence[PersonId]] = {}
        for case in cases.values():
            parent = None if case.parent is None else family.get(case.parent)
            accused, recused = accused_of(case, parent), recused_people(case, parent)
            filled = (self._holders_of(part, case, holders, accused, recused) for part in posts[case.id])
            found[case.id] = next((persons for persons in filled if persons), ())
        everybody = {person for persons in found.values() for person in persons}
        people = self._desk.reads.persons(self._root, everybody) if everybody else {}
        return {
            case: tuple(people[person].name for person in persons if person in people)
            for case, persons in found.items()
        }

    def _holders_of(
        self,
        part: RolePart,
        case: Case,
        holders: Mapping[Grant, Sequence[PersonId]],
        accused: frozenset[str],
        recused: frozenset[str],
    ) -> Sequence[PersonId]:
        """Return who holds a post on the case, in the nearest unit; grants in a unit complained about do not count, nor
        do those of people who are recused."""
        unit = case.unit if part.in_ == "case_unit" else case.lead_unit
        tree = self._world.surroundings.tree
        lineage = () if unit is None else tree.lineage(unit)
        for above in part.held_in(lineage):
            held = (person for role in part.of for person in holders.get(Grant(role, above), ()))
            persons = [person for person in held if person not in recused]
            if persons and accused.isdisjoint(tree.lineage(above)):
                return list(dict.fromkeys(persons))
        return ()


def reach(ask: OverdueAsk, world: World, now: datetime) -> tuple[datetime, DeadlineFilter]:
    """Return the instant before which the list's deadlines are due, and what else they must meet but for words.

    A day belongs to its deadline until 24:00 (domain D4): what is due at ``now`` is late.
    """
    on, off = (None, ()) if ask.colour is None else rungs_of_colour(ask.colour, world.rules)
    where = DeadlineFilter(
        workflow=ask.workflow,
        unit=ask.unit,
        on_rungs=on,
        off_rungs=off,
        raised=ask.raised or None,
        names=ask.names,
        handled_by=ask.handled_by,
        resting=ask.resting,
    )
    if ask.before is not None:
        return ask.before, where
    late = now + _ONE
    if ask.scope is Scope.LATE:
        return late, where
    if ask.scope is Scope.NEAR:
        where = where._replace(since=microseconds(late))
    soon = _near_until(world.calendar, now, NEAR_WORKING_DAYS)
    if ask.near_working_days is not None:
        return _near_until(world.calendar, now, ask.near_working_days), where
    farthest = _end_of(_day(now) + timedelta(days=farthest_rung_days(world.rules)))
    return max(soon, farthest), where._replace(soon=microseconds(soon))


def working_days_late(calendar: Calendar, due_on: date, today: date) -> int | None:
    """Return how many working days lie between the due date and today: above 0 when late, below 0 when days are left.

    The due date itself is not counted when it has passed, today is not when it has not. None where the calendar ends.
    """
    try:
        if today >= due_on:
            return calendar.working_days_between(due_on + _DAY, today + _DAY)
        return -calendar.working_days_between(today + _DAY, due_on + _DAY)
    except (CalendarEnds, OverflowError):
        return None


def calendar_of_line(line: OverdueLine, workflow: Workflow, world: World) -> Calendar:
    """Return the calendar by which a deadline is counted: the official one, or that of the unit of its case."""
    part = workflow.deadlines.get(line.deadline)
    calendar = world.calendar_of(UnitId(line.case.unit))
    return calendar.official if part is None else counted_by(part, calendar)


def workflow_of_line(line: OverdueLine, world: World) -> Workflow:
    """Return the version of the workflow, the newest one where that is not known here."""
    return _workflow(world.rules, line.case.workflow, line.case.definition_version)


def measures_offered(case: Case, actor: Actor, world: World) -> tuple[str, ...]:
    """Return the measures of supervision that are offered to the actor on a case, in the definition's order."""
    workflow = _workflow(world.rules, case.workflow, case.definition_version)
    return tuple(
        name
        for name in offered(workflow, case, actor, world.surroundings.tree)
        if workflow.transitions[name].supervises
    )


def _next_rung(line: OverdueLine, case: Case, workflow: Workflow, world: World) -> Rung | None:
    clock = case.clock(line.deadline)
    if clock is None or line.rung_at is None or line.deadline not in workflow.deadlines:
        return None
    due = due_rungs(clock, workflow, world.calendar_of(case.unit), instant(line.rung_at))
    return due[0].rung if due else None


def _posts(workflow: Workflow, case: Case) -> tuple[RolePart, ...]:
    """Return the posts that must act in the state of a case, in the definition's order."""
    state = workflow.states.get(case.state)
    roles = () if state is None else (workflow.roles[role] for role in state.acts)
    return tuple(part for part in roles if part.bound == "grant")


def _workflow(rules: Rulebook, name: str, version: int) -> Workflow:
    known = rules.workflows.get((name, version))
    return rules.newest(name) if known is None else known[0]


def _near_until(calendar: Calendar, now: datetime, working_days: int) -> datetime:
    today = _day(now)
    try:
        last = calendar.working_day_from(today + _DAY, working_days) if working_days else today
    except CalendarEnds:
        last = today + timedelta(days=working_days)
    return _end_of(last)


def _end_of(day: date) -> datetime:
    return day_ends_at(day).astimezone(UTC) + _ONE


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
