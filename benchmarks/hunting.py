"""What the hunts of a campaign have in common: bugs put in on purpose that each must catch, and the one table of all.

A hunt that has never found anything proves nothing: its control patches the running code in a way that is named, in
the process that hunts, and the hunt must report it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final
from unittest.mock import patch

from benchmarks.report import Result, Results

CAUGHT: Final = "bugs caught"
"""The unit of the rows that tell of bugs put in on purpose."""
MINUTES: Final = "min"
"""The unit of the row that tells how long a hunt took."""
BUGS_LEAST: Final = 20
"""So many all hunts together catch at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunted:
    """A hunt that is over: its results, those of its control among them, and how long it took."""

    name: str
    rows: Sequence[Result]
    minutes: float

    @property
    def controls(self) -> list[Result]:
        """The rows that tell of bugs put in on purpose."""
        return [row for row in self.rows if row.unit == CAUGHT]

    @property
    def bugs(self) -> str:
        """How many were caught of how many, "–" where none were put in."""
        whole = sum(put_in(row) for row in self.controls)
        return f"{sum(int(row.value) for row in self.controls)}/{whole}" if whole else "–"

    @property
    def verdict(self) -> str:
        """Whether all that has a goal has reached it."""
        return "MISSED" if any(row.met is False for row in self.rows) else "met"


def caught(results: Results, hunt: str, found: Mapping[str, bool]) -> None:
    """Add the row that tells which bugs put in on purpose a hunt has caught, by what each bug is called."""
    missed = [bug for bug, seen in found.items() if not seen]
    results.add(
        f"{hunt}: bugs put in on purpose", len(found) - len(missed), CAUGHT, f"{len(found)}", met=not missed,
        note=f"not found: {'; '.join(missed)}" if missed else "; ".join(found),
    )  # fmt: skip


def put_in(row: Result) -> int:
    """Return how many bugs a row of this kind speaks of."""
    return int(row.goal)


@contextmanager
def bug(targets: Sequence[str], instead: object) -> Iterator[None]:
    """Replace what stands at some addresses, as ``engine.case.decide.may_see``, for the length of a block."""
    with ExitStack() as stack:
        for target in targets:
            stack.enter_context(patch(target, instead))
        yield


@contextmanager
def bug_everywhere(original: object, instead: object) -> Iterator[None]:
    """Replace a function in every module of ours that knows it by any name, for the length of a block."""
    ours = ("engine.", "api.", "web.", "runtime.", "notifications.")
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.startswith(ours):
                for known, value in list(vars(module).items()):
                    if value is original:
                        stack.enter_context(patch.object(module, known, instead))
        yield


def hunted(name: str, results: Results, hunt: Callable[[], None], control: Callable[[], None] | None) -> Hunted:
    """Carry out a hunt and its control, and return what came of both; one that breaks off is one that missed."""
    before, began = len(results.rows), time.monotonic()
    for part in (hunt, control):
        try:
            if part is not None:
                part()
        except Exception as error:  # noqa: BLE001 - the other hunts go on; this one is reported as missed
            results.add(f"{name}: broken off", 1, "", "0", met=False, note=f"{type(error).__name__}: {error}"[:300])
    minutes = (time.monotonic() - began) / 60
    results.add(f"{name}: time taken", minutes, MINUTES, "", met=None)
    return over_from(name, results.rows[before:])


def over_from(name: str, rows: Sequence[Result]) -> Hunted:
    """Return a hunt that is over from its rows, one of which tells how long it took."""
    return Hunted(name=name, rows=tuple(rows), minutes=sum(row.value for row in rows if row.unit == MINUTES))


def all_bugs(results: Results, hunts: Sequence[Hunted]) -> None:
    """Add how many bugs put in on purpose all hunts have caught together."""
    rows = [row for hunt in hunts for row in hunt.controls]
    total, whole = sum(int(row.value) for row in rows), sum(put_in(row) for row in rows)
    met = total == whole >= BUGS_LEAST
    results.add("all hunts: bugs put in on purpose", total, CAUGHT, f"{max(whole, BUGS_LEAST)}", met=met)


def table_of(hunts: Sequence[Hunted]) -> str:
    """Return one table of all hunts: a line for each thing looked for; bugs, minutes and verdict with the first."""
    lines = [
        "| hunt | size | looked for | found | bugs caught | minutes | verdict |",
        "|---|---|---|--:|--:|--:|---|",
    ]
    for hunt in hunts:
        first = (hunt.bugs, f"{hunt.minutes:.1f}", hunt.verdict)
        looked = [row for row in hunt.rows if row.unit not in (CAUGHT, MINUTES)]
        for number, row in enumerate(looked):
            size, _, what = row.name.partition(": ")
            bugs, minutes, verdict = ("", "", "") if number else first
            name = "" if number else hunt.name
            lines.append(f"| {name} | {size} | {what} | {row.value:g} | {bugs} | {minutes} | {verdict} |")
    return "\n".join(lines) + "\n"
