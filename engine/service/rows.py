"""The rows one batch writes, column by column in the order of the tables. Instants are microseconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.service.file_ports import FileErased, FileTaken
from engine.service.poll_ports import PollEnd, PollRow, PollTokenRow
from engine.service.roster_rows import RosterEnd, RosterLineRow, RosterReachRow


class CaseRow(NamedTuple):
    """A case as the database keeps it; ``body`` is the JSON of everything no query filters by."""

    root: str
    id: str
    workflow: str
    definition_version: int
    unit: str
    lead_unit: str | None
    congress_session: str | None
    state: str
    phase: str
    number: str | None
    subject: str | None
    category: str | None
    parent: str | None
    merged_into: str | None
    version: int
    seq: int
    head: str
    opened_at: int
    changed_at: int
    next_due_at: int | None
    body: str


class EntryRow(NamedTuple):
    """One ledger entry: the canonical bytes and their hash."""

    root: str
    case: str
    seq: int
    body: bytes
    hash: bytes


class UnsealedRow(NamedTuple):
    """An entry that no checkpoint covers yet, with its instant."""

    root: str
    at: int
    case: str
    seq: int


class PrivateRow(NamedTuple):
    """A value that stands beside its commitment; ``key`` names its data key ("" from before there were keys)."""

    root: str
    case: str
    seq: int
    path: str
    key: str
    ciphertext: bytes


class PrivateEnd(NamedTuple):
    """Takes a private value away for good."""

    root: str
    case: str
    seq: int
    path: str


class SpanDrop(NamedTuple):
    """Takes away all that was kept over time of one kind."""

    root: str
    case: str
    kind: str


class NoticeDrop(NamedTuple):
    """Takes away what somebody was told of a case."""

    root: str
    case: str
    person: str


class SpanRow(NamedTuple):
    """A value of one kind that holds from an instant on, until the span is closed."""

    root: str
    case: str
    kind: str
    seq: int
    value: str
    from_at: int


class SpanEnd(NamedTuple):
    """Closes the open span of a kind."""

    until_at: int
    until_seq: int
    root: str
    case: str
    kind: str


class DeadlineRow(NamedTuple):
    """A deadline of a case as the sweep and the overdue list need it. ``rung_at`` is when time acts on it next."""

    root: str
    case: str
    name: str
    state: str
    started_at: int
    due_at: int
    promised_on: str
    due_on: str
    provisional: int
    rungs: str
    rung_at: int | None


class ReaderRow(NamedTuple):
    """A principal who may see a case, with the case's next due instant for sorted lists."""

    root: str
    principal: str
    case: str
    due_at: int | None


class ReaderEnd(NamedTuple):
    """Takes a principal's sight of a case away."""

    root: str
    principal: str
    case: str


class RecusedRow(NamedTuple):
    """A principal who is to know nothing of a case, whatever roles they hold."""

    root: str
    case: str
    principal: str


class ReaderDue(NamedTuple):
    """Moves the due instant in all reader rows of a case."""

    due_at: int | None
    root: str
    case: str


class OutboxRow(NamedTuple):
    """Something to be told or done after the commit."""

    root: str
    id: str
    case: str
    seq: int
    kind: str
    name: str
    at: int


class CounterRow(NamedTuple):
    """The last number issued of a series."""

    root: str
    series: str
    value: int


class OutcomeRow(NamedTuple):
    """What a key led to: kept for 30 days, rendered anew under today's rights."""

    root: str
    actor: str
    key: str
    request_hash: str
    case: str
    seq: int
    hash: str
    at: int


class SearchRow(NamedTuple):
    """The words by which a case is found from now on, and those it was found by; ``was`` is None for a new case."""

    root: str
    case: str
    was: str | None
    words: str


@dataclass(slots=True)
class BatchRows:
    """Everything a batch writes, in one transaction. ``created`` are cases new in this batch."""

    created: list[CaseRow] = field(default_factory=list)
    changed: list[CaseRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    unsealed: list[UnsealedRow] = field(default_factory=list)
    privates: list[PrivateRow] = field(default_factory=list)
    private_ends: list[PrivateEnd] = field(default_factory=list)
    span_drops: list[SpanDrop] = field(default_factory=list)
    notice_drops: list[NoticeDrop] = field(default_factory=list)
    spans: list[SpanRow] = field(default_factory=list)
    span_ends: list[SpanEnd] = field(default_factory=list)
    deadlines: list[DeadlineRow] = field(default_factory=list)
    readers: list[ReaderRow] = field(default_factory=list)
    reader_ends: list[ReaderEnd] = field(default_factory=list)
    reader_dues: list[ReaderDue] = field(default_factory=list)
    recused: list[RecusedRow] = field(default_factory=list)
    recused_ends: list[RecusedRow] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    counters: list[CounterRow] = field(default_factory=list)
    outcomes: list[OutcomeRow] = field(default_factory=list)
    files: list[FileTaken] = field(default_factory=list)
    files_erased: list[FileErased] = field(default_factory=list)
    search: list[SearchRow] = field(default_factory=list)
    roster_ends: list[RosterEnd] = field(default_factory=list)
    roster_lines: list[RosterLineRow] = field(default_factory=list)
    roster_reaches: list[RosterReachRow] = field(default_factory=list)
    poll_ends: list[PollEnd] = field(default_factory=list)
    polls: list[PollRow] = field(default_factory=list)
    poll_tokens: list[PollTokenRow] = field(default_factory=list)

    def add(self, later: BatchRows) -> None:
        """Append the rows of one more command."""
        self.end_readers(later.reader_ends)
        self.created.extend(later.created)
        self.changed.extend(later.changed)
        self.entries.extend(later.entries)
        self.unsealed.extend(later.unsealed)
        self.privates.extend(later.privates)
        self.private_ends.extend(later.private_ends)
        self.span_drops.extend(later.span_drops)
        self.notice_drops.extend(later.notice_drops)
        self.spans.extend(later.spans)
        self.span_ends.extend(later.span_ends)
        self.deadlines.extend(later.deadlines)
        self.readers.extend(later.readers)
        self.reader_dues.extend(later.reader_dues)
        self.end_recusals(later.recused_ends)
        self.recused.extend(later.recused)
        self.outbox.extend(later.outbox)
        self.counters.extend(later.counters)
        self.outcomes.extend(later.outcomes)
        self.files.extend(later.files)
        self.files_erased.extend(later.files_erased)
        self.search.extend(later.search)
        self.roster_ends.extend(later.roster_ends)
        self.roster_lines.extend(later.roster_lines)
        self.roster_reaches.extend(later.roster_reaches)
        self.end_polls(later.poll_ends)
        self.polls.extend(later.polls)
        self.poll_tokens.extend(later.poll_tokens)

    def end_readers(self, ends: Sequence[ReaderEnd]) -> None:
        """Take sight away. Ends are written before new readers, so one given earlier in the batch is left out."""
        if ends:
            gone = set(ends)
            self.readers[:] = [row for row in self.readers if ReaderEnd(*row[:3]) not in gone]
            self.reader_ends.extend(ends)

    def end_recusals(self, ends: Sequence[RecusedRow]) -> None:
        """Take recusals back. Ends are written before new ones, so one made earlier in the batch is left out."""
        if ends:
            gone = set(ends)
            self.recused[:] = [row for row in self.recused if row not in gone]
            self.recused_ends.extend(ends)

    def end_polls(self, ends: Sequence[PollEnd]) -> None:
        """End polls. Ends are written before new ones, so one opened earlier in the batch is left out."""
        if ends:
            gone = set(ends)
            self.polls[:] = [row for row in self.polls if PollEnd(*row[:3]) not in gone]
            self.poll_tokens[:] = [row for row in self.poll_tokens if PollEnd(*row[:3]) not in gone]
            self.poll_ends.extend(ends)
