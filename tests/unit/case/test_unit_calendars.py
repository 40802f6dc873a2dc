"""A unit's own days move the terms that count by them, of its cases and those below it, and no other (ADR 0015)."""

from __future__ import annotations

from datetime import date

import pytest

from engine.calendar.calendar import Calendar
from engine.calendar.local import Overlay
from engine.calendar.notices import Notice
from engine.calendar.reading import HolidaySpan
from engine.case.case import Clock
from engine.case.commands import TendCase
from engine.text import Text
from tests.support.builders import ROOT, a_calendar, a_rulebook, a_session, at
from tests.support.clocks import SHIPPED, a_term, the_clock
from tests.support.rehearsal import Rehearsal

MONDAY = "2026-03-02"
LOCAL = ", calendar: unit"


def closed(unit: str, *days: date) -> Calendar:
    """Return the shipped calendar with days on which a unit rests."""
    spans = tuple(HolidaySpan(name=Text("检修", "Maintenance"), from_on=day, until_on=day) for day in days)
    source = Text("生产日历", "Production calendar")
    notice = Notice(year=2026, source=source, number=None, issued_on=None, holidays=spans, make_up_days=frozenset())
    overlay = Overlay(unit=unit, organisation=None, notice=notice, rest_weekdays=None)
    return a_calendar().with_overlays([overlay])


def begun(calendar: Calendar, within: str, *, more: str = "", unit: str = "works") -> tuple[Rehearsal, Clock]:
    """Return a case of the unit whose clock began on Monday 2 March 2026 under this calendar."""
    rules = a_rulebook(a_term(within, more=more, ladder=SHIPPED))
    play = Rehearsal(rules=rules, sessions=[a_session()], now=at(MONDAY), calendar=calendar)
    case = play.open(unit=unit)
    play.fire(case, "accept")
    play.fire(case, "begin")
    return play, the_clock(play.cases[case])


@pytest.mark.parametrize(
    ("unit", "more", "due_on"),
    [
        # 3, 4, 5, 6 and 9 March; where the 4th is a rest day the 10th is the fifth.
        ("works", LOCAL, date(2026, 3, 10)),
        ("works", "", date(2026, 3, 9)),
        ("canteen", LOCAL, date(2026, 3, 9)),
    ],
)
def test_a_units_rest_day_is_left_out_where_the_term_says_so(unit: str, more: str, due_on: date) -> None:
    _play, clock = begun(closed(unit, date(2026, 3, 4)), "5 working days", more=more)
    assert clock.due_on == due_on


def test_an_official_term_keeps_the_version_of_the_official_calendar() -> None:
    calendar = closed("works", date(2026, 3, 4))
    assert begun(calendar, "5 working days")[1].calendar == a_calendar().version
    local = begun(calendar, "5 working days", more=LOCAL)[1]
    assert local.calendar == calendar.for_unit(["works"]).version != a_calendar().version


def test_rungs_stand_on_days_that_the_unit_works() -> None:
    # 60 days from 2 March are Friday 1 May, rolled to the 6th; 7 days before is Wednesday 29 April.
    day = date(2026, 4, 29)
    _play, official = begun(closed("works", day), "60 days")
    _play, local = begun(closed("works", day), "60 days", more=LOCAL)
    assert (official.due_on, local.due_on) == (date(2026, 5, 6), date(2026, 5, 6))
    assert (official.rung_at, local.rung_at) == (at("2026-04-29", 0), at("2026-04-28", 0))


def test_a_rest_day_that_comes_later_moves_the_units_term_and_no_other() -> None:
    for more, due_on in ((LOCAL, date(2026, 3, 10)), ("", date(2026, 3, 9))):
        play, clock = begun(a_calendar(), "5 working days", more=more)
        assert clock.due_on == date(2026, 3, 9)
        (case,) = play.cases
        play.calendar = closed("works", date(2026, 3, 4))
        step = play.ask(TendCase(root=ROOT, case=case))
        assert the_clock(play.cases[case]).due_on == due_on
        assert bool(getattr(step, "events", ())) == (more == LOCAL)


def test_a_resumed_term_counts_by_the_units_days() -> None:
    # 3, 4, 5, 9 and 10 March, as the 6th is a rest day; the 3rd and 4th are taken out, so the 11th and 12th come to it.
    play, _clock = begun(closed("works", date(2026, 3, 6)), "5 working days", more=LOCAL)
    (case,) = play.cases
    play.now = at("2026-03-03")
    play.fire(case, "suspend")
    play.now = at("2026-03-05")
    assert the_clock(play.fire(case, "resume")).due_on == date(2026, 3, 12)


def test_an_extended_term_rolls_over_the_units_days() -> None:
    # 3, 4, 5, 9 and 10 March; five days more end on Sunday the 15th, and Monday the 16th is a rest day.
    play, _clock = begun(closed("works", date(2026, 3, 6), date(2026, 3, 16)), "5 working days", more=LOCAL)
    (case,) = play.cases
    play.now = at("2026-03-03")
    assert the_clock(play.fire(case, "extend", days=5)).due_on == date(2026, 3, 17)


def test_units_below_count_by_the_days_of_the_unit_above() -> None:
    calendar = closed("plant", date(2026, 3, 4))
    assert begun(calendar, "5 working days", more=LOCAL, unit="workshop")[1].due_on == date(2026, 3, 10)
    assert begun(calendar, "5 working days", more=LOCAL, unit="canteen")[1].due_on == date(2026, 3, 9)
