"""An in-memory store for tests of ``execute`` and the committer: what a batch wrote, and faults on demand.

It keeps rows as a database would and knows no rules. The real stores have a contract suite of their own.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar, cast

from engine.access.directory import Surroundings, Unit
from engine.case.case import NOTHING, Case
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.polls import Box
from engine.case.rosters import KnownLine, Pair, Slot
from engine.case.situation import CongressSession
from engine.definition.rulebook import Rulebook
from engine.errors import StorageError, StorageUnavailable
from engine.ledger.commitments import NullSealer
from engine.service.case_cache import CaseCache
from engine.service.case_rows import case_from
from engine.service.directory_ports import DirectoryWrites
from engine.service.execute import Batch
from engine.service.file_ports import FileRow
from engine.service.ports import CaseKey, Claim, Outcome, Stored, WriteTransaction
from engine.service.roster_ports import HeldLine
from engine.service.rows import BatchRows, CaseRow, DeadlineRow, EntryRow, OutboxRow, PrivateRow, ReaderRow, UnsealedRow
from engine.service.world import World
from engine.text import Text
from tests.support.builders import PARENTS, ROOT, SHANGHAI, a_calendar, at
from tests.support.rehearsal import counted_bytes

T = TypeVar("T")
Key = tuple[str, str]


@dataclass(slots=True)
class Tables:
    """What is committed, or would be."""

    cases: dict[Key, CaseRow] = field(default_factory=dict)
    entries: list[EntryRow] = field(default_factory=list)
    unsealed: list[UnsealedRow] = field(default_factory=list)
    privates: list[PrivateRow] = field(default_factory=list)
    spans: dict[tuple[str, str, str], str] = field(default_factory=dict)
    deadlines: dict[tuple[str, str, str], DeadlineRow] = field(default_factory=dict)
    readers: dict[tuple[str, str, str], ReaderRow] = field(default_factory=dict)
    outbox: dict[Key, OutboxRow] = field(default_factory=dict)
    counters: dict[Key, int] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str], Stored] = field(default_factory=dict)


@dataclass(slots=True)
class FakeStore:
    """Implements ``WriteStore``.

    ``held`` are cases another process has locked. ``at_begin``, ``at_lock``, ``at_write`` and ``at_commit`` are
    called in each transaction and may raise; ``at_write`` sees the rows.
    ``batches`` counts the outcomes of each commit.
    """

    tables: Tables = field(default_factory=Tables)
    exclusive: bool = False
    held: set[CaseId] = field(default_factory=set)
    at_begin: Callable[[], None] = lambda: None
    at_lock: Callable[[], None] = lambda: None
    at_write: Callable[[BatchRows], None] = lambda _rows: None
    at_commit: Callable[[], None] = lambda: None
    begun: int = 0
    committed: int = 0
    batches: list[int] = field(default_factory=list)
    counted: list[set[str]] = field(default_factory=list)
    locked: list[list[CaseId]] = field(default_factory=list)
    read: list[set[CaseId]] = field(default_factory=list)
    waits: list[bool] = field(default_factory=list)
    plain_writes: list[object] = field(default_factory=list)
    closed: bool = False

    @contextmanager
    def begin(self) -> Iterator[FakeTransaction]:
        self.begun += 1
        self.at_begin()
        staged = copy.deepcopy(self.tables)
        transaction = FakeTransaction(self, staged)
        yield transaction
        self.at_commit()
        self.tables = staged
        self.committed += 1
        self.batches.append(transaction.written)

    def plain(self, write: Callable[[DirectoryWrites], T]) -> T:
        self.at_begin()
        return write(cast(DirectoryWrites, FakeDirectory(self.plain_writes)))

    def close(self) -> None:
        self.closed = True

    def case(self, case: CaseId, root: str = ROOT) -> Case:
        """Return a case as it is committed."""
        return case_from(self.tables.cases[root, case])


class FakeDirectory:
    """Keeps failed logins; whatever else is asked of it is a slip of the test."""

    def __init__(self, kept: list[object]) -> None:
        self._kept = kept

    def note_failure(self, root: RootId, person: PersonId, at: int) -> None:
        self._kept.append((person, at))


@dataclass(slots=True)
class FakeTransaction:
    """Implements ``WriteTransaction`` over staged tables."""

    store: FakeStore
    staged: Tables
    written: int = 0

    @property
    def exclusive(self) -> bool:
        return self.store.exclusive

    def claim(self, claims: Sequence[Claim], at: int) -> Mapping[Claim, Stored]:
        assert len({claim[:3] for claim in claims}) == len(claims), "each key is claimed once"
        return {claim: self.staged.outcomes[claim[:3]] for claim in claims if claim[:3] in self.staged.outcomes}

    def read_cases(self, keys: Collection[CaseKey]) -> Sequence[Case]:
        self.store.read.append({case for _root, case in keys})
        return [case_from(self.staged.cases[key]) for key in keys if key in self.staged.cases]

    def lock_cases(
        self, keys: Collection[CaseKey], *, wait: bool, known: Mapping[CaseId, Case] = NOTHING
    ) -> Sequence[Case]:
        self.store.at_lock()
        self.store.locked.append([case for _root, case in keys])
        self.store.waits.append(wait)
        if wait and not self.store.held.isdisjoint({case for _root, case in keys}):
            raise StorageUnavailable
        found = [key for key in keys if key in self.staged.cases and key[1] not in self.store.held]
        return [case_from(self.staged.cases[key]) for key in found]

    def counters(self, root: RootId, series: Collection[str]) -> Mapping[str, int]:
        self.store.counted.append(set(series))
        return {name: self.staged.counters.get((root, name), 0) for name in series}

    def epoch(self, root: RootId) -> int:
        return 1

    def surroundings(self, root: RootId) -> Surroundings:
        return surroundings(root)

    def files(self, root: RootId, ids: Collection[str]) -> Sequence[FileRow]:
        return []

    def chain(self, root: RootId, case: CaseId) -> tuple[Sequence[EntryRow], Sequence[PrivateRow]]:
        here = (root, case)
        return (
            [row for row in self.staged.entries if (row.root, row.case) == here],
            [row for row in self.staged.privates if (row.root, row.case) == here],
        )

    def roster_lines(self, root: RootId, pairs: Collection[Pair]) -> Mapping[Pair, KnownLine]:
        return {}

    def roster_held(self, root: RootId, slots: Collection[Slot]) -> Mapping[Slot, HeldLine]:
        return {}

    def poll_electors(self, root: RootId, unit: UnitId, roles: Collection[str], on: date) -> Sequence[PersonId]:
        return []

    def poll_box(self, root: RootId, case: CaseId, name: str) -> Box | None:
        return None

    def write(self, rows: BatchRows) -> None:
        self.store.at_write(rows)
        staged = self.staged
        for row in rows.created:
            assert (row.root, row.id) not in staged.cases, "a case is created once"
            staged.cases[row.root, row.id] = row
        for row in rows.changed:
            assert (row.root, row.id) in staged.cases, "only what is there can change"
            staged.cases[row.root, row.id] = row
        known = {(entry.root, entry.case, entry.seq) for entry in staged.entries}
        for entry in rows.entries:
            if (entry.root, entry.case, entry.seq) in known:
                raise StorageError(Text("条目重复", "an entry is there already"))
            staged.entries.append(entry)
        staged.unsealed += rows.unsealed
        gone = set(map(tuple, rows.private_ends))
        staged.privates = [row for row in [*staged.privates, *rows.privates] if tuple(row[:4]) not in gone]
        self._spans(rows)
        staged.deadlines.update({(row.root, row.case, row.name): row for row in rows.deadlines})
        for end in rows.reader_ends:
            staged.readers.pop((end.root, end.principal, end.case), None)
        staged.readers.update({(row.root, row.principal, row.case): row for row in rows.readers})
        for moved in rows.reader_dues:
            for key, reader in staged.readers.items():
                if (reader.root, reader.case) == (moved.root, moved.case):
                    staged.readers[key] = reader._replace(due_at=moved.due_at)
        staged.outbox.update({(row.root, row.id): row for row in rows.outbox})
        staged.counters.update({(row.root, row.series): row.value for row in rows.counters})
        for outcome in rows.outcomes:
            key = (outcome.root, outcome.actor, outcome.key)
            assert key not in staged.outcomes, "a key has one outcome"
            staged.outcomes[key] = Stored(
                outcome.request_hash, Outcome(CaseId(outcome.case), outcome.seq, outcome.hash)
            )
        self.written += len(rows.outcomes)

    def _spans(self, rows: BatchRows) -> None:
        """Keep the newest value of each kind; an end counts when no later span of its kind was begun."""
        newest: dict[tuple[str, str, str], int] = defaultdict(int)
        for end in rows.span_ends:
            newest[end.root, end.case, end.kind] = max(newest[end.root, end.case, end.kind], end.until_seq)
        for key in newest:
            assert key in self.staged.spans or key in {(span.root, span.case, span.kind) for span in rows.spans}
            self.staged.spans.pop(key, None)
        for span in sorted(rows.spans, key=lambda span: span.seq):
            key = (span.root, span.case, span.kind)
            if span.seq >= newest.get(key, 0):
                self.staged.spans[key] = span.value


def surroundings(root: RootId, sessions: Sequence[CongressSession] = ()) -> Surroundings:
    """Return the organisation of the tests below this root."""
    units = [
        Unit(
            root=root,
            id=UnitId(unit),
            parent=None if above is None else UnitId(above),
            code=unit,
            title=Text(unit, unit),
        )
        for unit, above in PARENTS.items()
    ]
    return Surroundings(
        root=root, epoch=1, units={unit.id: unit for unit in units}, sessions={one.id: one for one in sessions}
    )


def batches(
    rules: Rulebook,
    *,
    now: Callable[[], datetime] = lambda: at("2026-03-02"),
    sessions: Sequence[CongressSession] = (),
    cache: CaseCache | None = None,
) -> Callable[[WriteTransaction, bool], Batch]:
    """Return what the committer makes batches with."""
    random = counted_bytes()

    def world(_tx: WriteTransaction, root: RootId) -> World:
        return World(rules=rules, calendar=a_calendar(), surroundings=surroundings(root, sessions))

    def make(tx: WriteTransaction, wait: bool) -> Batch:
        return Batch(
            tx=tx,
            now=now().astimezone(SHANGHAI),
            world=world,
            sealer=NullSealer(),
            random=random,
            wait=wait,
            cache=cache,
        )

    return make
