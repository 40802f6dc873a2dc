"""The migrations build exactly the tables that the code speaks of, on both databases, and run once."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from engine.errors import InputRefused, StorageUnavailable
from engine.storage import directory_tables, tables, upgrade
from engine.storage.columns import metadata
from engine.storage.sqlite_lock import WriterLock
from engine.storage.store import open_store
from engine.storage.urls import sqlite_path
from tests.support.made_once import REAL
from tests.support.storage import opened, table

assert tables.cases.metadata is directory_tables.unit.metadata is metadata


@pytest.fixture(autouse=True)
def migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here they run each time, and are not said again as in other tests."""
    monkeypatch.setattr(upgrade, "run_migrations", REAL)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(make_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def test_alembic_finds_no_difference_between_migrations_and_tables(any_database: str) -> None:
    upgrade.upgrade(any_database)
    with connected(any_database) as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_object": of_metadata}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


WORDS = "found_words"
"""The index of words, in a form of its own on each database: no metadata can say it (``storage.search_tables``)."""


def of_metadata(_item: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    return kind != "table" or not str(name).startswith(WORDS)


def test_alembic_would_find_a_difference(any_database: str) -> None:
    upgrade.upgrade(any_database)
    with connected(any_database) as connection:
        connection.execute(text("DROP INDEX ix_reader_case"))
        connection.execute(text("ALTER TABLE span ADD COLUMN note TEXT"))
        context = MigrationContext.configure(connection, opts={"include_object": of_metadata})
        differences = compare_metadata(context, metadata)
        assert sorted(difference[0] for difference in differences) == ["add_index", "remove_column"]


def test_on_sqlite_the_file_holds_every_word_of_the_tables(sqlite_database: str) -> None:
    """Alembic sees no CHECK, no WHERE of an index and no WITHOUT ROWID: the statements themselves are compared."""
    upgrade.upgrade(sqlite_database)
    made = {
        name: words(statement)
        for name, statement in table(sqlite_database, "SELECT name, sql FROM sqlite_master WHERE type <> 'trigger'")
        if name != "alembic_version" and not name.startswith(("sqlite_", WORDS))
    }
    engine = create_engine("sqlite://")
    wanted = {of.name: words(str(CreateTable(of).compile(engine))) for of in metadata.tables.values()}
    for of in metadata.tables.values():
        wanted.update({str(i.name): words(str(CreateIndex(i).compile(engine))) for i in of.indexes})

    assert made == wanted


def test_on_postgres_indexes_collations_and_checks_are_those_of_the_tables(postgres_database: str) -> None:
    upgrade.upgrade(postgres_database)
    found = dict(table(postgres_database, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
    partial = {name: re.sub(r".* WHERE ", "", sql) for name, sql in found.items() if " WHERE " in sql}
    assert partial == {
        "ix_long_work_live": "(state = ANY (ARRAY['waiting'::text, 'running'::text]))",
        "ix_attachment_case": '("case" IS NOT NULL)',
        "ix_attachment_expires": "(expires_at IS NOT NULL)",
        "ix_attachment_who": "(who IS NOT NULL)",
        "ix_cases_number": "(number IS NOT NULL)",
        "ix_cases_led": "(lead_unit IS NOT NULL)",
        "ix_cases_handled": "(phase <> 'final'::text)",
        "ix_cases_over": "(phase = 'final'::text)",
        "ix_cases_over_session": "(phase = 'final'::text)",
        "ix_cases_parts": "(parent IS NOT NULL)",
        "ix_cases_version": "(definition_version > 1)",
        "ix_cases_waiting": "(phase <> 'final'::text)",
        "ix_deadline_named": "(state = 'running'::text)",
        "ix_deadline_running": "(state = 'running'::text)",
        "ix_deadline_raised": "((state = 'running'::text) AND (rungs <> '[]'::text))",
        "ix_span_of_unit": "((kind = ANY (ARRAY['lead'::text, 'unit'::text])) AND (length(value) <= 100))",
        "ix_poll_token_unspent": "(spent = 0)",
        "ix_roster_reach_excused": "(excused = 1)",
        "ix_roster_reach_planned": "(planned = 1)",
        "uq_roster_reach_slot": "(slot IS NOT NULL)",
        "ix_deadline_rung": "(rung_at IS NOT NULL)",
        "ix_delivery_due": "((state = 'queued'::text) AND (bundle = ''::text))",
        "ix_delivery_digest": "((state = 'queued'::text) AND (bundle <> ''::text))",
        "ix_delivery_lease": "(lease IS NOT NULL)",
        "ix_delivery_settled": "(settled_at IS NOT NULL)",
        "ix_notice_unread": "(read_at IS NULL)",
        "ix_reader_due": "(due_at IS NOT NULL)",
    }
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    bytewise = {tuple(row) for row in table(postgres_database, f"{columns} AND collation_name = 'C'")}
    assert bytewise == {
        (of.name, column.name)
        for of in metadata.tables.values()
        for column in of.columns
        if column.type is tables.cases.c.id.type
    }
    checks = table(postgres_database, "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0")
    assert sorted(checks) == [
        ("ck_attachment_taken",),
        ("ck_cases_phase",),
        ("ck_deadline_state",),
        ("ck_delivery_state",),
        ("ck_leaf_hash",),
        ("ck_ledger_entry_hash",),
        ("ck_login_kind",),
        ("ck_person_active",),
        ("ck_preference_digest",),
        ("ck_preference_quiet",),
        ("ck_span_until",),
    ]


def test_the_triggers_that_keep_entries_stand_on_both_databases(any_database: str) -> None:
    upgrade.upgrade(any_database)
    path = sqlite_path(any_database)
    catalogue = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if path is None:
        catalogue = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    expected = ["refuses_delete", "refuses_update"] if path else ["refuses_change", "refuses_truncate"]

    kept = ("checkpoint", "leaf", "ledger_entry", "tree")
    assert sorted(table(any_database, catalogue)) == [(f"{name}_{act}",) for name in kept for act in expected]


def test_the_newest_revision_named_in_the_code_is_the_head_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))

    assert ScriptDirectory.from_config(config).get_heads() == [upgrade.NEWEST]


def test_a_database_that_is_up_to_date_is_left_alone_without_alembic(
    any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade.upgrade(any_database)

    def fail(connection: Connection) -> None:
        raise AssertionError(connection)

    monkeypatch.setattr(upgrade, "run_migrations", fail)
    upgrade.upgrade(any_database)


def test_two_processes_that_start_at_once_make_one_database(any_database: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            upgrade.upgrade(any_database)
        except StorageUnavailable:
            assert sqlite_path(any_database) is not None, "only a file has one writer"
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert table(any_database, "SELECT version_num FROM alembic_version") == [(upgrade.NEWEST,)]


def test_a_file_in_use_that_lacks_migrations_is_not_touched(sqlite_database: str) -> None:
    path = sqlite_path(sqlite_database)
    assert path is not None
    lock = WriterLock(path)
    lock.take()
    with pytest.raises(StorageUnavailable):
        upgrade.upgrade(sqlite_database)
    lock.release()
    assert not path.exists()


def test_a_file_in_use_that_is_up_to_date_is_no_obstacle(sqlite_database: str) -> None:
    with opened(sqlite_database):
        upgrade.upgrade(sqlite_database)


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = upgrade.run_migrations

    def run_and_fail(connection: Connection) -> None:
        real(connection)
        raise ZeroDivisionError

    monkeypatch.setattr(upgrade, "run_migrations", run_and_fail)
    with pytest.raises(ZeroDivisionError):
        upgrade.upgrade(any_database)
    monkeypatch.undo()
    with connected(any_database) as connection:
        assert connection.dialect.get_table_names(connection) == []
    with opened(any_database) as store:
        assert store.reads.roots() == []


def words(statement: str) -> str:
    """Return a statement without the freedom of white space and quotes."""
    return re.sub(r"\s+", "", statement).replace('"', "")


@pytest.mark.parametrize("write", [True, False])
def test_a_database_of_a_newer_program_is_neither_read_nor_written(any_database: str, write: bool) -> None:
    upgrade.upgrade(any_database)
    with connected(any_database) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(InputRefused) as refused:
        open_store(any_database, write=write)
    assert refused.value.text.zh == (
        f"数据库的结构（0999）比本程序认识的（{upgrade.NEWEST}）新，已由较新的程序打开过：请升级本程序；"
        "要退回旧版，须恢复升级以前的备份"
    )
    with connected(any_database) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0999"
