"""Connections that only read a PostgreSQL database."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Final

import psycopg

from engine.errors import StorageUnavailable
from engine.storage.compiled import Record, Statement, Values
from engine.storage.postgres_connection import Connection, connect_to_read

WAIT_SECONDS: Final = 10
ROWS_AT_ONCE: Final = 500


class PostgresSnapshot:
    """A lent connection inside a transaction that sees one moment; implements ``Snapshot``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._streams = count()

    def fetch(self, statement: Statement, **values: Values) -> list[Record]:
        return self._connection.execute(
            statement.sql, statement.arguments(values), prepare=statement.prepare
        ).fetchall()

    def stream(self, statement: Statement, **values: Values) -> Iterator[Record]:
        with self._connection.cursor(name=f"stream_{next(self._streams)}") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(statement.sql, statement.arguments(values))
            yield from cursor


class PostgresPool:
    """Implements ``Pool``. Connections are opened when they are first needed, ``size`` at most."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._free: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)
        self._closed = False

    def fetch(self, statement: Statement, **values: Values) -> list[Record]:
        """Return all rows. A connection that broke while nobody used it, as when the server was restarted, is
        replaced and the question asked once more."""
        arguments = statement.arguments(values)
        with self._lend() as connection:
            try:
                return connection.execute(statement.sql, arguments, prepare=statement.prepare).fetchall()
            except psycopg.OperationalError:
                if not connection.broken:
                    raise
        with self._lend(fresh=True) as connection:
            return connection.execute(statement.sql, arguments, prepare=statement.prepare).fetchall()

    def stream(self, statement: Statement, **values: Values) -> Iterator[Record]:
        with self._lend() as connection, connection.transaction(), connection.cursor(name="stream") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(statement.sql, statement.arguments(values))
            yield from cursor

    @contextmanager
    def snapshot(self) -> Iterator[PostgresSnapshot]:
        with self._lend() as connection, connection.transaction():
            yield PostgresSnapshot(connection)

    def close(self) -> None:
        self._closed = True
        while True:
            try:
                connection = self._free.get_nowait()
            except queue.Empty:
                return
            if connection is not None:
                connection.close()

    @contextmanager
    def _lend(self, *, fresh: bool = False) -> Iterator[Connection]:
        if self._closed:
            raise StorageUnavailable
        try:
            connection = self._free.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise StorageUnavailable from None
        try:
            if connection is None or fresh:
                if connection is not None:
                    connection.close()
                connection = connect_to_read(self._url)
            yield connection
        except psycopg.Error as error:
            raise StorageUnavailable from error
        finally:
            if connection is not None and (self._closed or connection.closed):
                with suppress(psycopg.Error):
                    connection.close()
                connection = None
            self._free.put(connection)
