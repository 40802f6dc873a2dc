"""The database of a large measurement is built once: an interrupted build goes on, a finished one is used again."""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import growth as growth_module
from benchmarks import stand as stand_module
from benchmarks.growth import growth
from benchmarks.kept import TOLD_EVERY_SECONDS, Kept, Telling, progress_line, stand_of
from benchmarks.report import Results

CASES = 240


def nobody_listens(_text: str) -> None:
    """Take what is said to a person, where a test does not look at it."""


def must_not_build(done: int) -> None:
    raise AssertionError(f"something was built: {done} cases")


def stop_at(count: int) -> Callable[[int], None]:
    """Return a progress that is interrupted, as by Ctrl-C, once there are so many cases."""

    def progress(done: int) -> None:
        if done >= count:
            raise KeyboardInterrupt

    return progress


def counted(database: Path, what: str) -> list[tuple[object, ...]]:
    """Ask the database behind the engine's back."""
    with closing(sqlite3.connect(database)) as plain:
        return plain.execute(what).fetchall()


def build(kept: Kept) -> None:
    kept.stand(nobody_listens, lambda _done: None).close()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setattr(stand_module, "BATCH", 50)
    return Kept(cases=CASES, home=tmp_path)


def test_an_interrupted_build_goes_on_where_it_stopped_and_makes_nothing_twice(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_module, "BATCH", 40)
    with pytest.raises(KeyboardInterrupt):
        kept.stand(nobody_listens, stop_at(80))
    assert counted(kept.database, "SELECT workflow, count(*) FROM cases GROUP BY workflow") == [("plain_steps", 80)]
    before = set(counted(kept.database, "SELECT id FROM cases"))

    monkeypatch.setattr(stand_module, "BATCH", 50)
    told: list[int] = []
    kept.stand(nobody_listens, told.append).close()
    # One batch of 50 back from 80, so from 30 on; the second workflow begins at 120.
    assert told == [80, 120, 170, 220, 240]
    assert before < set(counted(kept.database, "SELECT id FROM cases"))
    assert counted(
        kept.database,
        "SELECT workflow, count(*), count(DISTINCT subject) FROM cases GROUP BY workflow ORDER BY workflow",
    ) == [("plain_steps", 120, 120), ("real_steps", 120, 120)]
    assert counted(kept.database, "SELECT count(*) FROM ledger_entry WHERE \"case\" NOT LIKE 'system:%'") == [(CASES,)]


def test_a_finished_database_is_used_again_and_nothing_is_built(kept: Kept) -> None:
    build(kept)
    before = counted(kept.database, "SELECT id, version FROM cases ORDER BY id")
    said: list[str] = []
    kept.stand(said.append, must_not_build).close()
    assert said == []
    assert counted(kept.database, "SELECT id, version FROM cases ORDER BY id") == before


@pytest.mark.parametrize("other", ["definitions", "schema", "cases"])
def test_a_database_built_from_something_else_is_built_anew_and_that_is_said(kept: Kept, other: str) -> None:
    build(kept)
    before = set(counted(kept.database, "SELECT id FROM cases"))
    stamp = kept.folder / "ready.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text(encoding="utf-8")), other: "x"}), encoding="utf-8")
    said: list[str] = []
    kept.stand(said.append).close()
    assert "built anew" in said[0]
    after = set(counted(kept.database, "SELECT id FROM cases"))
    assert len(after) == CASES
    assert before.isdisjoint(after)


def test_a_database_without_a_stamp_that_can_be_read_is_built_anew(kept: Kept) -> None:
    build(kept)
    before = set(counted(kept.database, "SELECT id FROM cases"))
    (kept.folder / "ready.json").write_text('{"cases": 2', encoding="utf-8")
    build(kept)
    assert before.isdisjoint(counted(kept.database, "SELECT id FROM cases"))


def test_what_it_is_built_from_changes_with_definitions_and_migrations(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(kept)
    stamp = json.loads((kept.folder / "ready.json").read_text(encoding="utf-8"))
    for path in stand_module.DEFINITIONS.rglob("*.yaml"):
        copy = tmp_path / "definitions" / path.relative_to(stand_module.DEFINITIONS)
        copy.parent.mkdir(parents=True)
        copy.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    monkeypatch.setattr(stand_module, "DEFINITIONS", tmp_path / "definitions")
    build(kept)
    changed = json.loads((kept.folder / "ready.json").read_text(encoding="utf-8"))
    assert changed["definitions"] != stamp["definitions"]
    assert (changed["schema"], changed["cases"], changed["ready"]) == (stamp["schema"], CASES, True)


def test_every_run_finds_all_cases_waiting_however_the_last_one_ended(kept: Kept) -> None:
    build(kept)
    with closing(kept.stand(nobody_listens, must_not_build)) as stand:
        stand.bulk(stand.commands("plain_steps", 100)[:7])
        stand.bulk(stand.commands("real_steps", 100))
    in_hand = "SELECT workflow, count(*) FROM cases WHERE state = 'working' GROUP BY workflow ORDER BY workflow"
    assert counted(kept.database, in_hand) == [("plain_steps", 7), ("real_steps", 100)]
    with closing(kept.stand(nobody_listens, must_not_build)) as stand:
        assert counted(kept.database, in_hand) == []
        stand.bulk(stand.commands("plain_steps", 100))
    assert counted(kept.database, in_hand) == [("plain_steps", 100)]
    # Opened; 7 and 100 taken, all of these given back, 100 taken: no key was used by two runs.
    assert counted(kept.database, "SELECT count(*) FROM ledger_entry WHERE \"case\" NOT LIKE 'system:%'") == [
        (CASES + 2 * 107 + 100,)
    ]


def test_only_a_large_database_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_module, "BATCH", 50)
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    scratch.mkdir()
    stand_of(119, scratch, home=home, kept_from=120).close()
    assert (scratch / "banjie.db").exists()
    assert not home.exists()
    stand_of(120, tmp_path, home=home, kept_from=120).close()
    assert counted(home / "120" / "banjie.db", "SELECT count(*) FROM cases") == [(120,)]
    assert not (tmp_path / "banjie.db").exists()


def test_a_size_with_a_name_is_kept_under_it() -> None:
    assert Kept(cases=1_000_000).folder == Path("build/bench/million")
    assert Kept(cases=250_000).folder == Path("build/bench/250000")


def test_a_size_is_a_name_or_a_number_of_cases() -> None:
    assert bench.size("million") == ("million", 1_000_000)
    assert bench.size("2000") == ("2000", 2000)
    for wrong in ("0", "-5", "many", "1e6", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="a number of cases"):
            bench.size(wrong)


def test_the_time_that_is_left_is_told_at_the_rate_of_this_run() -> None:
    # 200,000 in 40 s are 5,000 per s; 750,000 are left.
    line = "250,000 of 1,000,000 cases, 5,000 per s, 2 min 30 s left"
    assert progress_line(250_000, 1_000_000, 200_000, 40.0) == line
    assert progress_line(50_000, 1_000_000, 0, 0.0) == "50,000 of 1,000,000 cases"


def test_a_build_tells_how_far_it_is_now_and_then_and_on_a_terminal_always() -> None:
    def lines(*, on_terminal: bool) -> list[str]:
        said: list[str] = []
        now = 0.0
        telling = Telling(whole=1000, clock=lambda: now, say=said.append, on_terminal=on_terminal)
        for done in (200, 300, 400, 1000):
            telling(done)
            now += TOLD_EVERY_SECONDS / 2
        return said

    assert lines(on_terminal=False) == [
        "200 of 1,000 cases\n",
        # The 200 that were there at first took no time of this run: 200 in 10 seconds, so 30 more for 600.
        "400 of 1,000 cases, 20 per s, 0 min 30 s left\n",
        "1,000 of 1,000 cases, 53 per s, 0 min 0 s left\n",
    ]
    on_terminal = lines(on_terminal=True)
    assert [line.startswith("\r") for line in on_terminal] == [True] * 4
    assert [line.endswith("\n") for line in on_terminal] == [False, False, False, True]


def test_what_size_costs_is_told_without_a_goal(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(growth_module, "ROUNDS", 3)
    build(kept)
    results = Results(command="make bench SIZE=240")
    growth(results, kept, tmp_path, steps=4, small_cases=10)
    rows = {row.name: row for row in results.rows}
    assert list(rows) == [
        "240 cases: open the database",
        "240 cases: file per case",
        "step in 240 cases / in 10, one caller, plain",
        "step in 240 cases / in 10, one caller, real",
        "step in 240 cases / in 10, 16 callers, plain",
        "step in 240 cases / in 10, 16 callers, real",
    ]
    assert {(row.goal, row.met) for row in rows.values()} == {("", None)}
    assert all(row.value > 0 for row in rows.values())
    assert counted(kept.database, "SELECT count(*) FROM cases") == [(CASES,)]
    # 3 rounds, 2 ways, 4 steps of each workflow in the large database.
    assert counted(kept.database, "SELECT count(*) FROM cases WHERE state = 'working'") == [(3 * 2 * 4 * 2,)]
    assert "MISSED" not in capsys.readouterr().out
