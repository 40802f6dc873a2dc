"""A workflow with one deadline that is moved in every way, and a case whose clock has begun."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from engine.calendar.calendar import Calendar
from engine.calendar.reading import HolidaySpan
from engine.case.case import Case, Clock
from engine.case.identity import CaseId
from engine.text import Text
from tests.support.builders import (
    LADDER,
    a_calendar,
    a_definition_with,
    a_move,
    a_rulebook,
    a_session,
    at,
)
from tests.support.rehearsal import Rehearsal

LIMITS = (
    "suspension: {max_count: 2, max_days: 20, approver: [clerk]}, "
    "extension: {max_count: 2, max_days: 60, approver: [clerk]}"
)
ALLOWED = "[{id: possible, use: extension_allowed@1, given: {deadline: %s, by: days}, refuse: {zh: 不能延期, en: No}}]"


def a_term(within: str, *, more: str = "", ladder: str = LADDER) -> str:
    """Return a workflow with one deadline ``term`` on the ladder ``late``, moved in every way."""
    return a_definition_with(
        head=f"""
        {ladder}
        deadlines:
          term: {{title: {{zh: 期限, en: Term}}, within: {within}, ladder: late, {LIMITS}{more}}}
        """,
        fields="""
        rung: {title: {zh: 层级, en: Rung}, privacy: public, schema: {type: string, format: rung}}
        days: {title: {zh: 天数, en: Days}, privacy: public, schema: {type: integer}}
        due_on: {title: {zh: 到期, en: Due}, privacy: public, schema: {type: string}}
        """,
        transitions=a_move("begin", form="{due_on: optional}", effects="[{do: start, deadline: term}]")
        + a_move("stop", effects="[{do: stop, deadline: term}]")
        + a_move("drop", effects="[{do: cancel, deadline: term}]")
        + a_move("suspend", effects="[{do: suspend, deadline: term}]")
        + a_move("resume", effects="[{do: resume, deadline: term}]")
        + a_move("extend", form="{days: required}", effects="[{do: extend, deadline: term, by: days}]")
        + a_move(
            "ask_extend",
            form="{days: required}",
            guards=ALLOWED % "term",
            effects="[{do: extend, deadline: term, by: days}]",
        )
        + a_move("raise", effects="[{do: raise, deadline: term, rung: red}]")
        + a_move("take_back", form="{rung: required}", effects="[{do: withdraw_rung, rung: rung}]")
        + a_move("finish", leads="to: closed", effects="[{do: start, deadline: term}]"),
    )


def begun(
    within: str, day: str, *, hour: int = 9, more: str = "", due_on: str | None = None, ladder: str = LADDER
) -> tuple[Rehearsal, CaseId]:
    """Return a case whose clock began on this day."""
    rules = a_rulebook(a_term(within, more=more, ladder=ladder))
    play = Rehearsal(rules=rules, sessions=[a_session()], now=at(day, hour))
    case = play.open()
    play.now = at(day, hour)
    play.fire(case, "accept")
    play.now = at(day, hour)
    play.fire(case, "begin", due_on=due_on)
    return play, case


def moved(play: Rehearsal, case: CaseId, day: str, transition: str, days: int | None = None) -> Clock:
    play.now = at(day)
    return the_clock(play.fire(case, transition, days=days) if days is not None else play.fire(case, transition))


def the_clock(case: Case) -> Clock:
    clock = case.clock("term")
    assert clock is not None
    return clock


def a_ladder(*rungs: str) -> str:
    return f"ladders: {{late: {{rungs: [{', '.join(rungs)}]}}}}"


def a_rung(name: str, level: int, when: str, more: str = "") -> str:
    return (
        f"{{id: {name}, level: {level}, colour: red, title: {{zh: 督办, en: Rung}}, at: {{{when}}}, to: [clerk]{more}}}"
    )


# The shipped ladder of domain 1.9; E20 counts it from Thursday 8 October 2026.
SHIPPED = a_ladder(
    a_rung("blue", 1, "before: 7 days"),
    a_rung("yellow", 2, "after: 1 day"),
    a_rung("red", 3, "after: 15 days"),
    a_rung("black", 4, "after: 30 days"),
)


def a_corrected_calendar(day_off: str | None) -> Calendar:
    """Return the calendar with one more day off in 2026, or with another wording of its notice and the same days."""
    notices = []
    for notice in a_calendar().notices:
        if notice.year == 2026 and day_off is not None:
            day = date.fromisoformat(day_off)
            more = HolidaySpan(name=Text("更正", "Corrected"), from_on=day, until_on=day)
            notices.append(replace(notice, holidays=(*notice.holidays, more)))
        elif notice.year == 2026:
            notices.append(replace(notice, source=Text("更正通知", "Corrected")))
        else:
            notices.append(notice)
    return replace(a_calendar(), notices=tuple(notices))
