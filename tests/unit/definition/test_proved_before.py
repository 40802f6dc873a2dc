"""What was proved and found sound is proved again when something that its proof looked at is another, and only then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from engine.definition import checks
from engine.definition.checks_proof import Proof
from engine.definition.library import load_folder
from engine.definition.model import CodeList, Workflow
from engine.definition.reading import Positions
from tests.unit.definition.conftest import RICH


@dataclass(slots=True)
class Prover:
    """A sound workflow with all that stands beside it, and how often its proof was begun."""

    workflow: Workflow
    lists: dict[str, CodeList]
    workflows: dict[str, Workflow]
    begun: int = 0

    def found(self) -> list[str]:
        """Return the codes of the problems that the proof tells."""
        problems = checks.prove(self.workflow, self.lists, self.workflows, Positions(), "request.yaml")
        return [problem.code for problem in problems]


@pytest.fixture
def prover(monkeypatch: pytest.MonkeyPatch) -> Prover:
    """A prover whose workflow is a fresh object, so that no other test has proved it, and was proved once."""
    library = load_folder(RICH)
    lists = {name: loaded.part for (name, _), loaded in library.lists.items()}
    workflows = {name: loaded.part for (name, _), loaded in library.workflows.items()}
    made = Prover(workflows["request"].model_copy(), lists, workflows)

    def counted(_proof: Proof) -> None:
        made.begun += 1

    monkeypatch.setattr(checks, "_QUESTIONS", (counted, *checks._QUESTIONS))
    assert made.found() == []
    assert made.begun == 1
    return made


def test_what_was_sound_is_not_asked_again_while_all_is_the_same(prover: Prover) -> None:
    assert prover.found() == []
    assert prover.begun == 1


def test_a_list_that_nothing_of_it_takes_changes_nothing(prover: Prover) -> None:
    unused = next(iter(prover.lists.values())).model_copy(update={"name": "unused"})
    prover.lists["unused"] = unused
    prover.found()
    assert prover.begun == 2, "there is one name more that it might have meant"
    prover.lists["unused"] = unused.model_copy()
    prover.found()
    assert prover.begun == 2, "what the list says it never asked"


def _list_without_codes(prover: Prover) -> None:
    scale = prover.lists["scale"]
    prover.lists["scale"] = scale.model_copy(update={"items": scale.items[:1]})


def _list_gone(prover: Prover) -> None:
    del prover.lists["scale"]


def _child_gone(prover: Prover) -> None:
    for name in [name for name in prover.workflows if name != "request"]:
        del prover.workflows[name]


def _another_text(prover: Prover) -> None:
    prover.workflow = prover.workflow.model_copy(update={"initial": "nowhere"})


@pytest.mark.parametrize("change", [_list_without_codes, _list_gone, _child_gone, _another_text])
def test_what_its_proof_looked_at_is_asked_for_anew(prover: Prover, change: Callable[[Prover], None]) -> None:
    change(prover)
    assert prover.found() != []
    assert prover.found() != [], "what was found wrong is told every time"
    assert prover.begun == 3
