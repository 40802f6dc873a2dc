"""The first page of a search for rare and common words, for somebody who sees all cases, one in a hundred, one in ten
thousand; and similar cases, which a page asks for while somebody types.

Rows and words are written straight into the tables, as in ``overdue_list``: a million steps would take half an hour.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg

from benchmarks.kept import HOME
from benchmarks.overdue_list import HUNDREDTH, NOW, ROOT, TEN_THOUSANDTH, VIEWERS
from benchmarks.report import Results
from engine.access.directory import Unit
from engine.case.actors import Actor
from engine.case.case import Case, Pins
from engine.case.codec import microseconds
from engine.case.identity import CaseId, UnitId
from engine.case.search_words import VERSION, joined
from engine.definition.parts import Phase
from engine.service.case_rows import case_row
from engine.service.plain import AddUnit
from engine.service.rows import CaseRow, ReaderRow
from engine.service.search import search
from engine.service.similar import similar
from engine.storage.search_postgres import vector
from engine.storage.urls import postgres_url, sqlite_path
from engine.text import Text
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of

RARE_MS_MAX = 10.0
COMMON_MS_MAX = 50.0
PAGE = 50
ROUNDS = 15
POSTGRES_CASES_MAX = 100_000
RARE_EVERY = 50_000
FILLING_KILOBYTES = 1_000_000
SEED = 20260701
RARE, COMMON, MIDDLE = "锅炉房", "食堂", "停车场"
_PLACES = ("一车间", "二车间", "铸造车间", "装配车间", "宿舍区", "办公楼", "仓库", "东门", "化验室", "维修班", "装卸班")
_THINGS = (
    "工资",
    "宿舍",
    "班车",
    "浴室",
    "照明",
    "空调",
    "体检",
    "培训",
    "劳保手套",
    "充电棚",
    "图书室",
    "饮水机",
    "通风",
)
_WANTS = (
    "需要维修",
    "应当增加",
    "长期不足",
    "价格偏高",
    "时间太短",
    "无人管理",
    "标准不清",
    "存在隐患",
    "希望公开",
    "经常损坏",
)
Row = tuple[object, ...]


def searching(results: Results, cases: int) -> None:
    """Measure on a SQLite file of so many cases."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        _measured(results, f"sqlite:///{folder}/search.db", cases, "SQLite")


def searching_postgres(results: Results, url: str, cases: int) -> None:
    """Measure the same on PostgreSQL, on a hundred thousand cases at most."""
    _measured(results, url, min(cases, POSTGRES_CASES_MAX), "PostgreSQL")


def _measured(results: Results, url: str, cases: int, database: str) -> None:
    settings, clock = Settings(database_url=url), SetClock(NOW)
    with desk_of(settings, clock=clock) as opened:
        pins = _prepared(opened)
    began = time.perf_counter()
    _fill(url, cases, pins)
    built = time.perf_counter() - began
    with desk_of(settings, clock=clock) as opened:
        desk, world = opened.desk, opened.desk.world(ROOT)
        for viewer, actor in VIEWERS.items():
            for what, word, most in (
                ("a rare word", RARE, RARE_MS_MAX),
                ("a common word", COMMON, COMMON_MS_MAX),
                ("two common words", f"{COMMON} 排队", COMMON_MS_MAX),
                ("a word in one of a hundred", MIDDLE, COMMON_MS_MAX),
            ):

                def asked(word: str = word, actor: Actor = actor) -> object:
                    return search(desk.reads, ROOT, actor, word, world, limit=PAGE)

                page = search(desk.reads, ROOT, actor, word, world, limit=PAGE)
                note = f"{len(page.lines)} lines{', cut' if page.is_cut else ''}; built in {built:.0f} s"
                results.at_most(f"{database}, {cases:,} cases: {what}, sees {viewer}", _median(asked), "ms", most, note)

            def like(actor: Actor = actor) -> object:
                return similar(desk.reads, ROOT, actor, world, "proposal", "建议延长食堂夜班供餐时间")

            results.add(
                f"{database}, {cases:,} cases: similar to a subject, sees {viewer}", _median(like), "ms", "", met=None
            )


def _median(call: Callable[[], object]) -> float:
    call()
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return 1e3 * statistics.median(times)


def _prepared(opened: Opened) -> Pins:
    units = [(ROOT, None), *((f"unit{n}", UnitId(ROOT)) for n in range(HUNDREDTH))]
    opened.desk.office.write(
        [
            AddUnit(Unit(root=ROOT, id=UnitId(name), parent=above, code=name, title=Text(name, name)))
            for name, above in units
        ]
    )
    definition = opened.desk.world(ROOT).rules.for_new("proposal")
    return Pins(definition=definition.hash, lists=dict(definition.list_hashes), calendar="c" * 64)


def _fill(url: str, cases: int, pins: Pins) -> None:
    path = sqlite_path(url)
    if path is not None:
        _fill_sqlite(path, cases, pins)
        return
    with psycopg.connect(postgres_url(url)) as connection:
        for table, fields, rows in [*_tables(cases, pins), ("found_words", ("n", "words"), _vectors(cases))]:
            named = ", ".join(f'"{field}"' for field in fields)
            with connection.cursor().copy(f"COPY {table} ({named}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        connection.execute("ANALYZE")


def _fill_sqlite(path: Path, cases: int, pins: Pins) -> None:
    with closing(sqlite3.connect(path)) as connection:
        # Nothing of it is lost to anybody if the machine stops; the pages of all principals are at hand at once.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{FILLING_KILOBYTES}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        for table, fields, rows in _tables(cases, pins):
            places = ", ".join("?" * len(fields))
            named = ", ".join(f'"{field}"' for field in fields)
            connection.executemany(f"INSERT INTO {table} ({named}) VALUES ({places})", rows)  # names of columns
        connection.executemany("INSERT INTO found_words (rowid, words) VALUES (?, ?)", _words(cases))
        connection.commit()
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


def _tables(cases: int, pins: Pins) -> Iterator[tuple[str, Sequence[str], Iterator[Row]]]:
    """Yield tables with their columns and rows."""
    yield "cases", CaseRow._fields, _cases(cases, pins)
    yield "reader", ReaderRow._fields, _readers(cases)
    yield "found", ("root", "case", "n", "version"), ((ROOT, _name(n), n + 1, VERSION) for n in range(cases))


def _cases(cases: int, pins: Pins) -> Iterator[Row]:
    for n, (subject, grounds) in enumerate(_texts(cases)):
        case = Case(
            root=ROOT,
            id=CaseId(_name(n)),
            workflow="proposal",
            definition_version=1,
            pins=pins,
            unit=UnitId(_unit(n)),
            congress_session=None,
            state="filed",
            phase=Phase.ACTIVE,
            opened_at=NOW,
            changed_at=NOW,
            version=1,
            seq=1,
            head="0" * 64,
            data={"subject": subject, "grounds": grounds, "case_number": f"T{n:07d}"},
        )
        row = case_row(case, number=f"T{n:07d}", subject=subject, category="welfare")
        yield row._replace(opened_at=microseconds(NOW) + n)


def _words(cases: int) -> Iterator[tuple[int, str]]:
    for n, (subject, grounds) in enumerate(_texts(cases)):
        yield n + 1, joined([subject, f"T{n:07d}", grounds])


def _vectors(cases: int) -> Iterator[Row]:
    for n, words in _words(cases):
        yield n, vector(words)


def _texts(cases: int) -> Iterator[tuple[str, str]]:
    """Yield subject and grounds: three in ten speak of the canteen, one in a hundred of the car park."""
    chance = random.Random(SEED)
    for n in range(cases):
        place, thing, want = chance.choice(_PLACES), chance.choice(_THINGS), chance.choice(_WANTS)
        if n % RARE_EVERY == RARE_EVERY // 2:
            place = RARE
        elif chance.random() < 0.3:
            place = COMMON
        elif chance.random() < 0.014:
            place = MIDDLE
        grounds = f"{chance.choice(_PLACES)}职工反映{thing}{chance.choice(_WANTS)}，排队时间长，已有{n % 97}人提出。"
        yield f"关于{place}{thing}{want}的提案", grounds


def _readers(cases: int) -> Iterator[Row]:
    """Yield who sees each case: two offices of the house, the head of its unit, and one person."""
    for n in range(cases):
        for principal in (
            f"role:union_office@{ROOT}",
            f"role:auditor@{ROOT}",
            f"role:unit_head@{_unit(n)}",
            f"person:person{n % TEN_THOUSANDTH}",
        ):
            yield ReaderRow(ROOT, principal, _name(n), None)


def _name(n: int) -> str:
    """Return an id that says nothing of the order, as real ones do not."""
    return f"{(n * 0x9E3779B97F4A7C15) % 2**64:032x}"


def _unit(n: int) -> str:
    return f"unit{n % HUNDREDTH}"
