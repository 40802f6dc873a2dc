"""Writing all cases of a workflow into one .xlsx file, as the command does it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from benchmarks.filled_house import build_house
from benchmarks.kept import HOME
from benchmarks.own_process import run_apart
from benchmarks.report import Results

CASES: Final = 100_000
SECONDS_MAX: Final = 30.0
MEGABYTES_MAX: Final = 300.0
OF_PROPOSALS: Final = ("--workflow", "proposal")


def exporting(results: Results) -> None:
    """Measure it on 100,000 cases."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        file, url = Path(folder) / "cases.xlsx", f"sqlite:///{folder}/house.db"
        build_house(url, CASES)
        took = run_apart("--database", url, "export", "--format", "xlsx", *OF_PROPOSALS, "-o", str(file))
        name, note = f"export of {CASES:,} cases (.xlsx)", f"{file.stat().st_size / 1e6:.1f} MB"
        results.at_most(name, took.seconds, "s", SECONDS_MAX, note=note)
        results.at_most(f"{name}, memory", took.megabytes, "MB", MEGABYTES_MAX)
