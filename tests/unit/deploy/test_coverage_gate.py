"""The goals of coverage: what counts where, and when the gate is shut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.coverage_gate import area_of, main, rows


def summary(*, statements: int, run: int, branches: int, branches_run: int) -> dict[str, int]:
    """One file's summary as ``coverage json`` writes it."""
    return {
        "num_statements": statements,
        "covered_lines": run,
        "num_branches": branches,
        "covered_branches": branches_run,
    }


def gate(folder: Path, summaries: dict[str, dict[str, int]]) -> int:
    """Hold a report against the goals."""
    report = folder / "coverage.json"
    report.write_text(json.dumps({"files": {path: {"summary": found} for path, found in summaries.items()}}))
    return main(report)


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("engine/case/decide.py", "engine/case"),
        ("engine/storage/migrations/versions/first.py", "engine/storage"),
        ("engine/errors.py", "engine"),
        ("web/pages/case.py", "web"),
    ],
)
def test_a_file_counts_in_its_package(path: str, area: str) -> None:
    assert area_of(path) == area


def test_the_files_of_an_area_are_counted_together() -> None:
    first = summary(statements=90, run=90, branches=10, branches_run=10)
    second = summary(statements=10, run=0, branches=10, branches_run=5)

    (row,) = rows({"api/first.py": first, "api/second.py": second})

    assert (row.area, row.statements_percent, row.branches_percent) == ("api", 90.0, 75.0)


@pytest.mark.parametrize(
    ("path", "percent", "status"),
    [
        ("engine/calendar/due.py", 95, 0),
        ("engine/calendar/due.py", 94, 1),
        ("engine/ledger/chain.py", 90, 0),
        ("engine/ledger/chain.py", 89, 1),
    ],
)
def test_the_core_must_reach_95_percent_of_its_branches_and_the_rest_90(
    tmp_path: Path, path: str, percent: int, status: int
) -> None:
    assert gate(tmp_path, {path: summary(statements=100, run=100, branches=100, branches_run=percent)}) == status


def test_statements_do_not_make_up_for_branches_nor_the_reverse(tmp_path: Path) -> None:
    assert gate(tmp_path, {"web/a.py": summary(statements=1000, run=890, branches=10, branches_run=10)}) == 1
    assert gate(tmp_path, {"web/a.py": summary(statements=1000, run=1000, branches=10, branches_run=8)}) == 1


def test_an_area_below_its_goal_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gate(tmp_path, {"web/a.py": summary(statements=10, run=5, branches=0, branches_run=0)})
    assert capsys.readouterr().out.splitlines()[1] == "web                       50.0%    100.0%    90%  BELOW"
