"""Deadlines of a case, by the worked examples of the handbook: start, stop, suspend, resume, extend, cancel, raise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.case.actors import IMPORT
from engine.case.case import ClockState
from engine.case.commands import Stated
from engine.case.deadlines import capped, suspended_days
from engine.errors import FormInvalid, GuardRefused
from tests.support.builders import (
    LADDER,
    SESSION,
    a_calendar,
    a_definition_with,
    a_move,
    a_rulebook,
    a_session,
    a_workflow,
    at,
)
from tests.support.clocks import a_term, begun, moved, the_clock
from tests.support.rehearsal import Rehearsal


@pytest.mark.parametrize(
    ("within", "start", "nominal", "effective"),
    [
        ("15 days", "2026-06-05", "2026-06-20", "2026-06-22"),  # E01
        ("60 days", "2026-03-02", "2026-05-01", "2026-05-06"),  # E02
        ("30 days", "2026-01-15", "2026-02-14", "2026-02-14"),  # E05, a make-up Saturday
        ("30 days", "2026-01-16", "2026-02-15", "2026-02-24"),  # E05, Spring Festival
        ("5 working days", "2026-02-11", "2026-02-25", "2026-02-25"),  # E06
        ("15 working days", "2026-09-18", "2026-10-15", "2026-10-15"),  # E07
        ("1 month", "2026-01-31", "2026-02-28", "2026-02-28"),  # E10
        ("3 months", "2026-07-01", "2026-10-01", "2026-10-08"),  # E11
        ("90 days", "2026-03-20", "2026-06-18", "2026-06-18"),  # E12
        ("10 days", "2026-04-24", "2026-05-04", "2026-05-06"),  # E14
    ],
)
def test_a_clock_begins_with_nominal_and_effective_date(within: str, start: str, nominal: str, effective: str) -> None:
    play, case = begun(within, start)
    clock = the_clock(play.cases[case])
    end = date.fromisoformat(effective)
    assert (clock.nominal_on, clock.due_on, clock.promised_on) == (date.fromisoformat(nominal), end, end)
    # 24:00 of the effective day in Shanghai is 16:00 UTC of that day.
    assert clock.due_at == datetime(end.year, end.month, end.day, 16, tzinfo=UTC)
    assert (clock.state, clock.started_at, clock.term) == (ClockState.RUNNING, at(start), within)
    assert clock.calendar == a_calendar().version
    assert not clock.provisional
    assert play.cases[case].next_due_at == clock.due_at


def test_hours_run_from_the_minute() -> None:
    play, case = begun("24 hours", "2026-09-30", hour=16)  # E22
    assert the_clock(play.cases[case]).due_at == at("2026-10-01", 16)
    assert moved(play, case, "2026-10-01", "extend", days=1).due_at == at("2026-10-02", 16)


def test_a_date_in_a_year_without_notice_is_provisional() -> None:
    play, case = begun("15 working days", "2026-12-16")  # E25 under the default
    assert the_clock(play.cases[case]).provisional


def test_the_start_day_and_the_roll_are_declared_apart() -> None:
    play, case = begun("10 days", "2026-04-24", more=", start_day: included, roll: none")
    assert the_clock(play.cases[case]).due_on == date(2026, 5, 3)
    play, case = begun("10 days", "2026-04-24", more=", roll: previous")
    assert the_clock(play.cases[case]).due_on == date(2026, 4, 30)


def test_a_suspension_takes_its_days_out_of_the_nominal_end() -> None:
    play, case = begun("30 days", "2026-04-01")  # E04
    standing = moved(play, case, "2026-04-13", "suspend")
    assert (standing.state, standing.due_on) == (ClockState.SUSPENDED, date(2026, 5, 6))
    assert standing.suspensions == ((date(2026, 4, 13), None),)
    assert play.cases[case].next_due_at is None
    running = moved(play, case, "2026-04-20", "resume")
    assert (running.state, running.nominal_on, running.due_on) == (
        ClockState.RUNNING,
        date(2026, 5, 8),
        date(2026, 5, 8),
    )
    assert running.suspensions == ((date(2026, 4, 13), date(2026, 4, 20)),)
    assert running.promised_on == date(2026, 5, 6)


def test_a_suspension_of_working_days_moves_by_working_days() -> None:
    play, case = begun("15 working days", "2026-03-02")  # E09
    moved(play, case, "2026-03-10", "suspend")
    assert moved(play, case, "2026-03-17", "resume").due_on == date(2026, 3, 30)


def test_stopping_and_resuming_twice_is_counted_once_each() -> None:
    play, case = begun("15 working days", "2026-03-02")
    moved(play, case, "2026-03-10", "suspend")
    again = moved(play, case, "2026-03-11", "suspend")
    assert again.suspensions == ((date(2026, 3, 10), None),)
    first = moved(play, case, "2026-03-17", "resume")
    assert moved(play, case, "2026-03-18", "resume") == first


def test_an_extension_is_added_to_the_nominal_end() -> None:
    play, case = begun("60 days", "2026-08-03")  # E03
    assert the_clock(play.cases[case]).due_on == date(2026, 10, 8)
    clock = moved(play, case, "2026-09-01", "extend", days=30)
    assert (clock.nominal_on, clock.due_on, clock.promised_on) == (
        date(2026, 11, 1),
        date(2026, 11, 2),
        date(2026, 10, 8),
    )
    assert clock.extensions == (30,)


def test_ninety_days_and_thirty_more_roll_once() -> None:
    play, case = begun("90 days", "2026-03-20")  # E13
    clock = moved(play, case, "2026-04-01", "extend", days=30)
    assert (clock.nominal_on, clock.due_on) == (date(2026, 7, 18), date(2026, 7, 20))


def test_an_extension_while_the_clock_stands_still_is_added_too() -> None:
    play, case = begun("30 days", "2026-04-01")  # X15 over E04
    moved(play, case, "2026-04-13", "suspend")
    moved(play, case, "2026-04-15", "extend", days=10)
    # 30 days from 1 April, 7 days out, 10 more: Monday 18 May.
    assert moved(play, case, "2026-04-20", "resume").due_on == date(2026, 5, 18)


@pytest.mark.parametrize("transition", ["extend", "ask_extend"])
def test_extensions_keep_within_count_and_days(transition: str) -> None:
    play, case = begun("90 days", "2026-03-20")
    with pytest.raises(GuardRefused) as refused:
        moved(play, case, "2026-04-01", transition, days=61)
    if transition == "extend":  # the other is asked by a guard with words of its own
        assert refused.value.text.zh == "“期限”已届满或超出延期限度"
    moved(play, case, "2026-04-01", transition, days=40)
    with pytest.raises(GuardRefused):
        moved(play, case, "2026-04-02", transition, days=21)
    assert moved(play, case, "2026-04-02", transition, days=20).extensions == (40, 20)
    with pytest.raises(GuardRefused):
        moved(play, case, "2026-04-03", transition, days=0)


@pytest.mark.parametrize("transition", ["extend", "ask_extend"])
def test_an_extension_is_refused_once_the_term_is_over(transition: str) -> None:
    play, case = begun("15 days", "2026-06-05")  # due 24:00 on 22 June
    play.now = at("2026-06-23", 0, 0)
    with pytest.raises(GuardRefused):
        play.fire(case, transition, days=5)
    play.now = at("2026-06-22", 23, 59)
    assert the_clock(play.fire(case, transition, days=5)).extensions == (5,)


@pytest.mark.parametrize("transition", ["extend", "ask_extend"])
def test_a_clock_stopped_in_time_may_be_extended_after_its_old_date(transition: str) -> None:
    play, case = begun("15 days", "2026-06-05")
    moved(play, case, "2026-06-20", "suspend")
    assert moved(play, case, "2026-06-25", transition, days=5).extensions == (5,)


@pytest.mark.parametrize("transition", ["extend", "ask_extend"])
def test_a_clock_stopped_after_expiry_may_not_be_extended(transition: str) -> None:
    play, case = begun("15 days", "2026-06-05")
    moved(play, case, "2026-06-23", "suspend")
    with pytest.raises(GuardRefused):
        moved(play, case, "2026-06-24", transition, days=5)


def test_an_ended_clock_moves_no_more() -> None:
    play, case = begun("15 days", "2026-06-05")
    met = moved(play, case, "2026-06-10", "stop")
    assert (met.state, met.ended_at, met.is_open) == (ClockState.MET, at("2026-06-10"), False)
    for transition in ("suspend", "resume", "drop", "stop", "raise"):
        assert moved(play, case, "2026-06-11", transition) == met
    assert moved(play, case, "2026-06-11", "extend", days=5) == met
    with pytest.raises(GuardRefused):
        moved(play, case, "2026-06-11", "ask_extend", days=5)
    assert play.cases[case].next_due_at is None


def test_a_cancelled_clock_is_not_met() -> None:
    play, case = begun("15 days", "2026-06-05")
    assert moved(play, case, "2026-06-10", "drop").state is ClockState.CANCELLED


def test_a_clock_met_while_it_stood_still_is_due_later_by_the_days_out() -> None:
    play, case = begun("30 days", "2026-04-01")
    moved(play, case, "2026-04-13", "suspend")
    clock = moved(play, case, "2026-04-28", "stop")
    # 15 days out: 30 days from 1 April end on 16 May (Saturday), so on Monday 18 May; met on 28 April is in time.
    assert clock.suspensions == ((date(2026, 4, 13), date(2026, 4, 28)),)
    assert (clock.state, clock.due_on) == (ClockState.MET, date(2026, 5, 18))
    assert clock.ended_at is not None
    assert clock.ended_at < clock.due_at


def test_a_clock_that_was_never_started_is_left_alone() -> None:
    play = Rehearsal(rules=a_rulebook(a_term("15 days")))
    case = play.open()
    play.fire(case, "accept")
    for transition in ("stop", "suspend", "raise", "drop"):
        assert play.fire(case, transition).clocks == ()
    assert play.fire(case, "extend", days=3).clocks == ()


def test_starting_again_begins_anew() -> None:
    play, case = begun("15 days", "2026-06-05")
    moved(play, case, "2026-06-06", "raise")
    clock = moved(play, case, "2026-07-01", "begin")
    assert (clock.started_at, clock.due_on, clock.rungs) == (at("2026-07-01"), date(2026, 7, 16), ())
    assert len(play.cases[case].clocks) == 1


def test_a_rung_is_raised_once() -> None:
    play, case = begun("15 days", "2026-06-05")
    assert moved(play, case, "2026-06-06", "raise").rungs == ("red",)
    assert moved(play, case, "2026-06-07", "raise").rungs == ("red",)
    assert [event.rungs for step in play.steps[-2:] for event in step.events] == [(("term", "red"),), ()]


def test_a_final_state_cancels_what_still_runs_or_stands() -> None:
    play, case = begun("15 days", "2026-06-05")
    play.now = at("2026-06-08")
    after = play.fire(case, "close")
    assert [(clock.state, clock.ended_at) for clock in after.clocks] == [(ClockState.CANCELLED, at("2026-06-08"))]
    play, case = begun("15 days", "2026-06-05")
    moved(play, case, "2026-06-06", "suspend")
    play.now = at("2026-06-09")
    cancelled = the_clock(play.fire(case, "close"))
    assert (cancelled.state, cancelled.suspensions) == (
        ClockState.CANCELLED,
        ((date(2026, 6, 6), date(2026, 6, 9)),),
    )


def test_a_final_state_leaves_ended_clocks_as_they_are() -> None:
    play, case = begun("15 days", "2026-06-05")
    met = moved(play, case, "2026-06-08", "stop")
    assert the_clock(play.fire(case, "close")) == met
    assert play.last.events[0].clocks == ()


def test_a_clock_begun_on_the_way_to_a_final_state_does_not_stay_open() -> None:
    play = Rehearsal(rules=a_rulebook(a_term("15 days")))
    case = play.open()
    play.fire(case, "accept")
    assert the_clock(play.fire(case, "finish")).state is ClockState.CANCELLED


def test_a_term_may_take_its_date_from_a_field_and_does_not_roll() -> None:
    within = "{from_field: due_on, otherwise: 15 days}"
    play, case = begun(within, "2026-03-02", due_on="2026-03-15")  # E24: a Sunday
    clock = the_clock(play.cases[case])
    assert (clock.term, clock.due_on, clock.due_at) == ("on 2026-03-15", date(2026, 3, 15), at("2026-03-16", 0))
    # A suspension of three days moves it to Wednesday 18 March; ten more days to Saturday 28, so Monday 30.
    moved(play, case, "2026-03-09", "suspend")
    assert moved(play, case, "2026-03-12", "resume").due_on == date(2026, 3, 18)
    assert moved(play, case, "2026-03-12", "extend", days=10).due_on == date(2026, 3, 30)


@pytest.mark.parametrize("day", ["2026-04-28", "2026-04-29", "2026-05-04"])
def test_a_term_counts_from_the_day_in_a_field_whenever_its_clock_is_started(day: str) -> None:
    """E19: three days from Wed 29 April end on Sat 2 May, and roll behind the holiday of labour to Wed 6 May."""
    play, case = begun("3 days", day, more=", counts_from: due_on", due_on="2026-04-29")
    clock = the_clock(play.cases[case])
    assert (clock.started_at, clock.term) == (at("2026-04-29", 0), "3 days")
    assert (clock.nominal_on, clock.due_on, clock.promised_on) == (date(2026, 5, 2), date(2026, 5, 6), date(2026, 5, 6))
    # Two days more end on Monday 4 May, which is still holiday (D10: counted from the nominal end).
    assert moved(play, case, "2026-05-05", "extend", days=2).due_on == date(2026, 5, 6)


def test_without_the_day_to_count_from_the_move_is_refused() -> None:
    with pytest.raises(GuardRefused) as refused:
        begun("3 days", "2026-04-29", more=", counts_from: due_on")
    assert refused.value.text.zh == "“期限”缺少起算日期，请先填写"


def test_a_term_from_an_instant_ends_at_that_instant() -> None:
    play, case = begun("{from_field: due_on}", "2026-03-02", due_on="2026-03-15T10:30:00+08:00")
    clock = the_clock(play.cases[case])
    assert (clock.due_at, clock.due_on) == (at("2026-03-15", 10, 30), date(2026, 3, 15))
    assert moved(play, case, "2026-03-03", "extend", days=2).due_at == at("2026-03-17", 10, 30)


def test_without_the_date_the_other_term_runs_or_the_move_is_refused() -> None:
    play, case = begun("{from_field: due_on, otherwise: 15 days}", "2026-06-05")
    assert the_clock(play.cases[case]).due_on == date(2026, 6, 22)
    with pytest.raises(GuardRefused) as refused:
        begun("{from_field: due_on}", "2026-06-05")
    assert refused.value.text.zh == "“期限”缺少日期，请先填写"


def test_a_fixed_date_and_a_date_of_the_session() -> None:
    play, case = begun("{fixed: 2026-10-20}", "2026-06-05")
    assert the_clock(play.cases[case]).due_on == date(2026, 10, 20)
    rules = a_rulebook(a_term("{session: reply_due_on, otherwise: 15 days}"))
    for session, due_on in (
        (a_session(reply_due_on=date(2026, 11, 20)), date(2026, 11, 20)),
        (a_session(), date(2026, 6, 22)),
    ):
        play = Rehearsal(rules=rules, sessions=[session], now=at("2026-06-05"))
        case = play.open(session=SESSION)
        play.fire(case, "accept")
        assert the_clock(play.fire(case, "begin")).due_on == due_on
    case = play.open()
    play.fire(case, "accept")
    assert the_clock(play.fire(case, "begin")).due_on == date(2026, 6, 22)


def test_a_clock_counts_from_the_stated_instant() -> None:
    play = Rehearsal(rules=a_rulebook(a_term("60 days")), now=at("2026-09-15"))
    case = play.open(IMPORT)
    play.fire(case, "accept", IMPORT)
    clock = the_clock(play.fire(case, "begin", IMPORT, stated=Stated(at("2026-03-02"), "登记簿第3行")))
    assert (clock.started_at, clock.due_on) == (at("2026-03-02"), date(2026, 5, 6))  # E02


def test_a_cap_holds_while_it_is_earlier_and_is_lifted_again() -> None:
    play, case = begun("90 days", "2026-03-20")
    clock = the_clock(play.cases[case])
    part = a_workflow(a_term("90 days")).deadlines["term"]
    earlier = capped(clock, part, a_calendar(), date(2026, 5, 6))
    assert (earlier.due_on, earlier.due_at, earlier.nominal_on) == (
        date(2026, 5, 6),
        at("2026-05-07", 0),
        date(2026, 6, 18),
    )
    assert capped(clock, part, a_calendar(), date(2026, 7, 1)).due_on == date(2026, 6, 18)
    assert capped(earlier, part, a_calendar(), None) == clock


def test_days_out_are_counted_once_and_up_to_today() -> None:
    play, case = begun("90 days", "2026-03-20")
    moved(play, case, "2026-04-01", "suspend")
    moved(play, case, "2026-04-11", "resume")
    clock = moved(play, case, "2026-04-20", "suspend")
    assert suspended_days(clock, date(2026, 4, 20)) == 10
    assert suspended_days(clock, date(2026, 4, 25)) == 15
    assert suspended_days(clock, date(2026, 4, 1)) == 10


def test_the_next_due_instant_is_the_earliest_that_somebody_can_be_late_with() -> None:
    rules = a_rulebook(
        a_definition_with(
            head=f"""
            {LADDER}
            deadlines:
              long: {{title: {{zh: 长, en: Long}}, within: 60 days, ladder: late}}
              short: {{title: {{zh: 短, en: Short}}, within: 15 days, ladder: late}}
              right: {{title: {{zh: 评价, en: Right}}, within: 1 day, waive: {{ladder: 逾期视为放弃}}}}
            on_open: [{{do: start, deadline: long}}, {{do: start, deadline: short}}, {{do: start, deadline: right}}]
            """,
            transitions=a_move("stop", origin="[submitted]", effects="[{do: stop, deadline: short}]"),
        )
    )
    play = Rehearsal(rules=rules, now=at("2026-06-05"))
    case = play.open()
    assert play.cases[case].next_due_at == at("2026-06-23", 0)
    after = play.fire(case, "stop")
    assert after.next_due_at == at("2026-08-04", 0) + timedelta(days=1)


def test_a_rung_that_was_taken_back_stands_no_more_and_is_not_raised_again() -> None:
    play, case = begun("15 days", "2026-06-05")
    moved(play, case, "2026-06-06", "raise")
    play.now = at("2026-06-07")
    after = play.fire(case, "take_back", rung="term/red")
    clock = the_clock(after)
    assert (clock.rungs, clock.withdrawn, clock.standing) == (("red",), ("red",), ())
    assert after.rungs == {}
    assert moved(play, case, "2026-06-08", "raise").standing == ()


@pytest.mark.parametrize("rung", ["term/red", "term/yellow", "other/red", "red", "term/", "/", "term/red/red"])
def test_a_rung_that_does_not_stand_cannot_be_taken_back(rung: str) -> None:
    play, case = begun("15 days", "2026-06-05")
    if rung == "term/red":  # raised, and taken back before
        moved(play, case, "2026-06-06", "raise")
        play.fire(case, "take_back", rung=rung)
    with pytest.raises(FormInvalid) as refused:
        play.fire(case, "take_back", rung=rung)
    assert [problem.path for problem in refused.value.fields] == ["rung"]


def test_a_rung_of_an_earlier_clock_still_counts_and_can_be_taken_back() -> None:
    play, case = begun("15 days", "2026-06-05")
    moved(play, case, "2026-06-06", "raise")
    assert moved(play, case, "2026-07-01", "begin").rungs == ()
    assert play.cases[case].rungs == {"term": ("red",)}
    after = play.fire(case, "take_back", rung="term/red")
    assert after.rungs == {}
    assert the_clock(after).withdrawn == ()
    # It was the earlier clock's: on the new one it may be raised.
    assert moved(play, case, "2026-07-02", "raise").standing == ("red",)
