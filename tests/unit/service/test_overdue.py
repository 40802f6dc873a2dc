"""What the overdue list reaches to, on which rung a deadline stands, how late it is; by the notices of 2026."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from engine.access.directory import Surroundings
from engine.calendar.calendar import Calendar, MissingYear
from engine.case.codec import microseconds
from engine.case.identity import CaseId, RootId
from engine.service.overdue import OverdueAsk, Scope, reach, working_days_late
from engine.service.ports import CaseLine, OverdueLine
from engine.service.rung_colours import Colour, colours_of_rungs, rungs_of_colour, standing_rung, worst_colour
from engine.service.world import World
from runtime.rules import Rules
from tests.support.proved_rules import load_once

WORKFLOWS = Path(__file__).parents[3] / "workflows"
# Thursday 24 September 2026, 10:00. Mid-Autumn is off from the 25th to the 27th, National Day from 1 to 7 October: the
# working days that follow are the 28th, 29th and 30th, then 8 October.
NOW = datetime(2026, 9, 24, 2, tzinfo=UTC)


@cache
def rules() -> Rules:
    return load_once(WORKFLOWS)


@cache
def world() -> World:
    root = RootId("works")
    nobody = Surroundings(root=root, epoch=1, units={}, sessions={})
    return World(rules=rules().rulebook(), calendar=rules().calendar, surroundings=nobody)


def a_line(rungs: str, deadline: str = "reply") -> OverdueLine:
    case = CaseLine(CaseId("a"), "proposal", 1, None, None, None, "handling", "active", "u", None, None, 0, 0, 5, 1, 1)
    return OverdueLine(case, deadline, 5, "2026-09-24", "2026-09-24", False, rungs)


def end_of(day: str) -> int:
    """Return the microsecond after 24:00 in Shanghai, before which everything due on that day is due."""
    on = date.fromisoformat(day)
    return microseconds(datetime(on.year, on.month, on.day, 16, tzinfo=UTC)) + 1


def test_late_is_what_is_due_by_now() -> None:
    before, where = reach(OverdueAsk(), world(), NOW)
    assert microseconds(before) == microseconds(NOW) + 1
    assert (where.since, where.soon) == (None, None)


@pytest.mark.parametrize(("days", "last"), [(0, "2026-09-24"), (1, "2026-09-28"), (3, "2026-09-30"), (4, "2026-10-08")])
def test_near_is_counted_in_working_days_to_the_end_of_the_last(days: int, last: str) -> None:
    before, where = reach(OverdueAsk(scope=Scope.NEAR, near_working_days=days), world(), NOW)
    assert microseconds(before) == end_of(last)
    assert (where.since, where.soon) == (microseconds(NOW) + 1, None)


def test_near_is_by_default_three_working_days_or_a_rung_that_stands_however_far_off() -> None:
    before, where = reach(OverdueAsk(scope=Scope.BOTH), world(), NOW)
    assert (where.since, where.soon) == (None, end_of("2026-09-30"))
    # The first rung of a ladder stands seven days before at the earliest, and moves back over days off.
    assert microseconds(before) > end_of("2026-10-10")


def test_an_instant_takes_the_place_of_the_scope_and_keeps_the_filters() -> None:
    ask = OverdueAsk(scope=Scope.NEAR, before=NOW, workflow="proposal", unit="u")
    before, where = reach(ask, world(), NOW)
    assert (before, where.since, where.soon, where.workflow, where.unit) == (NOW, None, None, "proposal", "u")


@pytest.mark.parametrize(
    ("due_on", "late"),
    [("2026-09-23", 1), ("2026-09-24", 0), ("2026-09-28", -1), ("2026-10-08", -4), ("2026-09-18", 5)],
)
def test_days_late_and_left_are_working_days(due_on: str, late: int) -> None:
    """Since Friday the 18th five days were worked: Sunday the 20th, made up for, and Monday to Thursday."""
    assert working_days_late(rules().calendar, date.fromisoformat(due_on), date(2026, 9, 24)) == late


def test_days_are_not_told_where_the_calendar_ends() -> None:
    strict = Calendar(notices=rules().calendar.notices, missing=MissingYear.ERROR)
    assert working_days_late(strict, date(2027, 3, 1), date(2026, 9, 24)) is None


@pytest.mark.parametrize(
    ("rungs", "rung", "colour"),
    [
        ("[]", None, Colour.NONE),
        ('["blue"]', "blue", Colour.BLUE),
        # Raised by a move before its time: what stands is the more severe one, not the last.
        ('["yellow","blue"]', "yellow", Colour.YELLOW),
        ('["blue","yellow","quality"]', "quality", Colour.YELLOW),
        ('["blue","yellow#2","red#3"]', "red", Colour.RED),
        ('["gone"]', None, Colour.NONE),
    ],
)
def test_a_deadline_stands_on_its_most_severe_rung(rungs: str, rung: str | None, colour: Colour) -> None:
    workflow = world().rules.newest("proposal")
    found = standing_rung(a_line(rungs), workflow)
    assert (None if found is None else found.id) == rung
    ids = [name for name in rungs.strip("[]").replace('"', "").split(",") if name]
    assert worst_colour(ids, colours_of_rungs(world().rules)) is colour


def test_a_colour_is_asked_for_by_its_rungs_and_by_none_that_is_more_severe() -> None:
    proposals = replace(
        rules(), workflows=tuple(part for part in rules().workflows if part.name == "proposal")
    ).rulebook()
    on, off = rungs_of_colour(Colour.YELLOW, proposals)
    assert "yellow" in on
    assert set(off) == {"red", "black"}
    assert rungs_of_colour(Colour.NONE, proposals) == ((), ())
    # No ladder of theirs has an orange rung: what is asked for is one that no deadline can have.
    assert rungs_of_colour(Colour.ORANGE, proposals)[0] == ("no rung",)


def test_a_rung_has_the_same_colour_in_every_ladder() -> None:
    """Lists and figures by colour go by the ids of rungs alone."""
    colours: dict[str, set[str]] = {}
    for workflow in rules().workflows:
        for ladder in workflow.ladders.values():
            for rung in ladder.rungs:
                colours.setdefault(rung.id, set()).add(rung.colour)
    assert {name: found for name, found in colours.items() if len(found) > 1} == {}
