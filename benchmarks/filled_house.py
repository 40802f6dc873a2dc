"""A house with very many cases, for measuring what lists cost: rows written straight into the tables, real ones beside.

The rows have no entries, as what a list costs depends on the rows alone; some hundred cases that were opened, filed and
assigned through the office stand beside them, so that pages of a case, its proof and its audit can be asked for too.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Final

from engine.access.directory import GrantRow, Person, Unit
from engine.access.passwords import secret_hash
from engine.case.case import Case, Pins
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, UnitId
from engine.definition.model import Workflow
from engine.service.account_writes import OpenLogin
from engine.service.case_rows import case_row
from engine.service.plain import AddGrant, AddPerson, AddUnit
from engine.service.rows import CaseRow, DeadlineRow, ReaderRow, SpanRow
from engine.storage.urls import sqlite_path
from engine.text import Text
from tests.support.house import ROOT, SESSION, House, open_house

NOW: Final = datetime(2026, 7, 1, 1, tzinfo=UTC)
CHAIR: Final = PersonId("chair")
"""Sees everything and may do everything; ``wen`` is the handler of one unit of a hundred."""
ROLES: Final = (
    "union_office", "auditor", "supervisor", "committee_director", "system_administrator", "audit_administrator",
)  # fmt: skip
UNITS: Final = 100
REAL_CASES: Final = 200
FILLING_KILOBYTES: Final = 1_000_000
SEED: Final = 20260701
_Row = tuple[object, ...]


def build_house(url: str, cases: int) -> Sequence[CaseId]:
    """Build the house in an empty SQLite file; return the cases that came through the office."""
    path = sqlite_path(url)
    assert path is not None, "the measurement is made on SQLite"
    with open_house(url) as house:
        _directory(house)
        real = tuple(_real_cases(house))
        definition = house.desk.world(ROOT).rules.for_new("proposal")
        workflow = house.desk.world(ROOT).rules.newest("proposal")
        pins = Pins(definition=definition.hash, lists=dict(definition.list_hashes), calendar="c" * 64)
    _fill(path, cases, workflow, pins)
    return real


def token_of(login: str) -> str:
    """Return the token with which somebody asks."""
    return f"token-of-{login}"


def _directory(house: House) -> None:
    units = [
        Unit(root=ROOT, id=UnitId(f"unit{n}"), parent=UnitId(ROOT), code=f"unit{n}", title=Text(f"第{n}单位", f"{n}"))
        for n in range(UNITS)
    ]
    grants = [GrantRow(root=ROOT, person=CHAIR, role=role, unit=UnitId(ROOT)) for role in ROLES]
    house.desk.office.write(
        [
            *map(AddUnit, units),
            AddPerson(Person(root=ROOT, id=CHAIR, name="祁怀川", login="chair", unit=UnitId(ROOT))),
            *map(AddGrant, grants),
            OpenLogin(
                token_hash=secret_hash(token_of(CHAIR)), root=ROOT, person=CHAIR, kind="token", title="bench", at=NOW,
                expires_at=NOW + timedelta(days=400),
            ),
        ]
    )  # fmt: skip


def _real_cases(house: House) -> Iterator[CaseId]:
    """Yield cases with entries: every second one is assigned and acknowledged, the others wait to be."""
    for n in range(REAL_CASES):
        case = house.filed("shi", {"subject": f"{_SUBJECTS[n % len(_SUBJECTS)]}（{n}）"})
        if n % 2:
            house.fire("zhai", case, "assign", {"lead": "logistics"})
        yield case


def _fill(path: Path, cases: int, workflow: Workflow, pins: Pins) -> None:
    """Write the rows, those of the large tables without their indexes, which are made again in one go."""
    with closing(sqlite3.connect(path)) as connection:
        # Nothing of it is lost to anybody if the machine stops.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{FILLING_KILOBYTES}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        tables: dict[str, tuple[Sequence[str], Iterator[_Row]]] = {
            "cases": (CaseRow._fields, _cases(cases, workflow, pins)),
            "deadline": (DeadlineRow._fields, _deadlines(cases, workflow)),
            "reader": (ReaderRow._fields, _readers(cases, workflow)),
            "span": (SpanRow._fields, _spans(cases, workflow)),
        }
        places = ", ".join("?" * len(tables))
        indexes = connection.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ({places}) AND sql > ''",
            list(tables),
        ).fetchall()
        for name, _sql in indexes:
            connection.execute(f"DROP INDEX {name}")
        for table, (fields, rows) in tables.items():
            named = ", ".join(f'"{field}"' for field in fields)
            connection.executemany(f"INSERT INTO {table} ({named}) VALUES ({', '.join('?' * len(fields))})", rows)
        for _name, sql in indexes:
            connection.execute(sql)
        connection.commit()
        connection.execute("PRAGMA optimize").fetchall()
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What was drawn for a case: its state, when it was opened, and when it is due, if it waits for anything."""

    state: str
    opened_at: int
    due_at: int | None


def _drawn(cases: int, workflow: Workflow) -> Iterator[_Drawn]:
    chance, states = random.Random(SEED), list(workflow.states)
    begin = microseconds(NOW - timedelta(days=365))
    for _n in range(cases):
        state = chance.choice(states)
        opened_at = begin + chance.randrange(365) * _DAY + chance.randrange(_DAY)
        rests = workflow.states[state].phase == "final"
        yield _Drawn(state, opened_at, None if rests else opened_at + (90 + chance.randrange(180)) * _DAY)


_DAY: Final = 86_400_000_000
_SUBJECTS: Final = ("关于改善夜班食堂供餐的提案", "关于车棚充电桩的提案", "关于更衣室照明的提案", "关于班车时刻的提案")
_CATEGORIES: Final = ("welfare", "safety", "contract", "reform")


def _cases(cases: int, workflow: Workflow, pins: Pins) -> Iterator[_Row]:
    row = case_row(
        Case(
            root=ROOT,
            id=CaseId(""),
            workflow=workflow.name,
            definition_version=workflow.version,
            pins=pins,
            unit=UnitId(ROOT),
            congress_session=SESSION,
            state=workflow.initial,
            phase=workflow.states[workflow.initial].phase,
            opened_at=NOW,
            changed_at=NOW,
            version=1,
            seq=1,
            head="0" * 64,
            data={"subject": _SUBJECTS[0], "grounds": "夜班职工零点以后只能吃方便面。" * 20},
        ),
        number=None,
        subject=_SUBJECTS[0],
        category=None,
    )
    body: Mapping[str, object] = json.loads(row.body)
    bodies = {name: json.dumps({**body, "state": name}, ensure_ascii=False) for name in workflow.states}
    for n, one in enumerate(_drawn(cases, workflow)):
        yield row._replace(
            id=_name(n),
            number=f"T{n:07d}",
            subject=_SUBJECTS[n % len(_SUBJECTS)],
            category=_CATEGORIES[n % len(_CATEGORIES)],
            lead_unit=_unit(n),
            state=one.state,
            phase=str(workflow.states[one.state].phase),
            opened_at=one.opened_at,
            changed_at=one.opened_at,
            next_due_at=one.due_at,
            body=bodies[one.state],
        )


def _deadlines(cases: int, workflow: Workflow) -> Iterator[_Row]:
    for n, one in enumerate(_drawn(cases, workflow)):
        if one.due_at is not None:
            yield DeadlineRow(
                ROOT, _name(n), "reply", "running", one.opened_at, one.due_at, "2026-06-01", "2026-06-01", 0, "[]", None
            )


def _readers(cases: int, workflow: Workflow) -> Iterator[_Row]:
    for n, one in enumerate(_drawn(cases, workflow)):
        for principal in (f"role:union_office@{ROOT}", f"role:auditor@{ROOT}", f"role:handler@{_unit(n)}"):
            yield ReaderRow(ROOT, principal, _name(n), one.due_at)


def _spans(cases: int, workflow: Workflow) -> Iterator[_Row]:
    return chain.from_iterable(
        (
            SpanRow(ROOT, _name(n), "state", 1, one.state, one.opened_at),
            SpanRow(ROOT, _name(n), "lead", 1, _unit(n), one.opened_at),
            SpanRow(ROOT, _name(n), "field:category", 1, _CATEGORIES[n % len(_CATEGORIES)], one.opened_at),
        )
        for n, one in enumerate(_drawn(cases, workflow))
    )


def _name(n: int) -> str:
    return f"{n:032x}"


def _unit(n: int) -> str:
    return f"unit{n % UNITS}" if n % UNITS else "logistics"
