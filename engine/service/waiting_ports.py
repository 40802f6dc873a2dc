"""What the list of what waits for somebody asks of a database; instants are microseconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from engine.case.identity import CaseId, RootId

END_OF_TIME: Final = 1 << 62
"""Stands for the due instant of what has none: it comes last."""


class WaitingRow(NamedTuple):
    """A case in a state in which somebody must act, as narrow as a list needs it to be sorted, counted and folded."""

    id: CaseId
    workflow: str
    definition_version: int
    state: str
    unit: str
    lead_unit: str | None
    parent: CaseId | None
    next_due_at: int | None

    @property
    def key(self) -> tuple[int, str]:
        """What the list is sorted and paged by."""
        return (END_OF_TIME if self.next_due_at is None else self.next_due_at, self.id)


class Stretch(NamedTuple):
    """The part of the list that is asked for: what is due after ``since`` (exclusive) and up to ``until``, both by
    (instant, case); what has no due instant stands at ``END_OF_TIME``."""

    since: tuple[int, str] = (-1, "")
    until: int = END_OF_TIME


class Place(NamedTuple):
    """Cases of one workflow in one state, of any unit, or of those listed: their own one, or with ``leads`` the one
    that leads them."""

    workflow: str
    state: str
    units: tuple[str, ...] | None = None
    leads: bool = False

    def holds(self, row: WaitingRow) -> bool:
        """Return whether a case is one of these."""
        unit = row.lead_unit if self.leads else row.unit
        return (row.workflow, row.state) == (self.workflow, self.state) and (self.units is None or unit in self.units)

    def of_unit(self, unit: str) -> Iterator[Place]:
        """Yield the parts of the place in which a unit handles a case: it leads it, or nobody does and it is its
        own."""
        if self.units is None:
            yield self._replace(units=(unit,), leads=True)
            yield self._replace(units=(unit,))
        elif unit in self.units:
            yield self._replace(units=(unit,))


class WaitingReads(Protocol):
    """The part of ``Reads`` that is about what waits for somebody."""

    def readable(self, root: RootId, principal: str, *, limit: int) -> int:
        """Count the cases that a principal reads, as far as the limit."""

    def waiting_of(
        self, root: RootId, principals: Sequence[str], seen_by: Sequence[str], states: Sequence[str], *, limit: int
    ) -> Sequence[WaitingRow]:
        """Return the open cases of some principals that rest in one of the states (``workflow state``), in no order.

        Only what ``seen_by``, all that the reader is, may see.
        """

    def waiting_in(
        self, root: RootId, place: Place, seen_by: Sequence[str] | None, stretch: Stretch, *, limit: int
    ) -> Sequence[WaitingRow]:
        """Return the cases of a place on a stretch, the next due first, what has no due instant last."""

    def waiting_among(
        self, root: RootId, cases: Collection[CaseId], seen_by: Sequence[str] | None
    ) -> Sequence[WaitingRow]:
        """Return those of the cases that are open and that may be seen, in no order."""

    def waiting_counts(
        self, root: RootId, place: Place, seen_by: Sequence[str] | None, bounds: Sequence[int], *, limit: int
    ) -> Sequence[int]:
        """Count the cases of a place due up to each of the bounds, in their order, then the later ones, then those
        without a due instant. At most ``limit`` cases with a due instant are counted, and as many without."""
