"""What drafts ask of a database: one row for each person and form, of which nothing can be read without the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from engine.case.codec import microseconds
from engine.case.identity import RootId


class DraftRow(NamedTuple):
    """A form that was begun. ``who`` and ``id`` are marks of its person, and of its person and form together."""

    root: str
    who: str
    id: str
    expires_at: int
    sealed: bytes


class DraftReads(Protocol):
    """The part of ``Reads`` that is about drafts."""

    def drafts(self, root: RootId, who: str, at: int) -> Sequence[DraftRow]:
        """Return somebody's drafts that are not over, in no order."""


class DraftWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about drafts."""

    def keep_draft(self, row: DraftRow, at: int) -> None:
        """Keep a draft in the place of an earlier one of its form; whatever was over by then goes."""

    def drop_draft(self, root: RootId, who: str, id_: str) -> None: ...

    def drop_drafts(self, root: RootId, who: str) -> None:
        """Take away every draft of somebody."""


@dataclass(frozen=True, slots=True)
class KeepDraft:
    """Keep a draft. ``sealed`` in hex, as it may have to be sent on to the writer; ``over`` goes to make room."""

    row: DraftRow
    sealed: str = field(repr=False)
    at: datetime
    over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DropDraft:
    """Take one draft away: it was sent, or is not wanted any more."""

    root: RootId
    who: str
    id: str


@dataclass(frozen=True, slots=True)
class DropDrafts:
    """Take away every draft of somebody."""

    root: RootId
    who: str


DraftWrite = KeepDraft | DropDraft | DropDrafts


def apply_draft_write(write: DraftWrite, writes: DraftWrites) -> None:
    """Carry out one write in the transaction behind ``writes``."""
    match write:
        case KeepDraft(row, sealed, at, over):
            for id_ in over:
                writes.drop_draft(RootId(row.root), row.who, id_)
            writes.keep_draft(row._replace(sealed=bytes.fromhex(sealed)), microseconds(at))
        case DropDraft(root, who, id_):
            writes.drop_draft(root, who, id_)
        case DropDrafts(root, who):
            writes.drop_drafts(root, who)
