"""What a case is at one moment: the fold of its events, and what its database row holds.

A step makes several of these; they are named tuples, of which a changed copy costs a fifth of a dataclass's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from pydantic import JsonValue

from engine.case.identity import CaseId, PersonId, RootId, SessionId, UnitId
from engine.definition.parts import Phase

ChildRole = Literal["lead", "co_handler"]
NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})
"""What a mapping holds where nothing was said."""


class Party(NamedTuple):
    """A person bound to a role of this case; ``via`` is the case merged into this one that brought the person."""

    role: str
    person: PersonId
    via: CaseId | None = None


class ClockState(StrEnum):
    """RUNNING and SUSPENDED are open; MET ended in time or late, CANCELLED without being asked for any more."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    MET = "met"
    CANCELLED = "cancelled"


class Clock(NamedTuple):
    """One deadline of one case: when it began, when it is due, and everything that moved it.

    ``promised_on`` is the first effective date and never changes; ``due_at`` is the effective instant now (00:00 of
    the day after ``due_on``, Asia/Shanghai, in UTC; exact for hours). ``suspensions`` are half-open day intervals, the
    last one open while suspended. ``extensions`` are numbers of calendar days, in order. ``cap_on`` is an earlier due
    date taken over from a case merged into this one. ``watched`` is False for terms without a ladder: somebody's right
    to act until a day (评价, 申请复查), which nobody is late with. ``rungs`` are those raised, ``withdrawn`` those then
    taken back. ``rung_at`` is when time acts next: a rung is due, or a suspension has lasted as long as it may.
    """

    name: str
    state: ClockState
    started_at: datetime
    term: str
    promised_on: date
    nominal_on: date
    due_on: date
    due_at: datetime
    provisional: bool
    calendar: str
    suspensions: tuple[tuple[date, date | None], ...] = ()
    extensions: tuple[int, ...] = ()
    cap_on: date | None = None
    ended_at: datetime | None = None
    rungs: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    rung_at: datetime | None = None
    watched: bool = True

    @property
    def is_open(self) -> bool:
        return self.state in (ClockState.RUNNING, ClockState.SUSPENDED)

    @property
    def standing(self) -> tuple[str, ...]:
        """The rungs that were raised and not taken back."""
        return tuple(name for name in self.rungs if name not in self.withdrawn) if self.withdrawn else self.rungs


class Child(NamedTuple):
    """An assignment as its parent knows it; the state it is in stands on the child's own row.

    ``batch`` counts the assignments of the parent, the newest is the largest.
    """

    case: CaseId
    workflow: str
    role: ChildRole
    unit: UnitId
    batch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The rules of a case, by hash: pinned by its first entry, changed only by later entries."""

    definition: str
    lists: Mapping[str, str]
    calendar: str


class Case(NamedTuple):
    """A case on its way.

    ``data`` holds public and internal fields only; personal and confidential ones stand in private values and
    ``sealed`` names those that have a value. ``people`` lists every person met so far: the n-th is known to the ledger
    as ``Pn``. ``version`` moves with what people change and is what clients send; ``seq`` and ``head`` are the chain's.
    ``rungs`` are those that stand by deadline, of earlier clocks too: a case that was supervised stays so. ``happened``
    is when its newest move was made, where that is not when it last changed.
    """

    root: RootId
    id: CaseId
    workflow: str
    definition_version: int
    pins: Pins
    unit: UnitId
    congress_session: SessionId | None
    state: str
    phase: Phase
    opened_at: datetime
    changed_at: datetime
    version: int
    seq: int
    head: str
    data: Mapping[str, JsonValue] = NOTHING
    sealed: frozenset[str] = frozenset()
    parties: tuple[Party, ...] = ()
    people: tuple[PersonId, ...] = ()
    clocks: tuple[Clock, ...] = ()
    children: tuple[Child, ...] = ()
    fired: Mapping[str, int] = NOTHING
    milestones: Mapping[str, datetime] = NOTHING
    parent: CaseId | None = None
    child_role: ChildRole | None = None
    batch: int = 0
    merged_into: CaseId | None = None
    merged_from: tuple[CaseId, ...] = ()
    resume_state: str | None = None
    linked: tuple[CaseId, ...] = ()
    rungs: Mapping[str, tuple[str, ...]] = NOTHING
    published: bool = False
    stated: bool = False
    happened: datetime | None = None

    def clock(self, name: str) -> Clock | None:
        """Return the clock of this deadline, open or ended, or None when it was never started."""
        for clock in self.clocks:
            if clock.name == name:
                return clock
        return None

    @property
    def happened_at(self) -> datetime:
        """When the newest move of the case was made, as the move itself states it."""
        return self.changed_at if self.happened is None else self.happened

    @property
    def newest_children(self) -> tuple[Child, ...]:
        """The children of the newest assignment; earlier ones are history."""
        if not self.children:
            return ()
        newest = max(child.batch for child in self.children)
        return tuple(child for child in self.children if child.batch == newest)

    @property
    def lead_unit(self) -> UnitId | None:
        return next((child.unit for child in self.newest_children if child.role == "lead"), None)

    @property
    def next_due_at(self) -> datetime | None:
        """The earliest due instant of a running clock that is watched, None when none runs."""
        running = [clock.due_at for clock in self.clocks if clock.watched and clock.state is ClockState.RUNNING]
        return min(running) if running else None

    def persons_in(self, role: str) -> tuple[PersonId, ...]:
        """Return the persons bound to the role, each once, however many merged cases brought them."""
        return tuple(dict.fromkeys(party.person for party in self.parties if party.role == role))
