"""Plain writes about sealing: small typed values that the writer carries out, as those of ``plain``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, assert_never

from engine.case.codec import microseconds
from engine.case.identity import RootId
from engine.ledger.streams import Fact, stream_for
from engine.service.sealing_ports import CheckpointRow, CosignatureRow, QueueKey

if TYPE_CHECKING:
    from engine.service.directory_ports import DirectoryWrites

TREE_CLOSED: Final = "tree_closed"
HEARTBEAT: Final = "heartbeat"
SLOT: Final = 900
"""Sealing tells what it does in a stream of the day of its own, where nothing else can come between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealEntries:
    """Give what waits after one key, up to another, its places in the tree."""

    root: RootId
    after: QueueKey
    upto: QueueKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTree:
    """The last checkpoint of a year's tree, which the first entry of the next one repeats."""

    year: int
    n: int
    size: int
    root_hash: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginTree:
    """Begin a year's tree. Its first leaf is an entry that tells how the one before ended, if there was one."""

    root: RootId
    at: datetime
    year: int
    origin: str
    closed: ClosedTree | None


@dataclass(frozen=True, slots=True)
class KeepCheckpoint:
    """Keep a checkpoint that the signer has signed."""

    row: CheckpointRow


@dataclass(frozen=True, slots=True)
class KeepCosignature:
    """Keep what a witness added to a checkpoint."""

    row: CosignatureRow


SealingWrite = SealEntries | BeginTree | KeepCheckpoint | KeepCosignature


def apply_sealing_write(write: SealingWrite, writes: DirectoryWrites) -> None:
    """Carry out one write about sealing in the transaction behind ``writes``."""
    match write:
        case SealEntries():
            writes.seal_entries(write.root, write.after, write.upto)
        case BeginTree():
            _begin(write, writes)
        case KeepCheckpoint(row):
            writes.keep_checkpoint(row)
        case KeepCosignature(row):
            writes.keep_cosignature(row)
        case _:
            assert_never(write)


def _begin(write: BeginTree, writes: DirectoryWrites) -> None:
    closed = write.closed
    if not writes.begin_tree(write.root, write.year, write.origin, None if closed is None else closed.n):
        return
    if closed is not None:
        fact = closed_fact(closed)
        seq = writes.record_fact(write.root, write.at, SLOT, fact)
        chain, at = stream_for(fact, write.at, SLOT), microseconds(write.at)
        # This one alone: a heartbeat of the same instant waits beside it in the same stream.
        writes.seal_entries(write.root, QueueKey(at, chain, seq - 1), QueueKey(at, chain, seq))


def closed_fact(closed: ClosedTree) -> Fact:
    """Return what tells how a year's tree ended."""
    return Fact(
        type=TREE_CLOSED,
        details={
            "year": closed.year,
            "checkpoint": closed.n,
            "size": closed.size,
            "root": closed.root_hash,
            "note": closed.note,
        },
    )
