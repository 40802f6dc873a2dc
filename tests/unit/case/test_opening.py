"""Opening a case: who may, what it begins with, what its first event pins."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from engine.case.actors import IMPORT, SYSTEM, Actor
from engine.case.case import Party
from engine.case.commands import OpenCase, Stated
from engine.case.events import EventType
from engine.case.identity import CaseId, PersonId, SessionId, UnitId
from engine.errors import FormInvalid, NotFound, NotPermitted
from tests.support.builders import (
    CLERK,
    ROOT,
    SESSION,
    STRANGER,
    a_definition_with,
    a_list,
    a_person,
    a_rulebook,
    a_session,
    at,
)
from tests.support.rehearsal import Rehearsal

ERRAND = a_rulebook(a_definition_with())
BECOMES = a_rulebook(a_definition_with(head="opener_becomes: proposer"))


def test_a_new_case_stands_in_the_initial_state_with_its_milestone() -> None:
    play = Rehearsal(rules=ERRAND)
    case = play.cases[play.open()]
    assert (case.state, case.phase, case.version, case.seq) == ("submitted", "initial", 1, 1)
    assert case.milestones == {"submitted": at("2026-03-02")}
    assert case.opened_at == case.changed_at == at("2026-03-02")
    assert (case.root, case.unit, case.congress_session) == (ROOT, "works", None)


def test_the_opening_pins_definition_lists_and_calendar() -> None:
    listed = a_definition_with(
        head="lists: {kinds: kinds}",
        fields="kind: {title: {zh: 类别, en: Kind}, privacy: public, schema: {type: string}, list: kinds}",
        opening="subject: required\nkind: optional",
    )
    rules = a_rulebook(listed, lists=[a_list("kinds", "a", version=1), a_list("kinds", "a", "b", version=2)])
    play = Rehearsal(rules=rules, sessions=[a_session(lists={"kinds": 1})])
    newest, pinned = play.cases[play.open(kind="b")], play.cases[play.open(session=SESSION, kind="a")]
    hashes = {version: content for (_name, version), (_part, content) in rules.lists.items()}
    assert newest.pins.lists == {"kinds": hashes[2]}
    assert pinned.pins.lists == {"kinds": hashes[1]}
    assert newest.pins.definition == rules.workflows["errand", 1][1]
    assert newest.pins.calendar == newest.pins.calendar.strip() != ""
    with pytest.raises(FormInvalid, match="kind"):
        play.open(session=SESSION, kind="b")


def test_an_opener_holds_the_grant_in_the_unit_or_above() -> None:
    play = Rehearsal(rules=ERRAND)
    play.open(CLERK, unit="workshop")
    assert (play.last.events[0].role, play.last.events[0].acting_unit) == ("clerk", "works")
    play.open(a_person("li", "clerk@plant"), unit="workshop")
    assert play.last.events[0].acting_unit == "plant"


@pytest.mark.parametrize(
    "actor", [STRANGER, a_person("li", "clerk@canteen"), a_person("li", "clerk@workshop"), a_person("li", "head@plant")]
)
def test_nobody_else_opens_a_case_and_is_told_the_role(actor: Actor) -> None:
    play = Rehearsal(rules=ERRAND)
    with pytest.raises(NotPermitted) as refused:
        play.open(actor, unit="plant")
    assert refused.value.details["roles"] == ["clerk"]
    assert refused.value.text.zh == "您没有办理此步骤的权限，须由经办人办理"
    assert refused.value.text.en == "This needs the role Clerk"
    assert play.steps == []


def test_the_engine_and_imports_open_cases_without_a_role() -> None:
    play = Rehearsal(rules=ERRAND)
    play.open(IMPORT)
    assert play.last.events[0].role is None
    play.open(SYSTEM)
    assert play.last.events[0].actor is SYSTEM


def test_a_case_of_an_unknown_unit_session_or_workflow_is_refused() -> None:
    play = Rehearsal(rules=ERRAND)
    with pytest.raises(FormInvalid) as unit:
        play.open(unit="moon")
    assert [problem.path for problem in unit.value.fields] == ["unit"]
    with pytest.raises(FormInvalid) as session:
        play.open(session=SessionId("s9m1"))
    assert [problem.path for problem in session.value.fields] == ["congress_session"]
    with pytest.raises(NotFound):
        play.open(workflow="errands")


def test_who_opens_becomes_the_party_that_the_definition_names() -> None:
    play = Rehearsal(rules=BECOMES)
    case = play.cases[play.open(CLERK)]
    assert case.parties == (Party("proposer", PersonId("clerk-chen")),)
    deputy = play.cases[play.open(a_person("deputy-qin", "clerk@works", acting_for="zhao"))]
    assert deputy.parties == (Party("proposer", PersonId("zhao")),)
    assert deputy.people == ("deputy-qin", "zhao")


def test_an_import_names_the_parties_and_does_not_become_one() -> None:
    play = Rehearsal(rules=BECOMES)
    assert play.cases[play.open(IMPORT)].parties == ()
    case = play.cases[play.open(IMPORT, parties={"proposer": ("zhao",), "seconder": ("qian", "sun")})]
    assert case.persons_in("proposer") == ("zhao",)
    assert case.persons_in("seconder") == ("qian", "sun")


def test_who_opens_for_somebody_else_does_not_become_the_party() -> None:
    play = Rehearsal(rules=BECOMES)
    case = play.cases[play.open(CLERK, parties={"proposer": ("zhao",)})]
    assert case.persons_in("proposer") == ("zhao",)
    assert case.people == ("clerk-chen", "zhao")


def test_a_person_named_twice_in_a_role_counts_once() -> None:
    play = Rehearsal(rules=ERRAND)
    case = play.cases[play.open(parties={"seconder": ("qian", "qian", "sun")})]
    assert case.persons_in("seconder") == ("qian", "sun")
    assert len(case.parties) == 2


@pytest.mark.parametrize("role", ["clerk", "witness"])
def test_only_roles_of_parties_take_parties(role: str) -> None:
    with pytest.raises(FormInvalid) as refused:
        Rehearsal(rules=ERRAND).open(parties={role: ("zhao",)})
    assert [(problem.path, problem.text.zh) for problem in refused.value.fields] == [("parties", "没有这个角色")]


def test_initial_values_are_set_unless_the_form_gives_others() -> None:
    rules = a_rulebook(
        a_definition_with(
            fields="""
            round: {title: {zh: 轮次, en: Round}, privacy: public, schema: {type: integer}, initial: 1}
            grade: {title: {zh: 等级, en: Grade}, privacy: public, schema: {type: string}, initial: plain}
            """,
            opening="subject: required\ngrade: optional",
        )
    )
    play = Rehearsal(rules=rules)
    assert play.cases[play.open(grade="urgent")].data == {"subject": "食堂", "round": 1, "grade": "urgent"}


def test_effects_of_opening_stand_in_the_first_event() -> None:
    rules = a_rulebook(
        a_definition_with(
            head="""
            numbers:
              receipt: {title: {zh: 收件号, en: Receipt}, template: "{session}收字第{n:03}号"}
            deadlines:
              term: {title: {zh: 期限, en: Term}, within: 15 days, waive: {ladder: 示例}}
            notices:
              told: {title: {zh: 告知, en: Told}, to: [clerk], template: told}
            on_open:
              - {do: number, series: receipt, field: receipt}
              - {do: start, deadline: term}
              - {do: notify, notice: told}
            """,
            fields="receipt: {title: {zh: 收件号, en: Receipt}, privacy: public, schema: {type: string}}",
        )
    )
    play = Rehearsal(rules=rules, sessions=[a_session()], now=at("2026-06-05"))
    case = play.cases[play.open(session=SESSION)]
    event = play.last.events[0]
    assert len(play.last.events) == 1
    assert event.type is EventType.OPENED
    assert event.notices == ("told",)
    assert case.data["receipt"] == "第八届第三次收字第001号"
    # E01: 15 days from Friday 5 June end on 20 June in the Dragon Boat holiday and roll to Monday 22 June.
    assert case.clocks[0].due_on == date(2026, 6, 22)


def test_an_import_states_when_the_case_was_opened() -> None:
    play = Rehearsal(rules=ERRAND, now=at("2026-03-02"))
    stated = Stated(at("2025-12-01"), "登记簿第3行")
    case = play.cases[play.open(IMPORT, stated=stated)]
    assert case.stated
    assert case.opened_at == at("2026-03-02")
    assert case.milestones == {"submitted": at("2025-12-01")}


def test_an_id_begins_with_its_instant_so_that_what_is_opened_together_stands_together() -> None:
    play = Rehearsal(rules=ERRAND, now=datetime(2026, 3, 2, 1, 0, 0, 7000, tzinfo=UTC))
    case = play.open()
    # 2026-03-02T01:00:00.007Z is 1,772,413,200,007 ms after 1970, 19cac0f2687 in hex.
    assert case[:12] == "019cac0f2687"
    assert len(case) == 32
    entry_id = json.loads(play.recorded[0].written.body)["id"]
    assert entry_id[:12] == "019cac0f2687"


def test_two_openings_of_one_seed_get_ids_of_their_own_by_key() -> None:
    play = Rehearsal(rules=ERRAND)
    opened = {play.open() for _ in range(3)}
    assert len(opened) == 3
    assert all(len(case) == 32 for case in opened)


def test_a_key_no_text_can_hold_opens_a_case_all_the_same() -> None:
    play = Rehearsal(rules=ERRAND)
    command = OpenCase(
        root=ROOT, actor=CLERK, key="\ud800", workflow="errand", unit=UnitId("works"), form={"subject": "食堂"}
    )
    answer = play.ask(command)
    assert not isinstance(answer, Exception), answer
    assert play.cases[CaseId(answer.case)].state == "submitted"
