"""Many cases like one: copies of its rows, for measuring what looks at the rows of a case and not at its ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from engine.case.identity import CaseId

OF_LIVES = (("cases", "id"), ("ledger_entry", "case"), ("private_value", "case"))
TABLES = (("cases", "id"), ("reader", "case"), ("recused", "case"), ("deadline", "case"))


def copy_case(database: Path, first: CaseId, copies: int) -> None:
    """Write so many more cases like this one into a SQLite file that nobody has open."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, key in TABLES:
            found = connection.execute(f'SELECT * FROM {table} WHERE "{key}" = ?', (first,))  # names of ours
            place = [column[0] for column in found.description].index(key)
            rows = found.fetchall()
            marks = ", ".join("?" * len(found.description))
            connection.executemany(
                f"INSERT INTO {table} VALUES ({marks})",  # names of ours
                ((*row[:place], f"{n:032x}", *row[place + 1 :]) for n in range(copies) for row in rows),
            )
        connection.commit()


def copy_lives(database: Path, families: Sequence[Sequence[CaseId]], copies: int) -> None:
    """Write so many more families like these into a SQLite file that nobody has open: their rows, entries and values.

    An entry keeps its own id, under which its values are sealed; its hash is that of the one it was copied from.
    """
    with closing(sqlite3.connect(database)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        for table, key in OF_LIVES:
            kept = [_rows_of(connection, table, key, family) for family in families]
            marks = ", ".join("?" * len(kept[0][0]))
            connection.executemany(
                f"INSERT INTO {table} VALUES ({marks})",  # names of ours
                (
                    tuple(_renamed(value, names) for value in row)
                    for n in range(copies)
                    for names in [_names(families[n % len(families)], n)]
                    for row in kept[n % len(families)]
                ),
            )
        connection.commit()
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


def _rows_of(
    connection: sqlite3.Connection, table: str, key: str, family: Sequence[CaseId]
) -> list[tuple[object, ...]]:
    marks = ", ".join("?" * len(family))
    return connection.execute(f'SELECT * FROM {table} WHERE "{key}" IN ({marks})', list(family)).fetchall()


def _names(family: Sequence[CaseId], n: int) -> list[tuple[str, str]]:
    """Return for each case of a family what it is called in a copy: as long as before, and after all that lived."""
    return [(case, f"ff{n:022x}{place:08x}") for place, case in enumerate(family)]


def _renamed(value: object, names: Sequence[tuple[str, str]]) -> object:
    for old, new in names:
        if isinstance(value, str):
            value = value.replace(old, new)
        elif isinstance(value, bytes):
            value = value.replace(old.encode(), new.encode())
    return value
