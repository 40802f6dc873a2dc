"""Making a database, or bringing it to the newest schema: by the migrations and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from engine.errors import InputRefused, StorageUnavailable
from engine.storage.sqlite_connection import connect_to_read, connect_to_write
from engine.storage.sqlite_lock import WriterLock
from engine.storage.urls import sqlite_path
from engine.text import Text

NEWEST: Final = "0023"
"""The revision of the newest migration. A database that has it is left alone, and Alembic is not even imported."""

MOVED: Final = "moved-"
"""Before the revision of a file that was carried over to PostgreSQL, or is being carried over."""
UNFINISHED: Final = "unfinished-"
"""Before the revision of a database that a file is being carried over to."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(8208208)")
_REVISION: Final = "SELECT version_num FROM alembic_version"
_MARK: Final = text("UPDATE alembic_version SET version_num = :mark")


def upgrade(url: str) -> None:
    """Make the database if it is not there, and run the migrations it lacks, all in one transaction.

    Raises:
        StorageUnavailable: it cannot be reached, or a SQLite file that lacks migrations is open in another process.
        InputRefused: the URL names no database that we know, or one that was moved, is not there as a whole, or has a
            newer schema than this program knows.
    """
    path = sqlite_path(url)
    if path is None:
        _upgrade_postgres(url)
        return
    found = sqlite_revision(path)
    _demand_known(found)
    if found is not None and found.startswith(MOVED):
        raise InputRefused(
            Text(
                f"数据库 {path} 已迁往 PostgreSQL，请让 BANJIE_DATABASE_URL 指向新库；"
                "尚未在新库办理而要退回的，用 banjie move --back",
                f"The database {path} was moved to PostgreSQL: let BANJIE_DATABASE_URL name the new one. To go back, "
                "as long as nothing was done there: banjie move --back",
            )
        )
    if found != NEWEST:
        _upgrade_sqlite(path)


def demand_whole(url: str) -> None:
    """Raise InputRefused where a database cannot be read: a file is still being carried over to PostgreSQL, or the
    schema is newer than this program knows."""
    path = sqlite_path(url)
    found = standing(url) if path is None else sqlite_revision(path)
    if path is None:
        _demand_whole(found)
    _demand_known(found)


def standing(url: str) -> str | None:
    """Return the revision of a PostgreSQL database, or the mark in its place; None where nothing was made in it yet.

    Raises:
        StorageUnavailable: it cannot be reached.
    """
    try:
        return _postgres_revision(_engine(url))
    except OperationalError as error:
        raise StorageUnavailable from error


def mark_postgres(url: str, mark: str) -> None:
    """Write a mark in the place of the revision, or the revision in the place of the mark."""
    try:
        with _engine(url).begin() as connection:
            connection.execute(_MARK, {"mark": mark})
    except OperationalError as error:
        raise StorageUnavailable from error


def mark_sqlite(path: Path, mark: str) -> None:
    """Write a mark in the place of the revision, or the revision in that of the mark. The caller holds the lock."""
    with closing(connect_to_write(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (mark,))


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
    engine = _engine(url)
    try:
        found = _postgres_revision(engine)
        _demand_whole(found)
        _demand_known(found)
        if found == NEWEST:
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


def sqlite_revision(path: Path) -> str | None:
    """Return the revision of a file, or the mark in its place; None when there is no file or nothing in it."""
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


def _engine(url: str) -> Engine:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


def _postgres_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    try:
        found = connection.execute(text(_REVISION)).scalar()
    except ProgrammingError:
        return None
    return None if found is None else str(found)


def _demand_whole(revision: str | None) -> None:
    if revision is not None and revision.startswith(UNFINISHED):
        raise InputRefused(
            Text(
                "这个 PostgreSQL 库正在由 SQLite 迁入，尚不完整；请先用 banjie move 迁完",
                "A SQLite file is being moved into this PostgreSQL database, which is not whole yet; let banjie move "
                "finish it first",
            )
        )


def _demand_known(revision: str | None) -> None:
    """Revisions are numbers of four digits, so that a newer one comes later as text too; a mark is none of them."""
    if revision is not None and revision.isdigit() and revision > NEWEST:
        raise InputRefused(
            Text(
                f"数据库的结构（{revision}）比本程序认识的（{NEWEST}）新，已由较新的程序打开过：请升级本程序；"
                "要退回旧版，须恢复升级以前的备份",
                f"The schema of the database ({revision}) is newer than this program knows ({NEWEST}): a newer program "
                "has opened it. Upgrade this one, or restore a back-up from before",
            )
        )
