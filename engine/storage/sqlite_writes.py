"""Writing to SQLite: one connection, one transaction at a time, checkpoints under the same lock."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Final

from engine.access.directory import Surroundings
from engine.case.case import NOTHING, Case
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.polls import Box
from engine.case.rosters import KnownLine, Pair, Slot
from engine.errors import OutcomeUnknown, StorageUnavailable
from engine.service.case_rows import case_from
from engine.service.directory_ports import DirectoryWrites
from engine.service.file_ports import FileRow
from engine.service.ports import CaseKey, Claim, Conflict, Outcome, Stored, T
from engine.service.roster_ports import HeldLine
from engine.service.rows import BatchRows, CaseRow, EntryRow, PrivateRow
from engine.storage import sqlite_statements as say
from engine.storage.batches import UNWRITABLE, spans_of
from engine.storage.compiled import SQLITE, Record, Statement, Values
from engine.storage.directory_reads import SurroundingsReader
from engine.storage.directory_writes import StoredDirectory
from engine.storage.erasures import chain_of
from engine.storage.files import files_of
from engine.storage.polls import box_of, electors_of
from engine.storage.roster_reads import held_of, lines_of
from engine.storage.search_sqlite import MERGE_ALL, MERGE_SOME, MERGED_LEAST, search_statements
from engine.storage.sqlite_connection import (
    BUSY_MILLISECONDS,
    checkpoints_are_safe,
    connect_to_write,
    is_certain,
    meaning,
)
from engine.storage.sqlite_lock import WriterLock

CHECKPOINT_AFTER_CHANGES: Final = 4_000
"""Rows changed between two checkpoints where SQLite itself may not: about 50 MB of log, which is then written over. A
log that grows is dearer to flush, and so is a longer one."""

_SURROUNDINGS: Final = SurroundingsReader(SQLITE)


class SqliteTransaction:
    """One write transaction; implements ``WriteTransaction`` and ``Runner``."""

    exclusive = True

    def __init__(self, store: SqliteWrites, connection: sqlite3.Connection) -> None:
        self._store = store
        self._connection = connection

    def claim(self, claims: Sequence[Claim], at: int) -> Mapping[Claim, Stored]:  # noqa: ARG002 - see below
        """Return the settled ones. Nobody else can write meanwhile, so that the others need no row until they are."""
        found = self.fetch(say.OUTCOMES, keys=[list(claim.slot) for claim in claims])
        stored = {row[:3]: Stored(row[3], Outcome(CaseId(row[4]), row[5], row[6])) for row in found}
        return {claim: stored[claim.slot] for claim in claims if claim.slot in stored}

    def read_cases(self, keys: Collection[CaseKey]) -> Sequence[Case]:
        by_root: dict[RootId, list[str]] = defaultdict(list)
        for root, case in keys:
            by_root[root].append(case)
        return [
            case_from(CaseRow._make(row))
            for root, ids in by_root.items()
            for row in self.fetch(say.READ_CASES, root=root, ids=ids)
        ]

    def lock_cases(
        self,
        keys: Collection[CaseKey],
        *,
        wait: bool,  # noqa: ARG002 - all are locked
        known: Mapping[CaseId, Case] = NOTHING,  # noqa: ARG002 - and nobody asks for any
    ) -> Sequence[Case]:
        return self.read_cases(keys)

    def counters(self, root: RootId, series: Collection[str]) -> Mapping[str, int]:
        found: dict[str, int] = dict.fromkeys(series, 0)
        found.update(self.fetch(say.COUNTERS, root=root, series=list(found)))
        return found

    def epoch(self, root: RootId) -> int:
        epochs = self._store.epochs
        if root not in epochs:
            epochs[root] = _SURROUNDINGS.epoch(self, root)
        return epochs[root]

    def surroundings(self, root: RootId) -> Surroundings:
        return _SURROUNDINGS.read(self, root)

    def chain(self, root: RootId, case: CaseId) -> tuple[Sequence[EntryRow], Sequence[PrivateRow]]:
        return chain_of(SQLITE, self, root, case)

    def files(self, root: RootId, ids: Collection[str]) -> Sequence[FileRow]:
        return files_of(SQLITE, self, root, ids)

    def roster_lines(self, root: RootId, pairs: Collection[Pair]) -> Mapping[Pair, KnownLine]:
        return lines_of(SQLITE, self, root, pairs)

    def roster_held(self, root: RootId, slots: Collection[Slot]) -> Mapping[Slot, HeldLine]:
        return held_of(SQLITE, self, root, slots)

    def poll_electors(self, root: RootId, unit: UnitId, roles: Collection[str], on: date) -> Sequence[PersonId]:
        return electors_of(SQLITE, self, root, unit, roles, on)

    def poll_box(self, root: RootId, case: CaseId, name: str) -> Box | None:
        return box_of(SQLITE, self, root, case, name)

    def write(self, rows: BatchRows) -> None:
        ends, spans = spans_of(rows)
        self._store.scrubbing |= bool(rows.private_ends or rows.poll_ends)
        self._many(say.END_SPANS, ends)
        self._many(say.INSERT_SPANS, spans)
        # Most kinds of rows are empty in most batches: asking for each costs less than calling for each.
        for name, statement, counted in say.IN_ORDER:
            if some := getattr(rows, name):
                written = self._many(statement, some)
                if counted is not None and written != len(some):
                    raise Conflict(counted)
        if rows.search:
            for search, words in search_statements(rows.search):
                self._many(search, words)

    def fetch(self, statement: Statement, **values: Values) -> list[Record]:
        self._store.statements += 1
        return self._connection.execute(statement.sql, statement.arguments(values)).fetchall()

    def run(self, statement: Statement, **values: Values) -> int:
        self._store.statements += 1
        return self._connection.execute(statement.sql, statement.arguments(values)).rowcount

    def _many(self, statement: say.Many, rows: Sequence[say.Row]) -> int:
        if not rows:
            return 0
        self._store.statements += 1
        return self._connection.executemany(statement.sql, statement.rows(rows)).rowcount


class SqliteWrites:
    """The writing side of a SQLite file; implements ``WriteStore``.

    ``statements`` counts what was run. ``scrubbing``: erased values may still stand in the log. ``epochs`` keeps the
    epoch of each directory between plain writes: nobody else writes this file.
    """

    def __init__(self, path: Path) -> None:
        """Take the writer lock and connect.

        Raises:
            StorageUnavailable: another process writes this file, or there is no such file.
        """
        self.statements = 0
        self.scrubbing = False
        self.epochs: dict[RootId, int] = {}
        self._one_at_a_time = threading.Lock()
        self._lost = False
        self._lock = WriterLock(path)
        self._lock.take()
        try:
            self._connection = connect_to_write(path)
        except BaseException:
            self._lock.release()
            raise
        self._checkpointed = 0

    @contextmanager
    def begin(self) -> Iterator[SqliteTransaction]:
        with self._one_at_a_time:
            if self._lost:
                raise StorageUnavailable
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise StorageUnavailable from error
            try:
                yield SqliteTransaction(self, self._connection)
            except sqlite3.Error as error:
                self._roll_back()
                raise meaning(error) from error
            except UNWRITABLE as error:
                self._roll_back()
                raise Conflict("a value that cannot be written") from error
            except BaseException:
                self._roll_back()
                raise
            self._commit()

    def plain(self, write: Callable[[DirectoryWrites], T]) -> T:
        try:
            with self.begin() as transaction:
                return write(StoredDirectory(SQLITE, transaction))
        finally:
            self.epochs.clear()

    def scrub(self) -> None:
        """Leave nothing of what was erased or replaced: neither in the index of words nor in the log."""
        merge = MERGE_ALL
        while self._merged(merge):
            merge = MERGE_SOME
        with self._one_at_a_time:
            if not self._lost:
                self._scrub()

    def close(self) -> None:
        with self._one_at_a_time:
            if not self._lost and not checkpoints_are_safe():
                with suppress(sqlite3.Error):
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._lost = True
            self._connection.close()
            self._lock.release()

    def _commit(self) -> None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if is_certain(error):
                self._roll_back()
                raise meaning(error) from error
            # The commit may or may not be on the disk. Going on with this connection could decide it the wrong way:
            # nothing more is written until the process was started again and the file recovered.
            self._lost = True
            raise OutcomeUnknown from error
        if self.scrubbing:
            self._scrub()
        elif not checkpoints_are_safe():
            self._checkpoint_in_time()

    def _scrub(self) -> None:
        """Write the log back and cut it off, so that no page of it holds what was erased.

        Somebody who reads just now needs the log: then it is tried again after the next commit, nobody is waited for.
        """
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA busy_timeout=0").fetchall()
            busy, *_pages = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self.scrubbing = bool(busy)
        with suppress(sqlite3.Error):
            self._connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}").fetchall()

    def _merged(self, merge: str) -> bool:
        """Take a short step towards one segment of words, in which nothing is left of those taken out; return whether
        more are to come."""
        with self._one_at_a_time:
            if self._lost:
                return False
            before = self._connection.total_changes
            with suppress(sqlite3.Error):
                self._connection.execute(merge)
            return merge == MERGE_ALL or self._connection.total_changes - before >= MERGED_LEAST

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _checkpoint_in_time(self) -> None:
        changes = self._connection.total_changes
        if changes - self._checkpointed >= CHECKPOINT_AFTER_CHANGES:
            self._checkpointed = changes
            # The commit is done and confirmed; a checkpoint that fails is tried again later.
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
