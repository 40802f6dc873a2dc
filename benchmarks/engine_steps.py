"""The engine against the hand-written loop, in alternating rounds of one run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from benchmarks.floors import PostgresFloor, SqliteFloor
from benchmarks.kept import stand_of
from benchmarks.report import Results
from benchmarks.shares import shares
from benchmarks.stand import MOVES, Stand, Workflow

ROUNDS = 6
STEPS = 1000
GOALS: dict[str, dict[Workflow, float]] = {
    "one caller": {"plain_steps": 0.55, "real_steps": 0.35},
    "16 callers": {"plain_steps": 1.8, "real_steps": 1.1},
    "bulk of 1,000": {"plain_steps": 4.0, "real_steps": 2.0},
}
POSTGRES_CASES_MAX = 10_000
"""The server is made for one run, and so is what it holds: engine and floor alike hold no more than this."""
POSTGRES_GOALS: dict[Workflow, float] = {"plain_steps": 0.60, "real_steps": 0.35}


def sqlite_steps(results: Results, cases: int, folder: Path) -> None:
    """Measure the engine on SQLite FULL: one caller, 16 callers, bulk; plain and real. What goes away again, and the
    floor with as many rows, stands in ``folder``."""
    cases = max(cases, 2 * STEPS)
    with closing(stand_of(cases, folder)) as stand:
        floor = SqliteFloor(folder / "floor.db", cases)
        ways = {"one caller": stand.one_caller, "16 callers": stand.callers, "bulk of 1,000": stand.bulk}
        ratios: dict[tuple[str, Workflow], list[float]] = {}
        floors: list[float] = []
        workflows: tuple[Workflow, ...] = ("plain_steps", "real_steps")
        for number in range(ROUNDS):
            floor_seconds = floor.steps(range(STEPS), MOVES[number % 2])
            measured = {
                (way, workflow): run(stand.commands(workflow, STEPS))
                for way, run in list(ways.items())[number % 3 :] + list(ways.items())[: number % 3]
                for workflow in workflows
            }
            if number == 0:
                continue
            floors.append(STEPS / floor_seconds)
            for key, seconds in measured.items():
                ratios.setdefault(key, []).append(floor_seconds / seconds)
        floor.check(ROUNDS * STEPS)
        floor.close()
        shares(results, stand)
    for way, goals in GOALS.items():
        for workflow, least in goals.items():
            name = f"SQLite FULL, {way}, {workflow.removesuffix('_steps')}"
            results.ratio(name, ratios[(way, workflow)], floors, least)


def postgres_steps(results: Results, floor_url: str, url: str, cases: int) -> None:
    """Measure 16 callers on PostgreSQL against the hand-written batch of 16."""
    cases = max(min(cases, POSTGRES_CASES_MAX), 2 * STEPS)
    floor = PostgresFloor(floor_url, cases)
    stand = Stand.build(url, cases)
    ratios: dict[Workflow, list[float]] = {"plain_steps": [], "real_steps": []}
    floors: list[float] = []
    for number in range(ROUNDS):
        floor_seconds = floor.steps(range(STEPS), MOVES[number % 2])
        seconds = {workflow: stand.callers(stand.commands(workflow, STEPS)) for workflow in ratios}
        if number:
            floors.append(STEPS / floor_seconds)
            for workflow, took in seconds.items():
                ratios[workflow].append(floor_seconds / took)
    floor.close()
    stand.close()
    for workflow, least in POSTGRES_GOALS.items():
        results.ratio(f"PostgreSQL, 16 callers, {workflow.removesuffix('_steps')}", ratios[workflow], floors, least)
