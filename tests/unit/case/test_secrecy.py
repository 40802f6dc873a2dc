"""Who may not know of a case, and by what name somebody stands in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from engine.access.disclosure import disclosed
from engine.access.readers import principals_of, recused_of
from engine.case.actors import IMPORT, SYSTEM, Actor, ActorKind
from engine.case.case import Case, Party
from engine.case.identity import PersonId, UnitId
from engine.case.roles import may_see
from engine.case.secrecy import (
    accused_units,
    as_opener,
    as_party,
    boundary,
    files_here,
    is_recused,
    is_strict,
    next_boundary,
    recused_people,
)
from engine.errors import FormInvalid
from tests.support.builders import a_case, a_definition_with, a_list, a_person, a_rulebook, a_tree

LEVELS = a_list(
    "levels", "plain", "secret", "nameless", flags={"strict": ["secret", "nameless"], "anonymous": ["nameless"]}
)
RULES = a_rulebook(
    a_definition_with(
        fields="""
        level: {title: {zh: 级别, en: Level}, privacy: public, schema: {type: string}, list: levels, initial: plain}
        told: {title: {zh: 原文, en: Told}, privacy: confidential, schema: {type: string}}
        name: {title: {zh: 姓名, en: Name}, privacy: confidential, schema: {type: string}}
        account: {title: {zh: 账号, en: Account}, privacy: confidential, schema: {type: string, format: person}}
        """,
        roles="""
        staff: {title: {zh: 职工, en: Staff}, bound: grant, of: [staff], sees: false}
        stranger: {title: {zh: 匿名人, en: Stranger}, bound: code, sees: false}
        office: {title: {zh: 工会, en: Office}, bound: grant, of: [office], reads: confidential}
        auditor: {title: {zh: 审计, en: Auditor}, bound: grant, of: [auditor], reads: internal}
        let_in: {title: {zh: 获准, en: Let in}, bound: party, reads: confidential}
        """,
        head="""
        lists: {levels: levels}
        opener_becomes: proposer
        identity: {level: level, fields: [name, account], account: account, own: [staff], opened_to: let_in}
        """,
    ),
    lists=[LEVELS],
)
DEFINITION, UNITS = RULES.for_new("errand"), a_tree()
LUO = replace(a_person("luo", "staff@workshop"), veil=PersonId("veiled"))
STRANGER = Actor(kind=ActorKind.PERSON, person=PersonId("code"), anonymous=True)
IDENTITY = {"name", "account"}


def a_matter(level: str = "secret", by: str = "veiled", **changes: JsonValue) -> Case:
    case = a_case(RULES, unit="plant", parties=[Party("proposer", PersonId(by))])
    return case._replace(data={**case.data, "level": level, **changes})


def fields_known(case: Case, actor: Actor) -> set[str]:
    return set(disclosed(case, DEFINITION, actor, UNITS).fields) & {"told", *IDENTITY}


@pytest.mark.parametrize(("level", "answer"), [("plain", False), ("secret", True), ("nameless", True), ("", False)])
def test_a_case_is_strict_by_the_flag_of_its_code(level: str, answer: bool) -> None:
    assert is_strict(a_matter(level), DEFINITION) is answer


def test_who_files_under_a_strict_level_stands_there_under_the_veil() -> None:
    actor, fields = as_opener(DEFINITION, "staff", LUO, {"level": "secret"})
    assert (actor.person, actor.veil) == ("veiled", None)
    assert fields == {"level": "secret", "account": "luo"}


@pytest.mark.parametrize(
    ("role", "actor", "level"),
    [
        ("staff", LUO, "plain"),
        ("office", LUO, "secret"),
        ("staff", replace(LUO, veil=None), "secret"),
        (None, IMPORT, "nameless"),
        (None, SYSTEM, "secret"),
    ],
)
def test_everybody_else_files_as_they_are(role: str | None, actor: Actor, level: str) -> None:
    assert as_opener(DEFINITION, role, actor, {"level": level}) == (actor, {"level": level})


def test_without_a_level_the_initial_one_decides() -> None:
    assert as_opener(DEFINITION, "staff", LUO, {})[0] is LUO


@pytest.mark.parametrize(
    ("actor", "fields", "wrong"),
    [
        (STRANGER, {"level": "secret"}, ["level"]),
        (STRANGER, {}, ["level"]),
        (STRANGER, {"level": "nameless", "name": "x", "account": "luo"}, ["name", "account"]),
        (LUO, {"level": "nameless"}, ["level"]),
    ],
)
def test_the_level_must_fit_to_whether_the_person_is_known(
    actor: Actor, fields: dict[str, str], wrong: list[str]
) -> None:
    with pytest.raises(FormInvalid) as caught:
        as_opener(DEFINITION, "staff", actor, fields)
    assert [problem.path for problem in caught.value.fields] == wrong


def test_somebody_anonymous_files_under_the_anonymous_level() -> None:
    assert as_opener(DEFINITION, "stranger", STRANGER, {"level": "nameless"}) == (STRANGER, {"level": "nameless"})


def test_the_veiled_person_acts_on_that_case_alone_and_holds_no_office_there() -> None:
    mixed = replace(LUO, grants=LUO.grants | a_person("luo", "office@works").grants)
    seen = as_party(mixed, a_matter())
    assert (seen.person, seen.grants, seen.veil) == ("veiled", frozenset(), None)
    assert as_party(mixed, a_matter(by="somebody")) is mixed
    assert as_party(a_person("sun"), a_matter()).person == "sun"
    assert may_see(DEFINITION, a_matter(), LUO, UNITS)
    assert not may_see(DEFINITION, a_matter(by="somebody"), LUO, UNITS)
    assert principals_of(LUO) == ("person:luo", "person:veiled", "role:staff@workshop")


@pytest.mark.parametrize(("unit", "answer"), [("workshop", True), ("plant", True), ("works", True), ("canteen", False)])
def test_one_files_with_the_own_unit_or_any_above_it(unit: str, answer: bool) -> None:
    assert files_here(DEFINITION, "staff", LUO, UnitId(unit), UNITS) is answer
    assert not files_here(DEFINITION, "office", LUO, UnitId(unit), UNITS)


def test_units_and_people_complained_about_are_recused_here_and_below() -> None:
    parent = a_matter(accused_units=["plant", "works"], accused_people=["du"])
    child = a_matter(accused_units=["canteen"], recused_people=["feng"])
    assert accused_units(child, parent) == {"plant", "canteen"}
    assert recused_people(child, parent) == {"du", "feng"}
    assert recused_of(child, parent) == {"person:du", "person:feng", "unit:plant", "unit:canteen"}
    assert accused_units(child) == {"canteen"}
    assert recused_people(child) == {"feng"}


@pytest.mark.parametrize(
    ("actor", "answer"),
    [
        (a_person("du", "office@works"), True),
        (a_person("deputy", "office@works", acting_for="du"), True),
        (a_person("feng", "office@works"), False),
    ],
)
def test_a_recused_person_and_whoever_acts_for_them_see_nothing(actor: Actor, answer: bool) -> None:
    case = a_matter("plain", accused_people=["du"])
    assert is_recused(actor, case) is answer
    assert may_see(DEFINITION, case, actor, UNITS) is not answer


@pytest.mark.parametrize(
    ("level", "actor", "known"),
    [
        ("plain", a_person("o", "office@works"), {"told", *IDENTITY}),
        ("secret", a_person("o", "office@works"), {"told"}),
        ("plain", a_person("a", "auditor@works"), set()),
        ("secret", a_person("a", "auditor@works"), set()),
        ("secret", LUO, IDENTITY),
        ("secret", SYSTEM, {"told", *IDENTITY}),
        ("plain", a_person("nobody"), set()),
    ],
)
def test_what_is_confidential_is_for_some_and_who_it_is_for_fewer(level: str, actor: Actor, known: set[str]) -> None:
    assert fields_known(a_matter(level), actor) == known


def test_two_together_let_somebody_know_who_it_is() -> None:
    case = a_matter()
    case = case._replace(parties=(*case.parties, Party("let_in", PersonId("o"))))
    assert fields_known(case, a_person("o", "office@works")) == {"told", *IDENTITY}
    assert fields_known(case, a_person("p", "office@works")) == {"told"}


@pytest.mark.parametrize(
    ("level", "actor", "nameless"),
    [
        ("plain", a_person("o", "office@works"), False),
        ("plain", a_person("a", "auditor@works"), True),
        ("secret", a_person("o", "office@works"), True),
        ("secret", LUO, False),
    ],
)
def test_who_may_not_know_the_person_meets_no_name(level: str, actor: Actor, nameless: bool) -> None:
    found = disclosed(a_matter(level), DEFINITION, actor, UNITS)
    assert (found.nameless, found.nameless_roles) == (
        ({"veiled"}, {"proposer"}) if nameless else (frozenset(), frozenset())
    )


def test_boundaries_are_four_hours_apart() -> None:
    at = datetime(2026, 3, 2, 23, 59, 59, 999999, tzinfo=UTC)
    assert boundary(at) == datetime(2026, 3, 2, 20, tzinfo=UTC)
    assert next_boundary(at) == datetime(2026, 3, 3, tzinfo=UTC)
    assert boundary(next_boundary(at)) == next_boundary(at)
