"""The one door to a database: a URL becomes a store with its reading and, if asked for, its writing side."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from engine.service.ports import Reads, WriteStore
from engine.storage.sqlite_lock import WriterLock
from engine.storage.sqlite_store import SqliteStore
from engine.storage.upgrade import demand_whole, upgrade
from engine.storage.urls import postgres_url, sqlite_path


class Store(Protocol):
    """An open database. ``writes`` is None when it was opened to read only."""

    @property
    def writes(self) -> WriteStore | None: ...

    @property
    def reads(self) -> Reads: ...

    def scrub(self) -> None:
        """Leave nothing of rows that were erased: cut off the log on SQLite, where this process writes, and vacuum the
        tables on PostgreSQL."""

    def close(self) -> None:
        """Give up every connection; on SQLite the writer lock too."""


def open_store(url: str, *, write: bool) -> Store:
    """Open a database; to write, it is made or brought to the newest schema first.

    Raises:
        StorageUnavailable: it cannot be reached, or a SQLite file is to be written and another process writes it.
        InputRefused: the URL names no database that we know, or one that was moved or is not there as a whole.
    """
    if write:
        upgrade(url)
    else:
        demand_whole(url)
    path = sqlite_path(url)
    if path is not None:
        return SqliteStore.open(path, write=write)
    # Imported here, as a house on SQLite has no driver for PostgreSQL.
    from engine.storage.postgres_store import PostgresStore

    return PostgresStore.open(postgres_url(url), write=write)


def writer_elsewhere(path: Path) -> bool:
    """Return whether some process writes this SQLite file at this moment."""
    return WriterLock(path).is_held_elsewhere
