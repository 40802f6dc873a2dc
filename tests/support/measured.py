"""Which tests run without their coverage being measured: measuring doubles what they cost and tells nothing new.

What they run a thousand times over is measured where it is tested by itself, and what only they came to would count as
not covered: leaving them out makes the goals of coverage harder to meet, never easier.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Final
from zlib import crc32

UNMEASURED: Final = (
    "tests/acceptance/test_figures.py",
    "tests/architecture/",
    "tests/authorisation/",
    "tests/browser/",
    "tests/contracts/test_storage_case_rows.py::test_a_case_becomes_a_row_and_the_row_the_same_case",
    "tests/integration/test_canaries.py",
    "tests/integration/test_city_whole.py",
    "tests/integration/test_deliveries_workers.py",
    "tests/integration/test_fuzz.py",
    "tests/integration/test_keys_killed.py",
    "tests/integration/test_long_work.py::test_a_worker_that_is_killed_loses_nothing_and_nothing_is_done_twice",
    "tests/integration/test_simulated_year.py",
    "tests/integration/test_tamper_blind.py",
    "tests/integration/test_tamper_campaign.py",
    "tests/integration/test_uploads_killed.py",
)
"""How the names of these tests begin."""

PROJECT: Final = Path(__file__).parents[2]
OURS: Final = ("engine", "api", "web", "notifications", "documents", "runtime")
"""The folders of deploy/coverage.ini."""
RUN_ON_IMPORT: Final = ("engine.storage.migrations.",)
"""What Alembic runs, and nobody imports."""

TOLD_BY_OTHERS: Final = PROJECT / "tests" / "told_by_others.txt"
"""Tests, each by its name without parameters, of which a run of the whole has shown that others cover what they do."""

AGAIN: Final = ("tests/acceptance/", "tests/integration/")
"""Where a test on PostgreSQL runs what it ran on SQLite: what only PostgreSQL runs is measured by tests/contracts."""

SOME: Final = "tests/acceptance/"
"""Thousands of scenarios play the same few moves of the engine: some of them are measured, always the same ones."""

ONE_IN: Final = 3

OF_PROCESSES: Final = "COVERAGE_PROCESS_CONFIG"
"""By this variable coverage tells the processes that a test starts to measure themselves."""


def is_measured(nodeid: str) -> bool:
    """Tell whether the coverage of a test is measured."""
    return may_tell(nodeid) and nodeid.partition("[")[0] not in told_by_others()


@cache
def told_by_others() -> frozenset[str]:
    """Return the names in the list that ``make spared`` writes."""
    lines = TOLD_BY_OTHERS.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def may_tell(nodeid: str) -> bool:
    """Tell whether measuring a test could tell anything, by the rules that need no list."""
    is_again = nodeid.startswith(AGAIN) and "postgres" in nodeid.partition("[")[2]
    is_spared = nodeid.startswith(SOME) and crc32(nodeid.encode()) % ONE_IN != 0
    return not is_again and not is_spared and not nodeid.startswith(UNMEASURED)


def import_ours() -> None:
    """Import every module whose coverage is measured, but for those that run when they are imported."""
    for folder in OURS:
        for module in walk_packages([str(PROJECT / folder)], f"{folder}."):
            if not module.name.startswith(RUN_ON_IMPORT):
                import_module(module.name)


@contextmanager
def unmeasured() -> Iterator[None]:
    """Measure nothing in this thread, in threads and in processes that are started meanwhile.

    Coverage itself is not stopped: started again, it would install itself a second time for processes.
    """
    here, in_threads, in_processes = sys.gettrace(), threading.gettrace(), os.environ.pop(OF_PROCESSES, None)
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        if in_processes is not None:
            os.environ[OF_PROCESSES] = in_processes
        threading.settrace(in_threads)
        sys.settrace(here)
