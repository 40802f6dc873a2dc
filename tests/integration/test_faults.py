"""Each call by which a program changes its files fails once: nothing told is lost, nothing told as failed is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.power_trace import may_watch, unmeasured

SCRIPT = """
import json, pathlib, sys
from benchmarks.faults import BUGS, Stage
from benchmarks.power import Found
folder, bug = pathlib.Path(sys.argv[1]), sys.argv[2]
found = Found()
if bug:
    put_in, how, call = BUGS[bug]
    stage = Stage(folder, put_in)
    chosen = [fault for fault in stage.planned("move") if (fault.how, fault.call) == (how, call)]
else:
    stage = Stage(folder)
    chosen = list(stage.planned("move"))[::3]
for fault in chosen:
    stage.play(fault, found)
print(json.dumps([found.states, dict(found.first)]))
"""
"""In a process of its own, which divides itself: the tests' own has threads."""


def played(folder: Path, bug: str = "") -> tuple[int, dict[str, str]]:
    if not may_watch():
        pytest.skip("there is no strace here that may watch: deploy/packages.txt names the package")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, folder / "stage", bug],
        capture_output=True, text=True, check=False, timeout=300, env=unmeasured(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    states, first = json.loads(done.stdout)
    return states, first


def test_whatever_call_of_a_move_fails_nothing_told_is_lost(tmp_path: Path) -> None:
    states, first = played(tmp_path)
    assert first == {}
    assert states > 40


@pytest.mark.parametrize(
    ("bug", "kind"),
    [("an error at the commit is told as failed", "failed"), ("an error at the commit is told as done", "lost")],
)
def test_a_program_that_misreads_an_error_of_the_disk_is_found_out(tmp_path: Path, bug: str, kind: str) -> None:
    _states, first = played(tmp_path, bug)
    assert kind in first
