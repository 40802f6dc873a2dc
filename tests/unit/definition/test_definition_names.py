"""What expressions may read: the names a definition gives to guards, to values and to measures."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.definition.guards import BOOLEAN, DATE, INSTANT, INTEGER, LIST_OF_STRING, STRING, NameType
from engine.definition.library import load_folder
from engine.definition.model import CodeList, Workflow
from engine.definition.names import field_type, guard_names, measure_names
from engine.definition.parts import FieldPart
from tests.unit.definition.conftest import RICH


@pytest.fixture(scope="module")
def request_with_lists() -> tuple[Workflow, Mapping[str, CodeList]]:
    library = load_folder(RICH)
    lists = {name: loaded.part for (name, _), loaded in library.lists.items()}
    return library.workflows[("request", 1)].part, lists


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("case.subject", STRING.or_null()),
        ("case.receipt_number", STRING.or_null()),
        ("case.wanted_on", DATE.or_null()),
        ("case.round", INTEGER.or_null()),
        ("case.urgent", BOOLEAN.or_null()),
        ("case.helped_by", LIST_OF_STRING.or_null()),
        ("case.state", STRING),
        ("case.parent", STRING.or_null()),
        ("case.merged", BOOLEAN),
        ("form.witness", STRING.or_null()),
        ("parameter.seconders_min", INTEGER),
        ("parameter.open_to_all", BOOLEAN),
        ("parameter.office", STRING),
        ("actor.kind", STRING),
        ("actor.is_lead_head", BOOLEAN),
        ("parties.seconder", INTEGER),
        ("children.signed", INTEGER),
        ("fired.again", INTEGER),
        ("session.exists", BOOLEAN),
        ("session.reply_due_on", DATE.or_null()),
        ("now.date", DATE),
        ("now.at", INSTANT),
        ("flag.outcome_solved", BOOLEAN.or_null()),
        ("flag.outcome_follow_up", BOOLEAN.or_null()),
        ("running.reply", BOOLEAN),
        ("suspended.reply", BOOLEAN),
        ("expired.reply", BOOLEAN),
        ("extended.reply", INTEGER),
    ],
)
def test_a_guard_may_read(
    request_with_lists: tuple[Workflow, Mapping[str, CodeList]], name: str, kind: NameType
) -> None:
    assert guard_names(*request_with_lists)[name] == kind


@pytest.mark.parametrize(
    "name", ["case.witness", "case.place", "form.place", "parties.clerk", "due.reply", "reached.closed"]
)
def test_a_guard_may_not_read(request_with_lists: tuple[Workflow, Mapping[str, CodeList]], name: str) -> None:
    assert name not in guard_names(*request_with_lists)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("case.outcome", STRING.or_null()),
        ("head.outcome", STRING.or_null()),
        ("case.lead_unit", STRING.or_null()),
        ("head.merged", BOOLEAN),
        ("flag.outcome_solved", BOOLEAN.or_null()),
        ("reached.closed", BOOLEAN),
        ("at.evaluated", INSTANT.or_null()),
        ("first_at.handled", INSTANT.or_null()),
        ("passed.assigned", BOOLEAN),
        ("fired.again", INTEGER),
        ("due.reply", INSTANT.or_null()),
        ("met.reply", INSTANT.or_null()),
        ("on_time.reply", BOOLEAN.or_null()),
        ("suspended.reply", BOOLEAN),
        ("extended.reply", INTEGER),
        ("cutoff.at", INSTANT),
        ("stated.any", BOOLEAN),
    ],
)
def test_a_measure_may_read(
    request_with_lists: tuple[Workflow, Mapping[str, CodeList]], name: str, kind: NameType
) -> None:
    assert measure_names(*request_with_lists)[name] == kind


@pytest.mark.parametrize("name", ["case.subject", "case.id", "form.subject", "now.at", "parameter.seconders_min"])
def test_a_measure_may_not_read(request_with_lists: tuple[Workflow, Mapping[str, CodeList]], name: str) -> None:
    assert name not in measure_names(*request_with_lists)


def test_flags_are_not_offered_while_the_list_is_not_known(
    request_with_lists: tuple[Workflow, Mapping[str, CodeList]],
) -> None:
    workflow, _ = request_with_lists
    assert not [name for name in guard_names(workflow, {}) if name.startswith("flag.")]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": ["null", "integer"]}, INTEGER),
        ({"type": ["string", "integer", "null"]}, None),
        ({"type": ["null"]}, None),
        ({"type": "array", "items": {"type": "integer"}}, None),
        ({"type": "array"}, None),
        ({"type": "number"}, None),
        ({"enum": ["a"]}, None),
        ({"type": "string", "format": "date-time"}, STRING),
    ],
)
def test_a_field_has_a_type_only_when_expressions_can_hold_its_values(
    schema: dict[str, object], kind: NameType | None
) -> None:
    part = FieldPart.model_validate({"title": {"zh": "甲", "en": "A"}, "privacy": "public", "schema": schema})
    assert field_type(part) == kind
