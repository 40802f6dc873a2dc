"""Tests whose coverage is not measured leave the measuring of all others as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.measured import UNMEASURED, is_measured

PROJECT = Path(__file__).parents[2]
PRODUCT = """
def before():
    return 1


def meanwhile():
    return 2


def in_a_thread_meanwhile():
    return 3


def in_a_process_meanwhile():
    return 4


def after(way):
    if way:
        return 5
    return 6


def in_a_thread_after():
    return 7


def in_a_process_after():
    return 8
"""
SCRIPT = """
import subprocess, sys
from threading import Thread

import product
from tests.support.measured import unmeasured

def in_thread(what):
    thread = Thread(target=what)
    thread.start()
    thread.join()

def in_process(name):
    subprocess.run([sys.executable, "-c", f"import product; product.{name}()"], check=True)

product.before()
for _time in range(3):
    with unmeasured():
        product.meanwhile()
        in_thread(product.in_a_thread_meanwhile)
        in_process("in_a_process_meanwhile")
product.after(True)
in_thread(product.in_a_thread_after)
in_process("in_a_process_after")
"""


def test_nothing_is_measured_meanwhile_and_everything_as_before_afterwards(tmp_path: Path) -> None:
    (tmp_path / "product.py").write_text(PRODUCT)
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "coverage.ini").write_text("[run]\nbranch = true\ninclude = product.py\npatch = subprocess\n")
    outer = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment = {**outer, "PYTHONPATH": f"{tmp_path}:{PROJECT}"}
    for command in ("run --rcfile=coverage.ini script.py", "combine --quiet", "json --quiet -o told.json"):
        arguments = [sys.executable, "-m", "coverage", *command.split()]
        subprocess.run(arguments, cwd=tmp_path, env=environment, check=True)
    (told,) = json.loads((tmp_path / "told.json").read_text())["files"].values()
    missing = {PRODUCT.splitlines()[line - 1].strip() for line in told["missing_lines"]}
    assert missing == {"return 2", "return 3", "return 4", "return 6"}
    assert [end for _begin, end in told["missing_branches"]] == [PRODUCT.splitlines().index("    return 6") + 1]


@pytest.mark.parametrize("name", UNMEASURED)
def test_what_is_not_measured_is_there(name: str) -> None:
    file, _, test = name.partition("::")
    assert (PROJECT / file).exists()
    assert f"def {test}" in ((PROJECT / file).read_text(encoding="utf-8") if test else "def ")
    assert not is_measured(f"{name}::test_it")


def test_the_second_run_on_the_other_database_is_measured_in_the_contracts_only() -> None:
    assert not is_measured("tests/integration/test_files.py::test_it[postgres-one]")
    assert is_measured("tests/integration/test_files.py::test_it[sqlite-one]")
    assert is_measured("tests/integration/test_migrations.py::test_on_postgres_it_is_the_same")
    assert is_measured("tests/contracts/test_storage_reads.py::test_it[postgres]")


def test_all_other_tests_are_measured() -> None:
    assert is_measured("tests/integration/test_sample.py::test_it")
    assert is_measured("tests/unit/web/test_texts.py::test_it")


def test_of_the_scenarios_about_a_third_is_measured_always_the_same() -> None:
    names = [f"tests/acceptance/test_workflows.py::test_场景{number}" for number in range(3_000)]
    measured = [name for name in names if is_measured(name)]
    assert 900 < len(measured) < 1_100
    assert measured == [name for name in names if is_measured(name)]
    assert all(is_measured(name.replace("acceptance", "contracts")) for name in names)
