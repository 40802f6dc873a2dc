"""Generated files say so and are fresh: nobody edits them, and nobody forgets to make them anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from engine.definition.diagram import FRONT_PAGES, readme, with_picture
from engine.definition.rulebook import Rulebook
from engine.definition.schema import schema_text
from tests.support.proved_rules import load_once

PROJECT = Path(__file__).resolve().parents[2]
WORKFLOWS = PROJECT / "workflows"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load_once(WORKFLOWS).rulebook()


def test_the_schema_for_editors_is_that_of_the_model() -> None:
    assert (WORKFLOWS / "schema.json").read_text("utf-8") == schema_text(), "run: make schema"


def _as_an_editor_reads(path: Path) -> dict[str, Any]:
    """Return a file as an editor reads it: by YAML 1.2 a day is a string."""
    read: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return {name: str(value) if name == "in_force_from" else value for name, value in read.items()}


def test_an_editor_finds_nothing_in_a_shipped_definition_and_something_in_a_wrong_one() -> None:
    look = Draft202012Validator(json.loads((WORKFLOWS / "schema.json").read_text("utf-8")))
    definition = _as_an_editor_reads(WORKFLOWS / "mediation" / "v1.yaml")
    assert list(look.iter_errors(definition)) == []
    slip = {**definition, "deadline": definition["deadlines"]}
    assert ["'deadline' was unexpected" in each.message for each in look.iter_errors(slip)] == [True]


def test_each_procedure_has_the_page_that_its_definition_makes(rules: Rulebook) -> None:
    for name in rules.names():
        page = (WORKFLOWS / name / "README.md").read_text("utf-8")
        assert page == readme(rules.newest(name)), "run: make diagrams"
        assert "generated" in page or "生成" in page


def test_the_picture_on_each_front_page_is_that_of_the_proposal_in_its_language(rules: Rulebook) -> None:
    for name, language in FRONT_PAGES.items():
        page = (PROJECT / name).read_text("utf-8")
        assert "```mermaid" in page
        assert page == with_picture(page, rules.newest("proposal"), language), "run: make diagrams"
    assert "    [*] --> draft\n    draft --> seconding : Seek seconders\n" in page


def test_a_page_without_marks_is_left_alone(rules: Rulebook) -> None:
    assert with_picture("# A page\n", rules.newest("proposal")) == "# A page\n"
