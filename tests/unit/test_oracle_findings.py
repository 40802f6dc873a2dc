"""What the oracle found wrong in the engine, each by the smallest case that shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from engine.calendar.calendar import Calendar
from engine.calendar.reading import HolidaySpan
from engine.case.commands import TendCase
from engine.case.events import Step
from engine.case.identity import CaseId
from engine.text import Text
from tests.support.builders import ROOT, at
from tests.support.clocks import SHIPPED, a_ladder, a_rung, begun, moved, the_clock
from tests.support.rehearsal import Rehearsal

GIVEN = "{from_field: due_on}"


def tend(play: Rehearsal, case: CaseId, day: str) -> list[str]:
    play.now = at(day)
    step = play.ask(TendCase(root=ROOT, case=case))
    assert isinstance(step, Step), step
    return [rung for event in step.events for _deadline, rung in event.rungs]


def test_a_repeated_rung_that_was_slept_through_comes_as_often_as_it_was_missed() -> None:
    nag = a_ladder(a_rung("nag", 2, "after: 1 day", ", repeat: 5 working days"))
    play, case = begun("5 days", "2026-03-02", ladder=nag)
    # Due Monday 9 March; raised on 10, 17 and 24 March. One look takes all that is due, so that none is left behind.
    assert tend(play, case, "2026-03-30") == ["nag", "nag#2", "nag#3"]
    assert the_clock(play.cases[case]).rung_at == at("2026-03-31", 0)
    assert tend(play, case, "2026-03-30") == []


def test_a_rung_repeated_after_no_time_at_all_is_raised_once_a_look() -> None:
    nag = a_ladder(a_rung("nag", 2, "after: 1 day", ", repeat: 0 days"))
    play, case = begun("5 days", "2026-03-02", ladder=nag)
    assert tend(play, case, "2026-03-30") == ["nag"]


def test_a_clock_stopped_after_a_given_date_has_passed_stays_late() -> None:
    play, case = begun(GIVEN, "2026-03-02", due_on="2026-03-20")
    moved(play, case, "2026-04-01", "suspend")
    assert moved(play, case, "2026-04-13", "resume").due_on == date(2026, 3, 20)


def test_a_clock_stopped_after_a_given_instant_has_passed_stays_late() -> None:
    play, case = begun(GIVEN, "2026-03-02", due_on="2026-03-20T10:00:00+08:00")
    moved(play, case, "2026-04-01", "suspend")
    assert moved(play, case, "2026-04-13", "resume").due_at == datetime(2026, 3, 20, 2, tzinfo=UTC)


def test_a_given_date_that_is_extended_rolls_over_days_on_which_the_clock_stood_still() -> None:
    play, case = begun(GIVEN, "2026-09-01", due_on="2026-09-26")
    # Saturday 26 September + 7 days is Saturday 3 October, rolled over the holiday to Thursday 8.
    assert moved(play, case, "2026-09-20", "extend", days=7).due_on == date(2026, 10, 8)
    moved(play, case, "2026-10-05", "suspend")
    assert moved(play, case, "2026-10-15", "resume").due_on == date(2026, 10, 15)


def test_a_rung_planned_by_a_calendar_that_was_withdrawn_is_planned_again() -> None:
    play, case = begun("5 days", "2026-03-02", ladder=SHIPPED)
    shipped = play.calendar
    play.calendar = with_a_day_off(shipped, date(2026, 3, 24))
    # Due Monday 9 March: fifteen days after is Tuesday 24 March. A day off there moves the rung, not the due date.
    assert tend(play, case, "2026-03-10") == ["yellow"]
    assert the_clock(play.cases[case]).rung_at == at("2026-03-25", 0)
    play.calendar = shipped
    assert tend(play, case, "2026-03-11") == []
    assert the_clock(play.cases[case]).rung_at == at("2026-03-24", 0)


def with_a_day_off(calendar: Calendar, day: date) -> Calendar:
    """Return the calendar with one more day off in the notice of its year."""
    more = HolidaySpan(name=Text("更正", "Corrected"), from_on=day, until_on=day)
    notices = [
        replace(notice, holidays=(*notice.holidays, more)) if notice.year == day.year else notice
        for notice in calendar.notices
    ]
    return replace(calendar, notices=tuple(notices))
