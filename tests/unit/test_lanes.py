"""Hunts in processes of their own: each hands on what it wrote, one that falls counts as missed, none outlives them."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

from benchmarks.lanes import carried_out

ROW = {"value": 0, "unit": "", "goal": "0", "met": True, "command": "make campaign", "note": ""}
SCRIPT = f"""
import json, pathlib, sys, time
name, output = sys.argv[1], pathlib.Path(sys.argv[3])
output.with_suffix(".began").write_text(str(__import__("os").getpid()))
if name == "falls":
    sys.exit(3)
if name == "long":
    time.sleep(60)
rows = [dict({ROW!r}, name="7 questions: wrong"), dict({ROW!r}, name="time taken", unit="min", value=1.5, met=None)]
output.write_text(json.dumps(rows))
"""


def command(folder: Path) -> list[str]:
    script = folder / "hunt.py"
    script.write_text(SCRIPT, encoding="utf-8")
    return [sys.executable, str(script)]


def test_each_hunt_hands_on_what_it_wrote(tmp_path: Path) -> None:
    over = {hunt.name: hunt for hunt in carried_out(["one", "two", "three"], command(tmp_path), tmp_path)}
    assert set(over) == {"one", "two", "three"}
    assert {(hunt.minutes, hunt.verdict, len(hunt.rows)) for hunt in over.values()} == {(1.5, "met", 2)}
    assert json.loads((tmp_path / "two.json").read_text("utf-8"))[0]["name"] == "7 questions: wrong"


def test_a_hunt_whose_process_falls_has_missed_and_the_others_go_on(tmp_path: Path) -> None:
    over = {hunt.name: hunt for hunt in carried_out(["falls", "one", "two"], command(tmp_path), tmp_path)}
    assert {name: hunt.verdict for name, hunt in over.items()} == {"falls": "MISSED", "one": "met", "two": "met"}
    (row,) = over["falls"].rows
    assert row.name == "falls: broken off"
    assert row.note.startswith("its process ended with 3 ")


def test_no_hunt_outlives_who_asked_for_it(tmp_path: Path) -> None:
    with closing(carried_out(["long", "one"], command(tmp_path), tmp_path)) as hunts:
        assert next(hunts).name == "one"
        process = int((tmp_path / "long.began").read_text("ascii"))
        os.kill(process, 0)
    for _turn in range(100):
        with suppress(ProcessLookupError):
            os.kill(process, 0)
            time.sleep(0.01)
            continue
        return
    raise AssertionError("the process of a hunt goes on")
