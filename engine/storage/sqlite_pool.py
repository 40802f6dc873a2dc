"""Connections that only read a SQLite file; they never wait for the writer, nor it for them."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.errors import StorageUnavailable
from engine.storage.compiled import Record, Statement, Values
from engine.storage.sqlite_connection import connect_to_read

WAIT_SECONDS: Final = 10
ROWS_AT_ONCE: Final = 500


class SqliteSnapshot:
    """A lent connection inside a read transaction; implements ``Snapshot``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fetch(self, statement: Statement, **values: Values) -> list[Record]:
        return self._connection.execute(statement.sql, statement.arguments(values)).fetchall()

    def stream(self, statement: Statement, **values: Values) -> Iterator[Record]:
        cursor = self._connection.execute(statement.sql, statement.arguments(values))
        try:
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield from rows
        finally:
            cursor.close()


class SqlitePool:
    """Implements ``Pool``. Connections are opened when they are first needed, ``size`` at most."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._free: queue.LifoQueue[sqlite3.Connection | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)
        self._closed = False

    def fetch(self, statement: Statement, **values: Values) -> list[Record]:
        with self._lend() as connection:
            return connection.execute(statement.sql, statement.arguments(values)).fetchall()

    def stream(self, statement: Statement, **values: Values) -> Iterator[Record]:
        with self._lend() as connection:
            cursor = connection.execute(statement.sql, statement.arguments(values))
            try:
                while rows := cursor.fetchmany(ROWS_AT_ONCE):
                    yield from rows
            finally:
                cursor.close()

    @contextmanager
    def snapshot(self) -> Iterator[SqliteSnapshot]:
        with self._lend() as connection:
            connection.execute("BEGIN")
            try:
                yield SqliteSnapshot(connection)
            finally:
                connection.execute("COMMIT")

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
    def _lend(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise StorageUnavailable
        try:
            connection = self._free.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise StorageUnavailable from None
        try:
            if connection is None:
                connection = connect_to_read(self._path)
            yield connection
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of a damaged file: its message is no text
            raise StorageUnavailable from error
        finally:
            if self._closed and connection is not None:
                connection.close()
                connection = None
            self._free.put(connection)
