"""Making a database, or bringing it to the newest schema: by the migrations and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from engine.errors import StorageUnavailable
from engine.storage.sqlite_connection import connect_to_read, connect_to_write
from engine.storage.sqlite_lock import WriterLock
from engine.storage.urls import sqlite_path

NEWEST: Final = "0023"
"""The revision of the newest migration. A database that has it is left alone, and Alembic is not even imported."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(8208208)")
_REVISION: Final = "SELECT version_num FROM alembic_version"


def upgrade(url: str) -> None:
    """Make the database if it is not there, and run the migrations it lacks, all in one transaction.

    Raises:
        StorageUnavailable: it cannot be reached, or a SQLite file that lacks migrations is open in another process.
        InputRefused: the URL names no database that we know.
    """
    path = sqlite_path(url)
    if path is None:
        _upgrade_postgres(url)
    elif _sqlite_revision(path) != NEWEST:
        _upgrade_sqlite(path)


def _upgrade_sqlite(path: Path) -> None:
    lock = WriterLock(path)
    lock.take()
    try:
        driver_connection = connect_to_write(path, create=True)
        engine = create_engine("sqlite://", creator=lambda: driver_connection, poolclass=NullPool)
        event.listen(engine, "begin", _begin_immediate)
        with engine.begin() as connection:
            run_migrations(connection)
    finally:
        lock.release()


def _upgrade_postgres(url: str) -> None:
    engine: Engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    try:
        if _postgres_revision(engine) == NEWEST:
            return
        with engine.begin() as connection:
            connection.execute(_ONE_AT_A_TIME)
            run_migrations(connection)
    except OperationalError as error:
        raise StorageUnavailable from error


def run_migrations(connection: Connection) -> None:
    """Run the migrations that a database lacks, in the transaction of its connection."""
    from alembic import command  # slow to import, and needed once in the life of a release
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _sqlite_revision(path: Path) -> str | None:
    """Return the revision of a file; None when there is no file or nothing in it."""
    if not path.is_file():
        return None
    connection = connect_to_read(path)
    try:
        found = connection.execute(_REVISION).fetchone()
    except sqlite3.OperationalError:
        return None
    except sqlite3.Error as error:
        raise StorageUnavailable from error
    finally:
        connection.close()
    return None if found is None else str(found[0])


def _postgres_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        try:
            found = connection.execute(text(_REVISION)).scalar()
        except ProgrammingError:
            return None
    return None if found is None else str(found)
