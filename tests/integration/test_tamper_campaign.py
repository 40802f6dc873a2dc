"""The tamper campaign in small: each scenario of the handbook once, flipped bits, old copies, drawn houses that nobody
touched, and bugs in verification that it must catch. The whole is ``make campaign --only tamper``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from tests.support.drawn_lives import LATE_IN_THE_YEAR, Life, a_founded_house, a_life, restored
from tests.support.house import ROOT
from tests.support.tamper_bugs import BUGS, seeded
from tests.support.tamper_files import all_history, copied_keys, flip_bits, old_keys_are_found, old_tables_unfound
from tests.support.tamper_ground import Ground, a_ground
from tests.support.tamper_scenarios import EXPECTED, played
from tests.support.tampering import attempts, everything_found, some_of, tamper

SEED = 20261121


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with a_ground(tmp_path_factory.mktemp("ground")) as ground:
        yield ground


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder = tmp_path_factory.mktemp("lives")
    with a_life(a_founded_house(folder / "founded"), folder / "lived", SEED) as life:
        life.go(12)
        life.have_a_file()
        life.seal()
        life.beat()
        life.seal()
        life.go(4)
        yield life


@pytest.mark.parametrize("name", EXPECTED)
def test_a_scenario_is_found_by_what_the_handbook_says_and_by_nothing_else(ground: Ground, name: str) -> None:
    expected = EXPECTED[name]
    assert played(ground, name, Random(SEED)) == (expected.alone, expected.by_evidence)


def test_a_drawn_history_has_no_finding_and_every_sampled_change_of_it_has(life: Life) -> None:
    key = life.keeper.key
    assert everything_found(life.house, key) == set(), life.log
    draw = Random(SEED)
    result = tamper(life.url, life.house, key, some_of(attempts(life.url, draw), 0, draw))
    assert [(one.table, one.column, one.kind) for one in result.missed] == [], life.log
    assert result.detected > result.refused > 0


def test_flipped_bits_are_found_or_change_nothing(life: Life, tmp_path: Path) -> None:
    done = flip_bits(life.opened.desk, life.keeper.key, life.url, tmp_path, 25, Random(SEED))
    assert (done.missed, done.crashed) == ([], [])
    assert done.outcomes.total() == 25
    assert done.outcomes["verification"] > 0


def test_old_copies_of_tables_and_keys_are_found(life: Life, tmp_path: Path) -> None:
    old = all_history(life.url)
    copied_keys(life, tmp_path / "keys")
    life.go(8)
    while not life.erase():
        life.step()
    life.seal()
    assert everything_found(life.house, life.keeper.key) == set(), life.log
    tried, unfound = old_tables_unfound(life, life.keeper.key, old, [("cases", "span", "deadline")])
    assert unfound == []
    assert tried > 4
    assert old_keys_are_found(life, tmp_path / "keys", tmp_path / "old")


def test_drawn_houses_that_nobody_touched_have_no_finding_nor_have_their_restored_back_ups(tmp_path: Path) -> None:
    founded = a_founded_house(tmp_path / "founded", LATE_IN_THE_YEAR)
    for number in range(3):
        with a_life(founded, tmp_path / str(number), SEED + number, LATE_IN_THE_YEAR) as life:
            life.go(10)
            life.seal()
            assert everything_found(life.house, life.keeper.key) == set(), life.log
            if number == 0:
                with restored(life, tmp_path / "restored") as opened:
                    assert everything_found(life.house_of(opened), life.keeper.key) == set(), life.log


def test_what_waited_over_the_turn_of_the_year_to_be_sealed_was_not_back_dated(tmp_path: Path) -> None:
    """The worker stood still for two weeks: what tells of the old year's end is sealed ahead of what is older."""
    founded = a_founded_house(tmp_path / "founded", LATE_IN_THE_YEAR)
    with a_life(founded, tmp_path / "life", SEED, LATE_IN_THE_YEAR) as life:
        while not life.open_case():
            pass
        life.seal()
        for day in (3, 9):
            life.clock.set(datetime(2026, 1, day, tzinfo=UTC))
            while not life.open_case():
                pass
        life.clock.set(datetime(2026, 1, 17, tzinfo=UTC))
        life.seal()
        assert len(life.opened.desk.reads.checkpoints(ROOT, after=0, limit=9)) >= 3
        assert everything_found(life.house, life.keeper.key) == set()


@pytest.mark.parametrize(
    ("bug", "scenario"),
    [
        ("signatures are not looked at", "TS2"),
        ("checkpoints kept elsewhere are not held against the tree", "TS13 older"),
        ("values are not held against their commitments", "other words"),
    ],
)
def test_a_bug_of_verification_makes_a_scenario_go_otherwise(ground: Ground, bug: str, scenario: str) -> None:
    expected = EXPECTED[scenario]
    with seeded(bug):
        assert played(ground, scenario, Random(SEED)) != (expected.alone, expected.by_evidence)


@pytest.mark.parametrize(
    ("bug", "table", "column"),
    [
        ("deadlines are not held against the case's clocks", "deadline", "due_at"),
        ("the house is not held against the ledger", "granting", "role"),
        ("an organisation that is gone is not missed", "directory_epoch", "root"),
        ("files are not looked at", "attachment", "address"),
    ],
)
def test_a_bug_of_verification_makes_changes_go_unfound(life: Life, bug: str, table: str, column: str) -> None:
    draw = Random(SEED)
    of_column = [one for one in attempts(life.url, draw) if (one.table, one.column) == (table, column)]
    with seeded(bug):
        result = tamper(life.url, life.house, life.keeper.key, of_column[:6])
    assert result.missed


def test_every_bug_names_what_is_there_to_be_broken() -> None:
    for name in BUGS:
        with seeded(name):
            pass
    assert len(BUGS) >= 3
