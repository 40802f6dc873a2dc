"""What the databases refuse, lose or cannot say, and what the service is told then."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engine.case.identity import CaseId
from engine.errors import InputRefused, OutcomeUnknown, StorageUnavailable
from engine.service.ports import Claim, Conflict, Outcome, Stored
from engine.service.rows import BatchRows, CaseRow, CounterRow, OutcomeRow
from engine.storage import postgres_pool, sqlite_connection, sqlite_pool, sqlite_writes
from engine.storage.postgres_writes import PostgresWrites
from engine.storage.sqlite_writes import SqliteWrites
from engine.storage.store import Store, open_store, writer_elsewhere
from engine.storage.upgrade import upgrade
from engine.storage.urls import postgres_url, sqlite_path
from tests.support.storage import ROOT, a_row, an_entry, change, count_up, opened, write, writes_of

CASE = CaseId("case-1")
KEY = (ROOT, CASE)
CLAIM = Claim(ROOT, "actor", "key", "asked")
OUTCOME = OutcomeRow(ROOT, "actor", "key", "asked", "case-1", 1, "a" * 64, 5)


@pytest.fixture
def sqlite_store(sqlite_database: str) -> Iterator[Store]:
    with opened(sqlite_database) as store:
        yield store


@pytest.fixture
def postgres_store(postgres_database: str) -> Iterator[Store]:
    with opened(postgres_database) as store:
        yield store


def file_of(url: str) -> Path:
    path = sqlite_path(url)
    assert path is not None
    return path


class CommitFails:
    """A connection whose next COMMIT raises, before or after it was done."""

    def __init__(self, connection: sqlite3.Connection, error: sqlite3.Error, *, done: bool) -> None:
        self._connection = connection
        self._error = error
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        if statement == "COMMIT":
            if self._done:
                self._connection.execute(statement)
            raise self._error
        return self._connection.execute(statement, *arguments)


def make_commit_fail(store: Store, error: sqlite3.Error, *, done: bool) -> None:
    writes = writes_of(store)
    assert isinstance(writes, SqliteWrites)
    writes._connection = CommitFails(writes._connection, error, done=done)  # type: ignore[assignment]  # stands in for it


# --- COMMIT ---


@pytest.mark.parametrize("done", [True, False])
def test_an_io_error_at_commit_is_an_unknown_outcome_and_ends_all_writing(sqlite_database: str, done: bool) -> None:
    with opened(sqlite_database) as store:
        make_commit_fail(store, sqlite3.OperationalError("disk I/O error"), done=done)
        with pytest.raises(OutcomeUnknown):
            write(store, BatchRows(created=[a_row("case-1")]))
        with pytest.raises(StorageUnavailable):
            write(store, BatchRows(created=[a_row("case-2")]))

    with opened(sqlite_database) as store:
        assert (store.reads.case(ROOT, CASE, None) is not None) is done
        assert store.reads.case(ROOT, CaseId("case-2"), None) is None


def test_a_full_disk_at_commit_is_a_certain_no(sqlite_store: Store) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    writes = writes_of(sqlite_store)
    assert isinstance(writes, SqliteWrites)
    real = writes._connection
    make_commit_fail(sqlite_store, error, done=False)
    with pytest.raises(StorageUnavailable):
        write(sqlite_store, BatchRows(created=[a_row("case-1")]))

    writes._connection = real
    assert sqlite_store.reads.case(ROOT, CASE, None) is None
    write(sqlite_store, BatchRows(created=[a_row("case-1")]))


def test_a_connection_lost_at_commit_is_an_unknown_outcome_and_the_next_batch_connects_anew(
    postgres_store: Store, postgres_database: str
) -> None:
    def write_and_lose_the_connection() -> None:
        with writes_of(postgres_store).begin() as transaction:
            transaction.write(BatchRows(created=[a_row("case-1")]))
            end_connections(postgres_database)

    with pytest.raises(OutcomeUnknown):
        write_and_lose_the_connection()
    assert postgres_store.reads.case(ROOT, CASE, None) is None
    write(postgres_store, BatchRows(created=[a_row("case-1")]))


def test_a_connection_lost_before_commit_is_no_outcome_at_all(postgres_store: Store, postgres_database: str) -> None:
    def lose_the_connection_and_write() -> None:
        with writes_of(postgres_store).begin() as transaction:
            transaction.epoch(ROOT)
            end_connections(postgres_database)
            transaction.write(BatchRows(created=[a_row("case-1")]))

    with pytest.raises(StorageUnavailable):
        lose_the_connection_and_write()
    write(postgres_store, BatchRows(created=[a_row("case-1")]))


def test_an_error_that_was_swallowed_inside_a_transaction_is_not_reported_as_success(postgres_store: Store) -> None:
    write(postgres_store, BatchRows(entries=[an_entry("case-1", 1)]))

    def write_and_swallow() -> None:
        with writes_of(postgres_store).begin() as transaction, pytest.raises(psycopg.errors.UniqueViolation):
            transaction.write(BatchRows(entries=[an_entry("case-1", 1)]))

    with pytest.raises((Conflict, StorageUnavailable)):
        write_and_swallow()


def end_connections(url: str) -> None:
    """End every other connection to a PostgreSQL database, as a restart of the server would."""
    with psycopg.connect(postgres_url(url), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


# --- two writers ---


def test_a_second_writer_of_a_file_is_refused_and_a_reader_is_not(sqlite_store: Store, sqlite_database: str) -> None:
    write(sqlite_store, BatchRows(created=[a_row("case-1")]))
    assert writer_elsewhere(file_of(sqlite_database))
    with pytest.raises(StorageUnavailable):
        open_store(sqlite_database, write=True)

    with opened(sqlite_database, write=False) as reader:
        assert reader.writes is None
        assert reader.reads.case(ROOT, CASE, None) is not None
        write(sqlite_store, BatchRows(created=[a_row("case-2")]))
        assert reader.reads.case(ROOT, CaseId("case-2"), None) is not None


def test_the_writer_lock_ends_with_the_store(sqlite_database: str) -> None:
    path = file_of(sqlite_database)
    assert not writer_elsewhere(path)
    with opened(sqlite_database):
        assert writer_elsewhere(path)
    assert not writer_elsewhere(path)
    with opened(sqlite_database, write=False) as reader:
        assert reader.reads.roots() == []
        assert not writer_elsewhere(path)


def test_a_transaction_shuts_out_other_processes_on_sqlite_and_only_there(any_database: str) -> None:
    with opened(any_database) as store, writes_of(store).begin() as transaction:
        assert transaction.exclusive is (sqlite_path(any_database) is not None)


def test_a_stranger_who_holds_the_write_lock_makes_the_database_unavailable(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite_connection._ALWAYS, "busy_timeout", 10)
    with opened(sqlite_database) as store, closing(sqlite3.connect(file_of(sqlite_database))) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable):
            write(store, BatchRows(created=[a_row("case-1")]))
        stranger.rollback()
        write(store, BatchRows(created=[a_row("case-1")]))


def test_readers_do_not_wait_for_an_open_write_transaction(any_database: str) -> None:
    with opened(any_database) as store, writes_of(store).begin() as transaction:
        transaction.write(BatchRows(created=[a_row("case-1")]))
        assert store.reads.case(ROOT, CASE, None) is None


def test_a_connection_for_reading_cannot_write(sqlite_store: Store, sqlite_database: str) -> None:
    with (
        closing(sqlite_connection.connect_to_read(file_of(sqlite_database))) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM cases")


def test_numbers_issued_by_two_processes_have_no_gaps_and_no_repeats(postgres_database: str) -> None:
    upgrade(postgres_database)
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        issued = processes.starmap(count_up, [(postgres_database, 40)] * 2)

    assert sorted(number for numbers in issued for number in numbers) == list(range(1, 81))


def test_numbers_issued_by_two_threads_have_no_gaps_and_no_repeats(any_database: str) -> None:
    issued: list[int] = []
    with opened(any_database) as store:

        def issue() -> None:
            for _ in range(40):
                with writes_of(store).begin() as transaction:
                    number = transaction.counters(ROOT, ["receipt"])["receipt"] + 1
                    transaction.write(BatchRows(counters=[CounterRow(ROOT, "receipt", number)]))
                    issued.append(number)

        in_threads(issue, issue)
    assert issued == list(range(1, 81))


def test_a_case_held_by_another_process_is_left_out_or_waited_for_a_quarter_of_a_second(
    postgres_store: Store, postgres_database: str
) -> None:
    write(postgres_store, BatchRows(created=[a_row("case-1"), a_row("case-2")]))
    keys = [KEY, (ROOT, CaseId("case-2"))]
    with opened(postgres_database) as other, writes_of(other).begin() as theirs:
        theirs.lock_cases([KEY], wait=True)
        with writes_of(postgres_store).begin() as ours:
            assert [case.id for case in ours.lock_cases(keys, wait=False)] == ["case-2"]
            assert len(ours.read_cases(keys)) == 2
        with pytest.raises(StorageUnavailable):
            lock_and_wait(postgres_store)


def lock_and_wait(store: Store) -> None:
    with writes_of(store).begin() as transaction:
        transaction.lock_cases([KEY], wait=True)


def test_a_key_in_flight_elsewhere_is_waited_for_and_leads_to_its_outcome(
    postgres_store: Store, postgres_database: str
) -> None:
    asked = threading.Event()
    answers: list[Mapping[Claim, Stored]] = []

    def claim() -> None:
        while not answers:
            # Where the machine is so busy that their commit takes a quarter of a second, the batch is repeated.
            with suppress(Conflict), writes_of(postgres_store).begin() as ours:
                ours.epoch(ROOT)
                asked.set()
                answers.append(ours.claim([CLAIM], 2))

    thread = threading.Thread(target=claim)
    with opened(postgres_database) as other:
        with writes_of(other).begin() as theirs:
            theirs.claim([CLAIM], 1)
            theirs.write(BatchRows(outcomes=[OUTCOME]))
            thread.start()
            asked.wait(10)
        thread.join()
    assert answers == [{CLAIM: Stored("asked", Outcome(CASE, 1, "a" * 64))}]


def test_a_key_in_flight_elsewhere_for_too_long_is_a_conflict(postgres_store: Store, postgres_database: str) -> None:
    def claim() -> None:
        with writes_of(postgres_store).begin() as ours:
            ours.claim([CLAIM], 2)

    with opened(postgres_database) as other, writes_of(other).begin() as theirs:
        theirs.claim([CLAIM], 1)
        with pytest.raises(Conflict):
            claim()


def test_a_series_whose_next_number_is_being_issued_elsewhere_is_a_conflict(
    postgres_store: Store, postgres_database: str
) -> None:
    write(postgres_store, BatchRows(counters=[CounterRow(ROOT, "receipt", 41)]))

    def number() -> None:
        with writes_of(postgres_store).begin() as ours:
            ours.counters(ROOT, ["receipt"])

    with opened(postgres_database) as other, writes_of(other).begin() as theirs:
        assert theirs.counters(ROOT, ["receipt"]) == {"receipt": 41}
        with pytest.raises(Conflict):
            number()


def test_a_case_changed_by_another_process_after_an_unlocked_read_is_seen_as_it_is_when_locked(
    postgres_store: Store, postgres_database: str
) -> None:
    write(postgres_store, BatchRows(created=[a_row("case-1")]))
    with opened(postgres_database) as other, writes_of(postgres_store).begin() as ours:
        assert ours.read_cases([KEY])[0].version == 1
        write(other, BatchRows(changed=[a_row("case-1", version=2)]))
        assert ours.lock_cases([KEY], wait=False)[0].version == 2


def in_threads(*acts: Callable[[], None]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- connections ---


def test_a_reader_whose_connection_was_ended_while_idle_is_answered_nevertheless(
    postgres_store: Store, postgres_database: str
) -> None:
    postgres_store.reads.ping()
    end_connections(postgres_database)
    postgres_store.reads.ping()


def test_a_failing_question_is_unavailable_and_gives_its_connection_back(any_database: str) -> None:
    with opened(any_database) as store:
        change(any_database, "DROP TABLE directory_epoch")
        for _ in range(12):
            with pytest.raises(StorageUnavailable):
                store.reads.epoch(ROOT)
        store.reads.ping()


@pytest.mark.parametrize("row", [a_row("a", subject="\ud800"), a_row("a", version=2**63)], ids=["surrogate", "number"])
def test_a_value_that_cannot_be_written_is_a_conflict_so_that_the_batch_is_halved(
    any_database: str, row: CaseRow
) -> None:
    with opened(any_database) as store:
        with pytest.raises(Conflict):
            write(store, BatchRows(created=[a_row("good"), row]))
        write(store, BatchRows(created=[a_row("good")]))


def test_a_pool_without_a_free_connection_says_so(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sqlite_pool, postgres_pool):
        monkeypatch.setattr(module, "WAIT_SECONDS", 0)
    with opened(any_database) as store:
        write(store, BatchRows(created=[a_row("a"), a_row("b")]))
        streams = [store.reads.all_case_ids(ROOT) for _ in range(8)]
        assert [next(iter(stream)) for stream in streams] == ["a"] * 8
        with pytest.raises(StorageUnavailable):
            store.reads.ping()
        assert [list(stream) for stream in streams] == [["b"]] * 8
        store.reads.ping()


def test_a_closed_store_is_unavailable(any_database: str) -> None:
    with opened(any_database) as store:
        write(store, BatchRows(created=[a_row("a"), a_row("b")]))
        stream = iter(store.reads.all_case_ids(ROOT))
        next(stream)
    with pytest.raises(StorageUnavailable):
        store.reads.ping()
    with pytest.raises(StorageUnavailable):
        write(store, BatchRows())
    assert list(stream) == ["b"]


def test_what_is_not_there_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, whatever its name says, and it is long enough to be read")
    for url in (
        f"sqlite:///{tmp_path / 'nothing.db'}",
        f"sqlite:///{tmp_path / 'no folder' / 'x.db'}",
        f"postgresql://nobody@/nothing?host={tmp_path}",
    ):
        with pytest.raises(StorageUnavailable):
            open_store(url, write=False)
    for url in (
        f"sqlite:///{tmp_path / 'no folder' / 'x.db'}",
        f"sqlite:///{tmp_path / 'text.db'}",
        f"postgresql+psycopg://nobody@/nothing?host={tmp_path}",
    ):
        with pytest.raises(StorageUnavailable):
            open_store(url, write=True)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://root:secret@host/x", "banjie.db", ""])
def test_another_kind_of_database_is_refused_without_repeating_the_url(url: str) -> None:
    with pytest.raises(InputRefused) as refused:
        open_store(url, write=False)
    assert "secret" not in str(refused.value)


# --- how SQLite is set ---


def test_the_connections_to_a_file_are_set_for_safety(sqlite_store: Store, sqlite_database: str) -> None:
    writes = writes_of(sqlite_store)
    assert isinstance(writes, SqliteWrites)
    asked = ["journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema", "cell_size_check"]
    assert [writes._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in asked] == ["wal", 2, 1, 1, 0, 1]
    with closing(sqlite_connection.connect_to_read(file_of(sqlite_database))) as reader:
        assert reader.execute("PRAGMA query_only").fetchone() == (1,)
        assert reader.execute("PRAGMA mmap_size").fetchone() in [(0,), None]


@pytest.mark.parametrize(("version", "pages"), [((3, 51, 2), 0), ((3, 51, 3), 1000)])
def test_an_older_sqlite_checkpoints_by_the_writer_only(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], pages: int
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    with opened(sqlite_database) as store:
        writes = writes_of(store)
        assert isinstance(writes, SqliteWrites)
        assert writes._connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (pages,)


def test_the_writer_moves_the_log_into_the_file_now_and_then_and_at_the_end(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
    monkeypatch.setattr(sqlite_writes, "CHECKPOINT_AFTER_CHANGES", 100)
    path = file_of(sqlite_database)
    with opened(sqlite_database) as store:
        made = path.stat().st_size
        write(store, BatchRows(created=[a_row(f"case-{number}") for number in range(20)]))
        assert path.stat().st_size == made
        write(store, BatchRows(created=[a_row(f"more-{number}") for number in range(100)]))
        assert path.stat().st_size > made
    wal = path.with_name(path.name + "-wal")
    assert not wal.exists() or wal.stat().st_size == 0


def test_commits_on_postgresql_are_confirmed_by_its_disk_and_locks_are_not_waited_for(postgres_store: Store) -> None:
    writes = writes_of(postgres_store)
    assert isinstance(writes, PostgresWrites)
    asked = ["synchronous_commit", "lock_timeout", "transaction_isolation", "idle_in_transaction_session_timeout"]
    settings = [writes._connection.execute(f"SHOW {name}".encode()).fetchone() for name in asked]
    writes._connection.rollback()

    assert settings == [("on",), ("250ms",), ("read committed",), ("1min",)]
