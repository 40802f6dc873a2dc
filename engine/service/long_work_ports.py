"""What long work asks of a database: one row for each piece, and its parts; nothing of them is read without the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from engine.case.codec import microseconds
from engine.case.identity import CaseId, RootId


class WorkState(StrEnum):
    """Where a piece of long work rests. PROPOSED was not confirmed yet; the last three are over."""

    PROPOSED = "proposed"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Which(StrEnum):
    """Which parts are wanted: all, those not worked on yet, those in which something was done, or was skipped."""

    ALL = "all"
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


class WorkRow(NamedTuple):
    """A piece of long work. ``who`` is a mark of the person; ``attempts`` counts waves that were begun since one ended,
    ``turn_at`` is when it was last worked on (microseconds)."""

    root: str
    id: str
    who: str
    state: str
    total: int
    done: int
    skipped: int
    attempts: int
    turn_at: int
    expires_at: int
    sealed: bytes


class PartRow(NamedTuple):
    """Some items of a piece of work, and what became of them once ``settled`` is 1."""

    root: str
    work: str
    number: int
    items: int
    settled: int
    done: int
    skipped: int
    sealed: bytes


class LongWorkReads(Protocol):
    """The part of ``Reads`` that is about long work. What is over by ``at`` is not read."""

    def long_work_due(self, root: RootId, at: int) -> WorkRow | None:
        """Return the piece of work that has not been worked on for longest, of those that wait or run."""

    def long_work(self, root: RootId, id_: str, at: int) -> WorkRow | None: ...

    def long_works(self, root: RootId, who: str, at: int, *, limit: int) -> Sequence[WorkRow]:
        """Return somebody's work, what was worked on last first."""

    def case_versions(self, root: RootId, wanted: Sequence[CaseId]) -> Mapping[CaseId, int]:
        """Return the versions in which cases stand, whoever asks; those that there are not are left out."""

    def long_work_parts(self, root: RootId, work: str, which: Which, *, after: int, limit: int) -> Sequence[PartRow]:
        """Return parts with a number above ``after``, in order."""


class LongWorkWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about long work."""

    def begin_long_work(self, row: WorkRow, parts: Sequence[PartRow]) -> None:
        """Keep a piece of work with its parts; one that is there already stays as it is."""

    def turn_long_work(self, root: RootId, id_: str, at: int) -> None:
        """Note that a wave begins; nothing where the work is over."""

    def settle_part(self, part: PartRow, at: int) -> None:
        """Keep what became of a part and count it, unless that was done before."""

    def move_long_work(self, root: RootId, id_: str, to: WorkState, among: Sequence[WorkState]) -> None:
        """Put a piece of work into a state, where it rests in one of some."""

    def drop_long_works(self, root: RootId, who: str) -> None:
        """Take away all work of somebody."""

    def forget_long_works(self, root: RootId, at: int) -> None:
        """Take away what is over by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPart:
    """A part on its way to the database. ``sealed`` in hex, as it may have to be sent on to the writer."""

    number: int
    items: int
    done: int = 0
    skipped: int = 0
    sealed: str = field(repr=False)

    def row(self, root: str, work: str, *, settled: bool) -> PartRow:
        """Return the row of this part."""
        sealed = bytes.fromhex(self.sealed)
        return PartRow(root, work, self.number, self.items, int(settled), self.done, self.skipped, sealed)


@dataclass(frozen=True, slots=True)
class BeginLongWork:
    """Keep a piece of work; ``sealed`` in hex."""

    row: WorkRow
    sealed: str = field(repr=False)
    parts: tuple[SealedPart, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnLongWork:
    """A wave begins."""

    root: RootId
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SettlePart:
    """A wave has ended."""

    root: RootId
    work: str
    part: SealedPart
    at: datetime


@dataclass(frozen=True, slots=True)
class MoveLongWork:
    """Begin, end or stop a piece of work."""

    root: RootId
    id: str
    to: WorkState
    among: tuple[WorkState, ...]


@dataclass(frozen=True, slots=True)
class DropLongWorks:
    """Take away all work of somebody."""

    root: RootId
    who: str


@dataclass(frozen=True, slots=True)
class ForgetLongWorks:
    """Take away what is over by an instant."""

    root: RootId
    at: datetime


LongWorkWrite = BeginLongWork | TurnLongWork | SettlePart | MoveLongWork | DropLongWorks | ForgetLongWorks


def apply_long_work_write(write: LongWorkWrite, writes: LongWorkWrites) -> None:
    """Carry out one write in the transaction behind ``writes``."""
    match write:
        case BeginLongWork(row, sealed, parts):
            rows = [part.row(row.root, row.id, settled=False) for part in parts]
            writes.begin_long_work(row._replace(sealed=bytes.fromhex(sealed)), rows)
        case TurnLongWork(root, id_, at):
            writes.turn_long_work(root, id_, microseconds(at))
        case SettlePart(root, work, part, at):
            writes.settle_part(part.row(root, work, settled=True), microseconds(at))
        case MoveLongWork(root, id_, to, among):
            writes.move_long_work(root, id_, to, among)
        case DropLongWorks(root, who):
            writes.drop_long_works(root, who)
        case ForgetLongWorks(root, at):
            writes.forget_long_works(root, microseconds(at))
