"""What auditing asks of a database: entries in the order of time, newest first; moves of cases; ids to draw from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from engine.case.identity import CaseId, RootId
from engine.service.sealing_ports import QueueKey


class FoundEntry(NamedTuple):
    """An entry on its way through the ledger; ``idx`` is its place among all that is sealed, None while it waits."""

    idx: int | None
    at: int
    case: str
    seq: int
    body: bytes
    hash: bytes


class Drawn(NamedTuple):
    """Which cases are looked at together; None means any. ``opened_from`` counts, ``opened_until`` does not any more.

    ``units`` are the units of the cases themselves.
    """

    workflow: str
    opened_from: int | None = None
    opened_until: int | None = None
    congress_session: str | None = None
    units: tuple[str, ...] | None = None
    state: str | None = None


class StateSpan(NamedTuple):
    """A state that a case was in from an instant on; ``undated``: the case was imported without its dates."""

    case: CaseId
    opened_at: int
    seq: int
    value: str
    from_at: int
    undated: bool


class AuditReads(Protocol):
    """The part of ``Reads`` that auditing needs."""

    def sealed_before(self, root: RootId, idx: int, limit: int) -> Sequence[FoundEntry]:
        """Return sealed entries that stand before a place, the newest first."""

    def waiting_before(self, root: RootId, key: QueueKey, limit: int) -> Sequence[FoundEntry]:
        """Return entries that wait to be sealed, from the newest down, those before one of them."""

    def place_of_instant(self, root: RootId, at: int) -> int:
        """Return about which place the first sealed entry of an instant has: entries are sealed nearly in the order of
        time."""

    def places_of(self, root: RootId, case: CaseId) -> Mapping[int, int]:
        """Return seq → place of the entries of a case that are sealed."""

    def states_passed(
        self, root: RootId, principals: Sequence[str] | None, where: Drawn, *, limit: int
    ) -> Sequence[StateSpan]:
        """Return the states that visible cases passed, case by case, the newest case first; at most so many spans."""

    def all_states_passed(self, root: RootId, principals: Sequence[str] | None, where: Drawn) -> Iterator[StateSpan]:
        """Yield the states that visible cases passed, case by case, in the order of their ids; seen at one moment."""

    def ids_drawn_from(
        self, root: RootId, principals: Sequence[str] | None, where: Drawn, *, limit: int
    ) -> Sequence[CaseId]:
        """Return the ids of visible cases, in their order, at most so many."""
