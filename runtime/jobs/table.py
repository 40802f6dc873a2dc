"""The tables of the jobs and the engine on them: a file of their own beside a SQLite database, else a schema.

They hold nothing that is not written elsewhere. When their form changes they get new names and begin empty; reconcile
asks again for whatever is due. So they need no migrations, and an older worker that still runs is not disturbed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from engine.errors import StorageUnavailable
from engine.storage.urls import postgres_url, sqlite_path

SCHEMA: Final = "banjie_jobs"
BUSY_MILLISECONDS: Final = 10_000
CONNECTIONS_IDLE: Final = 2
CONNECTIONS_MORE: Final = 10
CONNECT_SECONDS: Final = 10
CREATION_LOCK: Final = 7_163_042_291
"""The advisory lock under which one of several starting workers makes the schema; any number nobody else uses."""
LIVE: Final = "single AND state IN ('waiting', 'running')"

_METADATA: Final = MetaData(schema=SCHEMA)

JOB: Final = Table(
    "job",
    _METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("single", Boolean(create_constraint=False), nullable=False),
    Column("state", Text, nullable=False),
    Column("wish", Text, nullable=False),  # of a running job: what is to become of it, '', 'again' or 'cancel'
    Column("due_at", BigInteger, nullable=False),  # by the house's clock, which may be shifted
    Column("attempts", Integer, nullable=False),  # since the last success
    Column("claim", BigInteger, nullable=False),  # counts up with every claim: who has an older one is too late
    Column("worker", Text),
    Column("lease_until", BigInteger),  # by the database's clock: one for all workers, never shifted
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("done", BigInteger, nullable=False),
    Column("reason", Text),
    Index("job_single", "kind", "subject", unique=True, sqlite_where=sa.text(LIVE), postgresql_where=sa.text(LIVE)),
    Index("job_due", "state", "due_at"),
    sqlite_autoincrement=True,  # the number of a job long forgotten is not given to another
)

PERIOD: Final = Table(
    "job_period",
    _METADATA,
    Column("kind", Text, primary_key=True),
    Column("slot", BigInteger, nullable=False),  # the newest one somebody has taken, counted from 1970
)


class DatabaseNow(FunctionElement[int]):
    """The clock of the database in microseconds since 1970; workers on several machines need not agree on the time."""

    type = BigInteger()
    inherit_cache = True


@compiles(DatabaseNow, "sqlite")
def _sqlite_now(_element: DatabaseNow, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"  # 1970 is day 2440587.5 of that count


@compiles(DatabaseNow, "postgresql")
def _postgres_now(_element: DatabaseNow, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


def jobs_file(database: Path) -> Path:
    """Return the file with the jobs of a SQLite database.

    >>> jobs_file(Path("data/banjie.db")).as_posix()
    'data/banjie.db.jobs'
    """
    # Named after the database: two of them in one folder must not run each other's jobs.
    return database.with_name(f"{database.name}.jobs")


def open_tables(url: str) -> sa.Engine:
    """Return an engine on the tables of the jobs of a database, which are made if missing.

    Raises:
        StorageUnavailable: they can neither be reached nor made.
        InputRefused: the URL names no database that we know.
    """
    path = sqlite_path(url)
    engine = _on_postgres(url) if path is None else _on_sqlite(jobs_file(path))
    try:
        with translated(), engine.begin() as connection:
            if path is None:
                _make_schema(connection)
            _METADATA.create_all(connection)
    except StorageUnavailable:
        engine.dispose()
        raise
    return engine


@contextmanager
def translated() -> Iterator[None]:
    """Raise StorageUnavailable for whatever the driver raises."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        raise StorageUnavailable from error


def _on_sqlite(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_MILLISECONDS / 1000}
    ).execution_options(schema_translate_map={SCHEMA: None})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin is ours, below
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        # No write-ahead log: several processes write here, and SQLite before 3.51.3 may lose the end of that log when
        # two of them checkpoint at once. Jobs are few, so the slower journal is not felt.
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _on_postgres(url: str) -> sa.Engine:
    return sa.create_engine(
        sa.make_url(postgres_url(url)).set(drivername="postgresql+psycopg"),
        isolation_level="READ COMMITTED",
        pool_size=CONNECTIONS_IDLE,
        max_overflow=CONNECTIONS_MORE,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def _make_schema(connection: sa.Connection) -> None:
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CREATION_LOCK)))
    # An administrator may have made it for an account that may not.
    if not sa.inspect(connection).has_schema(SCHEMA):
        connection.execute(sa.schema.CreateSchema(SCHEMA))
