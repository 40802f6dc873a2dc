"""Connections to PostgreSQL: the one that writes, those that read, and what their errors mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import psycopg
from psycopg.errors import DataError, IntegrityError

from engine.errors import StorageError, StorageUnavailable
from engine.service.ports import Conflict

Connection = psycopg.Connection[tuple[Any, ...]]

PREPARE_AFTER: Final = 1
"""A statement is prepared at its second use: all are few, and used again and again."""
CONNECT_SECONDS: Final = 10

_ALWAYS: Final = {"client_encoding": "UTF8", "statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s"}
_WRITING: Final = {
    "default_transaction_isolation": "read committed",
    "synchronous_commit": "on",
    "lock_timeout": "250ms",
}
_READING: Final = {"default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read"}
_REPEAT: Final = frozenset({"40001", "40P01", "23505", "55P03"})
"""Serialisation failure, deadlock, a key somebody else took, a lock that took too long."""


def connect_to_write(url: str) -> Connection:
    """Return the connection that writes.

    Raises:
        StorageUnavailable: the server cannot be reached, or would confirm commits before they are on its disk.
    """
    return _connect(url, {**_ALWAYS, **_WRITING}, autocommit=False)


def connect_to_read(url: str) -> Connection:
    """Return a connection that cannot write; each statement on it is a transaction of its own."""
    return _connect(url, {**_ALWAYS, **_READING}, autocommit=True)


def meaning(error: psycopg.Error) -> StorageError | Conflict:
    """Return what an error outside COMMIT means to the service."""
    if error.sqlstate in _REPEAT or isinstance(error, IntegrityError | DataError):
        return Conflict(error.sqlstate or type(error).__name__)
    return StorageUnavailable()


def is_certain(error: psycopg.Error) -> bool:
    """Return whether a COMMIT that raised this has certainly not happened: the server refused it for a reason."""
    return error.sqlstate is not None and (error.sqlstate in _REPEAT or isinstance(error, IntegrityError))


def _connect(url: str, settings: Mapping[str, str], *, autocommit: bool) -> Connection:
    try:
        connection = psycopg.connect(
            url, autocommit=True, prepare_threshold=PREPARE_AFTER, connect_timeout=CONNECT_SECONDS
        )
    except psycopg.Error as error:
        raise StorageUnavailable from error
    try:
        for name, value in settings.items():
            set_to = connection.execute("SELECT set_config(%s, %s, false)", (name, value)).fetchone()
            if set_to != (value,) and name == "synchronous_commit":
                raise StorageUnavailable
        connection.autocommit = autocommit
    except (psycopg.Error, StorageUnavailable) as error:
        connection.close()
        raise StorageUnavailable from error
    return connection
