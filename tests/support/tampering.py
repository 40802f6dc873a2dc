"""Blind tampering: changes one column of one row after the other, deletes one row after the other, and asks each time
whether verification finds it. Used small in every check and large in the campaign."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, NamedTuple

import psycopg

from engine.ledger.notes import VerifierKey
from engine.service.sealing import heartbeat
from engine.storage import sealing_tables, tables
from engine.storage.columns import metadata
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT, House
from tests.support.sealing import behind_its_back, rules_of, sealed

TABLES: Final = (
    "ledger_entry",
    "unsealed",
    "leaf",
    "tree",
    "checkpoint",
    "cases",
    "private_value",
    "span",
    "deadline",
)
"""What verification answers for. The others hold nothing that the ledger does not tell, or no history."""
REFUSED: Final = (sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError)

assert set(TABLES) <= {of.name for of in metadata.tables.values()}
assert sealing_tables.leaf.metadata is tables.cases.metadata


class Attempt(NamedTuple):
    """One change: of a column of a row, or the deletion of the row where ``column`` is None."""

    table: str
    row: tuple[Any, ...]
    column: str | None


@dataclass(slots=True)
class Tampered:
    """What became of all attempts; ``missed`` are those that verification did not find."""

    refused: int = 0
    detected: int = 0
    missed: list[Attempt] = field(default_factory=list)
    by_rule: Counter[str] = field(default_factory=Counter)


def a_sealed_house(house: House, keeper: Keeper) -> None:
    """Fill a house: cases, three checkpoints, a heartbeat sealed, and something that waits."""
    for login in ("shi", "zhai"):
        house.filed(login)
        sealed(house, keeper)
        house.clock.set(house.clock.now() + timedelta(hours=1))
    heartbeat(house.desk.office, house.desk.reads, ROOT, schema="ab" * 32, build="1")
    sealed(house, keeper)
    house.open("shi")


def attempts(url: str) -> list[Attempt]:
    """Return every change there is to make, in the order of the tables."""
    found: list[Attempt] = []
    with behind_its_back(url) as change:
        for name in TABLES:
            columns = [column.name for column in metadata.tables[name].columns]
            listed = ", ".join(f'"{column}"' for column in columns)
            for row in change(f"SELECT {listed} FROM {name}"):
                found += [Attempt(name, tuple(row), column) for column in columns]
                found.append(Attempt(name, tuple(row), None))
    return found


def tamper(
    url: str,
    house: House,
    key: Callable[[str], VerifierKey | None],
    chosen: Sequence[Attempt],
    progress: Callable[[int], None] = lambda _done: None,
) -> Tampered:
    """Make each change, verify, and take it back."""
    result = Tampered()
    for done, attempt in enumerate(chosen, start=1):
        try:
            with behind_its_back(url) as change:
                undo = _made(attempt, change)
        except REFUSED:
            result.refused += 1
            continue
        found = rules_of(house, key)
        with behind_its_back(url) as change:
            for statement, values in undo:
                change(statement, *values)
        if found:
            result.detected += 1
            result.by_rule.update(found)
        else:
            result.missed.append(attempt)
        progress(done)
    return result


def some_of(every: Sequence[Attempt], count: int, seed: int) -> list[Attempt]:
    """Return at most so many of the attempts, of every column and deletion of every table at least one."""
    drawn = random.Random(seed)
    kinds: dict[tuple[str, str | None], list[Attempt]] = {}
    for attempt in every:
        kinds.setdefault((attempt.table, attempt.column), []).append(attempt)
    chosen = [drawn.choice(of_kind) for of_kind in kinds.values()]
    rest = [attempt for attempt in every if attempt not in chosen]
    return chosen + drawn.sample(rest, max(0, min(count - len(chosen), len(rest))))


def _made(attempt: Attempt, change: Callable[..., Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """Make one change and return what takes it back."""
    of = metadata.tables[attempt.table]
    columns = [column.name for column in of.columns]
    row = dict(zip(columns, attempt.row, strict=True))
    key = {column.name: row[column.name] for column in of.primary_key.columns}
    where = " AND ".join(f'"{name}" = ?' for name in key)
    if attempt.column is None:
        change(f"DELETE FROM {of.name} WHERE {where}", *key.values())
        listed, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
        return [(f"INSERT INTO {of.name} ({listed}) VALUES ({marks})", tuple(row.values()))]
    old, new = row[attempt.column], _other(row[attempt.column])
    change(f'UPDATE {of.name} SET "{attempt.column}" = ? WHERE {where}', new, *key.values())
    now = {**key, **({attempt.column: new} if attempt.column in key else {})}
    return [(f'UPDATE {of.name} SET "{attempt.column}" = ? WHERE {where}', (old, *now.values()))]


def _other(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    return f"{value}x" if isinstance(value, str) else "x"


def rows_of(url: str, name: str) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a table."""
    with behind_its_back(url) as change:
        yield from change(f"SELECT * FROM {name}")
