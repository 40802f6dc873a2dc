"""One list of results: what was measured, the goal, whether it was met, and the command that measures it again."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Met = bool | Literal["undecided"] | None
FLOOR_SPREAD_MAX = 2.0
"""When the slowest round of a floor takes more than twice the fastest, a ratio to it decides nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure. ``goal`` is the bound in words; ``met`` is None where there is no goal."""

    name: str
    value: float
    unit: str
    goal: str
    met: Met
    command: str
    note: str = ""


@dataclass(slots=True)
class Results:
    """Collects results and prints each as it comes."""

    command: str
    rows: list[Result] = field(default_factory=list)

    def ratio(self, name: str, ratios: Sequence[float], floors: Sequence[float], least: float) -> None:
        """Add the median of the ratios of each round; undecided where the floor itself was too restless."""
        value = statistics.median(ratios)
        restless = max(floors) / min(floors) > FLOOR_SPREAD_MAX
        met: Met = value >= least
        if restless and (min(ratios) < least <= max(ratios)):
            met = "undecided"
        note = f"rounds {min(ratios):.2f} to {max(ratios):.2f}; floor {min(floors):.0f} to {max(floors):.0f} per s"
        self.add(name, value, "of the floor", f">= {least:g}", met=met, note=note)

    def at_most(self, name: str, value: float, unit: str, most: float, note: str = "") -> None:
        """Add a figure that must not be larger."""
        self.add(name, value, unit, f"<= {most:g}", met=value <= most, note=note)

    def add(self, name: str, value: float, unit: str, goal: str, *, met: Met, note: str = "") -> None:
        """Add a figure and print it."""
        row = Result(name=name, value=round(value, 4), unit=unit, goal=goal, met=met, command=self.command, note=note)
        self.rows.append(row)
        mark = {True: "met", False: "MISSED", "undecided": "undecided", None: ""}[met]
        sys.stdout.write(f"{name:<58} {row.value:>10.3f} {unit:<14} {goal:<10} {mark:<10} {note}\n")
        sys.stdout.flush()

    def write(self, path: Path) -> None:
        """Write the list as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            {
                "name": row.name,
                "value": row.value,
                "unit": row.unit,
                "goal": row.goal,
                "met": row.met,
                "command": row.command,
                "note": row.note,
            }
            for row in self.rows
        ]
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_results(path: Path) -> list[Result]:
    """Return the list that ``Results.write`` wrote."""
    return [Result(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the results of a file as a Markdown table."""
    marks = {True: "yes", False: "**no**", "undecided": "undecided"}
    lines = ["| what | measured | goal | met | |", "|---|--:|---|---|---|"]
    for row in rows:
        met = row["met"]
        mark = marks.get(met, "") if isinstance(met, bool | str) else ""
        lines.append(f"| {row['name']} | {row['value']:g} {row['unit']} | {row['goal']} | {mark} | {row['note']} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
