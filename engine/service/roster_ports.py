"""What the rosters ask of a database: lines by their keys, who holds them, and how many of a roster were reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from engine.case.identity import CaseId, RootId
from engine.case.rosters import KnownLine, Pair, Slot


class HeldLine(NamedTuple):
    """The case that holds a line under a slot: of which unit, on which day (ISO), None while it is planned."""

    case: CaseId
    unit: str
    day: str | None


class RosterLookups(Protocol):
    """What a move has to know of rosters; asked inside the write transaction, and of the reading side to rehearse."""

    def roster_lines(self, root: RootId, pairs: Collection[Pair]) -> Mapping[Pair, KnownLine]:
        """Return those of the lines that stand on their rosters."""

    def roster_held(self, root: RootId, slots: Collection[Slot]) -> Mapping[Slot, HeldLine]:
        """Return what cases hold of these."""


Facet = tuple[str, tuple[str, ...]]
"""A facet of a roster and the values that count, as they are stored."""


class CoverageAsk(NamedTuple):
    """Which lines of a roster are looked at, and what of them counts.

    ``reach`` as ``workflow.reach`` counts those reached from one day to another, both included, as ISO dates; without
    it ``has`` says which facets a line has to have. ``by`` is the facet by which the numbers are told apart.
    """

    roster: str
    among: tuple[Facet, ...] = ()
    reach: str | None = None
    from_day: str = ""
    until_day: str = ""
    has: tuple[Facet, ...] = ()
    by: str | None = None


class CoverageCount(NamedTuple):
    """The lines of a unit and of one value of a facet: how many, how many count, how many are only planned."""

    unit: str
    value: str | None
    lines: int
    covered: int
    planned: int


class CoverageLine(NamedTuple):
    """A line of a list; ``value`` is that of the facet asked for."""

    key: str
    name: str
    unit: str
    case: CaseId
    value: str | None


class NamedLine(NamedTuple):
    """A line of a roster as it is chosen: what others name it by, and what it is called."""

    key: str
    name: str


class RosterReads(RosterLookups, Protocol):
    """The part of ``Reads`` that is about rosters."""

    def roster_named(
        self, root: RootId, principals: Sequence[str] | None, roster: str, *, called: str | None, limit: int
    ) -> Sequence[NamedLine]:
        """Return lines that one of the principals may see, in the order of their keys.

        ``called`` narrows to the line under that key and to those with that in their names.
        """

    def roster_seen(
        self, root: RootId, principals: Sequence[str] | None, roster: str, keys: Collection[str]
    ) -> Sequence[NamedLine]:
        """Return those of the lines under these keys that one of the principals may see."""

    def coverage_counts(
        self, root: RootId, principals: Sequence[str] | None, ask: CoverageAsk
    ) -> Sequence[CoverageCount]:
        """Count the lines that one of the principals may see, by unit and by facet."""

    def coverage_twice(self, root: RootId, principals: Sequence[str] | None, ask: CoverageAsk) -> int:
        """Return how often lines were reached once more for a reason that was given, by cases that may be seen."""

    def coverage_lines(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        ask: CoverageAsk,
        *,
        covered: bool,
        units: Sequence[str] | None,
        after: str,
        limit: int,
    ) -> Sequence[CoverageLine]:
        """Return lines that count, or that do not, in the order of their keys; ``units`` narrows to those."""
