"""Who is told: roles become persons, empty posts pass it up, units complained about hear nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.access.directory import Person
from engine.case.actors import Grant
from engine.case.case import Case
from engine.case.identity import PersonId, UnitId
from engine.case.roles import holds_role
from engine.case.secrecy import accused_units
from engine.service.notice_recipients import (
    Recipient,
    accused_of,
    announced,
    is_confidential,
    recipients,
    roles_asked,
    with_deputies,
)
from tests.support.builders import PARENTS, ROOT, a_person, a_tree
from tests.support.notices import RULES, an_errand

WORKFLOW, UNITS = RULES.newest("errand"), a_tree()
NOBODY: frozenset[str] = frozenset()


def holding(*grants: str) -> Mapping[Grant, Sequence[PersonId]]:
    """Return who holds what, from ``li clerk@works``."""
    found: dict[Grant, list[PersonId]] = {}
    for text in grants:
        person, grant = text.split()
        role, unit = grant.split("@")
        found.setdefault(Grant(role, UnitId(unit)), []).append(PersonId(person))
    return found


def told(
    name: str, case: Case, *grants: str, kind: str = "notice", parent: Case | None = None
) -> list[tuple[str, str]]:
    announcement = announced(WORKFLOW, kind, name)
    assert announcement is not None
    found = recipients(announcement, WORKFLOW, case, holding(*grants), UNITS, parent)
    return [(one.person, one.role) for one in found]


def people(*names: str, unit: str | None = None, active: bool = True) -> dict[PersonId, Person]:
    home = None if unit is None else UnitId(unit)
    return {PersonId(name): Person(root=ROOT, id=PersonId(name), name=name, unit=home, active=active) for name in names}


def test_parties_are_told_and_holders_in_the_nearest_unit() -> None:
    case = an_errand("case-1", "zhao", "qian", unit="workshop")
    grants = ("li clerk@plant", "wang clerk@works", "sun clerk@canteen")

    assert told("registered", case, *grants) == [("zhao", "proposer"), ("qian", "proposer"), ("li", "clerk")]


@pytest.mark.parametrize(
    ("grants", "person"),
    [
        (("li unit_head@workshop", "wang unit_head@plant"), "li"),
        (("wang unit_head@plant", "sun unit_head@works"), "wang"),
        (("sun unit_head@works", "wu union_office@works"), "sun"),
        (("wu union_office@works", "zhou unit_head@canteen"), "wu"),
        (("wu union_office@works", "zheng union_office@plant"), "zheng"),
    ],
)
def test_an_empty_post_passes_it_to_the_unit_above_and_at_last_to_the_union_office(
    grants: tuple[str, ...], person: str
) -> None:
    case = an_errand(unit="canteen", led_by="workshop")
    if person == "zheng":  # the union office nearest to the case's own unit
        case = an_errand(unit="plant", led_by="canteen")

    assert told("led", case, *grants) == [(person, "lead_head")]


def test_where_no_unit_leads_there_is_no_post_to_pass_on() -> None:
    assert told("led", an_errand(), "wu union_office@works") == []


def test_the_engine_is_told_nothing_and_nobody_twice() -> None:
    assert told("handed", an_errand(), "li unit_head@plant", "li clerk@plant") == [("li", "head")]


def test_units_complained_about_and_those_below_them_hear_nothing() -> None:
    case = an_errand(unit="workshop", data={"subject": "x", "accused_units": ["plant"]})
    grants = ("li clerk@workshop", "wang clerk@plant", "sun clerk@works")

    assert told("registered", case, *grants) == [("sun", "clerk")]
    child = an_errand("case-2", unit="workshop")
    assert told("registered", child, *grants, parent=case) == [("sun", "clerk")]


def test_a_rung_is_told_to_its_roles_and_is_urgent_from_level_three() -> None:
    red, blue = announced(WORKFLOW, "rung", "reply/red#2"), announced(WORKFLOW, "rung", "reply/blue")
    assert red is not None
    assert blue is not None
    assert (red.to, red.urgent, red.deadline) == (("clerk", "head"), True, "reply")
    assert (blue.to, blue.urgent) == (("clerk",), False)
    assert set(roles_asked(WORKFLOW, red)) == {"union_office", "clerk", "unit_head"}


@pytest.mark.parametrize(
    ("kind", "name"),
    [("notice", "unheard"), ("rung", "reply/none"), ("rung", "none/red"), ("rung", "reply"), ("other", "reply/red")],
)
def test_what_the_definition_does_not_know_is_announced_to_nobody(kind: str, name: str) -> None:
    assert announced(WORKFLOW, kind, name) is None


def test_a_deputy_is_told_too_and_marked_and_those_who_left_are_not() -> None:
    own = [Recipient(PersonId("li"), "clerk"), Recipient(PersonId("gone"), "clerk")]
    deputies = {PersonId("li"): [PersonId("wang")], PersonId("gone"): [PersonId("sun")]}
    known = people("li", "wang", "sun") | people("gone", active=False)

    assert with_deputies(own, deputies, known, UNITS, NOBODY) == [
        Recipient(PersonId("li"), "clerk"),
        Recipient(PersonId("wang"), "clerk", acting_for=PersonId("li")),
    ]


def test_who_is_told_in_their_own_right_is_not_told_again_as_a_deputy() -> None:
    own = [Recipient(PersonId("li"), "clerk"), Recipient(PersonId("wang"), "head")]

    assert with_deputies(own, {PersonId("li"): [PersonId("wang")]}, people("li", "wang"), UNITS, NOBODY) == own


def test_a_deputy_of_a_unit_complained_about_is_left_out() -> None:
    own = [Recipient(PersonId("li"), "clerk")]
    known = people("li") | people("wang", unit="workshop")

    assert with_deputies(own, {PersonId("li"): [PersonId("wang")]}, known, UNITS, frozenset({"plant"})) == own


@pytest.mark.parametrize(
    ("data", "above", "answer"),
    [
        ({"level": "open"}, {}, False),
        ({"level": "secret"}, {}, True),
        ({"level": "unheard of"}, {}, False),
        ({"level": ["secret"]}, {}, False),
        ({}, {"level": "secret"}, True),
        ({"accused_units": ["canteen"]}, {}, True),
        ({}, {"accused_units": ["canteen"]}, True),
    ],
    ids=str,
)
def test_a_case_is_confidential_by_a_strict_code_or_where_somebody_is_complained_about(
    data: dict[str, object], above: dict[str, object], answer: bool
) -> None:
    case, parent = an_errand(data=data), an_errand("case-0", data=above)
    definition = RULES.for_new("errand")

    assert is_confidential(case, definition, parent, definition) is answer


@given(
    st.sampled_from(sorted(PARENTS)),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(sorted(PARENTS))), max_size=8),
    st.sets(st.sampled_from([unit for unit in PARENTS if unit != ROOT]), max_size=2),
)
def test_whoever_is_told_of_an_inherited_role_holds_it_as_access_says(
    unit: str, held: list[tuple[str, str]], accused: set[str]
) -> None:
    case = an_errand(unit=unit, data={"subject": "x", "accused_units": sorted(accused)})
    grants = [f"{person} clerk@{where}" for person, where in held]
    clear = {
        person: [
            f"clerk@{where}" for who, where in held if who == person and not accused & set(UNITS.lineage(UnitId(where)))
        ]
        for person, _where in held
    }
    may_act = {
        person for person, own in clear.items() if holds_role("clerk", WORKFLOW, case, a_person(person, *own), UNITS)
    }
    found = {person for person, role in told("registered", case, *grants) if role == "clerk"}

    assert found <= may_act
    assert bool(found) == bool(may_act)
    assert accused_of(case, None) == accused_units(case)
