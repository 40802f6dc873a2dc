"""Which roles somebody holds on a case, where the grant is held, and who may see it."""

from __future__ import annotations

import pytest

from engine.case.actors import IMPORT, SYSTEM, Actor
from engine.case.case import Case, Child, Party
from engine.case.identity import CaseId, PersonId, UnitId
from engine.case.roles import Capacity, first_capacity, holds_role, may_see
from engine.case.secrecy import accused_units
from engine.case.units import UnitTree
from tests.support.builders import ROOT, STRANGER, a_case, a_definition_with, a_person, a_rulebook, a_tree

RULES = a_rulebook(
    a_definition_with(
        roles="""
        lead_head: {title: {zh: 主办负责人, en: Head}, bound: grant, of: [unit_head], in: lead_unit, inherited: false}
        leader: {title: {zh: 分管领导, en: Leader}, bound: grant, of: [leader, chief], in: lead_unit}
        blind: {title: {zh: 职工代表, en: Delegate}, bound: grant, of: [delegate], sees: false}
        receiver: {title: {zh: 上级, en: Above}, bound: grant, of: [office], inherited: only}
        """
    ),
    a_definition_with(name="task"),
)
DEFINITION, UNITS = RULES.for_new("errand"), a_tree()
WORKFLOW = DEFINITION.workflow


def handled_by(unit: str, **changes: object) -> Case:
    child = Child(case=CaseId("child"), workflow="task", role="lead", unit=UnitId(unit), batch=1)
    case = a_case(RULES, unit="plant", parties=[Party("proposer", PersonId("zhao"))])
    return case._replace(children=(child,), **changes)  # type: ignore[arg-type]  # fields of a case


@pytest.mark.parametrize(
    ("role", "actor", "answer"),
    [
        ("clerk", a_person("li", "clerk@works"), True),
        ("clerk", a_person("li", "clerk@plant"), True),
        ("clerk", a_person("li", "clerk@workshop"), False),
        ("clerk", a_person("li", "clerk@canteen"), False),
        ("clerk", a_person("li", "unit_head@works"), False),
        ("head", a_person("li", "unit_head@plant"), True),
        ("head", a_person("li", "unit_head@works"), False),
        ("lead_head", a_person("li", "unit_head@canteen"), True),
        ("lead_head", a_person("li", "unit_head@plant"), False),
        ("leader", a_person("li", "chief@works"), True),
        ("leader", a_person("li", "leader@canteen"), True),
        ("leader", a_person("li", "leader@plant"), False),
        ("receiver", a_person("li", "office@works"), True),
        ("receiver", a_person("li", "office@plant"), False),
        ("receiver", a_person("li", "office@workshop"), False),
        ("proposer", a_person("zhao"), True),
        ("proposer", a_person("zhao", acting_for="li"), False),
        ("proposer", a_person("li", acting_for="zhao"), True),
        ("seconder", a_person("zhao"), False),
        ("system", a_person("zhao", "system@works"), False),
        ("system", SYSTEM, True),
        ("clerk", SYSTEM, False),
        ("system", IMPORT, False),
        ("proposer", IMPORT, True),
        ("lead_head", IMPORT, True),
    ],
)
def test_a_role_is_looked_up_where_it_is_bound(role: str, actor: Actor, answer: bool) -> None:
    assert holds_role(role, WORKFLOW, handled_by("canteen"), actor, UNITS) is answer


def test_nobody_leads_what_is_not_assigned() -> None:
    case = a_case(RULES)
    assert not holds_role("leader", WORKFLOW, case, a_person("li", "leader@works"), UNITS)
    assert first_capacity(["leader"], WORKFLOW, case, IMPORT, UNITS) == Capacity("leader")


def test_the_first_role_of_the_list_counts_with_the_unit_of_its_grant() -> None:
    case = handled_by("canteen")
    both = a_person("zhao", "clerk@works", "unit_head@canteen")
    roles = ("head", "lead_head", "proposer", "clerk")
    assert first_capacity(roles, WORKFLOW, case, both, UNITS) == Capacity("lead_head", UnitId("canteen"))
    assert first_capacity(("clerk", "proposer"), WORKFLOW, case, both, UNITS) == Capacity("clerk", UnitId("works"))
    assert first_capacity(("proposer", "clerk"), WORKFLOW, case, both, UNITS) == Capacity("proposer")
    assert first_capacity(("system",), WORKFLOW, case, SYSTEM, UNITS) == Capacity("system")
    assert first_capacity(("clerk",), WORKFLOW, case, IMPORT, UNITS) == Capacity("clerk")
    assert first_capacity(("clerk",), WORKFLOW, case, STRANGER, UNITS) is None
    near = a_person("li", "clerk@works", "clerk@plant")
    assert first_capacity(("clerk",), WORKFLOW, case, near, UNITS) == Capacity("clerk", UnitId("plant"))


@pytest.mark.parametrize(
    ("actor", "answer"),
    [
        (a_person("zhao"), True),
        (a_person("li", "clerk@works"), True),
        (a_person("li", "handler@canteen"), True),
        (a_person("li", "unit_head@canteen"), True),
        (a_person("li", "handler@finance"), False),
        (a_person("li", "delegate@works"), False),
        (STRANGER, False),
        (SYSTEM, True),
        (IMPORT, True),
    ],
)
def test_parties_roles_and_the_handling_unit_see_a_case(actor: Actor, answer: bool) -> None:
    assert may_see(DEFINITION, handled_by("canteen"), actor, UNITS) is answer


@pytest.mark.parametrize(
    ("accused", "actor", "answer"),
    [
        (["plant"], a_person("li", "clerk@plant"), False),
        (["workshop"], a_person("li", "clerk@plant"), True),
        (["plant"], a_person("li", "clerk@works"), True),
        (["canteen"], a_person("li", "handler@canteen"), False),
        (["plant"], a_person("zhao"), True),
        (["plant"], IMPORT, True),
    ],
)
def test_a_unit_complained_about_and_all_below_it_see_nothing(accused: list[str], actor: Actor, answer: bool) -> None:
    case = handled_by("canteen", data={"accused_units": accused})
    assert accused_units(case) == set(accused)
    assert may_see(DEFINITION, case, actor, UNITS) is answer


def test_a_complaint_about_the_whole_organisation_is_kept_from_nobody() -> None:
    case = handled_by("canteen", data={"accused_units": ["works", "canteen"]})
    assert accused_units(case) == {"canteen"}
    assert may_see(DEFINITION, case, a_person("li", "clerk@plant"), UNITS)


def test_a_lineage_ends_at_the_root_and_never_goes_in_circles() -> None:
    assert UNITS.lineage(UnitId("workshop")) == ("workshop", "plant", "works")
    assert UNITS.lineage(UnitId("moon")) == ()
    circle = UnitTree(ROOT, {UnitId("a"): UnitId("b"), UnitId("b"): UnitId("a")})
    assert circle.lineage(UnitId("a")) == ("a", "b")
