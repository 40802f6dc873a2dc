"""Merge and un-merge: whose parties, whose clocks, which state comes back (design: merge; domain X03, X04)."""

from __future__ import annotations

from datetime import date

import pytest

from engine.case.actors import IMPORT
from engine.case.case import Case, ClockState, Party
from engine.case.commands import Stated, TendCase
from engine.case.decide import decide
from engine.case.events import Cause, EventType, Step
from engine.case.identity import CaseId, PersonId, RootId
from engine.errors import FormInvalid, GuardRefused
from tests.support.builders import (
    ROOT,
    SESSION,
    a_case,
    a_definition_with,
    a_move,
    a_person,
    a_rulebook,
    a_session,
    a_situation,
    asked,
    at,
)
from tests.support.clocks import a_corrected_calendar
from tests.support.rehearsal import Rehearsal

MERGE = "{do: merge, into: into, join_as: {proposer: joint, seconder: seconder}}"
RULES = a_rulebook(
    a_definition_with(
        head="""
        deadlines:
          reply: {title: {zh: 答复期限, en: Reply}, within: 90 days, waive: {ladder: 示例}}
          review: {title: {zh: 审查期限, en: Review}, within: 30 days, waive: {ladder: 示例}}
        """,
        fields="into: {title: {zh: 主案, en: Main case}, privacy: internal, schema: {type: string}}",
        roles="joint: {title: {zh: 共同提案人, en: Joint proposer}, bound: party}",
        states="""
        merged: {title: {zh: 已并案, en: Merged}, phase: active, milestone: reviewed}
        """,
        transitions=a_move("begin", origin="[submitted, handling]", effects="[{do: start, deadline: reply}]")
        + a_move("done", origin="[submitted, handling, merged]", effects="[{do: stop, deadline: reply}]")
        + a_move("answer", effects="[{do: stop, deadline: reply, with_merged: true}]")
        + a_move("second", origin="[submitted, handling]", effects="[{do: bind, role: seconder}]")
        + a_move(
            "merge",
            origin="[submitted, handling]",
            leads="to: merged",
            form="{into: required}",
            effects=f"[{MERGE}]",
        )
        + a_move(
            "merge_checked",
            origin="[submitted, handling]",
            leads="to: merged",
            form="{into: required}",
            guards="""
    - {id: fits, use: mergeable@1, given: {into: into, states: [handling]}, refuse: {zh: 不能并入, en: No}}
    - {id: same, use: same_session@1, given: {into: into}, refuse: {zh: 不是同一届次, en: Another session}}""",
            effects=f"[{MERGE}]",
        )
        + a_move("unmerge", origin="[merged]", effects="[{do: unmerge}]")
        + a_move("withdraw", origin="[submitted, handling, merged]", leads="to: closed", effects="[{do: leave_merge}]")
        + a_move("leave_joint", by="[joint, clerk]", effects="[{do: unbind, role: joint}]"),
    )
)
ZHAO, QIAN, SUN = (PersonId(name) for name in ("zhao", "qian", "sun"))


def two(*, main_on: str, child_on: str) -> tuple[Rehearsal, CaseId, CaseId]:
    """Return a main case and one to be merged, in ``handling``, their reply clocks begun on these days."""
    play = Rehearsal(rules=RULES, sessions=[a_session(), a_session(name=SESSION)])
    main = play.open(parties={"proposer": ("zhao",), "seconder": ("sun",)})
    child = play.open(parties={"proposer": ("qian",), "seconder": ("sun", "li")})
    for case, day in ((main, main_on), (child, child_on)):
        play.fire(case, "accept")
        play.now = at(day)
        play.fire(case, "begin")
    return play, main, child


def due_on(case: Case, name: str = "reply") -> date:
    clock = case.clock(name)
    assert clock is not None
    return clock.due_on


def test_a_merged_case_waits_and_remembers_where_it_stood() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-20")
    merged = play.fire(child, "merge", into=main)
    assert (merged.state, merged.merged_into, merged.resume_state) == ("merged", main, "handling")
    assert play.cases[main].merged_from == (child,)
    assert play.cases[main].state == "handling"
    first, second = play.last.events
    assert (first.type, first.case, first.merge, first.resume_state) == (EventType.FIRED, child, main, "handling")
    assert (second.type, second.case, second.cause) == (EventType.CHANGED, main, Cause(child, "merge"))
    assert second.merged_from == (child,)


def test_its_parties_join_the_main_case_and_say_where_from() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-20")
    play.fire(child, "merge", into=main)
    assert play.cases[main].parties == (
        Party("proposer", ZHAO),
        Party("seconder", SUN),
        Party("joint", QIAN, via=child),
        Party("seconder", PersonId("li"), via=child),
    )
    assert play.cases[child].persons_in("proposer") == ("qian",)


@pytest.mark.parametrize(
    ("main_on", "child_on", "before", "after"),
    [
        # 90 days from Friday 20 March end on Thursday 18 June (E12), from 2 March on Sunday 31 May, so Monday 1 June.
        ("2026-03-20", "2026-03-02", date(2026, 6, 18), date(2026, 6, 1)),
        ("2026-03-02", "2026-03-20", date(2026, 6, 1), date(2026, 6, 1)),
    ],
)
def test_the_main_case_is_due_at_the_earlier_of_the_two(main_on: str, child_on: str, before: date, after: date) -> None:
    play, main, child = two(main_on=main_on, child_on=child_on)
    assert due_on(play.cases[main]) == before
    own = play.cases[child].clocks
    play.fire(child, "merge", into=main)
    assert due_on(play.cases[main]) == after
    assert play.cases[child].clocks == own
    assert play.cases[main].clock("reply").promised_on == before  # type: ignore[union-attr]  # it was started


def test_un_merging_gives_back_the_state_and_counts_without_the_case() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-02")
    before = play.cases[main]
    play.fire(child, "merge", into=main)
    back = play.fire(child, "unmerge")
    assert (back.state, back.merged_into, back.resume_state) == ("handling", None, None)
    main_case = play.cases[main]
    assert main_case.merged_from == ()
    assert main_case.parties == before.parties
    assert main_case.clocks == before.clocks
    assert due_on(main_case) == date(2026, 6, 18)
    first, second = play.last.events
    assert (first.merge, first.to_state) == ("", "handling")
    assert (second.type, second.cause) == (EventType.CHANGED, Cause(child, "unmerge"))


def test_of_three_the_earliest_remaining_counts() -> None:
    play, main, first = two(main_on="2026-03-20", child_on="2026-03-02")
    second = play.open(parties={"proposer": ("wu",)})
    play.fire(second, "accept")
    play.now = at("2026-03-10")  # 90 days: Monday 8 June
    play.fire(second, "begin")
    play.fire(first, "merge", into=main)
    play.fire(second, "merge", into=main)
    assert due_on(play.cases[main]) == date(2026, 6, 1)
    play.fire(first, "unmerge")
    assert due_on(play.cases[main]) == date(2026, 6, 8)
    assert play.cases[main].merged_from == (second,)
    play.fire(second, "unmerge")
    assert due_on(play.cases[main]) == date(2026, 6, 18)


def test_an_ended_clock_of_either_side_binds_nobody() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-02")
    play.fire(child, "done")
    play.fire(child, "merge", into=main)
    assert due_on(play.cases[main]) == date(2026, 6, 18)
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-02")
    ended = play.fire(main, "done").clocks
    play.fire(child, "merge", into=main)
    assert play.cases[main].clocks == ended


def test_what_the_main_case_does_in_time_is_done_for_what_was_merged_into_it() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-02")
    play.fire(child, "merge", into=main)
    play.now = at("2026-04-01")
    play.fire(main, "answer")
    clock = play.cases[child].clock("reply")
    assert clock is not None
    assert (clock.state, clock.ended_at) == (ClockState.MET, at("2026-04-01"))
    first, second = play.last.events
    assert (first.case, second.case, second.cause) == (main, child, Cause(main, "answer"))


def test_a_stop_that_is_not_said_to_be_for_all_stops_one_clock() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-02")
    play.fire(child, "merge", into=main)
    own = play.cases[child].clocks
    play.fire(main, "done")
    assert play.cases[child].clocks == own


def test_what_a_register_says_came_before_the_merged_clock_does_not_meet_it() -> None:
    play, main, child = two(main_on="2026-03-02", child_on="2026-03-20")
    play.fire(child, "merge", into=main)
    own = play.cases[child].clocks
    play.now = at("2026-06-01")
    play.fire(main, "answer", IMPORT, stated=Stated(at("2026-03-10"), "登记簿"))
    assert play.cases[child].clocks == own


def test_what_is_no_longer_merged_is_left_alone() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-02")
    play.fire(child, "merge", into=main)
    play.fire(child, "unmerge")
    play.fire(main, "answer")
    clock = play.cases[child].clock("reply")
    assert clock is not None
    assert clock.state is ClockState.RUNNING


def test_a_clock_that_begins_after_the_merge_is_due_no_later_than_the_merged_case() -> None:
    play = Rehearsal(rules=RULES, sessions=[a_session(), a_session(name=SESSION)])
    main, child = play.open(), play.open()
    for case in (main, child):
        play.fire(case, "accept")
    play.now = at("2026-03-02")
    play.fire(child, "begin")
    play.fire(child, "merge", into=main)
    play.now = at("2026-03-20")
    clock = play.fire(main, "begin").clock("reply")
    assert clock is not None
    # What is promised to everybody is the earlier date, from the first day on.
    assert (clock.due_on, clock.promised_on, clock.cap_on) == (date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 1))
    play.fire(child, "unmerge")
    assert due_on(play.cases[main]) == date(2026, 6, 18)


def test_the_main_case_follows_when_a_correction_of_the_calendar_moves_the_merged_one() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-02")
    play.fire(child, "merge", into=main)
    assert due_on(play.cases[main]) == date(2026, 6, 1)
    play.calendar = a_corrected_calendar("2026-06-01")  # Monday: the child's term rolls on to Tuesday
    step = play.ask(TendCase(root=ROOT, case=child))
    assert isinstance(step, Step)
    assert [event.case for event in step.events] == [child, main]
    assert (due_on(play.cases[child]), due_on(play.cases[main])) == (date(2026, 6, 2), date(2026, 6, 2))


def test_a_person_two_cases_brought_stays_while_one_of_them_is_merged() -> None:
    play, main, first = two(main_on="2026-03-20", child_on="2026-03-20")
    second = play.open(parties={"proposer": ("qian",), "seconder": ("li",)})
    play.fire(first, "merge", into=main)
    play.fire(second, "merge", into=main)
    assert play.cases[main].persons_in("joint") == ("qian",)
    assert play.cases[main].persons_in("seconder") == ("sun", "li")
    play.fire(first, "unmerge")
    assert play.cases[main].persons_in("joint") == ("qian",)
    assert play.cases[main].persons_in("seconder") == ("sun", "li")
    play.fire(second, "unmerge")
    assert play.cases[main].persons_in("joint") == ()
    assert play.cases[main].persons_in("seconder") == ("sun",)


def test_who_became_a_party_in_between_stays_after_the_un_merge() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-20")
    play.fire(child, "merge", into=main)
    play.fire(main, "second", a_person("li", "clerk@works"))
    play.fire(child, "unmerge")
    assert play.cases[main].persons_in("seconder") == ("sun", "li")


def test_a_joint_proposer_may_leave_whichever_case_brought_him() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-20")
    play.fire(child, "merge", into=main)
    after = play.fire(main, "leave_joint", a_person("qian"))
    assert after.persons_in("joint") == ()
    assert play.last.events[0].left == (Party("joint", QIAN, via=child),)
    play.fire(child, "unmerge")
    assert play.cases[main].persons_in("seconder") == ("sun",)


def test_a_case_that_ends_while_merged_takes_its_people_and_its_date_out_of_the_main_case() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-02")
    before = play.cases[main]
    play.fire(child, "merge", into=main)
    assert play.cases[main].persons_in("joint") == ("qian",)
    after = play.fire(child, "withdraw")
    assert (after.state, after.merged_into, after.resume_state) == ("closed", None, None)
    main_case = play.cases[main]
    assert (main_case.state, main_case.merged_from) == ("handling", ())
    assert main_case.parties == before.parties
    assert due_on(main_case) == date(2026, 6, 18)  # 90 days from 20 March (E12), as before the merge
    assert [(event.case, event.cause) for event in play.last.events] == [
        (child, None),
        (main, Cause(child, "withdraw")),
    ]


def test_who_another_merged_case_brought_too_stays_when_one_of_them_ends() -> None:
    play, main, first = two(main_on="2026-03-20", child_on="2026-03-20")
    second = play.open(parties={"proposer": ("qian",)})
    play.fire(first, "merge", into=main)
    play.fire(second, "merge", into=main)
    play.fire(first, "withdraw")
    assert play.cases[main].persons_in("joint") == ("qian",)
    assert play.cases[main].merged_from == (second,)
    play.fire(second, "withdraw")
    assert play.cases[main].persons_in("joint") == ()


def test_a_case_that_was_never_merged_ends_alone() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-20")
    assert play.fire(child, "withdraw").state == "closed"
    assert [(event.case, event.merge) for event in play.last.events] == [(child, None)]
    assert play.cases[main].persons_in("proposer") == (ZHAO,)


def test_without_a_merge_there_is_nothing_to_take_out() -> None:
    case = a_case(RULES, state="merged")
    step = decide(a_situation(RULES, case), asked(case, "unmerge"), at("2026-03-03"))
    assert not isinstance(step, Exception)
    assert [(event.to_state, event.merge) for event in step.events] == [(None, None)]


def test_a_case_that_is_not_there_or_itself_takes_no_merge() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-20")
    for target in ("no-such-case", child):
        with pytest.raises(FormInvalid) as refused:
            play.fire(child, "merge", into=target)
        assert [(one.path, one.text.zh) for one in refused.value.fields] == [("into", "没有找到要并入的事项")]
    foreign = play.cases[main]._replace(id=CaseId("foreign"), root=RootId("elsewhere"))
    situation = a_situation(RULES, play.cases[child], foreign)
    refusal = decide(situation, asked(play.cases[child], "merge", form={"into": "foreign"}), play.now)
    assert isinstance(refusal, FormInvalid)


def test_guards_ask_for_workflow_state_session_and_a_case_not_merged_itself() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-20")
    waiting = play.open()
    other = play.open(session=SESSION)
    play.fire(other, "accept")
    for target, guard in ((waiting, "fits"), (child, "fits"), ("gone", "fits"), (other, "same")):
        with pytest.raises(GuardRefused) as refused:
            play.fire(child, "merge_checked", into=target)
        assert refused.value.details["guard"] == guard
    play.fire(child, "merge_checked", into=main)
    third = play.open()
    with pytest.raises(GuardRefused) as refused:
        play.fire(third, "merge_checked", into=child)
    assert refused.value.details["guard"] == "fits"


def test_a_main_case_is_not_merged_while_others_are_merged_into_it() -> None:
    play, main, child = two(main_on="2026-03-20", child_on="2026-03-20")
    other = play.open()
    play.fire(other, "accept")
    play.fire(child, "merge_checked", into=main)
    with pytest.raises(GuardRefused) as refused:
        play.fire(main, "merge_checked", into=other)
    assert refused.value.details["guard"] == "fits"
    play.fire(child, "unmerge")
    assert play.fire(main, "merge_checked", into=other).merged_into == other
