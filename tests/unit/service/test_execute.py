"""A batch, in words that are tests: order, one working set, refusals and failures apart, what is written once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from pydantic import JsonValue

from engine.case.codec import microseconds
from engine.case.commands import Command, KeepNote
from engine.case.decide import decide
from engine.case.identity import CaseId, RootId
from engine.case.situation import Situation
from engine.errors import (
    CaseNotFound,
    CommandFailed,
    GuardRefused,
    KeyReused,
    NotFound,
    StaleCase,
    StorageUnavailable,
    TransitionNotOffered,
)
from engine.ledger.chain import entry_hash
from engine.ledger.entries import Written
from engine.service import execute as execute_module
from engine.service.execute import Done, Later
from tests.support.batch_desk import TASK, Desk, done, kinds
from tests.support.builders import (
    CLERK,
    ROOT,
    a_definition_with,
    a_move,
    a_person,
    a_rulebook,
    at,
)
from tests.support.fake_store import FakeStore


def test_an_outcome_names_the_case_its_last_entry_and_that_entrys_hash() -> None:
    desk = Desk()
    outcome = done(desk.carry_out(desk.opening())[0]).outcome
    entry = desk.store.tables.entries[0]
    assert (outcome.case, outcome.seq, outcome.hash) == (entry.case, 1, entry_hash(entry.body).hex())
    assert entry.hash.hex() == outcome.hash == desk.store.case(outcome.case).head


@pytest.mark.parametrize("exclusive", [True, False])
def test_each_command_sees_what_earlier_ones_of_the_batch_did(exclusive: bool) -> None:
    desk = Desk(exclusive=exclusive)
    (case,) = desk.opened()
    first, second = desk.carry_out(
        desk.firing(case, "number", expected_version=2), desk.firing(case, "close", expected_version=3)
    )
    assert (done(first).outcome.seq, done(second).outcome.seq) == (3, 4)
    assert desk.store.case(case).state == "closed"
    assert desk.store.committed == 3


def test_a_batch_changes_every_case_a_command_touches_and_later_commands_see_that() -> None:
    desk = Desk()
    case, children = desk.assigned("plant", "canteen")
    results = desk.carry_out(
        desk.signing(children[0], "plant"),
        desk.signing(children[1], "canteen"),
        desk.firing(case, "close"),
        desk.firing(children[0], "sign", actor=a_person("head-plant", "unit_head@plant")),
    )
    assert kinds(results) == [Done, Done, Done, TransitionNotOffered]
    assert desk.store.case(case).state == "closed"
    assert {desk.store.case(child).state for child in children} == {"closed"}
    assert done(results[1]).outcome.case == children[1]


def test_a_refusal_leaves_the_others_untouched() -> None:
    desk = Desk()
    first, second = desk.opened(2)
    results = desk.carry_out(
        desk.firing(first, "accept"),
        desk.firing(second, "close"),
        desk.firing(CaseId("gone"), "close"),
        desk.firing(first, "close", expected_version=9),
        desk.firing(first, "close"),
    )
    assert kinds(results) == [TransitionNotOffered, Done, CaseNotFound, StaleCase, Done]
    assert [desk.store.case(case).state for case in (first, second)] == ["closed", "closed"]


def test_only_committed_outcomes_are_kept() -> None:
    desk = Desk()
    (case,) = desk.opened()
    known = len(desk.store.tables.outcomes)
    desk.carry_out(desk.firing(case, "accept", key="refused"))
    assert len(desk.store.tables.outcomes) == known
    assert kinds(desk.carry_out(desk.firing(case, "close", key="refused"))) == [Done]


def test_a_failure_of_ours_answers_that_caller_only_and_leaves_the_working_set_as_before(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    first, second = desk.opened(2)

    def broken(situation: Situation, command: Command, now: datetime) -> object:
        step = decide(situation, command, now)
        if command.key == "poison":
            raise ZeroDivisionError("a defect of ours")
        return step

    monkeypatch.setattr(execute_module, "decide", broken)
    with caplog.at_level(logging.ERROR):
        results = desk.carry_out(
            desk.firing(first, "number"),
            desk.firing(first, "close", key="poison"),
            desk.firing(first, "number"),
            desk.firing(second, "close"),
        )
    assert kinds(results) == [Done, CommandFailed, Done, Done]
    failed = results[1]
    assert isinstance(failed, CommandFailed)
    assert str(failed.details["incident"]) in caplog.text
    assert "a defect of ours" not in failed.text.en + failed.text.zh
    assert (desk.store.case(first).state, desk.store.case(first).seq) == ("handling", 4)
    assert desk.store.case(second).state == "closed"


@pytest.mark.parametrize("place", ["write_entry", "step_rows"])
def test_a_failure_after_the_decision_leaves_no_half_of_the_step(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    desk = Desk()
    case, children = desk.assigned("plant")
    (other,) = desk.opened()
    rows = len(desk.store.tables.entries)
    real = getattr(execute_module, place)
    calls = []

    def broken(*arguments: object) -> Written:
        calls.append(place)
        if len(calls) == 2:
            raise ZeroDivisionError("in the second event of the step")
        return real(*arguments)  # type: ignore[no-any-return]  # what the real one returns

    monkeypatch.setattr(execute_module, place, broken)
    results = desk.carry_out(desk.signing(children[0], "plant"), desk.firing(other, "close"))
    assert kinds(results) == [CommandFailed, Done]
    assert desk.store.case(children[0]).state == "submitted"
    assert desk.store.case(case).state == "handling"
    assert len(desk.store.tables.entries) == rows + 1
    assert desk.store.tables.counters == {(ROOT, "task/letter/all"): 1}


def test_a_case_under_rules_not_known_here_is_refused_and_the_others_go_on() -> None:
    desk = Desk()
    (case,) = desk.opened()
    elsewhere = Desk(a_rulebook(a_definition_with(version=2, transitions=a_move("merge"))))
    elsewhere.store.tables = desk.store.tables
    results = elsewhere.carry_out(elsewhere.firing(case, "merge", key="there"), elsewhere.opening("here"))
    assert kinds(results) == [NotFound, Done]


def test_entries_of_a_case_never_go_backwards_even_when_the_clock_does() -> None:
    desk = Desk()
    case, children = desk.assigned("plant")
    desk.now = at("2026-03-02") - timedelta(hours=1)
    late = desk.store.case(case).changed_at
    desk.carry_out(desk.signing(children[0], "plant"))
    for one in (case, *children):
        assert desk.store.case(one).changed_at == late
    desk.now = at("2026-03-05")
    desk.carry_out(desk.firing(case, "number"))
    desk.now = at("2026-03-04")
    desk.carry_out(desk.firing(case, "end_all"))
    assert desk.store.case(case).changed_at == at("2026-03-05")


def test_a_case_touched_often_is_written_once_and_its_entries_all() -> None:
    desk = Desk()
    seen: list[tuple[int, int, int, int]] = []
    desk.store.at_write = lambda rows: seen.append(
        (len(rows.created), len(rows.changed), len(rows.entries), len(rows.outcomes))
    )
    (opened,) = desk.carry_out(desk.opening())
    case = done(opened).outcome.case
    desk.carry_out(desk.firing(case, "accept"), desk.firing(case, "number"), desk.firing(case, "close"))
    assert seen == [(1, 0, 1, 1), (0, 1, 3, 3)]
    entries = [entry for entry in desk.store.tables.entries if entry.case == case]
    assert [entry.seq for entry in entries] == [1, 2, 3, 4]


def test_rows_carry_what_lists_filter_by() -> None:
    desk = Desk()
    (case,) = desk.opened()
    desk.carry_out(desk.firing(case, "number"), desk.firing(case, "begin"))
    row = desk.store.tables.cases[ROOT, case]
    assert (row.number, row.subject, row.category, row.state, row.unit) == ("001", "食堂", None, "handling", "works")
    # 90 days from Monday 2 March end on Sunday 31 May, so on Monday 1 June at 24:00.
    assert row.next_due_at == microseconds(at("2026-06-02", 0))
    assert row.opened_at == microseconds(at("2026-03-02"))


def test_a_note_is_kept_and_its_key_too() -> None:
    desk = Desk()
    (case,) = desk.opened()
    note = KeepNote(root=ROOT, actor=CLERK, key="n", case=case, title="T10", note={"resource": "R21"})
    first, again = desk.carry_out(note, note)
    assert done(again) == Done(done(first).outcome, repeated=True)
    assert desk.store.case(case).seq == 3
    other = KeepNote(root=ROOT, actor=CLERK, key="n", case=case, title="T11", note={"resource": "R21"})
    assert kinds(desk.carry_out(other)) == [KeyReused]


def test_numbers_of_a_batch_follow_one_another_and_the_last_is_kept() -> None:
    desk = Desk()
    cases = desk.opened(3)
    desk.carry_out(*(desk.firing(case, "number") for case in cases[:2]))
    desk.carry_out(desk.firing(cases[2], "number"))
    assert [desk.store.case(case).data["number_here"] for case in cases] == ["001", "002", "003"]
    assert desk.store.tables.counters == {(ROOT, "errand/case/2026"): 3}
    assert desk.store.counted == [{"errand/case/2026"}, {"errand/case/2026"}]


def test_numbers_that_follow_from_a_move_go_on_from_the_last_one() -> None:
    desk = Desk()
    numbers = []
    for _round in range(2):
        case, children = desk.assigned("plant", "canteen")
        desk.carry_out(desk.signing(children[0], "plant"))
        desk.carry_out(desk.signing(children[1], "canteen"))
        numbers.append(desk.store.case(case).data["closing_number"])
    assert numbers == ["1", "2"]
    letters = [
        desk.store.case(CaseId(row.id)).data["letter"]
        for row in desk.store.tables.cases.values()
        if row.workflow == "task"
    ]
    assert sorted(str(letter) for letter in letters) == ["1", "2", "3", "4"]
    assert desk.store.tables.counters == {(ROOT, "task/letter/all"): 4, (ROOT, "errand/closing/all"): 2}


def test_a_cascade_that_closes_the_children_numbers_the_parent_by_its_join() -> None:
    closing = a_definition_with(
        head="""
        numbers: {closing: {title: {zh: 结案号, en: Closing}, template: "{n}", per: root}}
        joins:
          ended: {workflow: task, when: all, states: [closed], in: [handling], fire: sum_up}
        """,
        fields="""
        closing_number: {title: {zh: 结案号, en: Number}, privacy: public, schema: {type: string}}
        lead: {title: {zh: 主办, en: Lead}, privacy: public, schema: {type: string}}
        """,
        transitions=a_move("assign", form="{lead: required}", effects="[{do: assign, workflow: task, lead: lead}]")
        + a_move("end_all", effects="[{do: cascade, workflow: task, states: [submitted], fire: finish}]")
        + a_move("sum_up", by="[system]", effects="[{do: number, series: closing, field: closing_number}]"),
    )
    desk = Desk(a_rulebook(closing, TASK))
    numbers = []
    for case in desk.opened(2):
        desk.carry_out(desk.firing(case, "assign", form={"lead": "plant"}))
        desk.carry_out(desk.firing(case, "end_all"))
        numbers.append(desk.store.case(case).data["closing_number"])
    assert numbers == ["1", "2"]


def test_two_organisations_in_one_batch_never_meet() -> None:
    desk = Desk()
    other = RootId("mill")
    opened = desk.carry_out(desk.opening(), desk.opening(root=other))
    mine, theirs = (done(result).outcome.case for result in opened)
    results = desk.carry_out(
        desk.firing(theirs, "accept", root=other),
        desk.firing(theirs, "number"),
        desk.firing(mine, "number", root=other),
        desk.firing(mine, "merge", form={"into": theirs}),
        desk.firing(mine, "number"),
        desk.firing(theirs, "number", root=other),
    )
    assert kinds(results)[1:3] == [CaseNotFound, CaseNotFound]
    assert "into" in str(results[3])
    assert kinds(results)[4:] == [Done, Done]
    assert desk.store.tables.counters == {(ROOT, "errand/case/2026"): 1, (other, "errand/case/2026"): 1}
    assert desk.store.case(theirs, other).data["number_here"] == "001"


def test_what_a_command_is_decided_on_does_not_depend_on_the_rest_of_the_batch() -> None:
    desk = Desk()
    case, other = desk.opened(2)
    peeking = desk.firing(case, "peek", key="k", form={"into": other})
    alone = desk.carry_out(peeking)
    beside = desk.carry_out(desk.firing(other, "number"), peeking)
    assert kinds([alone[0], beside[1]]) == [GuardRefused, GuardRefused]


def test_nothing_is_locked_where_nobody_else_can_write() -> None:
    desk = Desk(exclusive=True)
    case, children = desk.assigned("plant")
    desk.carry_out(desk.signing(children[0], "plant"))
    assert desk.store.locked == []
    assert desk.store.case(case).data["closing_number"] == "1"


def test_a_case_kept_from_the_last_commit_is_not_read_again() -> None:
    desk = Desk(cached=True)
    case, children = desk.assigned("plant")
    desk.store.read.clear()
    assert kinds(desk.carry_out(desk.signing(children[0], "plant"), desk.firing(case, "close"))) == [Done, Done]
    assert desk.store.read == []
    assert desk.store.case(case).data["closing_number"] == "1"
    elsewhere = desk.carry_out(desk.firing(case, "number", root=RootId("mill")))
    assert kinds(elsewhere) == [CaseNotFound]


def test_what_is_not_kept_is_read_beside_what_is() -> None:
    desk = Desk(cached=True)
    case, children = desk.assigned("plant", "canteen")
    assert desk.cache is not None
    desk.cache.forget()
    desk.carry_out(desk.firing(children[0], "close"))
    assert set().union(*desk.store.read[-3:]) == {case, *children}
    desk.store.read.clear()
    (other,) = desk.opened()
    desk.cache.forget()
    desk.carry_out(desk.firing(other, "number"))
    desk.carry_out(desk.firing(other, "begin"), desk.firing(case, "number"))
    assert desk.store.read == [{other}, {case}, set(children)]


def test_where_others_write_what_is_kept_may_be_old_and_is_only_what_to_lock() -> None:
    store = FakeStore(exclusive=False)
    desk, elsewhere = Desk(store=store, cached=True), Desk(store=store)
    (case,) = desk.opened()
    done(elsewhere.carry_out(elsewhere.firing(case, "number", key="elsewhere"))[0])
    numbered = store.case(case)
    store.read.clear()
    assert kinds(desk.carry_out(desk.firing(case, "number"))) == [Done]
    assert store.read == []
    assert (store.case(case).seq, store.case(case).version) == (numbered.seq + 1, numbered.version + 1)


def test_a_relative_that_came_elsewhere_is_waited_for_once() -> None:
    store = FakeStore(exclusive=False)
    desk, elsewhere = Desk(store=store, cached=True), Desk(store=store)
    (case,) = desk.opened()
    form: dict[str, JsonValue] = {"lead": "plant", "others": []}
    done(elsewhere.carry_out(elsewhere.firing(case, "assign", key="elsewhere", form=form))[0])
    close = desk.firing(case, "close")
    assert kinds(desk.carry_out(close)) == [Later]
    assert kinds(desk.carry_out(close)) == [Done]


def test_a_commit_that_failed_leaves_nothing_in_what_is_kept() -> None:
    desk = Desk(cached=True)
    (case,) = desk.opened()
    assert desk.cache is not None
    kept = desk.cache.get(case)
    desk.store.at_write = lambda _rows: refuse()
    with pytest.raises(StorageUnavailable):
        desk.carry_out(desk.firing(case, "close"))
    assert desk.cache.get(case) == kept == desk.store.case(case)


def refuse() -> None:
    raise StorageUnavailable


def test_an_empty_batch_writes_nothing() -> None:
    desk = Desk()
    assert desk.carry_out() == []
    assert desk.store.tables.entries == []
    assert Later() == Later()
