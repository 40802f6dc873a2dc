"""A unit complained about later loses the part it was given, be it over or not, and has it back when not named."""

from __future__ import annotations

from engine.case.identity import CaseId
from tests.support.batch_desk import TASK, Desk, done
from tests.support.builders import a_definition_with, a_move, a_rulebook

ERRAND = a_definition_with(
    fields="""
    lead: {title: {zh: 主办, en: Lead}, privacy: public, schema: {type: string}}
    others: {title: {zh: 协办, en: Others}, privacy: public, schema: {type: array, items: {type: string}}}
    accused_units: {title: {zh: 被反映单位, en: Accused}, privacy: internal, schema: {type: array}}
    """,
    transitions=a_move(
        "assign",
        form="{lead: required, others: optional}",
        effects="[{do: assign, workflow: task, lead: lead, co_handlers: others}]",
    )
    + a_move("end_all", effects="[{do: cascade, workflow: task, states: [submitted, handling], fire: finish}]")
    + a_move("accuse", form="{accused_units: required}"),
)
RULES = a_rulebook(ERRAND, TASK)


def readers(desk: Desk, case: CaseId) -> set[str]:
    return {row.principal for row in desk.store.tables.readers.values() if row.case == case}


def accuse(desk: Desk, case: CaseId, *units: str) -> None:
    done(desk.carry_out(desk.firing(case, "accuse", form={"accused_units": list(units)}))[0])


def test_a_unit_named_later_loses_its_part_and_has_it_back_when_that_is_withdrawn() -> None:
    for is_over in (False, True):
        desk = Desk(RULES)
        case, (plant, canteen) = desk.assigned("plant", "canteen")
        if is_over:
            done(desk.carry_out(desk.firing(case, "end_all"))[0])
        mine = {"role:clerk@plant", "role:clerk@works", "role:unit_head@plant"}
        assert readers(desk, plant) == mine
        others = readers(desk, canteen)
        accuse(desk, case, "plant")
        assert readers(desk, plant) == {"role:clerk@works"}, is_over
        assert readers(desk, canteen) == others
        accuse(desk, case, "finance")
        assert readers(desk, plant) == mine, is_over


def test_a_unit_below_the_one_named_loses_its_part() -> None:
    desk = Desk(RULES)
    case, (workshop,) = desk.assigned("workshop")
    accuse(desk, case, "plant")
    assert readers(desk, workshop) == {"role:clerk@works"}
