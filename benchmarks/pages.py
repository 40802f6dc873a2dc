"""How long the server takes for each page of the navigation, warm, and how much a first visit to one transfers.

The cases are written straight into the tables, as ``overdue_list`` does: what a list costs depends on the rows alone.
They have no entries, so that what walks along the ledger is measured elsewhere.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import re
import socket
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from threading import Event, Thread
from typing import Final

import uvicorn

from api.edge import ApiSettings
from benchmarks.kept import HOME
from benchmarks.report import Results
from engine.access.directory import GrantRow, Person, Unit
from engine.access.passwords import secret_hash
from engine.access.staff_roles import StaffRoles, load_staff_roles
from engine.case.case import Case, Pins
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.definition.model import Workflow
from engine.service.account_writes import OpenLogin
from engine.service.case_rows import case_row
from engine.service.logins import AccountRules
from engine.service.plain import AddGrant, AddPerson, AddUnit
from engine.service.rows import CaseRow, DeadlineRow, ReaderRow, SpanRow
from engine.storage.urls import sqlite_path
from engine.text import Text
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of
from web.app import create_site
from web.sections import sections_of

PAGE_MS_MAX, FIGURES_MS_MAX = 60.0, 200.0
FIRST_VISIT_KILOBYTES_MAX = 120.0
ROUNDS = 30
ROOT, WHO, TOKEN = RootId("house"), PersonId("chair"), "token-of-the-measurement"
NOW = datetime(2026, 7, 1, 1, tzinfo=UTC)
UNITS = 100
FILLING_KILOBYTES = 1_000_000
SEED = 20260701
ROLES = ("union_office", "auditor", "supervisor", "committee_director", "system_administrator", "audit_administrator")
COUNTING = ("figures", "supervise", "process", "audit")
"""Parts of the navigation that reckon over everything, and have a goal of their own."""
BESIDE = ("/cases?order=due", "/cases?workflow=proposal&order=number", "/cases?workflow=proposal&phase=active")
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of the server: how long it took, and how many bytes it was as sent, its head included."""

    status: int
    seconds: float
    sent_bytes: int
    text: str
    location: str


def pages(results: Results, cases: int) -> None:
    """Measure every page of the navigation for somebody who may see all of so many cases."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        settings = Settings(database_url=f"sqlite:///{folder}/pages.db")
        with desk_of(settings, clock=SetClock(NOW)) as opened:
            _directory(opened)
            workflow, pins = opened.desk.world(ROOT).rules.newest("proposal"), _pins(opened)
        began = time.perf_counter()
        path = sqlite_path(settings.database_url)
        assert path is not None, "the measurement is made on SQLite"
        _fill(path, cases, workflow, pins)
        built = time.perf_counter() - began
        with desk_of(settings, clock=SetClock(NOW)) as opened:
            site = create_site(opened.desk, _settings())
            with _serving(site) as port:
                visitor = _Visitor(port)
                offered = set(re.findall(r'href="([^"]+)"', visitor.get("/").text))
                for part in (part for part in sections_of(site.routes) if part.address in offered):
                    most = FIGURES_MS_MAX if part.name in COUNTING else PAGE_MS_MAX
                    _measured(results, visitor, part.address, cases, most, f"built in {built:.0f} s")
                for address in BESIDE:
                    _measured(results, visitor, address, cases, PAGE_MS_MAX, "")


def _measured(results: Results, visitor: _Visitor, address: str, cases: int, most: float, note: str) -> None:
    first = visitor.get(address)
    if first.status in (302, 303):
        address = first.location
        first = visitor.get(address)
    if first.status != 200:
        results.add(f"page {address}, {cases:,} cases", 0, "ms", "", met=False, note=f"answered {first.status}")
        return
    worked = time.process_time()
    times = sorted(visitor.get(address).seconds for _round in range(ROUNDS))
    # On a machine that does other things as well, the time of the processor tells more; asking is in it.
    worked = (time.process_time() - worked) / ROUNDS
    told = f"{worked * 1e3:.0f} of processor, {times[-1] * 1e3:.0f} at most, first {first.seconds * 1e3:.0f}; {note}"
    told = told.removesuffix("; ")
    results.at_most(f"page {address}, {cases:,} cases", 1e3 * statistics.median(times), "ms", most, told)
    beside = re.findall(r'(?:href|src)="(/static/[^"]+)"', first.text)
    sent = [first.sent_bytes, *(visitor.get(each).sent_bytes for each in dict.fromkeys(beside))]
    results.at_most(
        f"page {address}, first visit", sum(sent) / 1000, "kB", FIRST_VISIT_KILOBYTES_MAX, f"page {sent[0] / 1000:.1f}"
    )


class _Visitor:
    """A browser that is logged in, on one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def get(self, address: str) -> Answer:
        headers = {"Cookie": f"banjie={TOKEN}", "Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
        began = time.perf_counter()
        self._connection.request("GET", address, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - began
        head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 20
        plain = gzip.decompress(body) if answer.headers.get("content-encoding") == "gzip" else body
        return Answer(
            status=answer.status,
            seconds=seconds,
            sent_bytes=len(body) + head,
            text=plain.decode("utf-8", "replace"),
            location=answer.headers.get("location", ""),
        )


def _settings() -> ApiSettings:
    """Return the settings of a site in which nobody is held up for a second factor."""
    roles = load_staff_roles().roles
    plain = {name: role.model_copy(update={"second_factor": False}) for name, role in roles.items()}
    return ApiSettings(version="bench", database="sqlite", accounts=AccountRules(staff=StaffRoles(plain)))


@contextmanager
def _serving(site: object) -> Iterator[int]:
    ready = Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        server = Server(uvicorn.Config(site, log_level="warning", access_log=False))  # type: ignore[arg-type]  # an ASGI application
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(timeout=60), "the server did not start"
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def _directory(opened: Opened) -> None:
    units = [(ROOT, None), *((f"unit{n}", UnitId(ROOT)) for n in range(UNITS))]
    titles = {name: Text(f"第{n}单位", f"Unit {n}") for n, (name, _above) in enumerate(units)}
    opened.desk.office.write(
        [
            *(
                AddUnit(Unit(root=ROOT, id=UnitId(name), parent=above, code=name, title=titles[name]))
                for name, above in units
            ),
            AddPerson(Person(root=ROOT, id=WHO, name="沈若棠", login="chair", unit=UnitId(ROOT))),
            *(AddGrant(GrantRow(root=ROOT, person=WHO, role=role, unit=UnitId(ROOT))) for role in ROLES),
            OpenLogin(
                token_hash=secret_hash(TOKEN),
                root=ROOT,
                person=WHO,
                kind="token",
                title="bench",
                at=NOW,
                expires_at=NOW + timedelta(days=1),
            ),
        ]
    )


def _pins(opened: Opened) -> Pins:
    definition = opened.desk.world(ROOT).rules.for_new("proposal")
    return Pins(definition=definition.hash, lists=dict(definition.list_hashes), calendar="c" * 64)


def _fill(path: Path, cases: int, workflow: Workflow, pins: Pins) -> None:
    """Write the rows, those of the large tables without their indexes, which are made again in one go."""
    with closing(sqlite3.connect(path)) as connection:
        # Nothing of it is lost to anybody if the machine stops.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{FILLING_KILOBYTES}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        tables: dict[str, tuple[Sequence[str], Iterator[Row]]] = {
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


def _cases(cases: int, workflow: Workflow, pins: Pins) -> Iterator[Row]:
    row = case_row(
        Case(
            root=ROOT,
            id=CaseId(""),
            workflow=workflow.name,
            definition_version=workflow.version,
            pins=pins,
            unit=UnitId(ROOT),
            congress_session=None,
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


def _deadlines(cases: int, workflow: Workflow) -> Iterator[Row]:
    for n, one in enumerate(_drawn(cases, workflow)):
        if one.due_at is not None:
            yield DeadlineRow(
                ROOT, _name(n), "reply", "running", one.opened_at, one.due_at, "2026-06-01", "2026-06-01", 0, "[]", None
            )


def _readers(cases: int, workflow: Workflow) -> Iterator[Row]:
    for n, one in enumerate(_drawn(cases, workflow)):
        for principal in (f"role:union_office@{ROOT}", f"role:auditor@{ROOT}", f"role:unit_head@{_unit(n)}"):
            yield ReaderRow(ROOT, principal, _name(n), one.due_at)


def _spans(cases: int, workflow: Workflow) -> Iterator[Row]:
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
    return f"unit{n % UNITS}"
