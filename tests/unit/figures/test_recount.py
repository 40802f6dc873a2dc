"""Figures are recomputable: a script that reads an exported bundle and the definitions counts what the engine counts.

``make campaign`` compares 10,000 random (measure, instant, scope) triples; here are 300.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from engine.figures.chosen import Chosen
from engine.figures.survey import survey
from tests.oracle.questions import answer, tree_of
from tests.oracle.recount import CannotRecount, Recount, Recounted, main
from tests.oracle.written import Rules
from tests.support.lived_ledgers import Lived, lived
from tests.support.proved_rules import load_once
from tests.support.recount_bugs import BUGS, seeded
from tests.support.recounting import compared

SEED, TRIPLES = 8, 300
WORKFLOWS = Path(__file__).parents[3] / "workflows"


@pytest.fixture(scope="module")
def lives() -> Lived:
    return lived(load_once(WORKFLOWS).rulebook(), SEED, houses=4, moves=110)


@pytest.fixture(scope="module")
def recount(lives: Lived) -> Recount:
    return Recount(lives.bundle, Rules(WORKFLOWS))


def test_three_hundred_random_triples_are_counted_alike(lives: Lived, recount: Recount) -> None:
    found = compared(lives, recount, lives.instants, TRIPLES, Random(SEED))
    assert found.differences == []
    assert found.triples == TRIPLES
    assert found.scopes == {"whole", "unit", "category", "month", "session"}
    assert min(found.counted, found.lines) > TRIPLES / 5
    assert found.listed == TRIPLES / 5


def test_what_figures_are_gamed_by_happened_in_these_lives(lives: Lived, recount: Recount) -> None:
    moves = ("merge", "unmerge", "reassign", "redispatch", "grant_extension", "suspend_reply", "re_handle", "close")
    assert [move for move in moves if not lives.fired[move]] == []
    workflows = {body["opening"]["workflow"] for body in recount.entries if "opening" in body}
    assert workflows >= {"proposal", "grievance", "handling", "supervision", "inspection", "mediation", "hardship"}
    bases = {body["stated"]["basis"].partition(";")[2] for body in recount.entries if "stated" in body}
    assert bases == {"", "undated"}
    assert any("rungs" in body for body in recount.entries)


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_in_the_engines_figures_is_found_out(bug: str, lives: Lived, recount: Recount) -> None:
    with seeded(bug):
        assert compared(lives, recount, lives.instants, 1_200, Random(SEED), until_different=True).differences


def test_rolled_up_over_the_tree_merged_and_reassigned_cases_count_once(lives: Lived) -> None:
    at, branches = max(lives.instants), ({"works"}, {"plant", "workshop"}, {"canteen"}, {"finance"})
    for workflow in ("proposal", "grievance", "handling"):
        definition, cases = lives.definition(workflow), list(lives.facts(workflow, at))
        whole = survey(definition, cases, at)
        parts = [survey(definition, cases, at, chosen=Chosen(units=units)) for units in branches]
        sums = {column: sum(each.number(each.whole, column) or 0 for each in parts) for column in whole.columns}
        assert sums == {column: whole.number(whole.whole, column) for column in whole.columns}
        assert whole.number(whole.whole, "cases") == len(cases)
        # A unit is its branch alone: the upper one counts its own and those below, each once.
        both = survey(definition, cases, at, chosen=Chosen(units={"plant", "workshop"}))
        below = (whole.group("unit", "plant"), whole.group("unit", "workshop"))
        assert both.number(both.whole, "cases") == sum(whole.number(one, "cases") or 0 for one in below if one)
    merged = [case for case in lives.facts("proposal", at) if "merged" in case.held]
    reassigned = [case for case in lives.facts("proposal", at) if case.assignments > 1]
    assert merged
    assert reassigned


def test_the_script_prints_the_measures_of_a_scope(
    lives: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bundle.zip").write_bytes(lives.bundle)
    asked = ["bundle.zip", "--workflow", "proposal", "--as-of", "2026-02-01T01:30:00+08:00", "--scope", "unit=works"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["recount", *asked])
    main()
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "filing_rate" in [one["measure"] for one in said]
    assert {one["denominator"] for one in said if one["measure"] == "merge_reduction"} == {None}


def test_a_value_that_is_not_opened_is_not_taken_for_none(lives: Lived, recount: Recount) -> None:
    shut, at = Recount(without_openings(lives.bundle), recount.rules), max(lives.instants)
    assert shut.count("grievance", "reply_rate", at) == recount.count("grievance", "reply_rate", at)
    assert len(all_of(recount, "hardship", at)) > 1
    with pytest.raises(CannotRecount, match="the bundle does not open"):
        all_of(shut, "hardship", at)


def all_of(recount: Recount, workflow: str, at: datetime) -> list[Recounted]:
    """Return every measure of a workflow, counted again."""
    return [recount.count(workflow, measure, at) for measure in recount.rules.workflow(workflow)["measures"]]


def without_openings(bundle: bytes) -> bytes:
    """Return a bundle for somebody who may know nothing that is not public."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"[]" if name == "openings.jcs" else old.read(name))
    return made.getvalue()


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("a.due < a.end", False),
        ("a.end > a.due", False),
        ("a.due == null and a.end != null", True),
        ("not a.due in ['x'] or false", True),
        ("a.kind not in ['x', \"y\"]", True),
        ("a.kind in ['x', 'z'] and a.n + 2 * 3 == 8", True),
        ("-a.n == 0 - 2", True),
        ("a.n - 1 - 1 == 0", True),
        ("a.due + 1 == null", True),
        ("(a.n > 2 ? 'more' : a.n == 2 ? 'two' : 'less') == 'two'", True),
        ("a.n == 1 or a.n == 2 and a.kind == 'y'", False),
        ("not a.n == 1", True),
    ],
)
def test_questions_are_answered_as_the_handbook_says(question: str, answered: bool) -> None:
    known = {"a.due": None, "a.end": "2026-03-02", "a.kind": "z", "a.n": 2}
    assert answer(tree_of(question), known.__getitem__) is answered


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("a.b ==", "breaks off"),
        ("(a.b", "not closed"),
        ("a.b c.d", "'c.d' doing there"),
        ("a.b = 1", "cannot be read from 3"),
        ("a ? b", "two sides"),
    ],
)
def test_what_is_no_question_is_refused(question: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tree_of(question)
