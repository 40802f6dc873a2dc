"""Rungs come due on their days, are raised once, and follow the date; the expected days are those of the handbook."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.case.case import ClockState
from engine.case.commands import TendCase
from engine.case.events import EventType, Step
from engine.case.identity import CaseId
from engine.errors import NotPermitted
from tests.support.builders import CLERK, ROOT, at
from tests.support.clocks import SHIPPED, a_corrected_calendar, a_ladder, a_rung, begun, moved, the_clock
from tests.support.rehearsal import Rehearsal


def tend(play: Rehearsal, case: CaseId, now: datetime) -> Step:
    play.now = now
    step = play.ask(TendCase(root=ROOT, case=case))
    assert isinstance(step, Step), step
    return step


def raised(step: Step) -> list[str]:
    return [rung for event in step.events for _deadline, rung in event.rungs]


def midnight(day: str) -> datetime:
    """The instant at which a day of Shanghai begins."""
    return at(day, 0)


def test_the_rungs_of_the_shipped_ladder_come_on_the_days_of_e20() -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    assert the_clock(play.cases[case]).due_on.isoformat() == "2026-10-08"
    days = []
    for _rung in range(4):
        due = the_clock(play.cases[case]).rung_at
        assert due is not None
        days.append(due)
        assert raised(tend(play, case, due)) != []
    assert days == [midnight("2026-09-30"), midnight("2026-10-09"), midnight("2026-10-23"), midnight("2026-11-09")]
    assert the_clock(play.cases[case]).rungs == ("blue", "yellow", "red", "black")
    assert the_clock(play.cases[case]).rung_at is None


def test_a_rung_is_due_when_its_day_begins_and_not_a_moment_before() -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    assert tend(play, case, datetime(2026, 9, 29, 15, 59, 59, 999999, tzinfo=UTC)).events == ()
    step = tend(play, case, datetime(2026, 9, 29, 16, tzinfo=UTC))
    (event,) = step.events
    assert (event.type, event.rungs, event.actor.kind) == (EventType.CHANGED, (("term", "blue"),), "system")


def test_what_was_slept_through_is_raised_together_and_nothing_twice() -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    assert raised(tend(play, case, at("2026-10-25"))) == ["blue", "yellow", "red"]
    assert raised(tend(play, case, at("2026-10-26"))) == []
    assert len(play.cases[case].clocks[0].rungs) == 3


def test_a_clock_that_stands_still_or_has_ended_raises_nothing() -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    moved(play, case, "2026-10-01", "suspend")
    assert raised(tend(play, case, at("2026-10-14"))) == []
    # 14 days out (1 to 14 October): the 90 days end on 22 October; seven days before is the 15th.
    resumed = moved(play, case, "2026-10-15", "resume")
    assert (resumed.due_on.isoformat(), resumed.rung_at) == ("2026-10-22", midnight("2026-10-15"))
    assert moved(play, case, "2026-10-15", "stop").rung_at is None
    assert raised(tend(play, case, at("2027-03-01"))) == []


def test_a_clock_that_has_stood_still_as_long_as_it_may_runs_again_by_itself() -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    # At most 20 days: from 1 September on it stands still, the 20th is the last day, from the 21st on it runs.
    assert moved(play, case, "2026-09-01", "suspend").rung_at == midnight("2026-09-21")
    assert tend(play, case, at("2026-09-20", 23)).events == ()
    assert raised(tend(play, case, at("2026-09-23"))) == []
    clock = the_clock(play.cases[case])
    assert (clock.state, clock.suspensions) == (ClockState.RUNNING, ((date(2026, 9, 1), date(2026, 9, 21)),))
    # 8 October and 20 days: Wednesday 28 October, seven days before is the 21st.
    assert (clock.due_on.isoformat(), clock.rung_at) == ("2026-10-28", midnight("2026-10-21"))


def test_what_is_resumed_late_has_stood_still_no_longer_than_it_may() -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    moved(play, case, "2026-09-01", "suspend")
    moved(play, case, "2026-09-13", "resume")
    moved(play, case, "2026-09-15", "suspend")
    # 12 days are used, 8 are left: 15 to 22 September. Nobody looked before 1 October.
    clock = moved(play, case, "2026-10-01", "resume")
    assert clock.suspensions[-1] == (date(2026, 9, 15), date(2026, 9, 23))
    assert clock.due_on.isoformat() == "2026-10-28"


def test_an_extension_moves_the_rungs_that_are_not_raised_yet() -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    tend(play, case, at("2026-09-30"))
    extended = moved(play, case, "2026-10-05", "extend", days=30)
    # Nominal 8 October + 30 days is Saturday 7 November, rolled to Monday 9; the day after is Tuesday.
    assert (extended.due_on.isoformat(), extended.rung_at) == ("2026-11-09", midnight("2026-11-10"))
    assert extended.rungs == ("blue",)


def test_a_rung_that_would_have_come_before_the_clock_began_is_left_out() -> None:
    play, case = begun("5 days", "2026-03-02", ladder=SHIPPED)
    clock = the_clock(play.cases[case])
    # Due Saturday 7 March, rolled to Monday 9; seven days before lies before 2 March, 9:00.
    assert (clock.due_on.isoformat(), clock.rung_at) == ("2026-03-09", midnight("2026-03-10"))
    assert raised(tend(play, case, at("2026-03-10"))) == ["yellow"]


def test_a_repeated_rung_is_raised_again_each_time_its_period_has_passed() -> None:
    play, case = begun(
        "5 days", "2026-03-02", ladder=a_ladder(a_rung("nag", 2, "after: 1 day", ", repeat: 5 working days"))
    )
    assert raised(tend(play, case, at("2026-03-10"))) == ["nag"]
    assert raised(tend(play, case, at("2026-03-16"))) == []
    # Five working days after Tuesday 10 March end on Tuesday 17.
    assert raised(tend(play, case, at("2026-03-17"))) == ["nag#2"]
    assert the_clock(play.cases[case]).rung_at == midnight("2026-03-24")


def test_a_rung_that_stands_at_a_move_is_raised_with_it_the_nth_time() -> None:
    play, case = begun("90 days", "2026-03-02", ladder=a_ladder(a_rung("quality", 2, "on: extend, times: 2")))
    assert the_clock(play.cases[case]).rung_at is None
    assert moved(play, case, "2026-03-03", "extend", days=1).rungs == ()
    assert moved(play, case, "2026-03-04", "extend", days=1).rungs == ("quality",)
    assert raised(play.last) == ["quality"]
    assert moved(play, case, "2026-03-05", "stop").rungs == ("quality",)


def test_only_the_engine_lets_time_act() -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    play.now = at("2026-12-01")
    refusal = play.ask(TendCase(root=ROOT, case=case, actor=CLERK))
    assert isinstance(refusal, NotPermitted)
    assert refusal.text.zh == "只有系统可以执行"


@pytest.mark.parametrize(("extra_day_off", "due_on"), [("2026-10-08", "2026-10-09"), (None, "2026-10-08")])
def test_a_changed_calendar_moves_dates_and_rungs_once(extra_day_off: str | None, due_on: str) -> None:
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    play.calendar = a_corrected_calendar(extra_day_off)
    step = tend(play, case, at("2026-08-01"))
    assert len(step.events) == (0 if extra_day_off is None else 1)
    clock = the_clock(play.cases[case])
    assert (clock.due_on.isoformat(), clock.promised_on.isoformat()) == (due_on, "2026-10-08")
    assert tend(play, case, at("2026-08-01")).events == ()
