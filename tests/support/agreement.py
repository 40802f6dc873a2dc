"""Plays generated lives of deadlines through the engine and through the oracle, and says where they disagree."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from engine.calendar.calendar import Calendar
from engine.case.case import Clock, ClockState
from engine.case.deadlines import (
    Dates,
    capped,
    ended,
    extended,
    may_extend,
    recomputed,
    resumed,
    started,
    suspended,
)
from engine.case.escalation import planned, tended
from engine.definition.model import DeadlinePart, Ladder, Workflow
from runtime.rules import load_calendar
from tests.oracle.cases import Deed, Life, a_life
from tests.oracle.clock import OracleClock
from tests.oracle.dates import Rule
from tests.oracle.days import Days, read_days
from tests.oracle.rungs import Rung
from tests.support.builders import CALENDARS, a_rulebook
from tests.support.clocks import a_term

NAME = "term"
LIMIT = {"max_count": 2, "max_days": 45, "approver": ["clerk"]}
CORRECTIONS: Sequence[Mapping[str, Sequence[tuple[str, str]]]] = (
    {},
    {"2026.yaml": [("until: 2026-10-07", "until: 2026-10-08")]},
    {"2026.yaml": [("until: 2026-02-23", "until: 2026-02-22"), ("  - 2026-10-10\n", "")]},
    {"2025.yaml": [("until: 2025-05-05", "until: 2025-05-04"), ("  - 2025-04-27\n", "")]},
)
"""The shipped calendar, then others: a day off more; one less and a make-up day less; another year's."""
NOTICE_2027 = """year: 2027
title: {zh: 假定的2027年节假日安排, en: Days off of 2027 as a test supposes them}
number: 测试1号
issued_on: 2026-11-05
holidays:
  - name: {zh: 元旦, en: New Year}
    from: 2027-01-01
    until: 2027-01-03
  - name: {zh: 春节, en: Spring Festival}
    from: 2027-02-05
    until: 2027-02-11
  - name: {zh: 清明节, en: Qingming}
    from: 2027-04-03
    until: 2027-04-05
make_up_days:
  - 2027-01-30
  - 2027-02-14
"""
NOTICE_MORE = """year: 2026
title: {zh: 假定的补充通知, en: A notice that a test adds}
number: 测试2号
issued_on: 2026-05-06
holidays:
  - name: {zh: 临时放假, en: Days off at short notice}
    from: 2026-06-22
    until: 2026-06-23
make_up_days:
  - 2026-06-21
"""
"""Adds days off and takes 21 June, a holiday in the first notice, for a make-up day: the later notice counts."""


@dataclass(frozen=True, slots=True)
class BothCalendars:
    """One calendar as the engine reads it and as the oracle does."""

    engine: Calendar
    days: Days


def both_calendars(folder: Path) -> list[BothCalendars]:
    """Write the shipped calendar and its corrections below a folder, and read each in both ways."""
    found = []
    for number in range(len(CORRECTIONS) + 2):
        place = folder / f"calendars-{number}"
        shutil.copytree(CALENDARS, place)
        if number < len(CORRECTIONS):
            _correct(place, CORRECTIONS[number])
        elif number == len(CORRECTIONS):
            (place / "2027.yaml").write_text(NOTICE_2027, encoding="utf-8")
        else:
            (place / "2026-more.yaml").write_text(NOTICE_MORE, encoding="utf-8")
        found.append(BothCalendars(load_calendar(place), read_days(place)))
    return found


def disagreements(seed: int, numbers: range, calendars: Sequence[BothCalendars]) -> Iterator[str]:
    """Yield one line for each generated case on which engine and oracle differ; a number always gives one case."""
    workflow = a_rulebook(a_term("1 day")).newest("errand")
    for number in numbers:
        life = a_life(Random(f"{seed}/{number}"), number, len(calendars))
        problem = Played(life, workflow, calendars).difference()
        if problem is not None:
            yield f"case {number}: {problem}; {life}"


class Played:
    """One life on both sides."""

    def __init__(self, life: Life, workflow: Workflow, calendars: Sequence[BothCalendars]) -> None:
        self.life = life
        self.calendars = calendars
        self.now_holds = calendars[0]
        self.part = a_part(life.term, life.rule, life.still_days)
        self.workflow = workflow.model_copy(
            update={"deadlines": {NAME: self.part}, "ladders": {"late": a_ladder_part(life.ladder)}}
        )

    def difference(self) -> str | None:
        """Return the first difference, None when there is none."""
        life, days = self.life, self.now_holds.days
        fields = {"given": life.term.partition(" ")[2]}
        clock = started(self.part, NAME, self.now_holds.engine, life.started_at, Dates(fields=fields, session=None))
        oracle = OracleClock(life.term, life.rule, life.ladder, life.started_at, stands_still_days=life.still_days)
        oracle.start(days)
        if life.suspended_before:
            oracle.suspensions = list(life.suspended_before)
            oracle.work_out(days)
            clock = recomputed(clock._replace(suspensions=life.suspended_before), self.part, self.now_holds.engine)
        clock = self._planned(clock)
        problem = unlike(clock, oracle)
        for deed in life.deeds:
            if problem is not None or not oracle.is_open:
                break
            clock, told = self._on_both_sides(deed, clock, oracle)
            problem = told or unlike(clock, oracle)
            if problem is not None:
                problem = f"after {deed}: {problem}"
        return problem

    def _on_both_sides(self, deed: Deed, clock: Clock, oracle: OracleClock) -> tuple[Clock, str | None]:
        """Do one thing on both sides; return the engine's clock, and what already differs."""
        calendar, days = self.now_holds.engine, self.now_holds.days
        match deed.kind:
            case "suspend" if oracle.state == "running":
                oracle.suspend(days, deed.at)
                clock = suspended(clock, deed.at)
            case "resume" if oracle.state == "suspended":
                oracle.resume(days, deed.at)
                clock = resumed(clock, self.part, calendar, deed.at)
            case "extend":
                allowed = self._may_extend(oracle, deed)
                if may_extend(clock, self.part, deed.at, deed.days) is not allowed:
                    return clock, f"extension allowed: the oracle says {allowed}"
                if allowed:
                    oracle.extend(days, deed.days)
                    clock = extended(clock, self.part, calendar, deed.days)
            case "cap":
                oracle.cap(days, deed.cap_on)
                clock = capped(clock, self.part, calendar, deed.cap_on)
            case "stop":
                if clock.state is ClockState.SUSPENDED:
                    clock = resumed(clock, self.part, calendar, deed.at)
                oracle.stop(days, deed.at)
                clock = ended(clock, ClockState.MET, deed.at)
            case "cancel":
                oracle.cancel(days, deed.at)
                clock = ended(clock, ClockState.CANCELLED, deed.at)
            case "correct" | "look":
                return self._look(deed, clock, oracle)
        return self._planned(clock), None

    def _look(self, deed: Deed, clock: Clock, oracle: OracleClock) -> tuple[Clock, str | None]:
        corrected = deed.kind == "correct"
        if corrected:
            self.now_holds = self.calendars[deed.calendar]
        expected = oracle.tend(self.now_holds.days, deed.at, corrected=corrected)
        clock, raised = tended(clock, self.workflow, self.now_holds.engine, deed.at)
        names = [each.name for each in raised]
        return clock, None if names == expected else f"raised {names}, the oracle {expected}"

    def _may_extend(self, oracle: OracleClock, deed: Deed) -> bool:
        more = sum(oracle.extensions) + deed.days
        return not oracle.expired(deed.at) and len(oracle.extensions) < 2 and more <= 45

    def _planned(self, clock: Clock) -> Clock:
        return planned(clock, self.workflow, self.now_holds.engine)


def unlike(clock: Clock, oracle: OracleClock) -> str | None:
    """Say in what the engine's clock differs from the oracle's."""
    mine = {
        "state": clock.state.value,
        "promised": clock.promised_on,
        "nominal": clock.nominal_on,
        "due_on": clock.due_on,
        "due_at": clock.due_at,
        "provisional": clock.provisional,
        "next_rung": clock.rung_at,
        "rungs": list(clock.rungs),
    }
    theirs = {
        "state": oracle.state,
        "promised": oracle.promised_on,
        "nominal": oracle.end.nominal_on,
        "due_on": oracle.end.effective_on,
        "due_at": oracle.end.due_at,
        "provisional": oracle.end.provisional,
        "next_rung": oracle.next_at,
        "rungs": oracle.raised,
    }
    found = [
        f"{name} {_plain(mine[name])}, the oracle {_plain(theirs[name])}" for name in mine if mine[name] != theirs[name]
    ]
    return "; ".join(found) or None


def a_part(term: str, rule: Rule, still_days: int) -> DeadlinePart:
    """Return the rule of a deadline as a definition says it; given dates come from a field."""
    given = term.startswith(("on ", "at "))
    return DeadlinePart.model_validate(
        {
            "title": {"zh": "期限", "en": "Term"},
            "within": {"from_field": "given"} if given else term,
            "start_day": "included" if rule.start_included else "excluded",
            "ladder": "late",
            "suspension": LIMIT | {"max_days": still_days},
            "extension": LIMIT,
        }
        | ({} if rule.roll is None else {"roll": rule.roll})
    )


def a_ladder_part(rungs: Sequence[Rung]) -> Ladder:
    """Return the ladder as a definition says it."""
    return Ladder.model_validate(
        {
            "rungs": [
                {
                    "id": rung.name,
                    "level": rung.level,
                    "colour": "red",
                    "title": {"zh": "督办", "en": "Rung"},
                    "at": {rung.side: rung.offset},
                    "to": ["clerk"],
                }
                | ({} if rung.repeat is None else {"repeat": rung.repeat})
                for rung in rungs
            ]
        }
    )


def _correct(place: Path, changes: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    for name, replaced in changes.items():
        text = (place / name).read_text(encoding="utf-8")
        for old, new in replaced:
            assert old in text, f"{name} says no more {old!r}"
            text = text.replace(old, new)
        (place / name).write_text(text, encoding="utf-8")


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
