"""The authorisation matrix, sampled by a seed; ``make campaign`` asks all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.authorisation.matrix import Address, World, cells, chosen, peopled, wrong
from tests.authorisation.seeded import BUGS, seeded

SAMPLE = 400
SEED = 20260302


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for every house of this file, so that the rules are proved once."""
    return tmp_path_factory.mktemp("matrix")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[tuple[World, list[Address]]]:
    with peopled(f"sqlite:///{folder / 'banjie.db'}") as made:
        yield made


def test_every_address_has_a_rule_and_keeps_to_it(house: tuple[World, list[Address]]) -> None:
    world, addresses = house
    undeclared = [address.name for address in addresses if address.rule is None]
    assert undeclared == [], "declare them in tests/authorisation/rules.py"
    found = [wrong(world, *each) for each in chosen(world, addresses, sample=SAMPLE, seed=SEED)]
    assert [each for each in found if each is not None] == []


def test_the_whole_matrix_has_every_role_in_every_unit_at_every_address_on_every_level(
    house: tuple[World, list[Address]],
) -> None:
    """What the campaign asks: none of the dimensions is left out, and none of their combinations."""
    world, addresses = house
    whole = list(chosen(world, addresses, sample=None, seed=SEED))
    roles, units = {who.role for who in world.people}, {who.unit for who in world.people}
    assert {"union_office", "staff", "delegate", "unit_head", "handler", "supervisor", "auditor"} <= roles
    assert units == {"logistics", "safety", "works", "canteen"}
    assert len(world.people) == len(roles) * len(units)
    assert {address.name for address, _who, _level in whole} == {address.name for address in addresses}
    about_cases = [each for each in whole if "{case_id}" in each[0].template]
    assert {level for _address, _who, level in about_cases} == {
        "open",
        "internal",
        "confidential",
        "anonymous",
        "accused",
    }
    assert len(about_cases) == 5 * (1 + len(world.people)) * len({each[0] for each in about_cases})
    assert len(set(whole)) == len(whole)
    assert cells(world, addresses) == 5 * (1 + len(world.people)) * len(addresses)


@pytest.mark.parametrize("seed", [1])
def test_the_matrix_holds_on_postgresql_too(postgres_database: str, seed: int) -> None:
    with peopled(postgres_database) as (world, addresses):
        found = [wrong(world, *each) for each in chosen(world, addresses, sample=100, seed=seed)]
        assert [each for each in found if each is not None] == []


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_bugs_put_in_on_purpose_are_found(folder: Path, bug: str) -> None:
    database = folder / f"bug-{sorted(BUGS).index(bug)}.db"
    with seeded(bug), peopled(f"sqlite:///{database}") as (world, addresses):
        asked = chosen(world, addresses, sample=1500, seed=SEED)
        assert next((found for each in asked if (found := wrong(world, *each)) is not None), None) is not None
