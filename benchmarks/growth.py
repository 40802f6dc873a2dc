"""What size costs: opening a large database, its file, and a step in it against a step in one of 1,000 cases."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.kept import Kept
from benchmarks.report import Results
from benchmarks.stand import TAKE, Stand, Workflow, settings_for
from engine.case.commands import Command
from engine.case.identity import CaseId
from runtime.wiring import desk_of

ROUNDS = 6
STEPS = 500
SMALL_CASES = 1_000
WORKFLOWS: tuple[Workflow, ...] = ("plain_steps", "real_steps")
Run = Callable[[Sequence[Command]], float]


def growth(results: Results, kept: Kept, scratch: Path, *, steps: int = STEPS, small_cases: int = SMALL_CASES) -> None:
    """Measure what the kept database costs more than a small one; ``scratch`` is on the same disk."""
    named = f"{kept.cases:,} cases"
    began = time.perf_counter()
    with desk_of(settings_for(kept.url)) as opened:
        roots = opened.desk.reads.roots()
        seconds = time.perf_counter() - began
        assert roots, "the database holds the cases of the stand"
    results.add(f"{named}: open the database", seconds, "s", "", met=None, note="as writer, to the first read")
    size = kept.megabytes()
    results.add(
        f"{named}: file per case", size * 1000 / kept.cases, "kB", "", met=None,
        note=f"{size:,.0f} MB, with the moves of earlier runs",
    )  # fmt: skip
    large, small = kept.stand(), Stand.build(f"sqlite:///{scratch}/small.db", small_cases)
    try:
        for (way, workflow), ratios in _step_ratios(large, small, kept.cases // 2, steps).items():
            results.add(
                f"step in {named} / in {small_cases:,}, {way}, {workflow.removesuffix('_steps')}",
                statistics.median(ratios), "times as long", "", met=None,
                note=f"rounds {min(ratios):.2f} to {max(ratios):.2f}; cases spread over all",
            )  # fmt: skip
    finally:
        large.close()
        small.close()


def _step_ratios(large: Stand, small: Stand, places: int, steps: int) -> dict[tuple[str, Workflow], list[float]]:
    """Return the seconds in the large database by those in the small one, round by round, the first thrown away.

    In the large one every round takes other cases, drawn from all of them: nobody works on the same few all day, and
    the cases that the process keeps at hand would hide what it costs to find one.
    """
    ways: dict[str, tuple[Run, Run]] = {
        "one caller": (large.one_caller, small.one_caller),
        "16 callers": (large.callers, small.callers),
    }
    drawn = {workflow: _drawn(large, workflow, places, ROUNDS * len(ways) * steps) for workflow in WORKFLOWS}
    ratios: dict[tuple[str, Workflow], list[float]] = {(way, name): [] for way in ways for name in WORKFLOWS}
    for number in range(ROUNDS):
        for way, (in_large, in_small) in ways.items():
            for workflow in WORKFLOWS:
                cases = [drawn[workflow].pop() for _step in range(steps)]
                same = small.cases[workflow][:steps]
                there, here = large.moves(workflow, cases, TAKE), small.moves(workflow, same, TAKE)
                # Who goes first changes from round to round.
                if number % 2:
                    small_seconds, large_seconds = in_small(here), in_large(there)
                else:
                    large_seconds, small_seconds = in_large(there), in_small(here)
                small.settle(workflow, same)
                if number:
                    ratios[way, workflow].append(large_seconds / small_seconds)
    return ratios


def _drawn(stand: Stand, workflow: Workflow, places: int, count: int) -> list[CaseId]:
    """Return cases of the workflow, drawn from all of them, each waiting to be taken."""
    drawn = stand.found(workflow, random.sample(range(places), count))
    stand.settle(workflow, drawn)
    return drawn
