"""Time acting: a sweep over many overdue cases, one due date, the explanation of a term, the overdue list."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.report import Results
from benchmarks.stand import CLERK, ROOT, directory_of_the_stand, settings_for
from engine.calendar.due import due
from engine.calendar.explain import explain
from engine.case.commands import OpenCase
from engine.case.identity import UnitId
from engine.definition.period import parse_period
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.sweep import sweep
from runtime.clock import SetClock
from runtime.rules import load_calendar
from runtime.wiring import open_desk

OVERDUE = 100_000
SECONDS_MAX, MEGABYTES_MAX = 60.0, 400.0
DUE_MICROSECONDS_MAX, EXPLAIN_MS_MAX, LIST_MS_MAX = 20.0, 2.0, 5.0
BEGIN = datetime(2026, 1, 5, 1, tzinfo=UTC)
BATCH = 5_000
CALENDARS = Path(__file__).resolve().parent.parent / "workflows" / "calendars"


def sweeping(results: Results, *, cases: int = OVERDUE, listed: int = 0) -> None:
    """Measure the sweep in a process of its own, and the arithmetic of dates here.

    ``listed`` says how many cases the list of what is late is read from; those beyond ``cases`` are not swept.
    """
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.sweeping", f"{folder}/swept.db", str(cases), str(max(cases, listed))],
            check=True,
            capture_output=True,
            text=True,
        )
        told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    named = f"sweep of {cases:,} overdue cases"
    results.at_most(named, told["seconds"], "s", SECONDS_MAX, f"{told['raised']:,.0f} rungs raised")
    results.at_most(f"{named}, memory", told["megabytes"], "MB", MEGABYTES_MAX)
    results.at_most(f"first 50 of the overdue list, {max(cases, listed):,} cases", told["list_ms"], "ms", LIST_MS_MAX)
    _dates(results)


def _dates(results: Results) -> None:
    calendar = load_calendar(CALENDARS)
    starts = [BEGIN + timedelta(days=7 * week) for week in range(100)]
    term, long = parse_period("15 working days"), parse_period("90 days")
    microseconds = [1e6 * _median(lambda at=at: due(calendar, at, term)) for at in starts]  # type: ignore[misc]  # a lambda with a default
    results.at_most("one due date in working days, median", statistics.median(microseconds), "µs", DUE_MICROSECONDS_MAX)
    milliseconds = [1e3 * _median(lambda at=at: explain(calendar, at, long)) for at in starts[:20]]  # type: ignore[misc]  # a lambda with a default
    results.at_most("explanation of a 90-day term, median", statistics.median(milliseconds), "ms", EXPLAIN_MS_MAX)


def _median(call: Callable[[], object], rounds: int = 21) -> float:
    times = []
    for _round in range(rounds):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    """Open the cases, let 100 days and 45 more pass, sweep once; tell seconds, megabytes and what was raised.

    Then open the others, let as many days pass again, and read the list of what is late.
    """
    url, cases, listed = f"sqlite:///{sys.argv[1]}", int(sys.argv[2]), int(sys.argv[3])
    clock = SetClock(BEGIN)
    opened = open_desk(settings_for(url), clock=clock)
    desk = opened.desk
    desk.office.write(directory_of_the_stand())
    _open(desk, range(cases))
    clock.set(BEGIN + timedelta(days=145))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    report = sweep(desk, ROOT)
    seconds = time.perf_counter() - began
    assert report.swept.raised == 4 * cases, report.swept
    megabytes = max(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
    _open(desk, range(cases, listed))
    clock.set(BEGIN + timedelta(days=290))
    list_ms = 1e3 * _median(lambda: desk.queries.overdue(ROOT, CLERK, before=clock.now(), limit=50))
    opened.close()
    told = {"seconds": seconds, "megabytes": megabytes, "raised": report.swept.raised, "list_ms": list_ms}
    sys.stdout.write(json.dumps(told) + "\n")


def _open(desk: Desk, numbers: range) -> None:
    for first in numbers[::BATCH]:
        answers = desk.office.carry_out([_opening(n) for n in range(first, min(first + BATCH, numbers.stop))])
        assert all(isinstance(answer, Done) for answer in answers), "every case was opened"


def _opening(n: int) -> OpenCase:
    return OpenCase(
        root=ROOT,
        actor=CLERK,
        key="",
        workflow="watched_steps",
        unit=UnitId("bench"),
        form={"subject": f"测量用事项第{n}号"},
    )


if __name__ == "__main__":
    main()
