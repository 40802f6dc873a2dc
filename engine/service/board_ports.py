"""What the session's board and the suggestions for an assignment ask of a database; the values, and the port."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from engine.case.identity import CaseId, RootId
from engine.service.history_ports import SpanLine

if TYPE_CHECKING:  # ``ports`` is made of this port and others
    from engine.service.ports import CaseLine, Page

LAST: Final = "\uffff"
"""Stands after everything that numbers and codes of units begin with."""


class BoardOrder(StrEnum):
    """In which order the table stands: DUE and STATE are read off an index; NUMBER and UNIT sort what they find."""

    DUE = "due"
    STATE = "state"
    NUMBER = "number"
    UNIT = "unit"


class BoardFilter(NamedTuple):
    """Which cases a board is about: of a workflow and a congress session, in these states, in their order.

    ``congress_session`` None stands for the cases that belong to none; ``unit`` is the one that leads or owns them.
    ``ids`` are cases that a search has found, few thousands at most; None means any, none of them none.
    """

    workflow: str
    congress_session: str | None
    states: tuple[str, ...]
    unit: str | None = None
    category: str | None = None
    ids: tuple[CaseId, ...] | None = None


def due_key(line: CaseLine) -> str:
    """Return the key by which a page in the order DUE continues after a case."""
    return f"{'-' if line.next_due_at is None else line.next_due_at}.{line.id}"


def key_in(line: CaseLine, order: BoardOrder, codes: Mapping[str, str]) -> str:
    """Return the key by which a page in an order continues after a case; ``codes`` are those of the units, by id."""
    match order:
        case BoardOrder.DUE:
            return due_key(line)
        case BoardOrder.STATE:
            return f"{line.state}/{due_key(line)}"
        case BoardOrder.NUMBER:
            value = line.number
        case BoardOrder.UNIT:
            value = codes.get(line.lead_unit or line.unit)
    return f"{LAST if value is None else value}/{line.id}"


class BoardReads(Protocol):
    """The part of ``Reads`` that is about boards."""

    def board_counts(
        self, root: RootId, principals: Sequence[str] | None, where: BoardFilter, *, limit: int
    ) -> Mapping[str, int]:
        """Return state → number of visible cases, of each state at most ``limit``; states without any are left out."""

    def board_columns(
        self, root: RootId, principals: Sequence[str] | None, where: BoardFilter, *, limit: int
    ) -> Mapping[str, Sequence[CaseLine]]:
        """Return of each state the first visible cases, by due instant and id, those without one last."""

    def board_page(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        where: BoardFilter,
        order: BoardOrder,
        *,
        after: str | None,
        limit: int,
    ) -> Page:
        """Return a page of visible cases in an order, by key and never by offset; nothing comes before what has it.

        Raises:
            InputRefused: ``after`` is no key of such a page.
        """

    def board_ids(
        self, root: RootId, principals: Sequence[str] | None, where: BoardFilter, *, limit: int
    ) -> Sequence[CaseId]:
        """Return the visible cases of a board, those due soonest first, at most ``limit``."""

    def changed_cases(
        self, root: RootId, principals: Sequence[str] | None, where: BoardFilter, *, since: int, limit: int
    ) -> Sequence[CaseId]:
        """Return visible cases, whatever their state, to which something happened at or after an instant, by id."""

    def led_cases(
        self, root: RootId, principals: Sequence[str] | None, workflow: str, category: str, *, limit: int
    ) -> Sequence[CaseId]:
        """Return the newest visible cases of a category that a unit leads or led, newest first."""

    def spans_among(self, root: RootId, cases: Collection[CaseId], kinds: Collection[str]) -> Sequence[SpanLine]:
        """Return the spans of these kinds of these cases, by case, kind and seq."""
