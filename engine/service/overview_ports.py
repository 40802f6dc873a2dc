"""What the overview of supervision asks of a database: numbers of cases by where they rest, never lists of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from engine.case.identity import CaseId, RootId
from engine.service.deadline_ports import DeadlineFilter


class DeadlineGroup(NamedTuple):
    """How many running deadlines there are of cases that rest in one place, on the same rungs (JSON)."""

    unit: str
    lead_unit: str | None
    workflow: str
    state: str
    name: str
    rungs: str
    late: bool
    near: bool
    deadlines: int


class OpenGroup(NamedTuple):
    """How many open cases rest in one place: parts that units were given apart from cases. ``opened_at`` is the sum of
    the days on which they were opened, counted from 1970."""

    unit: str
    lead_unit: str | None
    workflow: str
    state: str
    is_part: bool
    cases: int
    opened_days: int
    due_soon: int


class PartGroup(NamedTuple):
    """How many parts a unit was given that are in a state now."""

    unit: str
    workflow: str
    state: str
    parts: int


class RaisedRung(NamedTuple):
    """That somebody was told of a rung: when it was raised, as ``deadline/rung``, and who was told in which role."""

    case: CaseId
    name: str
    at: int
    person: str
    role: str


class OverviewReads(Protocol):
    """The part of ``Reads`` that is about the overview."""

    def deadline_groups(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        *,
        before: int,
        late: int,
        near: int,
        where: DeadlineFilter,
    ) -> Sequence[DeadlineGroup]:
        """Count all deadlines of the overdue list; those due before ``late`` are late, before ``near`` late or near."""

    def open_groups(self, root: RootId, principals: Sequence[str] | None, *, soon: int) -> Sequence[OpenGroup]:
        """Count the open cases and parts; ``due_soon`` are those of them that are due up to ``soon``."""

    def part_groups(self, root: RootId, principals: Sequence[str] | None) -> Sequence[PartGroup]:
        """Count the parts of units, open and ended."""

    def bounced(
        self, root: RootId, principals: Sequence[str] | None, states: Sequence[str], *, least: int, limit: int
    ) -> Sequence[tuple[CaseId, int]]:
        """Return cases of which so many parts at least ended in one of the states (``workflow state``), most first."""

    def raised_rungs(self, root: RootId, cases: Collection[CaseId]) -> Sequence[RaisedRung]:
        """Return who was told of rungs of some cases, in the order in which they were raised."""
