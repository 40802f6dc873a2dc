"""Verification reads what the real stores keep, on both databases alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, LiteralString

import psycopg
import pytest

from engine.service.verify import Verification, verify
from engine.storage.urls import postgres_url, sqlite_path
from tests.support.house import ROOT, House, open_house
from tests.support.storage import table

TAMPERING: Final[tuple[LiteralString, ...]] = (
    "UPDATE cases SET state = 'closed' WHERE state = 'filed'",
    "UPDATE span SET value = 'refused' WHERE kind = 'field:review_outcome'",
    "DELETE FROM deadline",
    "DELETE FROM private_value WHERE path = 'fields/grounds'",
    'INSERT INTO private_value SELECT root, "case", 77, path, key, ciphertext FROM private_value',
)


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        house.filed()
        house.open("zhai")
        yield house


def run(url: str, statement: str) -> None:
    """Change the database behind the engine's back."""
    path = sqlite_path(url)
    if path is not None:
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(statement)
        return
    with psycopg.connect(postgres_url(url)) as connection:
        connection.execute(statement)


def verified(house: House) -> Verification:
    desk = house.desk
    return verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer)


def test_what_real_commands_leave_verifies_clean(house: House, any_database: str) -> None:
    result = verified(house)
    assert result.findings == ()
    [(facts,)] = table(any_database, "SELECT count(*) FROM ledger_entry WHERE \"case\" LIKE 'system:%'")
    assert (result.cases, result.entries - facts) == (2, 5)


def test_changes_behind_the_engines_back_are_found(house: House, any_database: str) -> None:
    found: list[set[str]] = []
    for statement in TAMPERING:
        run(any_database, statement)
        found.append({str(finding.rule) for finding in verified(house).findings})
    assert found == [{"P1"}, {"P1", "P2"}, {"P1", "P2", "P3"}, {"P1", "P2", "P3", "V1"}, {"P1", "P2", "P3", "V1", "V6"}]


def test_an_id_that_is_no_text_in_a_damaged_file_is_found_and_ends_nothing(tmp_path: Path) -> None:
    """One flipped bit in the head of a record turns a text into bytes; PostgreSQL keeps types apart."""
    url = f"sqlite:///{tmp_path / 'house.db'}"
    with open_house(url) as house:
        house.filed()
        run(url, 'UPDATE span SET "case" = CAST("case" AS BLOB) WHERE kind = \'state\'')
        found = [finding for finding in verified(house).findings if str(finding.rule) == "E3"]
        assert found[0].text.zh.startswith("表中的事项编号 b'")
        assert found[0].text.zh.endswith("不是文字")
