"""A clock that jumps to and fro at any moment: no history goes back, no rung is raised twice or left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.clock_jumps import BUGS, jumped


def test_a_jumping_clock_neither_turns_a_history_back_nor_loses_or_repeats_a_rung(tmp_path: Path) -> None:
    jumps, found = jumped(tmp_path, 7, 40)
    assert jumps >= 40
    assert found.first == {}


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_bug_that_a_jumping_clock_brings_out_is_found(tmp_path: Path, bug: str) -> None:
    kind, put_in = BUGS[bug]
    with put_in():
        _jumps, found = jumped(tmp_path, 1, 60)
    assert found.wrong[kind]
