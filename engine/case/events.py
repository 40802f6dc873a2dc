"""What happened, in the past tense. One event is one ledger entry of one case; a step may hold events of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.case import NOTHING, Case, Child, ChildRole, Clock, Party, Pins
from engine.case.commands import BasisKind, ErasureBasis, Stated
from engine.case.files import TakenFile
from engine.case.identity import CaseId, PersonId, RootId, SessionId, UnitId
from engine.definition.parts import Phase


class EventType(StrEnum):
    """OPENED is always the first; CHANGED is what another case's step did to this one; NOTED moves nothing; ERASED
    takes private values away for good; MIGRATED goes on under another version of the workflow."""

    OPENED = "opened"
    FIRED = "fired"
    CHANGED = "changed"
    NOTED = "noted"
    ERASED = "erased"
    MIGRATED = "migrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is fixed for the life of a case."""

    root: RootId
    workflow: str
    definition_version: int
    pins: Pins
    unit: UnitId
    congress_session: SessionId | None
    parent: CaseId | None = None
    child_role: ChildRole | None = None
    batch: int = 0


class Verdict(NamedTuple):
    """The answer of one guard."""

    guard: str
    holds: bool


class Cause(NamedTuple):
    """The move of another case that brought this one about."""

    case: CaseId
    transition: str


class ErasedValues(NamedTuple):
    """The paths erased of one entry: the entry by id and seq, and the data key its values were sealed under."""

    entry: str
    seq: int
    key: str
    paths: tuple[str, ...]


class Erasure(NamedTuple):
    """What was erased, why, and who approved it in what role; nobody where the engine did it by itself."""

    values: tuple[ErasedValues, ...]
    basis: ErasureBasis
    approver: PersonId | None = None
    approver_role: str | None = None

    @property
    def paths(self) -> frozenset[str]:
        """Every path that no entry before this one has a value at any more."""
        return frozenset(path for values in self.values for path in values.paths)


class Migration(NamedTuple):
    """Under which version a case goes on, by the hashes of its text and of its lists, and why."""

    version: int
    definition: str
    lists: Mapping[str, str]
    reason: str


class Behalf(NamedTuple):
    """For whom the actor entered something (代录), in what form it came, and the hash of the scanned page."""

    kind: BasisKind
    person: PersonId | None = None
    scan: str | None = None


class Event(NamedTuple):
    """Everything one entry changes. Absent parts are empty.

    ``fields`` holds values of every privacy; where each may stand is decided when the entry is written. ``clocks`` are
    the new values of the clocks that changed. ``acting_unit`` is where the grant behind ``role`` is held. ``merge`` is
    the case merged into, "" after an un-merge. ``rungs`` are raised and ``withdrawn`` taken back, as deadline and rung.
    ``taken`` are the uploads it takes over; the entry holds of them what its fields say.
    """

    case: CaseId
    type: EventType
    at: datetime
    actor: Actor
    role: str | None = None
    acting_unit: UnitId | None = None
    stated: Stated | None = None
    behalf: Behalf | None = None
    key_hash: str | None = None
    opening: Opening | None = None
    transition: str | None = None
    to_state: str | None = None
    to_phase: Phase | None = None
    milestone: str | None = None
    verdicts: tuple[Verdict, ...] = ()
    cause: Cause | None = None
    fields: Mapping[str, JsonValue] = NOTHING
    joined: tuple[Party, ...] = ()
    left: tuple[Party, ...] = ()
    clocks: tuple[Clock, ...] = ()
    children: tuple[Child, ...] = ()
    merge: CaseId | None = None
    merged_from: tuple[CaseId, ...] | None = None
    resume_state: str | None = None
    linked: tuple[CaseId, ...] = ()
    published: bool = False
    notices: tuple[str, ...] = ()
    rungs: tuple[tuple[str, str], ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()
    note: Mapping[str, JsonValue] = NOTHING
    erasure: Erasure | None = None
    migration: Migration | None = None
    taken: tuple[TakenFile, ...] = ()

    @property
    def happened_at(self) -> datetime:
        """The instant that clocks and milestones count from: the stated one where there is one."""
        return self.stated.occurred_at if self.stated is not None else self.at


class Step(NamedTuple):
    """What a command does: events in order on one or more cases, and each case as it is after its event.

    ``case`` is the one asked about; the heads of ``after`` are not known before the entries are written.
    """

    case: CaseId
    events: tuple[Event, ...]
    after: tuple[Case, ...]
    numbers: Mapping[str, int] = NOTHING
