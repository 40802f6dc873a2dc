"""Tables that migrations made once in this process, for the thousands of tests that open a database of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event, inspect

from engine.storage import upgrade
from engine.storage.sqlite_lock import WriterLock

_CHANGES: Final = re.compile(r"\s*(?:CREATE|ALTER|DROP|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)

Migrations = Callable[[Connection], None]
MakesFile = Callable[[Path], None]

REAL: Final[Migrations] = upgrade.run_migrations
"""What the product runs; ``upgrade`` knows another one while tests run."""


def made_once(run: Migrations) -> Migrations:
    """Return what runs migrations as ``run`` does, and in a further empty database says again all that it said there.

    A database that is not empty, and the tests of migrations themselves, are left to ``run``.
    """
    known: dict[str, list[tuple[str, Any]]] = {}

    def made(connection: Connection) -> None:
        said = known.get(connection.dialect.name)
        if inspect(connection).get_table_names():
            run(connection)
        elif said is None:
            known[connection.dialect.name] = _heard(connection, run)
        else:
            cursor = connection.connection.cursor()
            for statement, parameters in said:
                cursor.execute(statement, parameters)
            cursor.close()

    return made


def file_copied(make: MakesFile, migrations: Migrations) -> MakesFile:
    """Return what makes a SQLite file as ``make`` does, and a further one as a copy of the first.

    A file that is there, and every test that runs other migrations than ``migrations``, are left to ``make``.
    """
    known: list[bytes] = []

    def made(path: Path) -> None:
        if path.exists() or upgrade.run_migrations is not migrations:
            make(path)
        elif known:
            lock = WriterLock(path)
            lock.take()
            path.write_bytes(known[0])
            lock.release()
        else:
            make(path)
            known.append(path.read_bytes())

    return made


def _heard(connection: Connection, run: Migrations) -> list[tuple[str, Any]]:
    """Run the migrations and return every statement of theirs that changed something."""
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if _CHANGES.match(statement):
            said.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", hear)
    try:
        run(connection)
    finally:
        event.remove(connection, "before_cursor_execute", hear)
    return said
