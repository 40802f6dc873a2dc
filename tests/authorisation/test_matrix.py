"""The authorisation matrix, sampled by a seed; ``make campaign`` asks all of it."""

from __future__ import annotations

import pytest

from tests.authorisation.matrix import chosen, peopled, wrong
from tests.authorisation.seeded import BUGS, seeded

SAMPLE = 400
SEED = 20260302


def test_every_address_has_a_rule_and_keeps_to_it(sqlite_database: str) -> None:
    with peopled(sqlite_database) as (world, addresses):
        undeclared = [address.name for address in addresses if address.rule is None]
        assert undeclared == [], "declare them in tests/authorisation/rules.py"
        found = [wrong(world, *each) for each in chosen(world, addresses, sample=SAMPLE, seed=SEED)]
        assert [each for each in found if each is not None] == []


@pytest.mark.parametrize("seed", [1])
def test_the_matrix_holds_on_postgresql_too(postgres_database: str, seed: int) -> None:
    with peopled(postgres_database) as (world, addresses):
        found = [wrong(world, *each) for each in chosen(world, addresses, sample=100, seed=seed)]
        assert [each for each in found if each is not None] == []


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_bugs_put_in_on_purpose_are_found(sqlite_database: str, bug: str) -> None:
    with seeded(bug), peopled(sqlite_database) as (world, addresses):
        asked = chosen(world, addresses, sample=1500, seed=SEED)
        assert next((found for each in asked if (found := wrong(world, *each)) is not None), None) is not None
