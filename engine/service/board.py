"""A session's board as one actor may see it: counts by state, columns, a table, and moves on many cases at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from engine.access.directory import Surroundings
from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.identity import CaseId, RootId
from engine.case.situation import CongressSession
from engine.definition.model import Workflow
from engine.definition.parts import FieldPart
from engine.service.board_ports import BoardFilter, BoardOrder
from engine.service.desk import Desk
from engine.service.ports import CaseLine, Page

COUNTED_MAX: Final = 250
"""So many cases of a state are counted, and then it is said that there are more."""
SORTED_MAX: Final = 3_000
"""So many cases are sorted by number or unit; more are read by due instant or state, which an index knows."""
_EACH: Final = frozenset({"case", "person", "rung", "file"})
_BEFORE_ALL: Final = date.min


class Board:
    """The board of an organisation as one actor may see it."""

    def __init__(self, desk: Desk, root: RootId, actor: Actor) -> None:
        self._reads, self._root = desk.reads, root
        self._principals: Sequence[str] | None = principals_of(actor) if actor.kind is ActorKind.PERSON else None

    def counts(self, where: BoardFilter) -> Mapping[str, int]:
        """Return state → number of cases, at most ``COUNTED_MAX`` of each."""
        return self._reads.board_counts(self._root, self._principals, where, limit=COUNTED_MAX)

    def columns(self, where: BoardFilter, *, limit: int) -> Mapping[str, Sequence[CaseLine]]:
        """Return the first cases of each state, those due soonest first."""
        return self._reads.board_columns(self._root, self._principals, where, limit=limit)

    def page(self, where: BoardFilter, order: BoardOrder, *, after: str | None, limit: int) -> Page:
        """Return a page of the table."""
        return self._reads.board_page(self._root, self._principals, where, order, after=after, limit=limit)

    def ids(self, where: BoardFilter, *, limit: int) -> Sequence[CaseId]:
        """Return the cases, those due soonest first."""
        return self._reads.board_ids(self._root, self._principals, where, limit=limit)

    def changed(self, where: BoardFilter, *, since: int, limit: int) -> Sequence[CaseId]:
        """Return cases to which something happened at or after an instant (microseconds)."""
        return self._reads.changed_cases(self._root, self._principals, where, since=since, limit=limit)


def can_be_sorted(counts: Mapping[str, int]) -> bool:
    """Return whether so few cases are on the board that they can be sorted by number or unit."""
    return all(count < COUNTED_MAX for count in counts.values()) and sum(counts.values()) <= SORTED_MAX


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
