"""Who may read a case: parties, roles up the tree, the handling units; never a unit complained about."""

from __future__ import annotations

import pytest

from engine.access.readers import principals_of, readers_of
from engine.case.actors import IMPORT, SYSTEM
from engine.case.case import Case, Child, ChildRole, Party
from engine.case.identity import CaseId, PersonId, UnitId
from engine.case.roles import may_see
from tests.support.builders import a_case, a_definition_with, a_person, a_rulebook, a_tree

RULES = a_rulebook(
    a_definition_with(
        roles="""
        watcher: {title: {zh: 见证人, en: Watcher}, bound: party, sees: false}
        lead_head: {title: {zh: 主办负责人, en: Head}, bound: grant, of: [lead_chief], in: lead_unit, inherited: false}
        blind: {title: {zh: 职工代表, en: Delegate}, bound: grant, of: [delegate], sees: false}
        receiver: {title: {zh: 上级, en: Above}, bound: grant, of: [office], inherited: only}
        """
    ),
    a_definition_with(
        name="task",
        roles="""
        handler: {title: {zh: 承办人, en: Handler}, bound: grant, of: [handler, deputy], inherited: false}
        auditor: {title: {zh: 审计, en: Auditor}, bound: grant, of: [auditor]}
        """,
    ),
)
DEFINITION, UNITS = RULES.for_new("errand"), a_tree()
OWN = {"role:clerk@plant", "role:clerk@works", "role:unit_head@plant", "role:office@works"}


def a_plant_case(*children: tuple[str, ChildRole, int], **changes: object) -> Case:
    given = tuple(
        Child(case=CaseId(f"c{place}"), workflow="task", role=role, unit=UnitId(unit), batch=batch)
        for place, (unit, role, batch) in enumerate(children)
    )
    return a_case(RULES, unit="plant")._replace(children=given, **changes)  # type: ignore[arg-type]  # fields of a case


def readers(case: Case) -> frozenset[str]:
    return readers_of(case, DEFINITION, RULES, UNITS)


def test_roles_read_in_the_unit_and_inherited_ones_above_it() -> None:
    assert readers(a_plant_case()) == OWN


def test_parties_read_in_every_role_that_sees() -> None:
    parties = (
        Party("proposer", PersonId("zhao")),
        Party("seconder", PersonId("qian"), via=CaseId("merged")),
        Party("watcher", PersonId("sun")),
    )
    assert readers(a_plant_case(parties=parties)) == OWN | {"person:zhao", "person:qian"}


def test_a_party_in_a_role_that_no_definition_has_reads_nothing() -> None:
    parties = (Party("proposerx", PersonId("zhao")), Party("seconder", PersonId("qian")))
    assert readers(a_plant_case(parties=parties)) == OWN | {"person:qian"}


def test_the_units_of_the_newest_assignment_read_by_their_own_roles() -> None:
    case = a_plant_case(("finance", "lead", 1), ("canteen", "lead", 2), ("workshop", "co_handler", 2))
    handling = {f"role:{grant}@{unit}" for unit in ("canteen", "workshop") for grant in ("handler", "deputy")}
    heads = {"role:unit_head@canteen", "role:unit_head@workshop"}
    assert readers(case) == OWN | handling | heads | {"role:lead_chief@canteen"}


@pytest.mark.parametrize(
    ("accused", "lost"),
    [
        (["plant"], {"role:clerk@plant", "role:unit_head@plant"}),
        (["workshop"], set()),
        (
            ["canteen"],
            {"role:handler@canteen", "role:deputy@canteen", "role:unit_head@canteen", "role:lead_chief@canteen"},
        ),
        (["works"], set()),
        ("plant", set()),
        (None, set()),
    ],
)
def test_a_unit_complained_about_and_all_below_it_read_nothing(accused: object, lost: set[str]) -> None:
    open_case = a_plant_case(("canteen", "lead", 1))
    case = a_plant_case(("canteen", "lead", 1), data={"accused_units": accused})
    assert readers(open_case) - readers(case) == lost
    assert readers(case) <= readers(open_case)


def test_naming_a_unit_takes_sight_from_what_lies_below_it_too() -> None:
    case = a_plant_case(data={"accused_units": ["plant"]})._replace(unit=UnitId("workshop"))
    assert readers(case) == {"role:clerk@works", "role:office@works"}


def test_a_role_may_read_in_certain_states_only() -> None:
    rules = a_rulebook(
        a_definition_with(
            roles="""
            delegate: {title: {zh: 代表, en: Delegate}, bound: grant, of: [delegate], sees: [submitted]}
            invited: {title: {zh: 受邀人, en: Invited}, bound: party, sees: [submitted]}
            """
        )
    )
    definition, delegate = rules.for_new("errand"), a_person("li", "delegate@works")
    for state, answer in (("submitted", True), ("handling", False)):
        case = a_case(rules, state=state, parties=[Party("invited", PersonId("sun"))])
        found = readers_of(case, definition, rules, UNITS)
        assert ("role:delegate@works" in found, "person:sun" in found) == (answer, answer)
        assert may_see(definition, case, delegate, UNITS) is answer
        assert may_see(definition, case, a_person("sun"), UNITS) is answer


def test_an_actor_is_a_short_list_of_principals() -> None:
    deputy = a_person("qin", "clerk@works", "auditor@plant", acting_for="zhao")
    assert principals_of(deputy) == ("person:qin", "person:zhao", "role:auditor@plant", "role:clerk@works")
    assert principals_of(a_person("li")) == ("person:li",)
    assert principals_of(SYSTEM) == principals_of(IMPORT) == ()


def test_who_may_read_by_principals_is_who_holds_a_role() -> None:
    case = a_plant_case(("canteen", "lead", 1), parties=(Party("proposer", PersonId("zhao")),))
    granted = readers(case)
    for actor, answer in (
        (a_person("zhao"), True),
        (a_person("li", "clerk@works"), True),
        (a_person("li", "clerk@workshop"), False),
        (a_person("li", "unit_head@works"), False),
        (a_person("li", "handler@canteen"), True),
        (a_person("li", "delegate@plant"), False),
    ):
        assert (not granted.isdisjoint(principals_of(actor))) is answer
