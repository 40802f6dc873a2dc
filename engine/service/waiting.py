"""What waits for somebody: every case in which the reader must act now, the next due first, with what is asked next.

Who reads few cases by a post is asked for those; who reads very many is asked for state by state, so that a page costs
the same whoever asks. The part (承办件) that a unit was given and the case it leads are one line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from engine.access.readers import principals_of
from engine.calendar.term import SHANGHAI
from engine.case.actors import Actor, Grant
from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.identity import CaseId, RootId, UnitId
from engine.case.roles import granting_unit, holds_role
from engine.case.secrecy import as_party
from engine.definition.compiled import Definition
from engine.definition.parts import RolePart
from engine.errors import InputRefused
from engine.service.desk import Desk
from engine.service.next_moves import Extension, NextMove, ends_a_term, extension_of, moves_of
from engine.service.notice_inbox import PAGE_MAX, Notices
from engine.service.waiting_ports import END_OF_TIME, Place, Stretch, WaitingRow
from engine.service.worded_lines import Called, Lines, OwnList, WordedList, with_words
from engine.text import Text

FEW: Final = 2_000
"""Who reads no more cases by a post than this is asked for all of them at once."""
COUNTED_MAX: Final = 300
"""So many cases of each state are counted for somebody who reads very many."""
_DAY: Final = timedelta(days=1)
_KEY_DIGITS_MAX: Final = 19


class Group(StrEnum):
    """When something is due, as the list is divided."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    LATER = "later"
    UNDATED = "undated"


class Whose(StrEnum):
    """Whether what waits waits for the person by name, or for a post that the person holds."""

    PERSON = "person"
    POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAsk:
    """What the list is narrowed to; None means any. ``unit`` is the one that handles the case, ``text`` holds words of
    the case or the beginning of its number."""

    group: Group | None = None
    workflow: str | None = None
    unit: str | None = None
    whose: Whose | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEntry:
    """A line of the list.

    ``part`` is the assignment of the reader's unit, where the case is the one that it belongs to. ``moves`` begin with
    what is asked next. ``co_handlers`` are the parts of the other units.
    """

    case: Case
    definition: Definition
    part: Case | None
    group: Group
    moves: tuple[NextMove, ...]
    co_handlers: tuple[Case, ...]
    extension: Extension | None
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPage:
    """A page of the list; ``next`` is the key to continue after. ``is_cut``: there are more than the counts say.

    With words nothing is counted, and ``is_cut`` says that the page may be short of what there is: going on finds it.
    """

    entries: tuple[WaitingEntry, ...]
    next: str | None
    counts: Mapping[Group, int]
    is_cut: bool


class _Line(NamedTuple):
    """A row with the assignment that stands for it, and the key of the earlier one of both."""

    key: tuple[int, str]
    row: WaitingRow
    part: CaseId | None = None
    whose: Whose = Whose.POST

    @property
    def following(self) -> str:
        """What a page goes on after behind this line."""
        return f"{self.key[0]}.{self.key[1]}"


class Waiting:
    """The list as one actor has it."""

    def __init__(self, desk: Desk, root: RootId, actor: Actor) -> None:
        self._desk, self._root, self._actor = desk, root, actor
        self._world = desk.world(root)
        self._tree = self._world.surroundings.tree
        self._now = desk.office.now()

    def page(self, ask: WaitingAsk, *, after: str | None = None, limit: int = 50) -> WaitingPage:
        """Return a page of the list.

        Raises:
            InputRefused: ``after`` is no key of a page, or the text holds nothing to look for or is too long.
        """
        bounds = self.bounds()
        if ask.text is None:
            found = self._lines(ask, None, after, limit)
            counts, is_cut = self._counts(ask, self._few(ask), bounds)
        else:
            found = self._with_words(ask, ask.text).page(after=after, limit=limit)
            counts, is_cut = {}, found.is_cut
        entries = tuple(self._entries(found.lines, bounds))
        return WaitingPage(entries=entries, next=found.next, counts=counts, is_cut=is_cut)

    def _with_words(self, ask: WaitingAsk, text: str) -> WordedList[_Line]:
        own: OwnList[_Line] = OwnList(
            read=lambda ids, after, limit: self._lines(ask, ids, after, limit),
            case=lambda line: Called(line.row.id, None),
            key=lambda line: line.following,
        )
        return with_words(own, self._desk.reads, self._root, self._actor, text, self._world, workflow=ask.workflow)

    def _lines(self, ask: WaitingAsk, ids: tuple[CaseId, ...] | None, after: str | None, limit: int) -> Lines[_Line]:
        """Return a page of the lines, of given cases alone where these are named."""
        since, until = _reach(ask.group, self.bounds())
        if after is not None:
            since = max(since, _key(after))
        given = None if ids is None else frozenset(ids)
        few = (line for line in self._few(ask) if given is None or line.row.id in given)
        lines = {line.row.id: line for line in few if since < line.key and line.key[0] <= until}
        for row in self._of_many(ask, given, Stretch(since, until), limit + 1):
            if row.id not in lines and _is_asked(row, ask) and self._acts_by_post(row):
                lines[row.id] = _Line(row.key, row)
        found = sorted(lines.values(), key=lambda line: line.key)
        return Lines(found[:limit], found[limit - 1].following if len(found) > limit else None)

    def _few(self, ask: WaitingAsk) -> list[_Line]:
        return [line for line in self._few_lines if _is_asked(line.row, ask) and ask.whose in (None, line.whose)]

    def _of_many(
        self, ask: WaitingAsk, given: Collection[CaseId] | None, stretch: Stretch, limit: int
    ) -> Iterator[WaitingRow]:
        """Yield what waits on a stretch for posts by which very many cases are read: of each place so many, or all that
        are given."""
        reads, places = self._desk.reads, self._places(ask)
        if given is None:
            for place in places:
                yield from reads.waiting_in(self._root, place, self._principals, stretch, limit=limit)
        elif places:
            for row in reads.waiting_among(self._root, given, self._principals):
                if stretch.since < row.key and row.key[0] <= stretch.until and any(at.holds(row) for at in places):
                    yield row

    def bounds(self) -> tuple[int, int, int]:
        """Return the last instants of what is overdue, due today, and due this week; a day ends with its 24:00."""
        today = self._now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        week_ends = today + _DAY * (7 - today.weekday())
        return microseconds(self._now), microseconds(today + _DAY), microseconds(week_ends)

    @cached_property
    def _principals(self) -> Sequence[str]:
        return principals_of(self._actor)

    @cached_property
    def _acting(self) -> Mapping[tuple[str, str], tuple[RolePart, ...]]:
        """Return the roles that must act, by workflow and state, in whichever versions of the workflows."""
        rules, found = self._world.rules, dict[tuple[str, str], dict[RolePart, None]]()
        for name in rules.names():
            for workflow in rules.every(name):
                for state, part in workflow.states.items():
                    roles = (workflow.roles[role] for role in part.acts)
                    found.setdefault((name, state), {}).update(dict.fromkeys(roles))
        return {place: tuple(roles) for place, roles in found.items() if roles}

    @cached_property
    def _posts(self) -> tuple[Mapping[Grant, str], Mapping[Grant, str]]:
        """Return the grants by which the actor may have to act, with their principals: of few cases, and of many."""
        acting = {grant for roles in self._acting.values() for part in roles for grant in part.of}
        few: dict[Grant, str] = {}
        many: dict[Grant, str] = {}
        for grant in sorted(self._actor.grants):
            if grant.role in acting:
                alone = replace(
                    self._actor, person=None, acting_for=None, veil=None, grants=frozenset({grant}), deputed=frozenset()
                )
                (principal,) = principals_of(alone)
                seen = self._desk.reads.readable(self._root, principal, limit=FEW + 1)
                (few if seen <= FEW else many)[grant] = principal
        return few, many

    @cached_property
    def _few_lines(self) -> list[_Line]:
        """Return all that waits for the person, and for the posts by which few cases are read."""
        few, _many = self._posts
        by_post = [(workflow, state) for (workflow, state), roles in self._acting.items()
                   if any(grant.role in part.of for part in roles for grant in few)]  # fmt: skip
        by_name = [place for place, roles in self._acting.items() if any(part.bound == "party" for part in roles)]
        persons = [principal for principal in self._principals if principal.startswith("person:")]
        rows = {row.id: row for row in self._rows(list(few.values()), by_post) if self._acts_by_post(row)}
        named = [row for row in self._rows(persons, by_name) if row.id not in rows]
        cases = {case.id: case for case in self._desk.reads.cases(self._root, [row.id for row in named])}
        own = (row for row in named if row.id in cases and self._acts_by_name(cases[row.id]))
        return [*self._folded(rows), *(_Line(row.key, row, whose=Whose.PERSON) for row in own)]

    def _rows(self, principals: Sequence[str], places: Sequence[tuple[str, str]]) -> Sequence[WaitingRow]:
        if not principals or not places:
            return ()
        states = [f"{workflow} {state}" for workflow, state in places]
        limit = FEW * len(principals)
        return self._desk.reads.waiting_of(self._root, principals, self._principals, states, limit=limit)

    def _folded(self, rows: Mapping[CaseId, WaitingRow]) -> Iterator[_Line]:
        """Yield the rows, the assignment of the unit that leads a case as one with its case; due by the earlier."""
        parts: dict[CaseId, WaitingRow] = {}
        for row in rows.values():
            above = None if row.parent is None else rows.get(row.parent)
            if above is not None and above.lead_unit == row.unit:
                parts[above.id] = row
        taken = {row.id for row in parts.values()}
        for row in rows.values():
            if row.id in taken:
                continue
            part = parts.get(row.id)
            yield _Line(row.key, row) if part is None else _Line((min(row.key[0], part.key[0]), row.id), row, part.id)

    def _places(self, ask: WaitingAsk) -> list[Place]:
        """Return where to look for what waits for posts by which very many cases are read, each place once."""
        if ask.whose is Whose.PERSON:
            return []
        found: dict[Place, None] = {}
        for grant in self._posts[1]:
            for (workflow, state), roles in self._acting.items():
                if ask.workflow in (None, workflow):
                    for part in roles:
                        if grant.role in part.of:
                            found[self._place(workflow, state, part, grant)] = None
        everywhere = {(place.workflow, place.state) for place in found if place.units is None}
        whole = [place for place in found if place.units is None or (place.workflow, place.state) not in everywhere]
        return whole if ask.unit is None else [part for place in whole for part in place.of_unit(ask.unit)]

    def _place(self, workflow: str, state: str, part: RolePart, grant: Grant) -> Place:
        leads = part.in_ == "lead_unit"
        if part.inherited is True and not leads and grant.unit == UnitId(self._root):
            return Place(workflow, state)
        units = (unit for unit in self._tree.parents if grant.unit in part.held_in(self._tree.lineage(unit)))
        return Place(workflow, state, tuple(units), leads)

    def _acts_by_post(self, row: WaitingRow) -> bool:
        for part in self._acting.get((row.workflow, row.state), ()):
            unit = row.unit if part.in_ == "case_unit" else row.lead_unit
            if (
                part.bound == "grant"
                and unit is not None
                and granting_unit(part, self._actor, UnitId(unit), self._tree) is not None
            ):
                return True
        return False

    def _acts_by_name(self, case: Case) -> bool:
        workflow = self._definition(case).workflow
        actor = as_party(self._actor, case)
        return any(
            workflow.roles[role].bound == "party" and holds_role(role, workflow, case, actor, self._tree)
            for role in workflow.states[case.state].acts
        )

    def _counts(
        self, ask: WaitingAsk, few: Sequence[_Line], bounds: tuple[int, int, int]
    ) -> tuple[Mapping[Group, int], bool]:
        """Return how many lines there are of each group, whichever of them is asked for."""
        counts = Counter(_group(line.key[0], bounds) for line in few)
        is_cut = False
        reads, seen_by = self._desk.reads, self._principals
        for place in self._places(ask):
            if ask.unit is not None:
                # A case of the unit may be led by another one: that is told by the rows alone.
                rows = reads.waiting_in(self._root, place, seen_by, Stretch(), limit=COUNTED_MAX)
                counts.update(_group(row.key[0], bounds) for row in rows if _is_asked(row, ask))
                is_cut = is_cut or len(rows) >= COUNTED_MAX
                continue
            found = reads.waiting_counts(self._root, place, seen_by, bounds, limit=COUNTED_MAX)
            counts.update(dict(zip(Group, found, strict=True)))
            is_cut = is_cut or sum(found[:-1]) >= COUNTED_MAX or found[-1] >= COUNTED_MAX
        return {group: counts[group] for group in Group}, is_cut

    def _entries(self, lines: Sequence[_Line], bounds: tuple[int, int, int]) -> Iterator[WaitingEntry]:
        if not lines:
            return
        wanted = [each for line in lines for each in (line.row.id, line.part) if each is not None]
        cases = {case.id: case for case in self._desk.reads.cases(self._root, wanted)}
        parts = {child.case for case in cases.values() for child in case.newest_children} - set(cases)
        cases.update({case.id: case for case in self._desk.reads.cases(self._root, parts)} if parts else {})
        unread = self._unread()
        for line in lines:
            case = cases[line.row.id]
            part = None if line.part is None else cases[line.part]
            workflow = self._definition(case).workflow
            yield WaitingEntry(
                case=case,
                definition=self._definition(case),
                part=part,
                group=_group(line.key[0], bounds),
                moves=self._moves(case, part),
                co_handlers=tuple(
                    cases[child.case]
                    for child in case.newest_children
                    if child.role == "co_handler" and child.case in cases
                ),
                extension=extension_of(workflow, case),
                unread=unread[case.id] + (0 if part is None else unread[part.id]),
            )

    def _moves(self, case: Case, part: Case | None) -> tuple[NextMove, ...]:
        """Return what is offered on the case and its part, the one that meets a term, if only on the part, first."""
        moves = moves_of(self._definition(case).workflow, case, self._actor, self._tree)
        if part is None:
            return moves
        of_part = moves_of(self._definition(part).workflow, part, self._actor, self._tree)
        part_first = bool(of_part) and ends_a_term(of_part[0]) and not (moves and ends_a_term(moves[0]))
        return (*of_part, *moves) if part_first or not moves else (*moves, *of_part)

    def _unread(self) -> Counter[str]:
        if self._actor.person is None:
            return Counter()
        page = Notices(self._desk.reads).inbox(self._root, self._actor, limit=PAGE_MAX, unread=True)
        return Counter(line.notice.case for line in page.lines)

    def _definition(self, case: Case) -> Definition:
        return self._world.rules.pinned(case.pins.definition, case.pins.lists)


def _is_asked(row: WaitingRow, ask: WaitingAsk) -> bool:
    return ask.workflow in (None, row.workflow) and ask.unit in (None, row.lead_unit or row.unit)


def _group(due_at: int, bounds: tuple[int, int, int]) -> Group:
    if due_at >= END_OF_TIME:
        return Group.UNDATED
    return next((group for group, bound in zip(Group, bounds, strict=False) if due_at <= bound), Group.LATER)


def _reach(group: Group | None, bounds: tuple[int, int, int]) -> tuple[tuple[int, str], int]:
    """Return the stretch of a group: after which key, and up to which instant."""
    if group is None:
        return (-1, ""), END_OF_TIME
    ends = (-1, *bounds, END_OF_TIME - 1, END_OF_TIME)
    place = list(Group).index(group)
    # Past every case that is due at the same instant: no id is as great as this.
    return (ends[place], "\U0010ffff" if place else ""), ends[place + 1]


def _key(after: str) -> tuple[int, str]:
    instant, _, case = after.partition(".")
    if not (instant.isascii() and instant.isdigit() and len(instant) <= _KEY_DIGITS_MAX and 0 < len(case) <= 100):
        raise InputRefused(Text("翻页标记有误，请从第一页重新查看", "Not the key of a page; begin with the first"))
    return int(instant), case
