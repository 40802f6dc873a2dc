"""What sealing and its verification need of a database: the queue, the trees with their leaves, the checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from engine.case.identity import RootId
from engine.text import Text


class QueueKey(NamedTuple):
    """An entry that waits to be sealed, in the order in which they are: by its instant, its chain, its place there."""

    at: int
    case: str
    seq: int


FIRST_KEY = QueueKey(-(2**62), "", 0)
"""Before any entry that waits."""


class TreeRow(NamedTuple):
    """A year's tree: the ``idx`` of its first leaf, and the origin its checkpoints are signed under."""

    root: str
    year: int
    first: int
    origin: str


class LeafRow(NamedTuple):
    """A sealed entry: its place, whose it is, its instant and its hash."""

    root: str
    idx: int
    case: str
    seq: int
    at: int
    hash: bytes


class CheckpointRow(NamedTuple):
    """A signed head of a year's tree.

    ``at`` is the newest instant among the entries covered; ``peaks`` are the hashes of ``merkle.Peaks`` in hex, divided
    by blanks; ``note`` is the C2SP signed note.
    """

    root: str
    n: int
    year: int
    size: int
    at: int
    peaks: str
    note: str


class CosignatureRow(NamedTuple):
    """What a witness added under a checkpoint: a signature line of a note."""

    root: str
    n: int
    name: str
    line: str


class Place(NamedTuple):
    """An entry as verification of the tree looks at it; ``head`` is how its bytes begin."""

    case: str
    seq: int
    hash: bytes
    head: bytes


class LeafPlace(NamedTuple):
    """A leaf as it is found by its entry."""

    case: str
    seq: int
    idx: int
    at: int
    hash: bytes


class Waiting(NamedTuple):
    """An entry of the queue as it is found by its entry."""

    case: str
    seq: int
    at: int


class SchemaLook(NamedTuple):
    """How the tables themselves look: a hash of that, and what is not as the migrations make it."""

    fingerprint: str
    problems: tuple[Text, ...]


class SealingReads(Protocol):
    """The part of ``Reads`` that sealing needs."""

    def schema(self) -> SchemaLook:
        """Look at the tables themselves."""

    def damage(self) -> Sequence[str]:
        """Return what the database finds wrong with its own file; reads all of it."""

    def queued(
        self, root: RootId, *, after: QueueKey, before: int, limit: int, upto: QueueKey | None = None
    ) -> Sequence[QueueKey]:
        """Return entries that wait and are older than an instant, in order, after one of them and up to another."""

    def oldest_queued(self, root: RootId) -> int | None:
        """Return the instant of the oldest entry that waits, None when none does."""

    def oldest_pressing(self, root: RootId) -> int | None:
        """Return the instant of the oldest entry that waits and is no sweep's, None when none does."""

    def newest_tree(self, root: RootId) -> TreeRow | None:
        """Return the tree that grows, None before anything was sealed."""

    def sealed(self, root: RootId) -> int:
        """Return how many entries are sealed: the ``idx`` of the next leaf."""

    def leaves(self, root: RootId, start: int, end: int) -> Sequence[LeafRow]:
        """Return the leaves from one place to before another, in order."""

    def newest_checkpoint(self, root: RootId) -> CheckpointRow | None:
        """Return the newest checkpoint of all trees, None when there is none."""

    def checkpoints(self, root: RootId, *, after: int, limit: int) -> Sequence[CheckpointRow]:
        """Return checkpoints by number, those after one of them."""

    def checkpoint_of_size(self, root: RootId, year: int, size: int) -> CheckpointRow | None:
        """Return the first checkpoint of a year's tree that has this size."""

    def cosignatures(self, root: RootId, n: int) -> Sequence[CosignatureRow]:
        """Return what witnesses added to a checkpoint, by name."""

    def tree_view(self, root: RootId) -> AbstractContextManager[TreeView]:
        """Look at all that is sealed, as it stands at one moment."""


class TreeView(Protocol):
    """All that is sealed of an organisation, seen at one moment, row by row as the tables hold it: nothing that stands
    in the columns has been looked at."""

    def trees(self) -> Sequence[TreeRow]:
        """Return the trees by year."""

    def leaves(self) -> Iterator[LeafRow]:
        """Stream the leaves in order."""

    def checkpoints(self) -> Iterator[CheckpointRow]:
        """Stream the checkpoints by number."""

    def cosignatures(self) -> Iterator[CosignatureRow]:
        """Stream what witnesses added, by number and name."""

    def places(self) -> Iterator[Place]:
        """Stream every entry, sealed or not, by chain and place."""

    def leaves_by_entry(self) -> Iterator[LeafPlace]:
        """Stream the leaves by the chain and place of their entries."""

    def queue(self) -> Iterator[Waiting]:
        """Stream what waits by chain and place."""

    def head_facts(self) -> Iterator[tuple[str, int, bytes]]:
        """Stream (chain, seq, bytes) of entries that may tell of a head: heartbeats, trees closed, checkpoints sent."""


class SealingWrites(Protocol):
    """Writing about sealing, inside the transaction of a plain write; one process at a time seals an organisation."""

    def seal_entries(self, root: RootId, after: QueueKey, upto: QueueKey) -> None:
        """Give what waits between two keys its places behind the leaves there are, and take it off the queue.

        An entry that is gone, or whose stored hash is not that of its bytes, is left in the queue.
        """

    def begin_tree(self, root: RootId, year: int, origin: str, closed: int | None) -> bool:
        """Begin a year's tree behind all leaves; False when there is one of this year or later already.

        Args:
            root: the organisation.
            year: the year.
            origin: what its checkpoints are signed under.
            closed: the number of the checkpoint that covers all there is; None where nothing is sealed yet.

        Raises:
            StorageUnavailable: more was sealed meanwhile than that checkpoint covers.
        """

    def keep_checkpoint(self, row: CheckpointRow) -> None:
        """Keep a signed checkpoint; one of its number that is there stays."""

    def keep_cosignature(self, row: CosignatureRow) -> None:
        """Keep what a witness added; what it added before stays."""
