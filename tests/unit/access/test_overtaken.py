"""Whom a case's rows may still name after units were moved, and what of somebody's sight does not count meanwhile."""

from __future__ import annotations

from pydantic import JsonValue

from engine.access.directory import Moved
from engine.access.readers import overtaken_by
from engine.case.case import Case
from engine.case.identity import UnitId
from engine.case.units import UnitTree
from engine.service.moved_units import Held, held_back, moved, unit_move
from tests.support.builders import PARENTS, ROOT, a_case, a_definition_with, a_rulebook

RULES = a_rulebook(
    a_definition_with(
        roles="blind: {title: {zh: 职工代表, en: Delegate}, bound: grant, of: [delegate], sees: false}",
    )
)
DEFINITION = RULES.for_new("errand")
BEFORE = UnitTree(ROOT, {UnitId(name): None if above is None else UnitId(above) for name, above in PARENTS.items()})
AFTER = UnitTree(ROOT, {**BEFORE.parents, UnitId("workshop"): UnitId("canteen")})
MOVE = unit_move("moved:1", 5, "", moved(BEFORE, AFTER, UnitId("workshop")))


def a_case_of(unit: str, **data: JsonValue) -> Case:
    return a_case(RULES, unit=unit)._replace(data=data)


def overtaken(case: Case) -> frozenset[str]:
    moves = [Moved(frozenset(MOVE.units), frozenset(MOVE.lost))]
    return overtaken_by(moves, case, DEFINITION, RULES, AFTER)


def test_a_move_tells_who_was_moved_from_below_whom_to_below_whom() -> None:
    assert (MOVE.units, MOVE.lost, MOVE.gained) == (("workshop",), ("plant",), ("canteen",))
    plant = moved(BEFORE, UnitTree(ROOT, {**BEFORE.parents, UnitId("plant"): UnitId("finance")}), UnitId("plant"))
    assert unit_move("moved:2", 6, "c", plant)[3:] == (("plant", "workshop"), (), ("finance",))


def test_the_rows_of_a_moved_case_may_name_whoever_stood_above_it() -> None:
    found = overtaken(a_case_of("workshop"))
    assert {"role:clerk@plant", "role:unit_head@plant"} <= found
    assert {"role:clerk@workshop", "role:clerk@canteen", "role:clerk@works"} <= found


def test_the_rows_of_a_moved_case_may_name_whom_a_complaint_has_fallen_on_by_the_move() -> None:
    assert "role:clerk@workshop" in overtaken(a_case_of("workshop", accused_units=["canteen"]))


def test_a_case_elsewhere_is_not_concerned() -> None:
    assert overtaken(a_case_of("finance")) == frozenset()


def test_who_stood_above_does_not_see_the_moved_units_any_more() -> None:
    held = held_back([MOVE], ["person:li", "role:clerk@plant", "role:clerk@works"])
    assert held == Held(("role:clerk@plant",), ("workshop",), (), ())


def test_who_was_moved_does_not_see_what_is_said_against_those_now_above() -> None:
    held = held_back([MOVE], ["role:head@workshop", "role:clerk@finance"])
    assert held == Held((), (), ("role:head@workshop",), ("unit:canteen",))


def test_everybody_else_sees_what_they_saw() -> None:
    assert held_back([MOVE], ["person:plant", "role:clerk@canteen", "role:clerk@works"]) is None
    assert held_back([], ["role:clerk@plant"]) is None
