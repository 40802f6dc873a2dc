"""A session's board as one actor may see it: counts by state, columns, a table, and moves on many cases at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from engine.access.directory import Surroundings
from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.identity import CaseId, RootId
from engine.case.situation import CongressSession
from engine.definition.model import Workflow
from engine.definition.parts import FieldPart
from engine.service.board_ports import BoardFilter, BoardOrder, key_in
from engine.service.desk import Desk
from engine.service.ports import CaseLine, Page
from engine.service.worded_lines import Called, Lines, OwnList, WordedList, with_words

COUNTED_MAX: Final = 5_000
"""So many cases of a board are counted; of states that hold more than their share it is said that there are more."""
SORTED_MAX: Final = 3_000
"""So many cases are sorted by number or unit; more are read by due instant or state, which an index knows."""
_EACH: Final = frozenset({"case", "person", "rung", "file"})
_BEFORE_ALL: Final = date.min


class Counts(NamedTuple):
    """State → number of cases, for the states that hold some; those of ``more`` hold more than was counted."""

    of: Mapping[str, int]
    more: frozenset[str]

    @property
    def total(self) -> int:
        """How many were counted in all."""
        return sum(self.of.values())


class Board:
    """The board of an organisation as one actor may see it."""

    def __init__(self, desk: Desk, root: RootId, actor: Actor) -> None:
        self._desk, self._reads, self._root, self._actor = desk, desk.reads, root, actor
        self._principals: Sequence[str] | None = principals_of(actor) if actor.kind is ActorKind.PERSON else None

    def counts(self, where: BoardFilter, *, most: int = COUNTED_MAX) -> Counts:
        """Return how many cases rest in the states that are asked for.

        Each is counted up to its share of ``most``, and those that hold more than that up to what the others left.
        """
        limit = max(most, 0) // max(len(where.states), 1)
        found = dict(self._counted(where, limit + 1))
        full = tuple(state for state, count in found.items() if count > limit)
        left = most - sum(found.values())
        if full and left > limit * len(full):
            limit += left // len(full)
            found.update(self._counted(where._replace(states=full), limit + 1))
        more = frozenset(state for state, count in found.items() if count > limit)
        return Counts({state: count - (state in more) for state, count in found.items()}, more)

    def _counted(self, where: BoardFilter, limit: int) -> Mapping[str, int]:
        return self._reads.board_counts(self._root, self._principals, where, limit=limit)

    def columns(self, where: BoardFilter, *, limit: int) -> Mapping[str, Sequence[CaseLine]]:
        """Return the first cases of each state, those due soonest first."""
        return self._reads.board_columns(self._root, self._principals, where, limit=limit)

    def page(self, where: BoardFilter, order: BoardOrder, *, after: str | None, limit: int) -> Page:
        """Return a page of the table."""
        return self._reads.board_page(self._root, self._principals, where, order, after=after, limit=limit)

    def with_words(self, where: BoardFilter, order: BoardOrder, text: str) -> WordedList[CaseLine]:
        """Return the table narrowed to words, or to the beginning of a number.

        Raises:
            InputRefused: the text holds nothing to look for or is too long.
        """
        world = self._desk.world(self._root)
        codes = {str(unit.id): unit.code for unit in world.surroundings.units.values()}

        def read(ids: tuple[CaseId, ...] | None, after: str | None, limit: int) -> Lines[CaseLine]:
            page = self.page(where._replace(ids=ids), order, after=after, limit=limit)
            return Lines(page.lines, page.next)

        own: OwnList[CaseLine] = OwnList(
            read=read,
            case=lambda line: Called(line.id, line.number),
            key=lambda line: key_in(line, order, codes),
        )
        return with_words(own, self._reads, self._root, self._actor, text, world, workflow=where.workflow)

    def ids(self, where: BoardFilter, *, limit: int) -> Sequence[CaseId]:
        """Return the cases, those due soonest first."""
        return self._reads.board_ids(self._root, self._principals, where, limit=limit)

    def changed(self, where: BoardFilter, *, since: int, limit: int) -> Sequence[CaseId]:
        """Return cases to which something happened at or after an instant (microseconds)."""
        return self._reads.changed_cases(self._root, self._principals, where, since=since, limit=limit)


def can_be_sorted(counts: Counts, states: Collection[str]) -> bool:
    """Return whether so few cases rest in the states that they can be sorted by number or unit."""
    return counts.more.isdisjoint(states) and sum(counts.of.get(state, 0) for state in states) <= SORTED_MAX


def sessions_in_order(surroundings: Surroundings) -> list[CongressSession]:
    """Return the congress sessions, the newest first."""
    return sorted(
        surroundings.sessions.values(),
        key=lambda session: (session.opens_on or _BEFORE_ALL, session.term, session.meeting, session.id),
        reverse=True,
    )


def moves_for_many(workflow: Workflow, states: Iterable[str], actor: Actor) -> list[str]:
    """Return the moves that somebody may be able to make on several cases in these states at once, in their order.

    It is asked by the roles that are granted to the actor anywhere; the preview says of each case whether it is so. A
    move that asks for something of each case by itself (a person, another case, files) is made one by one.
    """
    held = {grant.role for grant in actor.grants}
    resting = set(states)
    return [
        name
        for name, part in workflow.transitions.items()
        if resting.intersection(part.from_)
        and any(
            workflow.roles[role].bound == "grant" and held.intersection(workflow.roles[role].of) for role in part.by
        )
        and not any(_is_of_each(workflow.fields[field]) for field in part.form)
    ]


def _is_of_each(field: FieldPart) -> bool:
    schema = field.json_schema
    items = schema.get("items")
    formats = {schema.get("format"), items.get("format") if isinstance(items, dict) else None}
    return not formats.isdisjoint(_EACH)
