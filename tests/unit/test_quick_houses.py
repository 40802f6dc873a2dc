"""What makes thousands of houses of tests quick: folders in memory, and rules that were compiled once."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.in_memory import ROOM, folders_in_memory
from tests.support.proved_rules import load_once


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here nobody has named a folder yet, and what a test names is forgotten after it."""
    monkeypatch.setenv("TMPDIR", "")
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.mark.parametrize(
    ("free", "flags", "used"),
    [(ROOM, 0, True), (ROOM - 1, 0, False), (ROOM, os.ST_NOEXEC, False)],
    ids=["room enough", "too little room", "no programs there"],
)
def test_folders_lie_in_memory_where_there_is_room_and_programs_may_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, flags: int, *, used: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_flag=flags))
    folders_in_memory(tmp_path)
    assert (os.environ.get("TMPDIR") == str(tmp_path)) is used
    assert (tempfile.gettempdir() == str(tmp_path)) is used


def test_whoever_names_a_folder_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "named"
    named.mkdir()
    monkeypatch.setenv("TMPDIR", str(named))
    folders_in_memory(tmp_path)
    assert tempfile.gettempdir() == str(named)


def test_a_system_without_such_a_folder_keeps_its_own(tmp_path: Path) -> None:
    folders_in_memory(tmp_path / "none")
    assert "TMPDIR" not in os.environ


def test_rulebooks_of_the_same_texts_share_what_was_compiled_and_of_changed_ones_do_not() -> None:
    rules = load_once(Path("workflows"))
    first, second = rules.rulebook().for_new("proposal"), rules.rulebook().for_new("proposal")
    assert first is second
    changed = rules.workflows[0].model_copy()
    other = type(rules)(workflows=(changed, *rules.workflows[1:]), lists=rules.lists, calendar=rules.calendar)
    assert other.rulebook().for_new(changed.name) is not rules.rulebook().for_new(changed.name)
    assert other.rulebook().for_new(changed.name).workflow is changed
