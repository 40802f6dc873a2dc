"""Writing to PostgreSQL: one connection, set-based statements sent in waves, locks that are never waited for long."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from operator import itemgetter
from typing import Any, Final

import psycopg
from psycopg.errors import LockNotAvailable
from psycopg.pq import TransactionStatus

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
from engine.service.rows import BatchRows, CaseRow, CounterRow, EntryRow, PrivateRow
from engine.storage import postgres_statements as say
from engine.storage.batches import UNWRITABLE, last_of_each, spans_of
from engine.storage.compiled import POSTGRES, Record, Statement, Values
from engine.storage.directory_reads import SurroundingsReader
from engine.storage.directory_writes import StoredDirectory
from engine.storage.erasures import SCRUBBED, chain_of
from engine.storage.files import files_of
from engine.storage.polls import box_of, electors_of
from engine.storage.postgres_connection import Connection, connect_to_write, is_certain, meaning
from engine.storage.roster_reads import held_of, lines_of
from engine.storage.search_postgres import search_statements

_SURROUNDINGS: Final = SurroundingsReader(POSTGRES)
_TWO: Final = itemgetter(0, 1)
_THREE: Final = itemgetter(0, 1, 2)
Cursor = psycopg.Cursor[tuple[Any, ...]]


class PostgresTransaction:
    """One write transaction; implements ``WriteTransaction`` and ``Runner``."""

    exclusive = False

    def __init__(self, store: PostgresWrites, connection: Connection) -> None:
        self._store = store
        self._connection = connection
        self._claimed: set[tuple[str, str, str]] = set()

    def claim(self, claims: Sequence[Claim], at: int) -> Mapping[Claim, Stored]:
        """Claim the keys in one order for all processes, then look which were settled by somebody before."""
        if not claims:
            return {}
        first = sorted({claim.slot: claim for claim in claims}.values())
        with self._connection.pipeline():
            self._many(say.CLAIM, [(*claim, at) for claim in first])
            answer = self._many(say.OUTCOMES, [claim.slot for claim in first])
        stored = {row[:3]: Stored(row[3], Outcome(CaseId(row[4]), row[5], row[6])) for row in answer.fetchall()}
        self._claimed.update(claim.slot for claim in first if claim.slot not in stored)
        return {claim: stored[claim.slot] for claim in claims if claim.slot in stored}

    def read_cases(self, keys: Collection[CaseKey]) -> Sequence[Case]:
        return self._cases(say.READ_CASES, keys, NOTHING)

    def lock_cases(
        self, keys: Collection[CaseKey], *, wait: bool, known: Mapping[CaseId, Case] = NOTHING
    ) -> Sequence[Case]:
        try:
            return self._cases(say.LOCK_CASES if wait else say.LOCK_FREE_CASES, keys, known)
        except LockNotAvailable as error:
            raise StorageUnavailable from error

    def counters(self, root: RootId, series: Collection[str]) -> Mapping[str, int]:
        if not series:
            return {}
        names = sorted(set(series))
        with self._connection.pipeline():
            self._many(say.FIRST_NUMBERS, [CounterRow(root, name, 0) for name in names])
            answer = self._ask(say.LOCK_COUNTERS, {"root": root, "series": names})
        return dict(answer.fetchall())

    def epoch(self, root: RootId) -> int:
        return _SURROUNDINGS.epoch(self, root)

    def surroundings(self, root: RootId) -> Surroundings:
        return _SURROUNDINGS.read(self, root)

    def chain(self, root: RootId, case: CaseId) -> tuple[Sequence[EntryRow], Sequence[PrivateRow]]:
        return chain_of(POSTGRES, self, root, case)

    def files(self, root: RootId, ids: Collection[str]) -> Sequence[FileRow]:
        return files_of(POSTGRES, self, root, ids)

    def roster_lines(self, root: RootId, pairs: Collection[Pair]) -> Mapping[Pair, KnownLine]:
        return lines_of(POSTGRES, self, root, pairs)

    def roster_held(self, root: RootId, slots: Collection[Slot]) -> Mapping[Slot, HeldLine]:
        return held_of(POSTGRES, self, root, slots)

    def poll_electors(self, root: RootId, unit: UnitId, roles: Collection[str], on: date) -> Sequence[PersonId]:
        return electors_of(POSTGRES, self, root, unit, roles, on)

    def poll_box(self, root: RootId, case: CaseId, name: str) -> Box | None:
        return box_of(POSTGRES, self, root, case, name)

    def write(self, rows: BatchRows) -> None:
        ends, spans = spans_of(rows)
        changed = last_of_each(rows.changed, _TWO)
        settled = {outcome[:3] for outcome in rows.outcomes}
        with self._connection.pipeline():
            self._some(say.INSERT_CASES, rows.created)
            update = self._some(say.UPDATE_CASES, changed)
            self._some(say.INSERT_ENTRIES, rows.entries)
            self._some(say.INSERT_UNSEALED, rows.unsealed)
            self._some(say.INSERT_PRIVATES, rows.privates)
            self._some(say.END_SPANS, ends)
            self._some(say.INSERT_SPANS, spans)
            self._some(say.UPSERT_DEADLINES, last_of_each(rows.deadlines, _THREE))
            self._some(say.DELETE_READERS, rows.reader_ends)
            self._some(say.UPSERT_READERS, last_of_each(rows.readers, _THREE))
            self._some(say.MOVE_READERS, last_of_each(rows.reader_dues, itemgetter(1, 2)))
            self._some(say.DELETE_RECUSED, rows.recused_ends)
            self._some(say.KEEP_RECUSED, rows.recused)
            self._some(say.DELETE_PRIVATES, rows.private_ends)
            self._some(say.DROP_SPANS, rows.span_drops)
            self._some(say.DROP_NOTICES, rows.notice_drops)
            self._some(say.DROP_DELIVERIES, rows.notice_drops)
            self._some(say.END_ROSTER_LINES, rows.roster_ends)
            self._some(say.END_ROSTER_REACHES, rows.roster_ends)
            self._some(say.INSERT_ROSTER_LINES, rows.roster_lines)
            self._some(say.INSERT_ROSTER_REACHES, rows.roster_reaches)
            self._some(say.END_POLLS, rows.poll_ends)
            self._some(say.END_POLL_TOKENS, rows.poll_ends)
            self._some(say.INSERT_POLLS, rows.polls)
            self._some(say.INSERT_POLL_TOKENS, rows.poll_tokens)
            self._some(say.INSERT_OUTBOX, rows.outbox)
            self._some(say.UPSERT_COUNTERS, last_of_each(rows.counters, _TWO))
            self._some(say.UPSERT_OUTCOMES, last_of_each(rows.outcomes, _THREE))
            taken = self._some(say.TAKE_FILES, rows.files)
            self._some(say.ERASE_FILES, rows.files_erased)
            for statement, some in search_statements(rows.search):
                self._some(statement, some)
            self._some(say.GIVE_UP, sorted(self._claimed - settled))
        self._claimed.clear()
        if update is not None and update.rowcount != len(changed):
            raise Conflict("a case that was read is gone")
        if taken is not None and taken.rowcount != len(rows.files):
            raise Conflict("an upload that was read is gone")

    def give_up(self) -> None:
        """Give up the claims of a transaction that wrote nothing."""
        self._some(say.GIVE_UP, sorted(self._claimed))

    def fetch(self, statement: Statement, **values: Values) -> list[Record]:
        return self._ask(statement, values).fetchall()

    def run(self, statement: Statement, **values: Values) -> int:
        return self._ask(statement, values).rowcount

    def _cases(self, statement: Statement, keys: Collection[CaseKey], known: Mapping[CaseId, Case]) -> Sequence[Case]:
        by_root: dict[RootId, list[str]] = defaultdict(list)
        for root, case in sorted(keys):
            by_root[root].append(case)
        rows = [
            CaseRow._make(row) for root, ids in by_root.items() for row in self.fetch(statement, root=root, ids=ids)
        ]
        return [_as_known(row, known.get(CaseId(row.id))) or case_from(row) for row in rows]

    def _ask(self, statement: Statement, values: Mapping[str, Values]) -> Cursor:
        self._store.statements += 1
        return self._connection.execute(statement.sql, statement.arguments(values))

    def _some(self, statement: say.Many, rows: Sequence[tuple[Any, ...]]) -> Cursor | None:
        return self._many(statement, rows) if rows else None

    def _many(self, statement: say.Many, rows: Sequence[tuple[Any, ...]]) -> Cursor:
        self._store.statements += 1
        return self._connection.execute(statement.sql, statement.columns(rows))


class PostgresWrites:
    """The writing side of a PostgreSQL database; implements ``WriteStore``. ``statements`` counts what was sent."""

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            StorageUnavailable: the server cannot be reached.
        """
        self.statements = 0
        self._url = url
        self._one_at_a_time = threading.Lock()
        self._closed = False
        self._connection = connect_to_write(url)

    @contextmanager
    def begin(self) -> Iterator[PostgresTransaction]:
        with self._one_at_a_time:
            if self._closed:
                raise StorageUnavailable
            if self._connection.closed:
                self._connection = connect_to_write(self._url)
            transaction = PostgresTransaction(self, self._connection)
            try:
                yield transaction
                transaction.give_up()
                self._refuse_if_failed()
            except psycopg.Error as error:
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
        with self.begin() as transaction:
            return write(StoredDirectory(POSTGRES, transaction))

    def close(self) -> None:
        with self._one_at_a_time:
            self._closed = True
            self._connection.close()

    def _commit(self) -> None:
        try:
            self._connection.commit()
        except psycopg.Error as error:
            self._roll_back()
            if is_certain(error):
                raise meaning(error) from error
            raise OutcomeUnknown from error

    def _refuse_if_failed(self) -> None:
        """Raise when a statement failed and the error was swallowed: COMMIT would roll back and report success."""
        if self._connection.info.transaction_status is TransactionStatus.INERROR:
            raise Conflict("a statement of the transaction failed")

    def _roll_back(self) -> None:
        with suppress(psycopg.Error):
            self._connection.rollback()
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            self._connection.close()


def vacuum(url: str) -> None:
    """Give back the room of rows that were erased or replaced, so that it is written over; beside all other work."""
    connection = connect_to_write(url)
    try:
        connection.rollback()
        connection.autocommit = True
        for table in SCRUBBED:
            connection.execute(f"VACUUM {table}")
    except psycopg.Error as error:
        raise meaning(error) from error
    finally:
        connection.close()


def _as_known(row: CaseRow, case: Case | None) -> Case | None:
    """Return the case when its row is still what it was made from: the head stands for all that happened to it."""
    return case if case is not None and (case.root, case.head) == (row.root, row.head) else None
