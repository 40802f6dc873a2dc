"""Every rule of the definitions has a scenario that says so by its tag, every tag names a rule, and scenarios stay
short. That a scenario really does what its tag says is checked while it runs, in ``tests/acceptance``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd.feature import get_features
from pytest_bdd.parser import Feature, ScenarioTemplate

from engine.definition.model import Workflow
from tests.support.proved_rules import load_once
from tests.support.tags import Claim, claimable, claims

REPOSITORY = Path(__file__).parents[2]
STEPS_MAX = 7
WORKFLOWS: dict[str, Workflow] = {
    workflow.name: workflow
    for workflow in sorted(load_once(REPOSITORY / "workflows").workflows, key=lambda known: (known.name, known.version))
}
FEATURES: list[Feature] = get_features([str(REPOSITORY / "features")])


def _scenarios() -> Iterator[tuple[Feature, ScenarioTemplate]]:
    for feature in FEATURES:
        for scenario in feature.scenarios.values():
            yield feature, scenario


def _claimed() -> set[Claim]:
    return {claim for feature, scenario in _scenarios() for claim in claims(scenario.tags | feature.tags)}


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_transition_guard_and_source_has_a_scenario(workflow: str) -> None:
    missing = claimable(WORKFLOWS[workflow]) - _claimed()
    assert not missing, "没有场景：\n" + "\n".join(str(claim) for claim in sorted(missing))


def test_every_tag_names_a_rule_that_there_is() -> None:
    known = {claim for workflow in WORKFLOWS.values() for claim in claimable(workflow)}
    unknown = _claimed() - known
    assert not unknown, "没有这样的规则：\n" + "\n".join(str(claim) for claim in sorted(unknown))


def test_no_scenario_has_more_than_seven_steps() -> None:
    long = [
        f"{feature.rel_filename}: {scenario.name}"
        for feature, scenario in _scenarios()
        if len(scenario._steps) > STEPS_MAX
    ]
    assert not long, "\n".join(long)


def test_every_feature_is_written_in_chinese_and_no_step_names_an_identifier() -> None:
    assert {feature.language for feature in FEATURES} == {"zh-CN"}
    wrong = [
        f"{feature.rel_filename}: {step.name}"
        for feature, scenario in _scenarios()
        for step in scenario.steps
        if "_" in step.name
    ]
    assert not wrong, "\n".join(wrong)


def test_no_two_scenarios_of_a_file_bear_the_same_title() -> None:
    """Of two that do, only the last would ever run."""
    twice = []
    for feature in FEATURES:
        text = Path(feature.filename).read_text(encoding="utf-8").splitlines()
        titles = [line.split(":", 1)[1].strip() for line in text if line.strip().startswith(("场景:", "场景大纲:"))]
        twice += [f"{feature.rel_filename}: {title}" for title, count in Counter(titles).items() if count > 1]
        assert len(feature.scenarios) == len(set(titles)), feature.rel_filename
    assert not twice, "\n".join(twice)
