"""The first page of the overdue list for somebody who sees all of the cases, one in a hundred, one in ten thousand.

The rows are written straight into the tables: what a page costs depends on them alone, and a million steps would take
half an hour.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from benchmarks.kept import HOME
from benchmarks.report import Results
from engine.access.directory import Unit
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.case import Case, Pins
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.definition.parts import Phase
from engine.service.case_rows import case_row
from engine.service.overdue import OverdueAsk, OverdueList
from engine.service.plain import AddUnit
from engine.service.rows import CaseRow, DeadlineRow, ReaderRow
from engine.storage.urls import postgres_url, sqlite_path
from engine.text import Text
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of

LIST_MS_MAX = 5.0
PAGE = 50
ROUNDS = 31
POSTGRES_CASES_MAX = 100_000
ROOT = RootId("house")
NOW = datetime(2026, 7, 1, 1, tzinfo=UTC)
HUNDREDTH, TEN_THOUSANDTH = 100, 10_000
FILLING_KILOBYTES = 1_000_000
TWO_DEADLINES_EVERY = 10
SEED = 20260701
VIEWERS = {
    "all": Actor(
        kind=ActorKind.PERSON,
        person=PersonId("chair"),
        grants=frozenset(Grant(role, UnitId(ROOT)) for role in ("union_office", "auditor")),
    ),
    "1 %": Actor(
        kind=ActorKind.PERSON,
        person=PersonId("head"),
        grants=frozenset(Grant(role, UnitId("unit7")) for role in ("unit_head", "handler")),
    ),
    "0.01 %": Actor(kind=ActorKind.PERSON, person=PersonId("person7")),
}
Row = tuple[object, ...]
Filled = tuple[str, Sequence[str], Iterator[Row]]
"""A table, its columns and the rows that are written into it."""


def overdue_list(results: Results, cases: int) -> None:
    """Measure on a SQLite file of so many cases."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        measured(results, f"sqlite:///{folder}/overdue.db", cases, "SQLite")


def overdue_list_postgres(results: Results, url: str, cases: int) -> None:
    """Measure the same on PostgreSQL, on a hundred thousand cases at most."""
    measured(results, url, min(cases, POSTGRES_CASES_MAX), "PostgreSQL")


def measured(results: Results, url: str, cases: int, database: str) -> None:
    """Fill a database and tell how long the first page takes, for each viewer, the whole page of the site with it."""
    settings, clock = Settings(database_url=url), SetClock(NOW)
    with desk_of(settings, clock=clock) as opened:
        units_of_the_house(opened)
        pins = pins_of_now(opened)
    began = time.perf_counter()
    fill_tables(url, _tables(cases, pins))
    built = time.perf_counter() - began
    with desk_of(settings, clock=clock) as opened:
        desk = opened.desk
        for viewer, actor in VIEWERS.items():
            lines, _next = desk.queries.overdue(ROOT, actor, before=NOW, limit=PAGE)
            seen = sum(desk.queries.counts(ROOT, actor, "proposal").values())
            results.at_most(
                f"{database}, {cases:,} cases: first {PAGE} overdue, sees {viewer}",
                1e3 * median_seconds(lambda actor=actor: desk.queries.overdue(ROOT, actor, before=NOW, limit=PAGE)),  # type: ignore[misc]  # a lambda with a default
                "ms",
                LIST_MS_MAX,
                f"sees {seen:,}; {len(lines)} lines; built in {built:.0f} s",
            )
            whole = OverdueList(desk, ROOT, actor)
            results.add(
                f"{database}, {cases:,} cases: the same with rungs, handlers, moves, {viewer}",
                1e3 * median_seconds(lambda whole=whole: whole.page(OverdueAsk(), limit=PAGE)),  # type: ignore[misc]  # a lambda with a default
                "ms", "", met=None,
            )  # fmt: skip


def median_seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes, the first one left out."""
    call()
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def units_of_the_house(opened: Opened) -> None:
    """Make the house and its hundred units."""
    units = [(ROOT, None), *((f"unit{n}", UnitId(ROOT)) for n in range(HUNDREDTH))]
    opened.desk.office.write(
        [
            AddUnit(Unit(root=ROOT, id=UnitId(name), parent=above, code=name, title=Text(name, name)))
            for name, above in units
        ]
    )


def pins_of_now(opened: Opened) -> Pins:
    """Return what a proposal that was opened now would be pinned to."""
    rules = opened.desk.world(ROOT).rules
    definition = rules.for_new("proposal")
    return Pins(definition=definition.hash, lists=dict(definition.list_hashes), calendar="c" * 64)


def fill_tables(url: str, tables: Iterable[Filled]) -> None:
    """Write rows straight into tables of a database that nobody has open."""
    path = sqlite_path(url)
    if path is not None:
        _fill_sqlite(path, tables)
        return
    with psycopg.connect(postgres_url(url)) as connection:
        for table, fields, rows in tables:
            named = ", ".join(f'"{field}"' for field in fields)
            with connection.cursor().copy(f"COPY {table} ({named}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")


def _fill_sqlite(path: Path, tables: Iterable[Filled]) -> None:
    """Write the rows without the indexes that need not be there to write them, which are made again in one go."""
    with closing(sqlite3.connect(path)) as connection:
        # Nothing of it is lost to anybody if the machine stops; the pages of all principals are at hand at once.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{FILLING_KILOBYTES}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        for table, fields, rows in tables:
            indexes = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql > ''", (table,)
            ).fetchall()
            for name, _sql in indexes:
                connection.execute(f"DROP INDEX {name}")
            places = ", ".join("?" * len(fields))
            named = ", ".join(f'"{field}"' for field in fields)
            connection.executemany(f"INSERT INTO {table} ({named}) VALUES ({places})", rows)  # names of columns
            for _name, sql in indexes:
                connection.execute(sql)
        connection.commit()
        connection.execute("PRAGMA optimize").fetchall()
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


def _tables(cases: int, pins: Pins) -> Iterator[Filled]:
    """Yield tables with their columns and rows."""
    yield "cases", CaseRow._fields, rows_of_cases(cases, pins)
    yield "deadline", DeadlineRow._fields, _deadlines(cases)
    yield "reader", ReaderRow._fields, _readers(cases)


def rows_of_cases(cases: int, pins: Pins) -> Iterator[Row]:
    row = case_row(
        Case(
            root=ROOT,
            id=CaseId(""),
            workflow="proposal",
            definition_version=1,
            pins=pins,
            unit=UnitId("unit0"),
            congress_session=None,
            state="filed",
            phase=Phase.ACTIVE,
            opened_at=NOW,
            changed_at=NOW,
            version=1,
            seq=1,
            head="0" * 64,
            data={"subject": "关于改善夜班食堂供餐的提案", "grounds": "夜班职工零点以后只能吃方便面。" * 20},
        ),
        number=None,
        subject="关于改善夜班食堂供餐的提案",
        category="welfare",
    )
    for n, due_at in enumerate(_dues(cases)):
        yield row._replace(id=_name(n), number=f"T{n:07d}", unit=_unit(n), next_due_at=due_at)


def _deadlines(cases: int) -> Iterator[Row]:
    for n, due_at in enumerate(_dues(cases)):
        names = ("reply", "review") if n % TWO_DEADLINES_EVERY == 0 else ("reply",)
        for place, name in enumerate(names):
            later = due_at + place * 1_000_000
            yield DeadlineRow(
                ROOT, _name(n), name, "running", 1, later, "2026-06-01", "2026-06-01", 0, json.dumps(["blue"]), None
            )


def _readers(cases: int) -> Iterator[Row]:
    """Yield who sees each case: two offices of the house, the head of its unit, and one person."""
    for n, due_at in enumerate(_dues(cases)):
        for principal in (
            f"role:union_office@{ROOT}",
            f"role:auditor@{ROOT}",
            f"role:unit_head@{_unit(n)}",
            f"person:person{n // max(1, cases // TEN_THOUSANDTH)}",
        ):
            yield ReaderRow(ROOT, principal, _name(n), due_at)


def _dues(cases: int) -> Iterator[int]:
    """Yield when each case is due: at the end of some day of the year whose first half is over."""
    chance, begin = random.Random(SEED), microseconds(NOW - timedelta(days=182, hours=9))
    for _n in range(cases):
        yield begin + chance.randrange(365) * 86_400_000_000


def _name(n: int) -> str:
    return f"{n:032x}"


def _unit(n: int) -> str:
    return f"unit{n % HUNDREDTH}"
