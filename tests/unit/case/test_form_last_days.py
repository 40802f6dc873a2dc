"""A code of a list may have a last day: what is chosen after it is refused, what bears it keeps it."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import JsonValue

from engine.case.forms import checked_form
from engine.definition.compiled import Definition
from engine.definition.loader import content_hash
from engine.definition.model import CodeList
from engine.errors import FormInvalid
from runtime.settings import Settings
from tests.support.proved_rules import load_once

LAST = date(2026, 6, 30)


@pytest.fixture(scope="module")
def definition() -> Definition:
    """The proposals, with a list of categories in which welfare may be chosen until 30 June 2026."""
    made = load_once(Settings().workflows).rulebook().for_new("proposal")
    said = made.lists["proposal-categories"].model_dump(mode="json", exclude_unset=True)
    for item in said["items"]:
        if item["code"] == "welfare":
            item["until_on"] = LAST.isoformat()
    changed = CodeList.model_validate(said)
    lists = {**made.lists, changed.name: changed}
    return Definition(made.workflow, made.hash, lists, {**made.list_hashes, changed.name: content_hash(changed)})


def chosen(definition: Definition, value: JsonValue, on: date, held: JsonValue = None) -> dict[str, JsonValue]:
    return checked_form(definition, {"category": "optional"}, {"category": value}, on=on, held={"category": held})


def test_a_code_is_chosen_on_its_last_day_and_not_after_it(definition: Definition) -> None:
    assert chosen(definition, "welfare", LAST) == {"category": "welfare"}
    with pytest.raises(FormInvalid) as refused:
        chosen(definition, "welfare", date(2026, 7, 1))
    [problem] = refused.value.fields
    assert (problem.path, problem.text.zh) == ("category", "“welfare”自 2026-06-30 之后停用，请另选一项")


def test_what_a_case_bears_already_is_not_refused(definition: Definition) -> None:
    assert chosen(definition, "welfare", date(2026, 7, 1), held="welfare") == {"category": "welfare"}


def test_codes_without_a_last_day_are_chosen_on_any(definition: Definition) -> None:
    other = next(code for code in definition.codes["category"] if code != "welfare")
    assert chosen(definition, other, date(2099, 1, 1)) == {"category": other}
    assert chosen(definition, None, date(2099, 1, 1)) == {}
