"""The databases that tests are given are empty, apart from each other, and hold Chinese text."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from deploy.packages import find_postgres
from engine.service.sealing_ports import SchemaLook
from engine.storage import upgrade
from engine.storage.upgrade import NEWEST
from tests.support.made_once import REAL, file_copied, made_once
from tests.support.postgres import (
    PostgresMissingError,
    create_database,
    drop_database,
    shared_server,
    start,
    stop,
    stop_shared_server,
)
from tests.support.storage import opened


@pytest.fixture(autouse=True)
def migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here databases come without tables, as in the tests of migrations."""
    monkeypatch.setattr(upgrade, "run_migrations", REAL)


def table_names(url: str) -> list[str]:
    """Return the tables of a database that somebody made."""
    catalogue = "sqlite_master" if url.startswith("sqlite") else "pg_stat_user_tables"
    column = "name" if url.startswith("sqlite") else "relname"
    return query(url, f"SELECT {column} FROM {catalogue}")


def query(url: str, statement: str) -> list[str]:
    """Return the first column of a statement's rows, on a connection of its own."""
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        found = [str(row[0]) for row in result] if result.returns_rows else []
    engine.dispose()
    return found


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_has_an_empty_database(any_database: str, turn: str) -> None:
    assert table_names(any_database) == []
    query(any_database, "CREATE TABLE matter (title TEXT)")
    query(any_database, "INSERT INTO matter VALUES ('关于改善食堂的提案')")
    assert query(any_database, "SELECT title FROM matter") == ["关于改善食堂的提案"]


def test_a_database_begins_as_a_copy_of_its_template(postgres_url: str, postgres_database: str) -> None:
    query(postgres_database, "CREATE TABLE matter (title TEXT)")
    copy = create_database(postgres_url, template=make_url(postgres_database).database or "")
    assert table_names(copy) == ["matter"]
    drop_database(postgres_url, copy)


def test_a_dropped_database_is_gone_even_while_somebody_is_connected(postgres_url: str) -> None:
    url = create_database(postgres_url)
    engine = create_engine(url)
    with engine.connect() as connection:
        drop_database(postgres_url, url)
        connection.invalidate()
    engine.dispose()
    names = query(postgres_url, "SELECT datname FROM pg_database")
    assert make_url(url).database not in names


def test_the_characters_of_a_database_are_sorted_and_told_apart_as_utf8(postgres_database: str) -> None:
    assert query(postgres_database, "SHOW server_encoding") == ["UTF8"]
    assert query(postgres_database, "SELECT '提案' ~ '^[[:alpha:]]+$'") == ["True"]


def test_the_given_server_is_used_before_any_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEST_PG_DSN", "host=db.example user=tester password=secret dbname=tests port=5433")
    server = shared_server(tmp_path)
    assert server.folder is None
    assert make_url(server.url).query == {"host": "db.example", "port": "5433"}
    assert server.url.startswith("postgresql+psycopg://tester:secret@/tests?")


def test_a_server_that_does_not_start_says_why_and_is_tried_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[Path] = []

    def programs() -> Path:
        tried.append(tmp_path)
        return tmp_path

    monkeypatch.delenv("TEST_PG_DSN", raising=False)
    monkeypatch.setattr("tests.support.postgres.find_postgres", programs)
    for _ in range(2):
        with pytest.raises(PostgresMissingError, match="does not start"):
            shared_server(tmp_path)
    assert len(tried) == 1
    stop_shared_server(tmp_path)


@pytest.mark.postgres
def test_a_stopped_server_leaves_nothing() -> None:
    programs = find_postgres()
    if programs is None:
        pytest.skip("There is no PostgreSQL on this machine; make test names the command that installs it.")
    server = start(programs)
    assert query(server.url, "SELECT 1") == ["1"]
    stop(server)
    assert not Path(server.folder or "/").exists()
    with pytest.raises(OperationalError):
        query(server.url, "SELECT 1")


def test_tables_made_by_saying_again_what_migrations_said_are_those_of_the_migrations(
    any_database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_sqlite = any_database.startswith("sqlite")
    server = "" if is_sqlite else request.getfixturevalue("postgres_url")
    again = f"sqlite:///{tmp_path / 'again.db'}" if is_sqlite else create_database(server)
    made = made_once(REAL)
    looks: list[SchemaLook] = []
    for url in (any_database, again):
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            made(connection)
        with opened(url) as store:
            looks.append(store.reads.schema())
        assert query(url, "SELECT version_num FROM alembic_version") == [NEWEST]
    if not is_sqlite:
        drop_database(server, again)
    assert looks[0] == looks[1]
    assert looks[0].problems == ()


def test_a_file_that_is_copied_has_the_tables_of_the_first_and_nothing_that_came_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, migrations = upgrade._upgrade_sqlite, made_once(REAL)
    made: list[Path] = []

    def make(path: Path) -> None:
        made.append(path)
        monkeypatch.setattr(upgrade, "run_migrations", REAL)
        real(path)
        monkeypatch.setattr(upgrade, "run_migrations", migrations)

    monkeypatch.setattr(upgrade, "run_migrations", migrations)
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    upgraded = file_copied(make, migrations)
    upgraded(first)
    query(f"sqlite:///{first}", "CREATE TABLE matter (title TEXT)")
    upgraded(second)
    assert made == [first]
    other = tmp_path / "other.db"
    monkeypatch.setattr(upgrade, "run_migrations", made_once(REAL))
    upgraded(other)
    assert made == [first, other]
    assert {*table_names(f"sqlite:///{second}"), "matter"} == set(table_names(f"sqlite:///{first}"))
    assert query(f"sqlite:///{second}", "SELECT version_num FROM alembic_version") == [NEWEST]
