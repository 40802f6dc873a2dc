"""A program at work is watched, and what could stand on its disk after each call is opened: nothing it told is lost."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.power import looked_at
from benchmarks.power_trace import may_watch


@pytest.fixture
def room() -> Iterator[Path]:
    if not may_watch():
        pytest.skip("there is no strace here that may watch: deploy/packages.txt names the package")
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_whatever_a_loss_of_power_leaves_holds_all_that_was_told(room: Path) -> None:
    found = looked_at(room, 7, 6, verified_of=150)
    assert dict(found.first) == {}
    assert found.states > 300
    assert found.verified >= 2


def test_a_program_that_tells_before_it_is_on_the_disk_is_found_out(room: Path) -> None:
    found = looked_at(room, 7, 4, bug="told before it is on the disk")
    assert found.wrong["lost"] > 0
