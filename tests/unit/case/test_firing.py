"""Firing a transition: what is offered to whom, what refuses it, and in which order one is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.case.actors import IMPORT, SYSTEM, Actor
from engine.case.case import Party
from engine.case.commands import KeepNote, Stated
from engine.case.decide import decide
from engine.case.events import EventType, Step, Verdict
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.offers import offered
from engine.errors import (
    CaseNotFound,
    GuardRefused,
    InputRefused,
    NotPermitted,
    StaleCase,
    TransitionNotOffered,
)
from tests.support.builders import (
    CLERK,
    ROOT,
    STRANGER,
    a_case,
    a_definition_with,
    a_move,
    a_person,
    a_rulebook,
    a_situation,
    a_tree,
    asked,
    at,
)
from tests.support.rehearsal import Rehearsal

HEAD = a_person("head-lai", "unit_head@works")
RULES = a_rulebook(
    a_definition_with(
        transitions=a_move("instruct", by="[head]", form="{remark: optional}")
        + a_move("follow", by="[system]")
        + a_move("withdraw", by="[proposer]", origin="[submitted, handling]", leads="to: closed")
    )
)


def test_a_permitted_move_changes_the_state_and_is_counted() -> None:
    play = Rehearsal(rules=RULES)
    opened = play.open()
    case = play.fire(opened, "accept")
    assert (case.state, case.phase, case.version, case.seq) == ("handling", "active", 2, 2)
    assert case.fired == {"accept": 1}
    assert case.milestones == {"submitted": at("2026-03-02"), "assigned": at("2026-03-02", 9, 1)}
    event = play.last.events[0]
    assert (event.type, event.transition, event.to_state, event.role) == (
        EventType.FIRED,
        "accept",
        "handling",
        "clerk",
    )
    assert (event.acting_unit, event.actor.person) == ("works", "clerk-chen")


def test_a_move_that_stays_leaves_state_and_milestones_alone() -> None:
    play = Rehearsal(rules=RULES)
    opened = play.open()
    before = play.fire(opened, "accept")
    after = play.fire(opened, "instruct", HEAD, remark="请按期办理")
    assert (after.state, after.milestones) == (before.state, before.milestones)
    assert play.last.events[0].to_state is None
    assert after.fired == {"accept": 1, "instruct": 1}
    assert after.data["remark"] == "请按期办理"


def test_a_move_that_is_not_offered_names_what_is() -> None:
    case = a_case(RULES, state="handling")
    answer = decide(a_situation(RULES, case), asked(case, "accept"), at("2026-03-03"))
    assert isinstance(answer, TransitionNotOffered)
    assert answer.details == {"state": "handling", "asked": "accept", "offered": ["close"]}
    assert answer.text.zh == "事项处于“办理中”，不能“受理”；现在可以：办结"
    assert answer.text.en == "The case is “In hand” and cannot “Accept”; open now: Close"


def test_an_unknown_move_is_named_as_asked_and_nothing_is_open_in_a_final_state() -> None:
    case = a_case(RULES, state="closed")
    answer = decide(a_situation(RULES, case), asked(case, "fly"), at("2026-03-03"))
    assert isinstance(answer, TransitionNotOffered)
    assert answer.text.zh == "事项处于“已办结”，不能“fly”；现在可以：无"
    assert answer.text.en.endswith("open now: nothing")


def test_who_sees_the_case_without_the_role_is_told_the_role() -> None:
    case = a_case(RULES, state="handling", parties=[Party("proposer", PersonId("zhao"))])
    answer = decide(a_situation(RULES, case), asked(case, "instruct", a_person("zhao")), at("2026-03-03"))
    assert isinstance(answer, NotPermitted)
    assert answer.details["roles"] == ["head"]


def test_a_move_of_the_engine_is_nobody_elses() -> None:
    case = a_case(RULES, state="handling")
    answer = decide(a_situation(RULES, case), asked(case, "follow"), at("2026-03-03"))
    assert isinstance(answer, NotPermitted)
    assert answer.details["roles"] == []
    assert answer.text.zh == "您没有办理此步骤的权限，须由系统办理"
    assert isinstance(decide(a_situation(RULES, case), asked(case, "follow", SYSTEM), at("2026-03-03")), Step)
    imported = decide(a_situation(RULES, case), asked(case, "follow", IMPORT), at("2026-03-03"))
    assert isinstance(imported, NotPermitted)


def test_an_import_retells_what_any_person_did() -> None:
    play = Rehearsal(rules=RULES)
    opened = play.open(IMPORT)
    play.fire(opened, "accept", IMPORT)
    play.fire(opened, "instruct", IMPORT)
    assert play.fire(opened, "withdraw", IMPORT).state == "closed"
    assert play.last.events[0].role == "proposer"


@pytest.mark.parametrize("transition", ["accept", "close", "instruct", "fly"])
@pytest.mark.parametrize("version", [None, 1, 7])
def test_who_may_not_see_a_case_learns_nothing_whatever_is_asked(transition: str, version: int | None) -> None:
    case = a_case(RULES, state="handling")
    command = asked(case, transition, STRANGER, expected_version=version)
    unseen = decide(a_situation(RULES, case), command, at("2026-03-03"))
    absent = decide(a_situation(RULES), command, at("2026-03-03"))
    assert isinstance(unseen, CaseNotFound)
    assert isinstance(absent, CaseNotFound)
    assert (unseen.text, unseen.details) == (absent.text, absent.details)


def test_a_case_of_another_organisation_does_not_exist() -> None:
    case = a_case(RULES)._replace(root=RootId("elsewhere"))
    assert isinstance(decide(a_situation(RULES, case), asked(case, "accept"), at("2026-03-03")), CaseNotFound)
    note = KeepNote(root=ROOT, actor=IMPORT, key="k", case=case.id, title="复核")
    assert isinstance(decide(a_situation(RULES, case), note, at("2026-03-03")), CaseNotFound)


def test_who_looked_at_an_older_version_is_told_both() -> None:
    play = Rehearsal(rules=RULES)
    opened = play.open()
    play.fire(opened, "accept", expected_version=1)
    with pytest.raises(StaleCase) as stale:
        play.fire(opened, "close", expected_version=1)
    assert stale.value.details == {"expected": 1, "actual": 2}
    assert stale.value.text.zh == "该事项已被他人更新（您看到的是第 1 版，现为第 2 版），请刷新后再办理"
    with pytest.raises(StaleCase):
        play.fire(opened, "accept", expected_version=1)
    assert play.fire(opened, "close", expected_version=2).state == "closed"


def test_a_refusal_changes_nothing() -> None:
    case = a_case(RULES)
    situation = a_situation(RULES, case)
    decide(situation, asked(case, "close"), at("2026-03-03"))
    assert situation.family == {case.id: case}
    assert situation.numbers == {}


def test_offers_follow_state_role_and_order_of_the_definition() -> None:
    workflow, units = RULES.newest("errand"), a_tree()
    both = a_person("li", "clerk@works", "unit_head@works")
    assert offered(workflow, a_case(RULES, state="handling"), both, units) == ("close", "instruct")
    assert offered(workflow, a_case(RULES), both, units) == ("accept",)
    assert offered(workflow, a_case(RULES, state="handling"), STRANGER, units) == ()
    party = a_case(RULES, parties=[Party("proposer", PersonId("zhao"))])
    assert offered(workflow, party, a_person("zhao"), units) == ("withdraw",)
    assert offered(workflow, party, a_person("deputy-qin", acting_for="zhao"), units) == ("withdraw",)
    assert offered(workflow, party, a_person("zhao", acting_for="qian"), units) == ()


def test_a_note_moves_nothing_and_leaves_the_version() -> None:
    play = Rehearsal(rules=RULES)
    opened = play.open()
    before = play.cases[opened]
    note = KeepNote(root=ROOT, actor=IMPORT, key="n", case=opened, title="T10", note={"resource": "Resource21"})
    answer = play.ask(note)
    assert isinstance(answer, Step)
    after = play.cases[opened]
    assert (after.version, after.seq, after.state) == (before.version, before.seq + 1, before.state)
    assert answer.events[0].note == {"title": "T10", "resource": "Resource21"}


def test_a_note_on_a_case_that_is_not_there_or_not_seen_is_refused() -> None:
    case = a_case(RULES)
    note = KeepNote(root=ROOT, actor=STRANGER, key="n", case=case.id, title="窥探")
    assert isinstance(decide(a_situation(RULES, case), note, at("2026-03-03")), CaseNotFound)
    absent = replace(note, case=CaseId("no-such-case"), actor=IMPORT)
    assert isinstance(decide(a_situation(RULES, case), absent, at("2026-03-03")), CaseNotFound)


@pytest.mark.parametrize("actor", [CLERK, SYSTEM])
def test_only_imports_may_state_when_something_happened(actor: Actor) -> None:
    case = a_case(RULES)
    stated = Stated(at("2026-03-01"), "登记簿第3行")
    answer = decide(a_situation(RULES, case), asked(case, "accept", actor, stated=stated), at("2026-03-03"))
    assert isinstance(answer, InputRefused)
    assert answer.text.zh == "只有导入或代录才能填写发生时间，并须注明依据"


def test_a_stated_instant_needs_a_basis_and_is_never_in_the_future() -> None:
    case, now = a_case(RULES), at("2026-03-03")
    situation = a_situation(RULES, case)

    def answer(stated: Stated) -> object:
        return decide(situation, asked(case, "accept", IMPORT, stated=stated), now)

    assert isinstance(answer(Stated(at("2026-03-01"), "")), InputRefused)
    future = answer(Stated(at("2026-03-03", 9, 1), "登记簿第3行"))
    assert isinstance(future, InputRefused)
    assert future.text.zh == "发生时间不能晚于现在"
    assert isinstance(answer(Stated(now, "登记簿第3行")), Step)


def test_clocks_and_milestones_count_from_the_stated_instant_and_the_entry_from_now() -> None:
    play = Rehearsal(rules=RULES, now=at("2026-03-03"))
    opened = play.open(IMPORT)
    case = play.fire(opened, "accept", IMPORT, stated=Stated(at("2026-02-10"), "登记簿第3行"))
    assert case.milestones["assigned"] == at("2026-02-10")
    assert case.changed_at == at("2026-03-03", 9, 1)
    assert case.stated


GUARDED = a_rulebook(
    a_definition_with(
        head="""
        documents:
          xf: {zh: 信访工作条例（2022）, en: Regulations on petition work}
        parameters:
          least: {title: {zh: 下限, en: Least}, value: 3}
        """,
        fields="count: {title: {zh: 数量, en: Count}, privacy: public, schema: {type: integer}}",
        transitions="""
        judge:
          title: {zh: 审定, en: Judge}
          from: [submitted]
          by: [clerk]
          form: {count: optional, remark: optional}
          guards:
            - {id: counted, expr: form.count != null, refuse: {zh: 请填数量, en: No count}}
            - id: enough
              expr: form.count >= parameter.least
              refuse: {zh: "不足{least}件", en: "Fewer than {least}"}
              source: {document: xf, article: 第三十六条}
          alternatives:
            - to: closed
              guards:
                - {id: many, expr: form.count > 100, refuse: {zh: 不多, en: Not many}}
                - {id: remarked, expr: form.remark != null, refuse: {zh: 无意见, en: No remark}}
              effects: [{do: set, values: {subject: "'大批'"}}]
            - to: handling
              guards: [{id: some, expr: form.count > 10, refuse: {zh: 很少, en: Few}}]
            - to: submitted
              effects: [{do: set, values: {subject: "'小批'"}}]
        strict:
          title: {zh: 严审, en: Strict}
          from: [submitted]
          by: [clerk]
          form: {count: optional}
          alternatives:
            - to: closed
              guards: [{id: hundred, expr: form.count == 100, refuse: {zh: 不是一百, en: Not a hundred}}]
            - to: handling
              guards: [{id: ten, expr: form.count == 10, refuse: {zh: 不是十, en: Not ten}}]
        """,
    )
)


@pytest.mark.parametrize(
    ("count", "remark", "state", "subject", "verdicts"),
    [
        (200, "大", "closed", "大批", ["counted+", "enough+", "many+", "remarked+"]),
        (200, None, "handling", "食堂", ["counted+", "enough+", "many+", "remarked-", "some+"]),
        (50, "大", "handling", "食堂", ["counted+", "enough+", "many-", "some+"]),
        (5, None, "submitted", "小批", ["counted+", "enough+", "many-", "some-"]),
    ],
)
def test_the_first_way_whose_guards_hold_is_taken_and_every_verdict_is_kept(
    count: int, remark: str | None, state: str, subject: str, verdicts: list[str]
) -> None:
    play = Rehearsal(rules=GUARDED)
    case = play.fire(play.open(), "judge", count=count, remark=remark)
    assert (case.state, case.data["subject"]) == (state, subject)
    expected = tuple(Verdict(verdict[:-1], verdict.endswith("+")) for verdict in verdicts)
    assert play.last.events[0].verdicts == expected


def test_a_guard_refuses_with_its_reason_its_parameters_and_its_source() -> None:
    play = Rehearsal(rules=GUARDED)
    opened = play.open()
    with pytest.raises(GuardRefused) as refused:
        play.fire(opened, "judge", count=2)
    assert (refused.value.text.zh, refused.value.text.en) == ("不足3件", "Fewer than 3")
    assert refused.value.details == {
        "guard": "enough",
        "source": {"zh": "信访工作条例（2022） 第三十六条", "en": "Regulations on petition work 第三十六条"},
    }
    with pytest.raises(GuardRefused) as first:
        play.fire(opened, "judge")
    assert first.value.details == {"guard": "counted", "source": None}
    assert play.cases[opened].seq == 1


def test_when_no_way_is_open_the_last_guard_asked_is_the_reason() -> None:
    play = Rehearsal(rules=GUARDED)
    opened = play.open()
    with pytest.raises(GuardRefused) as refused:
        play.fire(opened, "strict", count=50)
    assert refused.value.details["guard"] == "ten"
    assert play.fire(opened, "strict", count=10).state == "handling"


def test_the_same_situation_gives_the_same_step() -> None:
    case = a_case(RULES)
    situation = a_situation(RULES, case)
    first, second = (decide(situation, asked(case, "accept"), at("2026-03-03")) for _ in range(2))
    assert first == second
