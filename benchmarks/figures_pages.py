"""The pages of figures over many cases: how long a page takes from what is kept, and the job that counts it.

The rows are written straight into the tables, as for the list of deadlines: what a page costs depends on them alone.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from starlette.testclient import TestClient

from api.edge import ApiSettings
from benchmarks.kept import HOME
from benchmarks.overdue_list import fill_tables, pins_of_now, rows_of_cases
from benchmarks.report import Results
from engine.access.directory import GrantRow, Person, Unit
from engine.access.passwords import secret_hash
from engine.case.codec import at_text, microseconds
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.account_writes import OpenLogin
from engine.service.asked_counts import keep_asked
from engine.service.kept_answers import JOB
from engine.service.plain import AddGrant, AddPerson, AddUnit
from engine.service.rows import CaseRow, SpanRow
from engine.text import Text
from runtime.clock import SetClock
from runtime.jobs.leases import LeasedJobs
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of
from web.app import create_site

PAGE_MS_MAX: Final = 200.0
ROUNDS: Final = 15
ROOT: Final = RootId("house")
NOW: Final = datetime(2026, 7, 1, 1, tzinfo=UTC)
UNITS: Final = 100
MONTHS: Final = 30
SEED: Final = 20260702
TOKEN: Final = "benchmark"
CHAIR: Final = PersonId("chair")
PAGES: Final = (
    "/figures",
    "/figures/proposal",
    "/figures/proposal?by=unit",
    "/figures/proposal?audience=mine",
    "/figures/proposal/unit.csv",
    "/figures/proposal/cases?number=filing_rate.numerator",
)
CATEGORIES: Final = ("welfare", "safety", "production", "personnel", "rules", "other")


def figures_pages(results: Results, cases: int) -> None:
    """Measure on a SQLite file of so many proposals."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        url = f"sqlite:///{folder}/figures.db"
        clock, settings = SetClock(NOW), Settings(database_url=url)
        with desk_of(settings, clock=clock) as opened:
            directory(opened)
            pins = pins_of_now(opened)
        began = time.perf_counter()
        readers = ((ROOT, f"role:union_office@{ROOT}", f"{n:032x}", None) for n in range(cases))
        fill_tables(
            url,
            [
                ("cases", CaseRow._fields, rows_of_cases(cases, pins)),
                ("span", SpanRow._fields, spans(cases)),
                ("reader", ("root", "principal", "case", "due_at"), readers),
            ],
        )
        built = time.perf_counter() - began
        jobs = LeasedJobs.open(f"sqlite:///{Path(folder)}/jobs.db", clock)
        with desk_of(settings, clock=clock) as opened:
            _measured(results, opened, jobs, cases, f"built in {built:.0f} s")
        jobs.close()


def _measured(results: Results, opened: Opened, jobs: LeasedJobs, cases: int, note: str) -> None:
    site = create_site(opened.desk, ApiSettings(version="0", database="sqlite"), jobs)
    with TestClient(site, follow_redirects=False) as client:
        client.cookies.set("banjie", TOKEN)
        for page in PAGES:
            client.get(page)
        waiting = [job for job in jobs.listed() if job.kind == JOB]
        for job in waiting:
            began = time.perf_counter()
            keep_asked(opened.desk, ROOT, job.subject.rpartition(" ")[2])
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            results.add(
                f"{cases:,} proposals: a job counts what a page asks, {job.number}",
                time.perf_counter() - began, "s", "", met=None, note=f"{note}; at most {most:,.0f} MB of memory so far",
            )  # fmt: skip
        for page in PAGES:
            answer = client.get(page)
            assert answer.status_code == 200, page
            assert "refresh" not in answer.headers, page
            times = []
            for _round in range(ROUNDS):
                began = time.perf_counter()
                client.get(page)
                times.append(time.perf_counter() - began)
            results.at_most(
                f"{cases:,} proposals: {page}",
                1e3 * statistics.median(times), "ms", PAGE_MS_MAX, f"{len(answer.content) / 1024:,.0f} kB",
            )  # fmt: skip


def directory(opened: Opened, count: int = UNITS) -> None:
    """Make the house, so many units of it, and somebody who sees everything."""
    units = [Unit(root=ROOT, id=UnitId(ROOT), parent=None, code=ROOT, title=Text("江岭重工", "Jiangling"))]
    units += [
        Unit(root=ROOT, id=UnitId(f"unit{n}"), parent=UnitId(ROOT), code=f"unit{n}", title=Text(f"第{n}车间", f"{n}"))
        for n in range(count)
    ]
    opened.desk.office.write(
        [
            *map(AddUnit, units),
            AddPerson(Person(root=ROOT, id=CHAIR, name="祁怀川", login="chair", unit=UnitId(ROOT))),
            AddGrant(GrantRow(root=ROOT, person=CHAIR, role="union_office", unit=UnitId(ROOT))),
            OpenLogin(
                token_hash=secret_hash(TOKEN), root=ROOT, person=CHAIR, kind="token", title="benchmark", at=NOW,
                expires_at=NOW + timedelta(days=1),
            ),
        ]
    )  # fmt: skip


def spans(cases: int, units: int = UNITS) -> Iterator[SpanRow]:
    """Yield what figures count by: nine in ten proposals are filed and assigned, eight in ten answered."""
    chance = random.Random(SEED)
    for n in range(cases):
        case, filed, answered = f"{n:032x}", n % 10 < 9, n % 10 < 8
        begun = NOW - timedelta(days=chance.randrange(30 * MONTHS), hours=chance.randrange(24))
        steps = [("submitted", 0), ("reviewed", 9)] + [("assigned", 12)] * filed
        steps += [("handled", 12 + chance.randrange(5, 60)), ("evaluated", 80), ("closed", 84)] * answered
        values = {
            "clock:reply": json.dumps(
                {
                    "due_at": at_text(begun + timedelta(days=60)),
                    "ended_at": at_text(begun + timedelta(days=steps[-1][1])),
                    "extensions": 0,
                    "state": "met",
                    "suspensions": 0,
                }
            ),
            "field:category": CATEGORIES[n % len(CATEGORIES)],
            "field:evaluation_result": "satisfied" if answered else "",
            "field:reply_class": "A" if answered else "",
            "field:review_outcome": "filed" if filed else "refused",
            "lead": f"unit{n % units}" if filed else "",
            "state": "closed" if answered else "handling" if filed else "refused",
            "unit": str(ROOT),
        } | {f"milestone:{name}": at_text(begun + timedelta(days=days)) for name, days in steps}
        at = microseconds(begun)
        for kind in sorted(values):
            if values[kind]:
                yield SpanRow(ROOT, case, kind, 1, values[kind], at)
