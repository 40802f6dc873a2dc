"""Trying other rules out on 100,000 past proposals, as the command does it: a term, a guard, and another lead unit.

Some proposals live whole lives through the office, from the filing to the register; the others are copies of theirs,
entry by entry, so that each is read, opened and decided again like any.
"""

from __future__ import annotations

import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.copies import copy_lives
from benchmarks.kept import HOME
from benchmarks.own_process import run_apart
from benchmarks.report import Results
from engine.case.identity import CaseId
from tests.support.house import ROOT, House, open_house
from tests.support.worker import handled, published, replied

CASES: Final = 100_000
LIVES: Final = 50
CATEGORIES: Final = ("welfare", "production", "reform", "rules", "other")
CLOCK: Final = "2026-12-01T09:00:00+08:00"
TERM_SECONDS_MAX, MOVES_SECONDS_MAX = 30.0, 240.0
TRIED: Final = (
    ("another term", "reply.within=45 working days", TERM_SECONDS_MAX),
    ("another guard", "guard.submitted_in_time=case.category != 'welfare'", MOVES_SECONDS_MAX),
    ("a guard that changes nothing", "guard.submitted_in_time=case.in_time == true", MOVES_SECONDS_MAX),
    ("another lead unit", "lead.welfare=safety", MOVES_SECONDS_MAX),
)


def simulating(results: Results) -> None:
    """Measure each of them on SQLite."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        file = Path(folder) / "house.db"
        url = f"sqlite:///{file}"
        with open_house(url) as house:
            families = [_life(house, n) for n in range(LIVES)]
        copy_lives(file, families, CASES - LIVES)
        for name, setting, at_most in TRIED:
            took = run_apart(
                "--database", url, "simulate", "--workflow", "proposal", "--set", setting, "--json", clock=CLOCK
            )
            said = json.loads(took.said)
            assert said["cases"] == CASES, said["cases"]
            note = f"{said['changed']:,} deadlines and {said['turned']:,} cases otherwise, {said['left']:,} left out"
            results.at_most(f"{name} tried on {CASES:,} proposals", took.seconds, "s", at_most, note=note)


def _life(house: House, n: int) -> list[CaseId]:
    """Let a proposal live to the register; return it with its part."""
    case = house.open("shi", {"proposer_type": "delegation", "category": CATEGORIES[n % len(CATEGORIES)]})
    house.fire("shi", case, "submit")
    handled(house, case)
    replied(house, case)
    published(house, case)
    house.clock.set(house.clock.now() + timedelta(hours=3))
    (whole,) = house.desk.reads.cases(ROOT, [case])
    return [case, *(child.case for child in whole.children)]
