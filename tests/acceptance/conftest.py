"""Binds scenarios to the hall, and holds every scenario to what its tags claim: a move that was really made, a guard
that really said no, a source that really came to bear."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from pytest_bdd.parser import Feature, Scenario

from runtime.rules import Rules, load_rules
from tests.acceptance import (
    steps_behalf,
    steps_common,
    steps_coverage,
    steps_figures,
    steps_files,
    steps_grievance,
    steps_polls,
    steps_proposal,
    steps_secrecy,
    steps_supervision,
    steps_tables,
)
from tests.support.hall import Hall
from tests.support.lives import WAYS
from tests.support.tags import claims, kept

REPOSITORY: Final = Path(__file__).parents[2]
STEP_FAILED: Final = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the shared sentences known: pytest-bdd finds steps where fixtures are found."""
    more = (steps_grievance, steps_polls, steps_proposal, steps_secrecy, steps_supervision, steps_tables)
    for steps in (steps_common, steps_behalf, steps_coverage, steps_figures, steps_files, *more):
        if not config.pluginmanager.is_registered(steps):
            config.pluginmanager.register(steps, steps.__name__)


def pytest_bdd_apply_tag(tag: str, function: Callable[..., object]) -> bool | None:
    """Tags that tie a scenario to a rule are checked below; they are no marks of pytest."""
    return True if ":" in tag else None


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The rules of the repository as they stand."""
    return load_rules(REPOSITORY / "workflows")


@pytest.fixture
def hall(rules: Rules) -> Hall:
    """A works with people in it and no case yet."""
    hall = Hall(rules=rules)
    for way in WAYS.values():
        hall.cast.invite(way.people)
    return hall


def pytest_bdd_step_error(request: pytest.FixtureRequest, scenario: Scenario) -> None:
    """Remember that the scenario failed by itself: then its tags have nothing to add."""
    request.node.stash[STEP_FAILED] = True


def pytest_bdd_step_func_lookup_error(request: pytest.FixtureRequest) -> None:
    """The same for a sentence that nobody understands."""
    request.node.stash[STEP_FAILED] = True


def pytest_bdd_after_scenario(request: pytest.FixtureRequest, feature: Feature, scenario: Scenario) -> None:
    """Fail a scenario that passed without doing what its tags claim, or that overlooked a refusal."""
    if STEP_FAILED in request.node.stash or "hall" not in request.fixturenames:
        return
    hall: Hall = request.getfixturevalue("hall")
    overlooked = [answer.reasons for answer in hall.asked[hall.refusals_seen :] if answer.refusal is not None]
    assert not overlooked, f"没有说到的拒绝：{overlooked}"
    missing = [str(claim) for claim in claims(scenario.tags | feature.tags) if not kept(claim, hall)]
    assert not missing, f"场景没有做到标签所说：{'、'.join(missing)}"
