"""The measurements of the ledger measure what they say: that many entries, lives as long as claimed, all verified."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks import ledgers as ledgers_module
from benchmarks.ledgers import LIFE_ENTRIES, ledgers, live, million
from benchmarks.report import Results
from benchmarks.stand import Stand

OF_CASES = """SELECT "case", count(*) FROM ledger_entry WHERE "case" NOT LIKE 'system:%' GROUP BY "case\""""


def lives(database: Path) -> list[int]:
    """Return how many entries each case has, asked behind the engine's back."""
    with closing(sqlite3.connect(database)) as plain:
        return [count for _case, count in plain.execute(OF_CASES)]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand.build(f"sqlite:///{tmp_path}/banjie.db", 6)
    yield stand
    stand.close()


def test_every_case_lives_as_long_as_is_claimed_and_no_longer(stand: Stand, tmp_path: Path) -> None:
    live(stand, 6)
    assert lives(tmp_path / "banjie.db") == [5] * 6
    live(stand, 6)
    assert lives(tmp_path / "banjie.db") == [LIFE_ENTRIES] * 6


def test_a_life_that_was_interrupted_goes_on_where_it_stopped(stand: Stand, tmp_path: Path) -> None:
    stand.bulk(stand.moves("plain_steps", stand.cases["plain_steps"][:2], "take"))
    live(stand, 6)
    assert lives(tmp_path / "banjie.db") == [5] * 6


def test_a_stand_that_is_opened_again_finds_nothing_to_give_back(stand: Stand, tmp_path: Path) -> None:
    live(stand, 6)
    assert [stand.settle(workflow, cases) for workflow, cases in stand.cases.items()] == [0, 0]
    assert lives(tmp_path / "banjie.db") == [5] * 6


def test_every_row_of_the_table_is_measured_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers_module, "ROUNDS", 1)
    results = Results(command="make bench")
    ledgers(results, entries=100, bundled=40, home=tmp_path)
    rows = {row.name: row for row in results.rows}
    sealed = next(name for name in rows if name.startswith("seal "))
    assert int(sealed.split()[1]) >= 100
    assert [name for name in rows if name != sealed] == [
        "hashing 100 entries and their tree / a bare loop of SHA-256",
        "verify.py, offline, a bundle of 40 entries",
        "banjie verify, 100 entries of 20 cases",
        "banjie verify, 100 entries of 20 cases, memory of a process",
    ]
    assert rows["banjie verify, 100 entries of 20 cases"].goal == "", "start-up weighs too much in so few"
    assert "SIZE=million" in rows["banjie verify, 100 entries of 20 cases"].note
    assert list(tmp_path.iterdir()) == []


def test_the_large_ledger_is_kept_and_verified_again(tmp_path: Path) -> None:
    results = Results(command="make bench SIZE=million")
    for _run in range(2):
        million(results, entries=50, home=tmp_path)
        assert lives(tmp_path / "ledgers" / "10" / "banjie.db") == [5] * 10
    assert [row.name for row in results.rows[::2]] == ["banjie verify, 50 entries of 10 cases"] * 2
