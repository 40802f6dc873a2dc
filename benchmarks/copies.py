"""Many cases like one: copies of its rows, for measuring what looks at the rows of a case and not at its ledger."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from engine.case.identity import CaseId

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
