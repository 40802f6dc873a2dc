"""A server whose disk is really full refuses in words, says when to come again, and goes on by itself with room."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.power import Found
from benchmarks.room import STUCK, NoSpaceError, a_space, filled


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    try:
        with a_space(tmp_path, tmp_path / "empty"):
            pass
    except (NoSpaceError, FileNotFoundError) as error:
        pytest.skip(f"nobody is given a file system of their own here: {error}")
    return tmp_path / "hunt"


def test_a_server_without_room_loses_nothing_says_so_and_goes_on_when_there_is_room(place: Path) -> None:
    found = Found()
    asked = filled(place, 2, 7, found)
    assert found.first == {}
    assert (found.states, found.verified) == (2, 1)
    assert asked > 20


def test_a_server_that_ends_where_there_is_no_room_is_found_out(place: Path) -> None:
    found = Found()
    filled(place, 1, 7, found, bug="a full disk stops the server")
    assert STUCK in found.first
