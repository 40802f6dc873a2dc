"""Every column of every row changed, rows taken out and put in: verification finds each of it, and nothing where all is
well. In every check a sample, with each column of each table of the history in it; the campaign makes every change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Final

import pytest

from engine.service import tree_walk, verify_tree
from engine.storage.urls import sqlite_path
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT, House, open_house
from tests.support.sealing import behind_its_back, rules_of
from tests.support.tamper_classes import HISTORY
from tests.support.tampering import (
    a_sealed_house,
    attempts,
    everything_found,
    found_of_tables,
    on_a_roster,
    some_of,
    tamper,
)

ATTEMPTS: Final = 160
SEED: Final = 20261121
NOT_IN_A_SMALL_HOUSE: Final = {"attachment", "calendar_notice", "delegation", "deputation", "publication"}


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


@pytest.fixture
def house(any_database: str, keeper: Keeper) -> Iterator[House]:
    with open_house(any_database) as house:
        on_a_roster(house)
        a_sealed_house(house, keeper)
        yield house


def test_every_blind_change_is_found_or_refused_and_nothing_else(
    house: House, keeper: Keeper, any_database: str
) -> None:
    assert everything_found(house, keeper.key) == set()
    draw = Random(SEED)
    every = attempts(any_database, draw)
    assert {attempt.table for attempt in every} == set(HISTORY) - NOT_IN_A_SMALL_HOUSE
    chosen = some_of(every, ATTEMPTS, draw)
    result = tamper(any_database, house, keeper.key, chosen)
    assert [(one.table, one.column, one.kind) for one in result.missed] == [], f"seed {SEED}"
    assert result.refused + result.detected == len(chosen)
    assert result.detected > len(chosen) // 2
    assert everything_found(house, keeper.key) == set(), "every change was taken back"
    assert found_of_tables(house) == [], "and every trigger put back"


@pytest.mark.parametrize(
    ("attempt", "rules"),
    [
        (("leaf", "hash"), {"M4"}),
        (("leaf", "at"), {"M4"}),
        (("leaf", "seq"), {"M2", "M5"}),
        (("tree", "origin"), {"S6"}),
        (("tree", "first"), {"S6", "S4"}),
        (("checkpoint", "note"), {"S6"}),
        (("checkpoint", "peaks"), {"S6"}),
        (("checkpoint", "at"), {"S6"}),
        (("checkpoint", "n"), {"S5", "S7"}),
        (("unsealed", "at"), {"M6"}),
        (("unsealed", None), {"M2"}),
        (("leaf", None), {"M1", "M2"}),
    ],
)
def test_a_change_is_told_by_the_rule_it_breaks(
    house: House, keeper: Keeper, any_database: str, attempt: tuple[str, str | None], rules: set[str]
) -> None:
    table, column = attempt
    kind = "changed" if column else "taken out"
    # Drawn three times: what one draw puts into a column may be refused by the database every time.
    every = [one for more in range(3) for one in attempts(any_database, Random(SEED + more))]
    of_kind = [one for one in every if (one.table, one.column, one.kind) == (table, column or "", kind)]
    result = tamper(any_database, house, keeper.key, of_kind[-9:])
    assert result.missed == []
    assert set(result.by_rule) & rules, result.by_rule


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("INSERT INTO leaf SELECT root, idx + 100000, 'nobody', seq, at, hash FROM leaf WHERE idx = 1", "M5"),
        ('INSERT INTO unsealed SELECT root, at, "case", seq FROM leaf WHERE idx = 1', "M3"),
        ("INSERT INTO unsealed SELECT root, at, 'nobody', seq FROM leaf WHERE idx = 1", "M6"),
        ('INSERT INTO unsealed SELECT root, at + 1, "case", seq FROM unsealed', "M3"),
        (
            "INSERT INTO checkpoint SELECT root, n + 1, year, size + 9, at, peaks, note FROM checkpoint WHERE n = 3",
            "S6",
        ),
        ("INSERT INTO checkpoint SELECT root, n + 1, year, size, at, peaks, note FROM checkpoint WHERE n = 3", "S2"),
        ("INSERT INTO tree SELECT root, year + 1, first + 5, origin FROM tree", "S7"),
        ("INSERT INTO tree SELECT root, year - 1, first, origin FROM tree", "S6"),
    ],
)
def test_what_is_put_in_is_found(house: House, keeper: Keeper, any_database: str, statement: str, rule: str) -> None:
    with behind_its_back(any_database) as change:
        change(statement)
    assert rule in rules_of(house, keeper.key)


HOSTILE: Final = (
    "UPDATE leaf SET hash = zeroblob(32) WHERE idx = 2",
    "UPDATE leaf SET at = 'never' WHERE idx = 2",
    "UPDATE leaf SET \"case\" = x'00' WHERE idx = 2",
    "UPDATE leaf SET idx = 'two' WHERE idx = 2",
    "UPDATE tree SET first = 'here'",
    "UPDATE tree SET year = 'now', origin = x'ff'",
    "UPDATE checkpoint SET size = 'all'",
    "UPDATE checkpoint SET size = -5",
    "UPDATE checkpoint SET size = 9000000000000000000",
    "UPDATE checkpoint SET n = 'x' || n",
    "UPDATE checkpoint SET note = x'ff00', peaks = x'00'",
    "UPDATE checkpoint SET note = '', peaks = 'zz', at = 'x'",
    "UPDATE checkpoint SET note = replace(note, '— ', '— — ')",
    "UPDATE unsealed SET at = 'soon'",
    "UPDATE unsealed SET \"case\" = x'00', seq = 'x'",
    "UPDATE ledger_entry SET body = 'text' WHERE seq = 1",
    "UPDATE ledger_entry SET body = x'7b'",
    "UPDATE ledger_entry SET \"case\" = x'0102' WHERE rowid = 3",
    "DELETE FROM tree",
    "DELETE FROM checkpoint",
    "DELETE FROM leaf",
    "DELETE FROM ledger_entry",
)


def test_whatever_stands_in_the_columns_ends_in_a_finding_and_never_in_an_exception(
    sqlite_database: str, keeper: Keeper
) -> None:
    path = sqlite_path(sqlite_database)
    assert path is not None
    with open_house(sqlite_database) as house, closing(sqlite3.connect(":memory:")) as kept:
        a_sealed_house(house, keeper)
        with closing(sqlite3.connect(path)) as file:
            file.backup(kept)
        unfound = []
        for statement in HOSTILE:
            with behind_its_back(sqlite_database) as change:
                change("PRAGMA ignore_check_constraints = 1")
                change(statement)
            if not verify_tree.verify_tree(house.desk.reads, ROOT, key=keeper.key).findings:
                unfound.append(statement)
            with closing(sqlite3.connect(path)) as file:
                kept.backup(file)
        assert unfound == []
        assert rules_of(house, keeper.key) == set()


@pytest.mark.parametrize(
    ("module", "name", "missed"),
    [
        (verify_tree._Places, "_same_instant", ("unsealed", "at")),
        (tree_walk.TreeWalk, "_all_covered", ("checkpoint", None)),
    ],
)
def test_the_harness_sees_a_rule_that_was_forgotten(
    house: House,
    keeper: Keeper,
    any_database: str,
    monkeypatch: pytest.MonkeyPatch,
    module: type,
    name: str,
    missed: tuple[str, str | None],
) -> None:
    """A negative control: without the rule, what only it finds is reported as missed."""
    table, column = missed
    kinds = {"changed"} if column else {"taken out", "cut off"}
    every = attempts(any_database, Random(SEED))
    chosen = [one for one in every if (one.table, one.column) == (table, column or "") and one.kind in kinds]
    monkeypatch.setattr(module, name, lambda *_arguments: None)
    result = tamper(any_database, house, keeper.key, chosen)
    assert result.missed
    assert {(one.table, one.column) for one in result.missed} == {(table, column or "")}
