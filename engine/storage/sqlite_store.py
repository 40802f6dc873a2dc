"""A SQLite file opened: its readers and, if asked for, its one writer."""

from __future__ import annotations

from pathlib import Path

from engine.errors import StorageUnavailable
from engine.storage.compiled import SQLITE
from engine.storage.reads import POOL_SIZE, StoreReads
from engine.storage.sqlite_pool import SqlitePool
from engine.storage.sqlite_writes import SqliteWrites


class SqliteStore:
    """Implements ``Store``."""

    def __init__(self, path: Path, writes: SqliteWrites | None) -> None:
        self.writes = writes
        self._pool = SqlitePool(path, POOL_SIZE)
        self.reads = StoreReads(SQLITE, self._pool)

    @classmethod
    def open(cls, path: Path, *, write: bool) -> SqliteStore:
        """Open a file that the migrations have made.

        Raises:
            StorageUnavailable: there is no such file; or it is to be written and another process writes it.
        """
        if not path.is_file():
            raise StorageUnavailable
        return cls(path, SqliteWrites(path) if write else None)

    def scrub(self) -> None:
        if self.writes is not None:
            self.writes.scrub()

    def close(self) -> None:
        self._pool.close()
        if self.writes is not None:
            self.writes.close()
