"""Generated files say so and are fresh: nobody edits them, and nobody forgets to make them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition.diagram import readme, with_picture
from engine.definition.library import load_folder
from engine.definition.rulebook import Rulebook
from engine.definition.schema import schema_text

PROJECT = Path(__file__).resolve().parents[2]
WORKFLOWS = PROJECT / "workflows"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load_folder(WORKFLOWS).rulebook()


def test_the_schema_for_editors_is_that_of_the_model() -> None:
    assert (WORKFLOWS / "schema.json").read_text("utf-8") == schema_text(), "run: make schema"


def test_each_procedure_has_the_page_that_its_definition_makes(rules: Rulebook) -> None:
    for name in rules.names():
        page = (WORKFLOWS / name / "README.md").read_text("utf-8")
        assert page == readme(rules.newest(name)), "run: make diagrams"
        assert "generated" in page or "生成" in page


def test_the_picture_on_the_front_page_is_that_of_the_proposal(rules: Rulebook) -> None:
    page = (PROJECT / "README.md").read_text("utf-8")
    assert "```mermaid" in page
    assert page == with_picture(page, rules.newest("proposal")), "run: make diagrams"


def test_a_page_without_marks_is_left_alone(rules: Rulebook) -> None:
    assert with_picture("# A page\n", rules.newest("proposal")) == "# A page\n"
