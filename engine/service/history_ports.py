"""What the database keeps of a case's past: spans of its values over time, and its rows as their tables hold them."""

from __future__ import annotations

from typing import NamedTuple

from engine.case.identity import CaseId
from engine.service.poll_ports import PollRow
from engine.service.roster_rows import NO_ROWS, RosterRows
from engine.service.rows import CaseRow, DeadlineRow, EntryRow, PrivateRow


class SpanLine(NamedTuple):
    """A span as figures read it; ``until_at`` is None while it holds."""

    case: CaseId
    kind: str
    seq: int
    value: str
    from_at: int
    until_at: int | None


class StoredSpan(NamedTuple):
    """A span as its table holds it, every column; the ends are None while it holds."""

    root: str
    case: str
    kind: str
    seq: int
    value: str
    from_at: int
    until_at: int | None
    until_seq: int | None


class StoredPoll(NamedTuple):
    """What is kept of a poll of a case: its row, None where there is none, how many tokens, and how many spent."""

    name: str
    row: PollRow | None
    tokens: int
    spent: int


class CaseFile(NamedTuple):
    """Everything the database keeps of one case, as its tables hold it; ``row`` is None where the case row is missing.

    Entries are ordered by seq. Nothing is interpreted: what stands in the columns may be damaged or forged.
    """

    case: CaseId
    row: CaseRow | None
    entries: tuple[EntryRow, ...]
    privates: tuple[PrivateRow, ...]
    spans: tuple[StoredSpan, ...]
    deadlines: tuple[DeadlineRow, ...]
    rosters: RosterRows = NO_ROWS
    polls: tuple[StoredPoll, ...] = ()
