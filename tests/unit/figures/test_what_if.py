"""What-if: dates come out as they were, others as counted by hand, and only what is listed can be tried."""

from __future__ import annotations

import pytest

from engine.calendar.calendar import Calendar
from engine.case.case import Case
from engine.case.identity import CaseId, UnitId
from engine.definition.compiled import Definition
from engine.errors import InputRefused
from engine.figures.trial import Trial, listed, trial_of
from engine.figures.what_if import LISTED_MAX, Compared, Outcome, tried
from engine.text import Text
from tests.support.builders import a_calendar, a_definition_with, a_move, a_rulebook, at
from tests.support.lived_ledgers import lived_cases
from tests.support.measured import PROJECT
from tests.support.proved_rules import load_once
from tests.support.rehearsal import Rehearsal

HEAD = """
deadlines:
  reply:
    title: {zh: 答复期限, en: Reply}
    within: 30 days
    suspension: {max_count: 3, max_days: 900, approver: [clerk]}
    extension: {max_count: 2, max_days: 60, approver: [clerk]}
    ladder: steps
ladders:
  steps:
    rungs:
      - {id: near, level: 1, colour: blue, title: {zh: 蓝牌, en: Blue}, at: {before: 7 days}, to: [clerk]}
      - {id: late, level: 2, colour: yellow, title: {zh: 黄牌, en: Yellow}, at: {after: 1 day}, to: [clerk]}
      - {id: again, level: 3, colour: red, title: {zh: 再受理, en: Again}, at: {on: begin}, to: [clerk]}
vary:
  terms: [reply]
  ladders: [steps]
  calendar: true
"""
MOVES = "".join(
    (
        a_move("begin", origin="[submitted]", leads="to: handling", effects="[{do: start, deadline: reply}]"),
        a_move("finish", leads="to: closed", effects="[{do: stop, deadline: reply}]"),
        a_move("wait", effects="[{do: suspend, deadline: reply}]"),
        a_move("go_on", effects="[{do: resume, deadline: reply}]"),
    )
)
RULES = a_rulebook(a_definition_with(head=HEAD, transitions=MOVES))
ERRAND = RULES.for_new("errand")
NOW = at("2026-06-01")


def a_life(begun: str, ended: str | None) -> Case:
    """Return a case whose reply was begun on a day, and given on another or not yet."""
    play = Rehearsal(rules=RULES, now=at(begun))
    case = play.open()
    play.fire(case, "begin")
    if ended is not None:
        play.now = at(ended)
        play.fire(case, "finish")
    return play.cases[case]._replace(id=CaseId(f"{begun} {ended}"))


def outcome_of(*cases: Case, calendar: Calendar | None = None, **settings: str) -> Outcome:
    trial = trial_of(
        ERRAND,
        {key.replace("__", "."): value for key, value in settings.items()},
        other_calendar=None if calendar is None else Text("另一套", "another"),
    )
    return _tried(trial, *cases, calendar=calendar)


def _tried(trial: Trial, *cases: Case, calendar: Calendar | None = None) -> Outcome:
    def own(_unit: UnitId) -> Calendar:
        return a_calendar()

    def other(_unit: UnitId) -> Calendar:
        return calendar or a_calendar()

    return tried([Compared(case, ERRAND.workflow, case) for case in cases], trial, (own, other), NOW)


def test_a_shorter_term_makes_late_what_was_in_time() -> None:
    # Begun on Monday 2 March 2026: thirty days end on Wednesday 1 April, fifteen on Tuesday 17 March.
    outcome = outcome_of(
        a_life("2026-03-02", "2026-03-17"), a_life("2026-03-02", "2026-03-18"), reply__within="15 days"
    )
    assert (outcome.cases, outcome.clocks) == (2, 2)
    assert (outcome.before.late_cases, outcome.after.late_cases) == (0, 1)
    assert [(str(one.due_before), str(one.due_after), one.late_after) for one in outcome.changed] == [
        ("2026-04-01", "2026-03-17", False),
        ("2026-04-01", "2026-03-17", True),
    ]
    assert dict(outcome.after.units) == {UnitId("works"): 1}


def test_working_days_leave_out_days_off() -> None:
    # Twenty working days after 2 March 2026 are Monday 30 March.
    outcome = outcome_of(a_life("2026-03-02", None), reply__within="20 working days")
    assert [str(one.due_after) for one in outcome.changed] == ["2026-03-30"]
    assert (outcome.before.late, outcome.after.late) == (1, 1)
    assert outcome.before.open == outcome.after.open == {UnitId("works"): 1}


def test_a_suspension_counts_as_it_happened() -> None:
    play = Rehearsal(rules=RULES, now=at("2026-03-02"))
    case = play.open()
    play.fire(case, "begin")
    play.now = at("2026-03-09")
    play.fire(case, "wait")
    play.now = at("2026-03-19")
    play.fire(case, "go_on")
    # Ten days out: 1 April becomes Saturday 11 April and rolls to Monday 13; 17 March becomes Friday 27.
    outcome = outcome_of(play.cases[case], reply__within="15 days")
    assert [(str(one.due_before), str(one.due_after)) for one in outcome.changed] == [("2026-04-13", "2026-03-27")]


def test_a_ladder_that_is_moved_raises_more_or_fewer_rungs() -> None:
    # Due on 1 April and answered on 10 April: warned seven days before, a yellow one the day after.
    life = a_life("2026-03-02", "2026-04-10")
    outcome = outcome_of(life, steps__late="+10")
    assert outcome.before.rungs == {("reply", "near"): 1, ("reply", "late"): 1}
    assert outcome.after.rungs == {("reply", "near"): 1}
    assert (outcome.before.late, outcome.after.late, outcome.changed_count) == (1, 1, 0)
    # From seven days before to three days after: 4 April 2026 is a Saturday, and as the Monday is the Qingming holiday
    # the rung comes on Tuesday, 7 April.
    assert outcome_of(a_life("2026-03-02", "2026-04-07"), steps__near="+10").after.rungs[("reply", "near")] == 1
    assert outcome_of(a_life("2026-03-02", "2026-04-03"), steps__near="+10").after.rungs[("reply", "near")] == 0
    assert outcome_of(life, steps__late="after 2 working days").after.rungs[("reply", "late")] == 1


def test_what_is_tried_is_said() -> None:
    trial = trial_of(ERRAND, {"reply.within": "1 month", "steps.near": "-3", "steps.late": "before 1 day"})
    assert [(one.title.zh, one.before.zh, one.after.zh) for one in trial.settings] == [
        ("答复期限", "30日", "1个月"),
        ("蓝牌", "到期前7日", "到期前10日"),
        ("黄牌", "到期后1日", "到期前1日"),
    ]
    assert [key for key, _said in listed(ERRAND)] == ["reply.within", "steps.near", "steps.late", "calendar"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "请写明试算什么；可用：reply.within、steps.near、steps.late、calendar"),
        ({"review.within": "3 days"}, "“review.within”不在可试算之列；可用：reply.within、"),
        ({"reply.start_day": "included"}, "“reply.start_day”不在可试算之列"),
        ({"steps.again": "+1"}, "“steps.again”不在可试算之列"),
        ({"steps.late": "soon"}, "“soon”不是层级的时间，请写成 +10、-5，或 before 3 days、after 15 working days"),
        ({"steps.late": "after soon"}, "无法识别的期限“soon”"),
        ({"reply.within": "fast"}, "无法识别的期限“fast”"),
        ({"reply.within": "4000 days"}, "期限只能在 0 至 3660 之间，现为 4000"),
    ],
)
def test_what_is_not_listed_or_means_nothing_is_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        trial_of(ERRAND, settings)
    assert said in refused.value.text.zh


def test_without_a_list_nothing_is_tried_not_even_a_calendar() -> None:
    plain = Definition(ERRAND.workflow.model_copy(update={"vary": None}), "", {}, {})
    with pytest.raises(InputRefused) as nothing:
        trial_of(plain, {})
    assert nothing.value.text.zh == "请写明试算什么；可用：—"
    with pytest.raises(InputRefused) as calendar:
        trial_of(plain, {}, other_calendar=Text("另一套", "another"))
    assert calendar.value.text.zh == "“calendar”不在可试算之列；可用：—"


def test_the_rules_as_they_are_give_every_date_as_it_was() -> None:
    """The strongest one: of lived cases, stopped, extended, merged and restarted, nothing may come out otherwise."""
    rules = load_once(PROJECT / "workflows").rulebook()
    calendar = a_calendar()
    seen = 0
    for workflow in ("proposal", "grievance"):
        newest = rules.for_new(workflow)
        lives = [case for case in lived_cases(rules, 20261123, 3, 90) if case.workflow == workflow]
        now = max(case.changed_at for case in lives)
        same = {"reply.red": "after 15 days"} if workflow == "proposal" else {"handling.within": "60 days"}
        same_lives = [Compared(case, newest.workflow, case) for case in lives]
        outcome = tried(same_lives, trial_of(newest, same), (lambda _unit: calendar,) * 2, now)
        assert (outcome.changed_count, outcome.before) == (0, outcome.after)
        for case in lives:
            for clock in case.clocks:
                seen += clock.watched
        stored = sum(
            clock.watched and clock.state != "cancelled" and (clock.ended_at or now) >= clock.due_at
            for case in lives
            for clock in case.clocks
        )
        assert outcome.before.late == stored
    assert seen > 40


def test_only_so_many_changes_are_kept_and_all_are_counted() -> None:
    life = a_life("2026-03-02", None)
    outcome = outcome_of(*[life] * (LISTED_MAX + 5), reply__within="15 days")
    assert (len(outcome.changed), outcome.changed_count) == (LISTED_MAX, LISTED_MAX + 5)
