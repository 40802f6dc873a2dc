"""Connections to a SQLite file: the one that writes, those that read, and what their errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from engine.errors import StorageError, StorageUnavailable
from engine.service.ports import Conflict

BUSY_MILLISECONDS: Final = 5_000
SAFE_CHECKPOINTS: Final = (3, 51, 3)
"""Older versions may lose the end of the write-ahead log when two connections checkpoint at once."""

_ALWAYS: Final = {
    "busy_timeout": BUSY_MILLISECONDS,
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "mmap_size": 0,
    "temp_store": 2,
}
_WRITING: Final = {"synchronous": 2, "secure_delete": 1, "cache_size": -32_768}
_READING: Final = {"query_only": 1, "cache_size": -32_768}


def checkpoints_are_safe() -> bool:
    """Return whether this SQLite may checkpoint from any connection."""
    return sqlite3.sqlite_version_info >= SAFE_CHECKPOINTS


def connect_to_write(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Return the connection that writes. The caller holds the file's writer lock.

    Raises:
        StorageUnavailable: there is no such file, or it is no database of this version.
    """
    connection = _connect(path, "rwc" if create else "rw", {**_ALWAYS, **_WRITING})
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        connection.close()
        raise StorageUnavailable
    if not checkpoints_are_safe():
        connection.execute("PRAGMA wal_autocheckpoint=0")
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot write, nor checkpoint, beside whoever writes."""
    return _connect(path, "ro", {**_ALWAYS, **_READING})


def meaning(error: sqlite3.Error) -> StorageError | Conflict:
    """Return what an error outside COMMIT means to the service."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return Conflict(type(error).__name__)
    return StorageUnavailable()


def is_certain(error: sqlite3.Error) -> bool:
    """Return whether a COMMIT that raised this has certainly not happened: the lock or the space was missing."""
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_CONSTRAINT_FOREIGNKEY")


def _connect(path: Path, mode: str, pragmas: dict[str, int]) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    try:
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256
        )
    except sqlite3.Error as error:
        raise StorageUnavailable from error
    try:
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name}={value}").fetchall()
            now = connection.execute(f"PRAGMA {name}").fetchone()
            # A library compiled without memory mapping answers nothing to that one question, which is as good as 0.
            if now is not None and now[0] != value:
                raise StorageUnavailable
    except (sqlite3.Error, UnicodeDecodeError, StorageUnavailable) as error:
        connection.close()
        raise StorageUnavailable from error
    return connection
