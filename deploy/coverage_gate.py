"""Holds the coverage of each part of the house against its goal, and prints the table. Measures nothing itself.

Reads what ``coverage json`` wrote. Statements and branches are each held against the goal, because a part with many
statements and few branches could hide untested branches behind one common figure.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CORE_PERCENT = 95.0
OTHER_PERCENT = 90.0
CORE_AREAS = ("engine/definition", "engine/case", "engine/calendar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Statements and branches of some files: how many there are and how many were run."""

    statements: int = 0
    statements_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            statements=self.statements + other.statements,
            statements_run=self.statements_run + other.statements_run,
            branches=self.branches + other.branches,
            branches_run=self.branches_run + other.branches_run,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One area of the house with its rates and its goal, in percent. An area without branches has 100 % of them."""

    area: str
    statements_percent: float
    branches_percent: float
    goal_percent: float

    @property
    def met(self) -> bool:
        return min(self.statements_percent, self.branches_percent) >= self.goal_percent


def area_of(path: str) -> str:
    """Return the area a file is counted in: a package of the engine, or a top-level package.

    >>> area_of("engine/case/decide.py"), area_of("engine/errors.py"), area_of("web/pages/case.py")
    ('engine/case', 'engine', 'web')
    """
    folders = Path(path).parent.parts
    return "/".join(folders[:2] if folders[0] == "engine" else folders[:1])


def percent(run: int, total: int) -> float:
    """Return the rate in percent; nothing to run counts as all run."""
    return 100.0 * run / total if total else 100.0


def rows(summaries: Mapping[str, Mapping[str, int]]) -> list[Row]:
    """Return one row per area from ``{file: summary}`` of ``coverage json``, in alphabetical order."""
    tallies: dict[str, Tally] = {}
    for path, summary in summaries.items():
        tallies[area_of(path)] = tallies.get(area_of(path), Tally()) + Tally(
            statements=summary["num_statements"],
            statements_run=summary["covered_lines"],
            branches=summary["num_branches"],
            branches_run=summary["covered_branches"],
        )
    return [
        Row(
            area=area,
            statements_percent=percent(tally.statements_run, tally.statements),
            branches_percent=percent(tally.branches_run, tally.branches),
            goal_percent=CORE_PERCENT if area in CORE_AREAS else OTHER_PERCENT,
        )
        for area, tally in sorted(tallies.items())
    ]


def render(table: Sequence[Row]) -> str:
    """Return the table as text, one line per area."""
    lines = [f"{'coverage':<20} {'statements':>10} {'branches':>9} {'goal':>6}"]
    lines += [
        f"{row.area:<20} {row.statements_percent:>9.1f}% {row.branches_percent:>8.1f}% {row.goal_percent:>5.0f}%"
        f"  {'' if row.met else 'BELOW'}".rstrip()
        for row in table
    ]
    return "\n".join(lines)


def main(report: Path) -> int:
    """Print the table of a ``coverage json`` report; return 1 when an area is below its goal."""
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    table = rows({path: file["summary"] for path, file in files.items()})
    print(render(table))
    return 0 if all(row.met for row in table) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
