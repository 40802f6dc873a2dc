"""The table of a campaign: what each hunt found, which bugs put in on purpose it caught, and what counts as missed."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from benchmarks import campaign_trust
from benchmarks.hunting import all_bugs, bug, bug_everywhere, caught, hunted, table_of
from benchmarks.report import Results
from engine.ledger import chain


def a_hunt(results: Results, found: int) -> None:
    results.add("7 questions: answered wrongly", found, "", "0", met=found == 0)


def test_a_hunt_that_finds_nothing_and_catches_its_bugs_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    results = Results(command="make campaign")
    over = hunted("matrix", results, lambda: a_hunt(results, 0), lambda: caught(results, "matrix", {"one": True}))
    assert (over.verdict, over.bugs) == ("met", "1/1")
    assert [row.met for row in results.rows] == [True, True, None]
    line = table_of([over]).splitlines()[2]
    assert line.startswith("| matrix | 7 questions | answered wrongly | 0 | 1/1 | ")
    assert line.endswith(" | met |")
    assert "7 questions" in capsys.readouterr().out


def test_a_bug_that_is_not_caught_fails_the_hunt_and_is_named() -> None:
    results = Results(command="make campaign")
    bugs = {"one": True, "two": False}
    over = hunted("idor", results, lambda: a_hunt(results, 0), lambda: caught(results, "idor", bugs))
    assert (over.verdict, over.bugs) == ("MISSED", "1/2")
    (row,) = over.controls
    assert (row.value, row.goal, row.met, row.note) == (1, "2", False, "not found: two")


def test_a_hunt_that_breaks_off_is_one_that_missed_and_the_others_go_on() -> None:
    def breaks() -> None:
        raise KeyError("gone")

    results = Results(command="make campaign")
    over = hunted("fuzz", results, breaks, None)
    assert (over.verdict, over.bugs) == ("MISSED", "–")
    assert results.rows[0].note == "KeyError: 'gone'"


@pytest.mark.parametrize(("bugs", "met"), [(19, False), (20, True)])
def test_all_hunts_together_catch_ten_bugs_at_least(bugs: int, met: bool) -> None:
    results = Results(command="make campaign")
    names = {f"bug {number}": True for number in range(bugs)}
    over = hunted("canary", results, lambda: a_hunt(results, 0), lambda: caught(results, "canary", names))
    all_bugs(results, [over])
    assert (results.rows[-1].value, results.rows[-1].met) == (bugs, met)


def test_a_bug_is_gone_when_its_block_is_over() -> None:
    names = vars(importlib.import_module("engine.case.decide"))
    right = names["may_see"]
    with bug(["engine.case.decide.may_see"], len):
        assert names["may_see"] is len
    assert names["may_see"] is right


def test_a_bug_everywhere_stands_in_every_module_that_knows_the_function() -> None:
    modules = [vars(importlib.import_module(f"engine.ledger.{name}")) for name in ("chain", "replay", "entries")]
    knowing = [names for names in modules if "entry_hash" in names]
    right = chain.entry_hash
    with bug_everywhere(right, len):
        assert [names["entry_hash"] for names in knowing] == [len] * len(knowing)
    assert len(knowing) > 1
    assert [names["entry_hash"] for names in knowing] == [right] * len(knowing)


def test_every_hunt_about_rights_and_proofs_has_bugs_to_catch() -> None:
    assert {"matrix", "idor", "canary", "fuzz", "offline"} <= campaign_trust.CONTROLS.keys()
    assert campaign_trust.CONTROLS.keys() <= campaign_trust.HUNTS.keys()
    assert "tamper" in campaign_trust.HUNTS
    assert "caught(results" in (Path(__file__).parents[2] / "benchmarks/tampering.py").read_text("utf-8")
