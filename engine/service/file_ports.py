"""What files ask of a database: a row for each upload and each file of a case, and how one becomes the other.

The content stands in a folder of its own (``filing.folder``). The name of a file, its key and everything else that says
what it is are sealed in the row; without its data key neither the row nor the content says anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from engine.case.codec import microseconds
from engine.case.identity import CaseId, RootId


class FileRow(NamedTuple):
    """A file: an upload while it has no case, then a file of the entry (``seq``) and the path that took it over.

    ``who`` and ``expires_at`` (microseconds) are those of an upload that waits; a row with case and ``expires_at`` is
    an erased file whose key and content are to be destroyed. ``mark`` is a keyed hash of case and content; ``key``
    names what opens ``sealed``. ``address`` is where the content stands, and beside it the copy without metadata,
    where there is one.
    """

    root: str
    id: str
    case: str | None
    seq: int | None
    path: str | None
    who: str | None
    expires_at: int | None
    mark: str | None
    key: str
    sealed: bytes
    address: str


class FileTaken(NamedTuple):
    """Makes an upload a file of a case; ``who`` and ``expires_at`` are emptied."""

    root: str
    id: str
    case: str
    seq: int
    path: str
    mark: str | None
    who: None = None
    expires_at: None = None


class FileErased(NamedTuple):
    """Takes what opens the files of one path of one entry away; their content goes as soon as the job comes by."""

    root: str
    case: str
    seq: int
    path: str
    sealed: bytes = b""
    expires_at: int = 0


class FileReads(Protocol):
    """The part of ``Reads`` that is about files."""

    def files(self, root: RootId, ids: Collection[str]) -> Sequence[FileRow]:
        """Return the rows with these ids, in no order; whose they are is for the asker to look at."""

    def case_marks(self, root: RootId, case: CaseId, mark: str) -> Sequence[str]:
        """Return the ids of the files of a case that carry a mark."""

    def files_waiting(self, root: RootId, who: str) -> int:
        """Return how many uploads of somebody's wait for a step."""

    def uploads_waiting(self, root: RootId) -> int:
        """Return how many uploads of everybody's wait for a step."""

    def files_over(self, root: RootId, before: int, limit: int) -> Sequence[FileRow]:
        """Return uploads that expired before an instant, and files whose values were erased, the oldest first."""

    def file_addresses(self, root: RootId, addresses: Collection[str]) -> Collection[str]:
        """Return those of the addresses that a row names."""


class FileWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about files."""

    def keep_file(self, row: FileRow) -> None:
        """Keep an upload; one with its id stays as it is."""

    def give_files(self, root: RootId, ids: Collection[str], giver: str, taker: str, expires_at: int) -> None:
        """Make uploads that wait somebody else's, until another instant."""

    def drop_files(self, root: RootId, ids: Collection[str]) -> None:
        """Take rows away whose keys and contents are destroyed; those of cases stay that were not erased."""


@dataclass(frozen=True, slots=True)
class KeepFile:
    """Keep an upload until a step takes it over. ``sealed`` in hex, as it may have to be sent on to the writer."""

    row: FileRow
    sealed: str


@dataclass(frozen=True, slots=True)
class DropFiles:
    """Take rows away whose keys and contents are destroyed."""

    root: RootId
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GiveFiles:
    """Make uploads that wait somebody else's: those that came with a form, of whom its query code was made for;
    they wait as long as what they came with may have to."""

    root: RootId
    ids: tuple[str, ...]
    giver: str = field(repr=False)
    taker: str = field(repr=False)
    expires_at: datetime


FileWrite = KeepFile | DropFiles | GiveFiles


def apply_file_write(write: FileWrite, writes: FileWrites) -> None:
    """Carry out one write in the transaction behind ``writes``."""
    match write:
        case KeepFile(row, sealed):
            writes.keep_file(row._replace(sealed=bytes.fromhex(sealed)))
        case DropFiles(root, ids):
            writes.drop_files(root, ids)
        case GiveFiles(root, ids, giver, taker, expires_at):
            writes.give_files(root, ids, giver, taker, microseconds(expires_at))
