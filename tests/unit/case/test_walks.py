"""No sequence of offered transitions strands a case: small definitions drawn at random, and the three procedures."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definition.checks import prove
from engine.definition.loader import load_list, load_workflow
from engine.definition.parts import Phase
from engine.definition.rulebook import Rulebook
from tests.support.builders import (
    SESSION,
    a_definition_with,
    a_rulebook,
    a_workflow,
    read_yaml,
)
from tests.support.rehearsal import Rehearsal
from tests.support.walks import MEETING, SHORT, Walk

WORKFLOWS = Path(__file__).parents[3] / "workflows"
STATES = ("submitted", "handling", "waiting", "checking", "closed", "refused")


@st.composite
def definitions(draw: st.DrawFn) -> str:
    """Draw a workflow over up to six states: plain moves, moves that stay, alternatives with and without guards."""
    sources = st.lists(st.sampled_from(STATES[:4]), min_size=1, max_size=2, unique=True)
    transitions = ""
    for number in range(draw(st.integers(1, 7))):
        origin, target, other = draw(sources), draw(st.sampled_from(STATES)), draw(st.sampled_from(STATES))
        guard = f"{{id: some, expr: fired.move_{number} > {draw(st.integers(0, 2))}, refuse: {{zh: 否, en: No}}}}"
        lead = draw(
            st.sampled_from(
                [
                    f"to: {target}",
                    "stay: true",
                    f"alternatives: [{{to: {other}, guards: [{guard}]}}, {{to: {target}}}]",
                ]
            )
        )
        by = draw(st.sampled_from(["clerk", "head", "proposer"]))
        transitions += (
            f"move_{number}: {{title: {{zh: 办, en: Move}}, from: [{', '.join(origin)}], {lead}, by: [{by}]}}\n"
        )
    return a_definition_with(
        head="opener_becomes: proposer",
        states="""
        waiting: {title: {zh: 等待, en: Waiting}, phase: active}
        checking: {title: {zh: 核查, en: Checking}, phase: active}
        refused: {title: {zh: 不予办理, en: Refused}, phase: final}
        """,
        transitions=transitions,
    )


def stranding(text: str) -> set[str]:
    """Return the proofs about the ways of a case that the definition fails."""
    _data, positions = read_yaml(text)
    part = a_workflow(text)
    problems = prove(part, {}, {part.name: part}, positions, "drawn.yaml")
    return {problem.code for problem in problems} & {
        "state_no_way_to_final",
        "cycle_without_exit",
        "no_final_state",
        "alternatives_may_strand",
        "transition_nobody",
    }


@given(text=definitions(), seed=st.integers(0, 2**32), length=st.integers(0, 12))
@settings(max_examples=25)
def test_what_the_proofs_let_pass_never_strands(text: str, seed: int, length: int) -> None:
    if stranding(text):
        return
    walk = Walk(Rehearsal(rules=a_rulebook(text)), Random(seed))
    case = walk.open("errand", None)
    assert case is not None
    for _step in range(length):
        here = walk.play.cases[case]
        assert list(walk.chances()) if here.phase is not Phase.FINAL else not list(walk.chances())
        walk.step()
    # A guard over what was done may close a way for good, which no proof over states can see: then somebody can still
    # move the case, if in a circle only.
    if "alternatives" in text:
        assert not walk.stranded(), walk.play.cases[case].state
    else:
        assert walk.finish(rounds=60), walk.play.cases[case].state


def test_a_state_without_a_way_on_is_what_the_proofs_find() -> None:
    stuck = a_definition_with(
        states="waiting: {title: {zh: 等待, en: Waiting}, phase: active}",
        transitions="wait: {title: {zh: 等, en: Wait}, from: [handling], to: waiting, by: [clerk]}",
    )
    assert stranding(stuck) == {"state_no_way_to_final"}


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    """The three procedures with their lists."""
    workflows = [load_workflow(WORKFLOWS / name / "v1.yaml") for name in ("proposal", "grievance", "handling")]
    lists = [load_list(file) for file in sorted((WORKFLOWS / "lists").glob("*.yaml"))]
    return Rulebook(
        {(loaded.part.name, loaded.part.version): (loaded.part, loaded.hash) for loaded in workflows},
        {(loaded.part.name, loaded.part.version): (loaded.part, loaded.hash) for loaded in lists},
    )


@pytest.mark.parametrize("workflow", ["proposal", "grievance"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=5)
def test_no_walk_through_a_procedure_strands_a_case(rules: Rulebook, workflow: str, seed: int) -> None:
    walk = Walk(Rehearsal(rules=rules, sessions=[MEETING]), Random(seed), SHORT)
    for session in (SESSION, None):
        walk.open(workflow, session)
    for _step in range(40):
        walk.step()
        assert walk.stranded() == []
