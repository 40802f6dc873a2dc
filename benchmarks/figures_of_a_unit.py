"""All indicators of a workflow for one unit as of a past instant, counted at once, among very many cases.

The rows are written straight into the tables, as for the pages of figures: what is asked depends on them alone.
"""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.figures_pages import CHAIR, NOW, ROOT, directory, spans
from benchmarks.kept import HOME
from benchmarks.overdue_list import fill_tables, median_seconds, pins_of_now, rows_of_cases
from benchmarks.report import Results
from engine.service.figures import Asked, FigureDesk
from engine.service.rows import CaseRow, SpanRow
from runtime.clock import SetClock
from runtime.jobs.leases import LeasedJobs
from runtime.settings import Settings
from runtime.wiring import desk_of

UNITS: Final = 1_000
MS_MAX: Final = 200.0
PAST: Final = (timedelta(days=30), timedelta(days=200, hours=7), timedelta(days=400, minutes=3))


def figures_of_a_unit(results: Results, cases: int) -> None:
    """Measure on a SQLite file of so many proposals, one in a thousand of them the unit's."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        measured(results, f"sqlite:///{folder}/unit.db", cases, "SQLite")


def figures_of_a_unit_postgres(results: Results, url: str, cases: int) -> None:
    """Measure the same on PostgreSQL."""
    measured(results, url, cases, "PostgreSQL")


def measured(results: Results, url: str, cases: int, database: str) -> None:
    """Fill a database and tell how long figures of one unit take, of instants that nobody asked for before."""
    settings, clock = Settings(database_url=url), SetClock(NOW)
    with desk_of(settings, clock=clock) as opened:
        directory(opened, UNITS)
        pins = pins_of_now(opened)
    began = time.perf_counter()
    fill_tables(
        url,
        [("cases", CaseRow._fields, rows_of_cases(cases, pins)), ("span", SpanRow._fields, spans(cases, UNITS))],
    )
    built = time.perf_counter() - began
    with desk_of(settings, clock=clock) as opened, tempfile.TemporaryDirectory(dir=HOME) as folder:
        jobs, desk = LeasedJobs.open(f"sqlite:///{Path(folder)}/jobs.db", clock), opened.desk
        figures = FigureDesk(desk, jobs, ROOT, desk.queries.actor(ROOT, CHAIR, NOW), desk.world(ROOT))
        for past in PAST:
            asked = Asked(workflow="proposal", unit="unit7", at=NOW - past)
            told = figures.figures(asked)
            assert told.survey is not None, "counted at once"
            assert not told.is_pending
            counted = told.survey.number(told.survey.whole, "cases")
            results.at_most(
                f"{database}, {cases:,} proposals: all indicators of one unit, {past.days} days ago",
                1e3 * median_seconds(lambda asked=asked: figures.figures(asked)),  # type: ignore[misc]  # a lambda with a default
                "ms",
                MS_MAX,
                f"{counted:,} cases of the unit; built in {built:.0f} s",
            )
        jobs.close()
