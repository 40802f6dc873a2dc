"""Who works on a case, and who looks after the installation: by their posts, never as parties."""

from __future__ import annotations

import pytest

from engine.access.operators import demand_operator, is_operator
from engine.access.readers import staff_of
from engine.case.actors import IMPORT, SYSTEM, Actor
from engine.case.case import Case, Child, Party
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.errors import NotPermitted
from tests.support.builders import a_case, a_definition_with, a_person, a_rulebook, a_tree

RULES = a_rulebook(
    a_definition_with(
        roles="""
        asked: {title: {zh: 职工代表, en: Delegate}, bound: grant, of: [delegate], sees: [submitted]}
        blind: {title: {zh: 职工, en: Staff}, bound: grant, of: [staff], sees: false}
        """
    ),
    a_definition_with(
        name="task",
        roles="handler: {title: {zh: 承办人, en: Handler}, bound: grant, of: [handler], inherited: false}",
    ),
)
ROOT = RootId("works")


def staff(case: Case) -> frozenset[str]:
    return staff_of(case, RULES.for_new("errand"), RULES, a_tree())


def test_parties_and_those_who_are_only_asked_do_not_work_on_a_case() -> None:
    case = a_case(RULES, unit="plant", state="submitted", parties=[Party("proposer", PersonId("zhao"))])

    assert staff(case) == {"role:clerk@plant", "role:clerk@works", "role:unit_head@plant"}


def test_the_units_that_handle_a_case_work_on_it() -> None:
    child = Child(case=CaseId("c1"), workflow="task", role="lead", unit=UnitId("canteen"), batch=1)
    case = a_case(RULES, unit="plant")._replace(children=(child,))

    assert {"role:handler@canteen", "role:unit_head@canteen"} <= staff(case)
    accused = case._replace(data={**case.data, "accused_units": ["canteen"]})
    assert not any(principal.endswith("@canteen") for principal in staff(accused))


@pytest.mark.parametrize(
    ("actor", "operates"),
    [
        (a_person("shen", "union_office@works"), True),
        (SYSTEM, True),
        (a_person("shen", "union_office@plant"), False),
        (a_person("shen", "union_office@elsewhere", "clerk@works"), False),
        (a_person("shen"), False),
        (IMPORT, False),
    ],
)
def test_only_the_office_at_the_top_looks_after_the_installation(actor: Actor, operates: bool) -> None:
    assert is_operator(actor, ROOT) is operates
    if operates:
        demand_operator(actor, ROOT)
    else:
        with pytest.raises(NotPermitted):
            demand_operator(actor, ROOT)
