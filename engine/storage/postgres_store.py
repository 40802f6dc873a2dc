"""A PostgreSQL database opened: its readers and, if asked for, its one writer of this process."""

from __future__ import annotations

from engine.storage.compiled import POSTGRES
from engine.storage.postgres_pool import PostgresPool
from engine.storage.postgres_writes import PostgresWrites, vacuum
from engine.storage.reads import POOL_SIZE, StoreReads


class PostgresStore:
    """Implements ``Store``."""

    def __init__(self, url: str, writes: PostgresWrites | None) -> None:
        self.writes = writes
        self._url = url
        self._pool = PostgresPool(url, POOL_SIZE)
        self.reads = StoreReads(POSTGRES, self._pool)

    @classmethod
    def open(cls, url: str, *, write: bool) -> PostgresStore:
        """Open a database that the migrations have made.

        Raises:
            StorageUnavailable: the server cannot be reached.
        """
        store = cls(url, PostgresWrites(url) if write else None)
        store.reads.ping()
        return store

    def scrub(self) -> None:
        vacuum(self._url)

    def close(self) -> None:
        self._pool.close()
        if self.writes is not None:
            self.writes.close()
