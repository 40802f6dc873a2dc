"""The map of what the five documents ask for is whole, points to what there is, and its page is fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.definition.rulebook import Rulebook
from tests.support.proved_rules import load_once
from tests.support.seed_map import PAGE, PROJECT, SeedMap, seed_map, written

ROWS_OF = {"Q0": 5, "Q1": 8, "Q2": 5, "Q3": 11, "Q4": 8}
"""So many things each document asks for; adjoining sentences that ask for one thing are one row."""


@pytest.fixture(scope="module")
def held() -> SeedMap:
    return seed_map()


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load_once(PROJECT / "workflows").rulebook()


def test_every_row_stands_there_once_in_order(held: SeedMap) -> None:
    assert [row.id for row in held.rows] == [
        f"{seed}.{n}" for seed, rows in ROWS_OF.items() for n in range(1, rows + 1)
    ]
    assert list(held.seeds) == list(ROWS_OF)


def test_every_row_is_fulfilled_by_something_or_says_what_is_open(held: SeedMap, rules: Rulebook) -> None:
    for row in held.rows:
        assert row.workflows or row.pages or row.features or row.open, row.id
        assert set(row.workflows) <= set(rules.names()), row.id
        for folder in (*(f"features/{name}" for name in row.workflows), *row.features):
            assert any((PROJECT / folder).rglob("*.feature")), f"{row.id}: {folder}"


def test_every_page_named_there_is_an_address_of_the_site(held: SeedMap) -> None:
    sources = "\n".join(file.read_text("utf-8") for file in (PROJECT / "web").rglob("*.py"))
    addresses = set(re.findall(r'"(/[a-z-]+)"', sources))
    for row in held.rows:
        assert set(row.pages) <= addresses, row.id


def test_the_page_is_what_the_map_makes(held: SeedMap, rules: Rulebook) -> None:
    assert PAGE.read_text("utf-8") == written(held, rules), "run: make seed-map"


def test_every_workflow_that_people_open_fulfils_something(held: SeedMap, rules: Rulebook) -> None:
    named = {name for row in held.rows for name in row.workflows}
    assert set(rules.names()) <= named


def test_what_the_page_links_to_is_there(held: SeedMap) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGE.read_text("utf-8")):
        assert (Path(PAGE.parent) / target).exists(), target
