"""A simulated year on a real database: every deadline, every rung with its day, every notice is what the oracle says.

The oracle is told the moves of the ledger and nothing of what the engine made of them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.identity import CaseId
from engine.service.verify import Verification, verify
from runtime.wiring import desk_of
from tests.oracle.clock import OracleClock
from tests.oracle.dates import day_of
from tests.oracle.days import read_days
from tests.oracle.ledger import OracleLedger, RaisedRung, read_definitions
from tests.support.agreement import unlike
from tests.support.builders import ROOT, SESSION
from tests.support.year import DATES_OF_SESSION, WORKFLOWS, Year, periods

CASES_OF_EACH = 500
SEED = 20260105

# One year for all its tests: it takes a minute to live.
pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Lived:
    """The year as it was lived, and as the oracle tells it."""

    year: Year
    oracle: OracleLedger
    swept: list[tuple[datetime, int]]
    cases: dict[str, Case]
    verified: Verification
    rungs: list[RaisedRung]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    year = Year(tmp_path_factory.mktemp("year"), CASES_OF_EACH, SEED)
    year.live()
    oracle = OracleLedger(read_definitions(WORKFLOWS), {SESSION: DATES_OF_SESSION})
    bodies = list(entries(year.database))
    swept = told_by_the_oracle(oracle, year, bodies)
    with desk_of(year.settings(len(periods()) - 1), clock=year.clock) as opened:
        reads = opened.desk.reads
        cases = {str(case.id): case for case in reads.cases(ROOT, [CaseId(name) for name in oracle.cases])}
        verified = verify(reads, opened.desk.world(ROOT).rules, ROOT, opened.desk.sealer)
    rungs = [
        RaisedRung(body["case"], deadline, rung, day_of(datetime.fromisoformat(body["at"])))
        for body in bodies
        for deadline, rung in body.get("rungs", ())
    ]
    return Lived(year, oracle, swept, cases, verified, rungs)


def told_by_the_oracle(oracle: OracleLedger, year: Year, bodies: list[Any]) -> list[tuple[datetime, int]]:
    """Tell the oracle every move, and let it sweep when the year did; return its sweeps as the year keeps its own."""
    calendars = [read_days(year.folder / f"workflows-{number}" / "calendars") for number, _ in enumerate(periods())]
    begins = [first for first, _last in periods()]
    swept: list[tuple[datetime, int]] = []
    coming = iter(bodies)
    body = next(coming, None)
    for place, (now, _raised) in enumerate(year.swept):
        today = day_of(now)
        days = calendars[sum(first <= today for first in begins) - 1]
        swept.append((now, oracle.sweep(now, days, corrected=today in begins[1:])))
        until = year.swept[place + 1][0] if place + 1 < len(year.swept) else datetime.max.replace(tzinfo=now.tzinfo)
        while body is not None and datetime.fromisoformat(body["at"]) < until:
            oracle.tell(body, days)
            body = next(coming, None)
    return swept


def entries(database: Path) -> Iterator[Any]:
    """Yield the entries of all cases in the order of time; what a merge does to the other case comes after the move."""
    with closing(sqlite3.connect(database)) as plain:
        rows = plain.execute("SELECT body FROM ledger_entry WHERE \"case\" NOT LIKE 'system:%'").fetchall()
    bodies = [json.loads(body) for (body,) in rows]
    return iter(sorted(bodies, key=lambda body: (body["at"], "merged_from" in body, body["case"], body["seq"])))


def test_every_clock_of_every_case_stands_where_the_oracle_says(lived: Lived) -> None:
    different = []
    for name, case in lived.cases.items():
        expected = lived.oracle.cases[name].clocks
        assert {clock.name for clock in case.clocks} == set(expected)
        for clock in case.clocks:
            problem = unlike(clock, expected[clock.name])
            if problem is not None:
                different.append(f"{case.workflow} {name} {clock.name}: {problem}")
    assert different == []
    assert len(lived.cases) == len(lived.oracle.cases)


def test_every_deadline_row_is_what_the_oracle_says(lived: Lived) -> None:
    with closing(sqlite3.connect(lived.year.database)) as plain:
        rows = plain.execute(
            'SELECT "case", name, state, started_at, due_at, promised_on, due_on, provisional, rungs, rung_at'
            " FROM deadline"
        ).fetchall()
    expected = [
        (name, deadline, *as_row(clock))
        for name, case in lived.oracle.cases.items()
        for deadline, clock in case.clocks.items()
        if clock.ladder
    ]
    assert sorted(rows) == sorted(expected)


def as_row(clock: OracleClock) -> tuple[object, ...]:
    return (
        clock.state,
        microseconds(clock.started_at),
        microseconds(clock.end.due_at),
        clock.promised_on.isoformat(),
        clock.end.effective_on.isoformat(),
        int(clock.end.provisional),
        json.dumps(clock.raised, separators=(",", ":")),
        None if clock.next_at is None else microseconds(clock.next_at),
    )


def test_every_rung_was_raised_on_the_day_the_oracle_says_and_once(lived: Lived) -> None:
    assert sorted(lived.rungs) == sorted(lived.oracle.raised)
    assert lived.swept == lived.year.swept


def test_every_notice_and_every_rung_waits_to_be_told(lived: Lived) -> None:
    with closing(sqlite3.connect(lived.year.database)) as plain:
        told = plain.execute("SELECT \"case\", kind, name FROM outbox WHERE kind IN ('notice', 'rung')").fetchall()
    rungs = [(rung.case, "rung", f"{rung.deadline}/{rung.rung}") for rung in lived.oracle.raised]
    notices = [(case, "notice", name) for case, name in lived.oracle.told]
    assert sorted(told) == sorted(notices + rungs)


def test_the_ledger_verifies(lived: Lived) -> None:
    assert lived.verified.findings == ()
    assert lived.verified.cases == len(lived.cases)


def test_everything_that_moves_a_date_happened_in_the_year(lived: Lived) -> None:
    year, counted = lived.year, lived.oracle.counted
    assert year.begun == {"proposal": CASES_OF_EACH, "grievance": CASES_OF_EACH}
    assert year.failures == []
    for what in ("start", "stop", "cancel", "suspend", "resume", "extend", "corrected", "cap", "rung of a move"):
        assert counted.get(what, 0) > 0, what
    assert year.made["reassign"] > 0
    assert year.made["uphold_hand_back"] > 0
    assert year.for_others > 0
    provisional = [clock for case in lived.cases.values() for clock in case.clocks if clock.provisional]
    assert all(clock.due_on >= date(2027, 1, 1) for clock in provisional)
    assert len(lived.rungs) > CASES_OF_EACH
