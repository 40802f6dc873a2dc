"""Blind tampering: every value of every row of the history changed, emptied, borrowed or exchanged; rows taken out, put
in, exchanged and cut off at the end; and each time the question whether verification finds it.

Used small in every check and large in the campaign. What is history says ``tamper_classes``.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final, NamedTuple

import psycopg
from pydantic import JsonValue
from sqlalchemy import Integer, LargeBinary, Table

from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.notes import VerifierKey
from engine.service.sealing import heartbeat
from engine.service.tree_findings import Anchor
from engine.storage.urls import postgres_url, sqlite_path
from runtime.signer.keeper import Keeper
from runtime.verifying_beside import beside_findings
from tests.support.house import ROOT, House
from tests.support.sealing import SEALED_TABLES, behind_its_back, rules_of, sealed
from tests.support.tamper_classes import CLASSES, HISTORY, every_table

KINDS: Final = ("changed", "emptied", "borrowed", "exchanged", "taken out", "put in", "moved", "cut off")
REFUSED: Final = (sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError)
FLAGS: Final = frozenset({"active", "provisional"})
NOTHING_TO_PUT_IN: Final = frozenset({"directory_epoch"})
"""The epoch of a house that is none counts nothing."""
CUT_MAX: Final = 3
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_HEX: Final = re.compile(r"[0-9a-f]{16,}")
Row = tuple[Any, ...]


class Attempt(NamedTuple):
    """Some rows of a table in place of others; ``column`` is empty where whole rows come and go."""

    table: str
    column: str
    kind: str
    out: tuple[Row, ...]
    put: tuple[Row, ...]


@dataclass(slots=True)
class Tampered:
    """What became of all attempts; ``missed`` are those that verification did not find, or at which it broke off."""

    refused: int = 0
    detected: int = 0
    missed: list[Attempt] = field(default_factory=list)
    by_rule: Counter[str] = field(default_factory=Counter)


def everything_found(
    house: House, key: Callable[[str], VerifierKey | None], anchors: Sequence[Anchor] = ()
) -> set[str]:
    """Return the ids of all rules broken that ``banjie verify`` knows, but for those of the tables themselves.

    As there, an organisation that is none any more is found as such, and nothing of it is looked at.
    """
    roots = house.desk.reads.roots()
    found = {str(one.rule) for one in beside_findings(house.desk, roots)}
    return found | (rules_of(house, key, anchors) if ROOT in roots else set())


def found_of_tables(house: House) -> list[str]:
    """Return what the database shows of itself: its tables and triggers, and damage of its file."""
    reads = house.desk.reads
    return [*(problem.en for problem in reads.schema().problems), *reads.damage()]


def on_a_roster(house: House) -> None:
    """Put a line on a roster, and a visit that speaks for it."""
    firm: Mapping[str, JsonValue] = {
        "name": "第一机械厂",
        "code": "QY001",
        "kind": "enterprise",
        "above_scale": True,
        "staff_count": 500,
    }
    house.begin("shen", "basic_unit", firm)
    house.begin("shen", "visit", VISIT)


def a_sealed_house(house: House, keeper: Keeper) -> None:
    """Fill a house: cases, three checkpoints, a heartbeat sealed, and something that waits."""
    for login in ("shi", "zhai"):
        house.filed(login)
        sealed(house, keeper)
        house.clock.set(house.clock.now() + timedelta(hours=1))
    heartbeat(house.desk.office, house.desk.reads, ROOT, schema="ab" * 32, build="1")
    sealed(house, keeper)
    house.open("shi")


VISIT: Final[Mapping[str, JsonValue]] = {
    "subject": "走访第一机械厂",
    "unit_code": "QY001",
    "campaign_year": 2026,
    "team_level": "city",
    "selection": "arranged",
    "leaders": "市总工会副主席",
    "contact": "联络员",
    "planned_on": "2026-07-20",
}
"""A visit that speaks for a line of a roster."""


class Hand:
    """Puts rows in place of others; triggers are away as long as it works, as for an administrator."""

    def __init__(self, run: Callable[[str, Sequence[Any]], object], commit: Callable[[], None]) -> None:
        self._run = run
        self._commit = commit

    def replace(self, table: str, out: Sequence[Row], put: Sequence[Row]) -> None:
        """Take rows out by their keys and put others in."""
        of = every_table()[table]
        names = [column.name for column in of.columns]
        keys = [column.name for column in of.primary_key.columns]
        where = " AND ".join(f'"{name}" = ?' for name in keys)
        for row in out:
            values = dict(zip(names, row, strict=True))
            self._run(f"DELETE FROM {table} WHERE {where}", [values[name] for name in keys])
        listed, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
        for row in put:
            self._run(f"INSERT INTO {table} ({listed}) VALUES ({marks})", row)
        self._commit()


@contextmanager
def a_hand(url: str) -> Iterator[Hand]:
    """Lend a hand to change a database behind its back; its triggers stand again afterwards."""
    path = sqlite_path(url)
    if path is None:
        with psycopg.connect(postgres_url(url)) as there:
            _switch(there, "DISABLE")

            def run_there(statement: str, values: Sequence[Any]) -> None:
                there.execute(statement.replace("?", "%s").encode(), values)

            yield Hand(_undone_on_error(run_there, there.rollback), there.commit)
            _switch(there, "ENABLE")
        return
    here = sqlite3.connect(path)
    here.execute("PRAGMA synchronous = OFF")
    triggers = here.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _sql in triggers:
        here.execute(f"DROP TRIGGER {name}")
    here.commit()

    def run_here(statement: str, values: Sequence[Any]) -> None:
        here.execute(statement, values)

    try:
        yield Hand(_undone_on_error(run_here, here.rollback), here.commit)
        for _name, sql in triggers:
            here.execute(sql)
        here.commit()
    finally:
        here.close()


def attempts(url: str, draw: Random) -> list[Attempt]:
    """Return every change there is to make of the history, drawn where there are several, table by table."""
    found: list[Attempt] = []
    with behind_its_back(url) as change:
        for name in HISTORY:
            of, kept = every_table()[name], CLASSES[name]
            names = [column.name for column in of.columns]
            where = f" WHERE {kept.rows}" if kept.rows else ""
            listed = ", ".join(f'"{column}"' for column in names)
            order = ", ".join(f'"{column.name}"' for column in of.primary_key.columns)
            rows = [tuple(row) for row in change(f"SELECT {listed} FROM {name}{where} ORDER BY {order}")]
            for column in kept.history:
                found += _of_column(of, rows, names.index(column), draw)
            found += _of_rows(of, rows, draw)
    return [one for one in found if _history_of(one, one.out) != _history_of(one, one.put)]


def some_of(every: Sequence[Attempt], number: int, draw: Random) -> list[Attempt]:
    """Return about so many of the attempts, at least one of every column, and of whole rows one of every kind."""
    places: dict[tuple[str, str, str], list[Attempt]] = defaultdict(list)
    for attempt in every:
        places[attempt.table, attempt.column, "" if attempt.column else attempt.kind].append(attempt)
    chosen = [draw.choice(of_place) for of_place in places.values()]
    rest = max(0, min(number - len(chosen), len(every)))
    return chosen + draw.sample(list(every), rest)


def tamper(
    url: str,
    house: House,
    key: Callable[[str], VerifierKey | None],
    chosen: Sequence[Attempt],
    progress: Callable[[int], None] = lambda _done: None,
) -> Tampered:
    """Make each change, verify, and take it back."""
    result = Tampered()
    with a_hand(url) as hand:
        for done, attempt in enumerate(chosen, start=1):
            try:
                hand.replace(attempt.table, attempt.out, attempt.put)
            except REFUSED:
                result.refused += 1
                continue
            try:
                found = everything_found(house, key)
            except Exception as error:  # noqa: BLE001 - what somebody wrote into the tables must not end it
                found = set()
                attempt = attempt._replace(kind=f"{attempt.kind}: broken off, {type(error).__name__}: {error}"[:200])
            finally:
                hand.replace(attempt.table, attempt.put, attempt.out)
            if found:
                result.detected += 1
                result.by_rule.update(found)
            else:
                result.missed.append(attempt)
            progress(done)
    return result


def _history_of(attempt: Attempt, rows: Sequence[Row]) -> set[Row]:
    """Return what of these rows is history: an attempt that changes nothing of it is none."""
    names = list(every_table()[attempt.table].columns.keys())
    return {tuple(row[names.index(column)] for column in CLASSES[attempt.table].history) for row in rows}


def _of_column(of: Table, rows: Sequence[Row], place: int, draw: Random) -> Iterator[Attempt]:
    """Yield what can be done to one column: of each row another value, none, that of the next row, and exchanged."""
    column = of.columns[list(of.columns.keys())[place]]

    def attempt(kind: str, *pairs: tuple[Row, Any]) -> Attempt:
        out = tuple(row for row, _value in pairs)
        put = tuple((*row[:place], value, *row[place + 1 :]) for row, value in pairs)
        return Attempt(of.name, column.name, kind, out, put)

    for number, row in enumerate(rows):
        value = row[place]
        yield attempt("changed", (row, _other(column.name, column.type, value, draw)))
        if value is not None:
            yield attempt("emptied", (row, None))
        others = [one for one in (*rows[number + 1 :], *rows[:number]) if one[place] != value]
        if others:
            yield attempt("borrowed", (row, others[0][place]))
            other = draw.choice(others)
            yield attempt("exchanged", (row, other[place]), (other, value))


def _of_rows(of: Table, rows: Sequence[Row], draw: Random) -> Iterator[Attempt]:
    """Yield what can be done to whole rows: taken out, put in, exchanged but for their keys, the last ones cut off."""
    names = list(of.columns.keys())
    keys = [names.index(column.name) for column in of.primary_key.columns]
    groups: dict[Row, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[place] for place in keys[:-1])].append(row)
        yield Attempt(of.name, "", "taken out", (row,), ())
        if of.name not in NOTHING_TO_PUT_IN:
            place = draw.choice([place for place in keys if names[place] != "root"] or keys)
            column = of.columns[names[place]]
            other = _other(column.name, column.type, row[place], draw)
            yield Attempt(of.name, "", "put in", (), ((*row[:place], other, *row[place + 1 :]),))
        second = draw.choice(rows)
        moved = tuple(
            tuple(own[place] if place in keys else others[place] for place in range(len(names)))
            for own, others in ((row, second), (second, row))
        )
        yield Attempt(of.name, "", "moved", (row, second) if row != second else (row,), moved)
    for group in groups.values():
        last = draw.randint(1, min(CUT_MAX, len(group)))
        yield Attempt(of.name, "", "cut off", tuple(group[-last:]), ())


def _other(name: str, type_: object, value: Any, draw: Random) -> Any:
    """Return another value of the same kind."""
    if value is None:
        return 1 if isinstance(type_, Integer) else b"x" if isinstance(type_, LargeBinary) else "x"
    if isinstance(value, int):
        return 1 - value if name in FLAGS else value + draw.choice((-1, 1, 1_000))
    if isinstance(value, bytes):
        return _other_bytes(name, value, draw)
    if _DAY.fullmatch(value):
        return (date.fromisoformat(value) + timedelta(days=draw.choice((-1, 1)))).isoformat()
    inside = _inside(value, draw)
    if inside is not None:
        return inside
    if _HEX.fullmatch(value):
        place = draw.randrange(len(value))
        return f"{value[:place]}{(int(value[place], 16) ^ 1):x}{value[place + 1 :]}"
    return draw.choice((f"{value}x", value[:-1], value.swapcase() if value.swapcase() != value else f"{value}甲"))


def _other_bytes(name: str, value: bytes, draw: Random) -> bytes:
    """Return other bytes: of an entry often one that is as well formed and says something else."""
    if name == "body" and draw.random() < 0.7:
        return canonical(_changed_inside(parse_canonical(value), draw))
    if not value:
        return b"x"
    place = draw.randrange(len(value))
    return value[:place] + bytes([value[place] ^ 1 << draw.randrange(8)]) + value[place + 1 :]


def _inside(value: str, draw: Random) -> str | None:
    """Return a JSON text with one thing in it changed; None where it is none, or holds nothing."""
    try:
        whole = json.loads(value)
    except ValueError:
        return None
    if not isinstance(whole, dict | list) or not whole:
        return None
    return json.dumps(_changed_inside(whole, draw), ensure_ascii=False, separators=(",", ":"))


def _changed_inside(whole: Any, draw: Random) -> Any:
    """Return a value of JSON with one part of it, however deep, changed, taken away or given another name."""
    if isinstance(whole, dict) and whole:
        name = draw.choice(sorted(whole))
        if draw.random() < 0.15:
            return {key: value for key, value in whole.items() if key != name}
        return {**whole, name: _changed_inside(whole[name], draw)}
    if isinstance(whole, list) and whole:
        place = draw.randrange(len(whole))
        if draw.random() < 0.15:
            return [*whole[:place], *whole[place + 1 :]]
        return [*whole[:place], _changed_inside(whole[place], draw), *whole[place + 1 :]]
    if isinstance(whole, bool):
        return not whole
    return whole + 1 if isinstance(whole, int | float) else f"{whole}x" if isinstance(whole, str) else "x"


def _undone_on_error(
    run: Callable[[str, Sequence[Any]], None], undo: Callable[[], None]
) -> Callable[[str, Sequence[Any]], None]:
    def careful(statement: str, values: Sequence[Any]) -> None:
        try:
            run(statement, values)
        except Exception:
            undo()
            raise

    return careful


def _switch(connection: psycopg.Connection[Any], what: str) -> None:
    for name in SEALED_TABLES:
        connection.execute(f"ALTER TABLE {name} {what} TRIGGER USER".encode())
    connection.commit()
