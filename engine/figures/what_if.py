"""What past cases would have come to under another term, ladder or calendar. Pure, and writes nothing.

Dates are worked out by the functions that work them out in life (``case.deadlines``, ``case.escalation``), from all
that happened to a clock: when it began, how it was stopped, extended and ended. A definition lists what may be tried
(``vary``). Both sides are counted anew under it, so that they differ in what is varied and in nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

from engine.calendar.calendar import Calendar
from engine.case.case import Case, Clock, ClockState
from engine.case.deadlines import recomputed
from engine.case.escalation import due_rungs
from engine.case.identity import CaseId, UnitId
from engine.definition.model import DeadlinePart, Ladder, Rung, RungTime, VaryPart, Within, Workflow
from engine.definition.period import Period, PeriodUnit, parse_period
from engine.errors import InputRefused
from engine.text import Text

WITHIN: Final = "within"
LISTED_MAX: Final = 1_000
"""So many changed deadlines are kept by name; all are counted."""
_MOVED: Final = re.compile(r"([+-])([0-9]{1,4})")
_PLACED: Final = re.compile(r"(before|after) +(.+)")


class Setting(NamedTuple):
    """One thing that is tried: what it is called, what it says now and what is tried instead."""

    title: Text
    before: Text
    after: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A workflow with what is tried in it. ``terms`` are by deadline the text that stands for the declared one."""

    settings: tuple[Setting, ...]
    terms: Mapping[str, str]
    ladders: Mapping[str, Ladder]

    def of(self, workflow: Workflow) -> Workflow:
        """Return a version of the workflow with the ladders that are tried."""
        known = {name: ladder for name, ladder in self.ladders.items() if name in workflow.ladders}
        return workflow.model_copy(update={"ladders": {**workflow.ladders, **known}}) if known else workflow


class Changed(NamedTuple):
    """A deadline that would have been due on another day, or be late where it was not, or the other way round."""

    case: CaseId
    deadline: Text
    due_before: date
    due_after: date
    late_before: bool
    late_after: bool


@dataclass(slots=True)
class Side:
    """One of the two sides: late deadlines, late cases, rungs by deadline and title, and late ones by unit."""

    late: int = 0
    late_cases: int = 0
    rungs: Counter[tuple[str, str]] = field(default_factory=Counter)
    units: Counter[UnitId] = field(default_factory=Counter)


@dataclass(slots=True)
class Outcome:
    """Both sides, and which deadlines differ. ``titles`` are those of deadlines and of rungs as ``deadline/rung``."""

    cases: int = 0
    clocks: int = 0
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    open: Counter[UnitId] = field(default_factory=Counter)
    titles: dict[str, Text] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)
    changed_count: int = 0


def trial_of(workflow: Workflow, settings: Mapping[str, str], *, other_calendar: Text | None = None) -> Trial:
    """Return what is tried; ``settings`` are as ``reply.within`` → ``45 working days``, ``reply.red`` → ``+10``.

    Args:
        workflow: the newest version, which lists what may be varied.
        settings: what is to be tried, by deadline or ladder.
        other_calendar: what the other calendar is called, None where that of the house is kept.

    Raises:
        InputRefused: something is not listed, or its value is none; or nothing is tried at all.
    """
    vary = workflow.vary or VaryPart()
    told: list[Setting] = []
    terms: dict[str, str] = {}
    ladders: dict[str, Ladder] = {}
    for key, value in settings.items():
        name, _, what = key.partition(".")
        if what == WITHIN and name in vary.terms:
            part = workflow.deadlines[name]
            period, now = parse_period(value), term_of(part)
            terms[name] = str(period)
            told.append(Setting(part.title.text, parse_period(now).text() if now else Text("—", "—"), period.text()))
        elif name in vary.ladders and (rung := _rung(workflow, name, what)) is not None:
            ladder = ladders.get(name, workflow.ladders[name])
            place = _placed(rung.at, value)
            rungs = tuple(one.model_copy(update={"at": place}) if one.id == what else one for one in ladder.rungs)
            ladders[name] = ladder.model_copy(update={"rungs": rungs})
            told.append(Setting(rung.title.text, _place_words(rung.at), _place_words(place)))
        else:
            raise _not_listed(key, workflow)
    if other_calendar is not None:
        if not vary.calendar:
            raise _not_listed("calendar", workflow)
        told.append(Setting(Text("日历", "Calendar"), Text("现行通知", "the notices in force"), other_calendar))
    if not told:
        raise InputRefused(
            Text(f"请写明试算什么；可用：{_listed(workflow)}", f"Say what is tried; there are: {_listed(workflow)}")
        )
    return Trial(settings=tuple(told), terms=terms, ladders=ladders)


def term_of(part: DeadlinePart) -> str | None:
    """Return the declared term as text: its own, or the one that stands where no date is given; None without any."""
    return part.within.otherwise if isinstance(part.within, Within) else part.within


def tried(
    cases: Iterable[tuple[Case, Workflow]],
    trial: Trial,
    calendars: tuple[Callable[[UnitId], Calendar], Callable[[UnitId], Calendar]],
    now: datetime,
) -> Outcome:
    """Return both sides for these cases, each with the version it goes by.

    Args:
        cases: past and running ones.
        trial: what is tried.
        calendars: by the unit of a case, that in force and the one that is tried.
        now: an open deadline is late when it was due before this instant, aware.
    """
    outcome = Outcome()
    for case, workflow in cases:
        outcome.cases += 1
        other = trial.of(workflow)
        unit = case.lead_unit or case.unit
        late = [False, False]
        for clock in case.clocks:
            part = workflow.deadlines.get(clock.name)
            if part is None or not clock.watched or clock.state is ClockState.CANCELLED:
                continue
            outcome.clocks += 1
            outcome.open[unit] += clock.is_open
            titled = part.title.text
            outcome.titles.setdefault(clock.name, titled)
            term = trial.terms.get(clock.name, clock.term) if clock.term == term_of(part) else clock.term
            sides = (
                (outcome.before, recomputed(clock, part, calendars[0](case.unit)), workflow, calendars[0]),
                (
                    outcome.after,
                    recomputed(clock._replace(term=term), part, calendars[1](case.unit)),
                    other,
                    calendars[1],
                ),
            )
            lates = []
            for side, again, rules, calendar in sides:
                is_late = (again.ended_at or now) >= again.due_at
                lates.append(is_late)
                side.late += is_late
                side.units[unit] += is_late
                _count_rungs(side, again, rules, calendar(case.unit), now, outcome.titles)
            late = [known or one for known, one in zip(late, lates, strict=True)]
            due = (sides[0][1].due_on, sides[1][1].due_on)
            if due[0] != due[1] or lates[0] != lates[1]:
                outcome.changed_count += 1
                if len(outcome.changed) < LISTED_MAX:
                    outcome.changed.append(Changed(case.id, titled, due[0], due[1], lates[0], lates[1]))
        outcome.before.late_cases += late[0]
        outcome.after.late_cases += late[1]
    return outcome


def _count_rungs(
    side: Side, clock: Clock, workflow: Workflow, calendar: Calendar, now: datetime, titles: dict[str, Text]
) -> None:
    """Count the rungs by time that the clock would have raised until it ended, or until now."""
    if clock.state is ClockState.SUSPENDED:
        return
    running = clock._replace(state=ClockState.RUNNING, ended_at=None, rungs=(), withdrawn=())
    for raised in due_rungs(running, workflow, calendar, clock.ended_at or now):
        key = f"{clock.name}/{raised.rung.id}"
        titles.setdefault(key, raised.rung.title.text)
        side.rungs[clock.name, raised.rung.id] += 1


def listed(workflow: Workflow) -> Iterator[tuple[str, Text]]:
    """Yield what may be varied: the key by which it is set, and what it says now."""
    vary = workflow.vary or VaryPart()
    for name in vary.terms:
        title, now = workflow.deadlines[name].title, term_of(workflow.deadlines[name])
        said = Text("—", "—") if now is None else parse_period(now).text()
        yield f"{name}.{WITHIN}", Text(f"{title.zh}：{said.zh}", f"{title.en}: {said.en}")
    for name in vary.ladders:
        for rung in workflow.ladders[name].rungs:
            if rung.at.on is None:
                place = _place_words(rung.at)
                yield f"{name}.{rung.id}", Text(f"{rung.title.zh}：{place.zh}", f"{rung.title.en}: {place.en}")
    if vary.calendar:
        yield "calendar", Text("日历", "Calendar")


def _rung(workflow: Workflow, ladder: str, name: str) -> Rung | None:
    found = (one for one in workflow.ladders[ladder].rungs if one.id == name and one.at.on is None)
    return next(found, None)


def _placed(at: RungTime, value: str) -> RungTime:
    """Return when a rung is due instead: moved by so many of its own units (``+10``), or ``before 3 days``."""
    moved, placed = _MOVED.fullmatch(value.strip()), _PLACED.fullmatch(value.strip())
    if moved is not None:
        period = parse_period(at.before or at.after or "0 days")
        count = (-period.count if at.before is not None else period.count) + int(moved[1] + moved[2])
        return _at(count, period.unit)
    if placed is not None:
        period = parse_period(placed[2])
        return _at(-period.count if placed[1] == "before" else period.count, period.unit)
    raise InputRefused(
        Text(
            f"“{value[:40]}”不是层级的时间，请写成 +10、-5，或 before 3 days、after 15 working days",
            f"{value[:40]!r} is no time of a rung; write +10, -5, or 'before 3 days', 'after 15 working days'",
        )
    )


def _at(count: int, unit: PeriodUnit) -> RungTime:
    text = str(Period(count=abs(count), unit=unit))
    return RungTime(before=text) if count < 0 else RungTime(after=text)


def _place_words(at: RungTime) -> Text:
    if at.before is not None:
        period = parse_period(at.before).text()
        return Text(f"到期前{period.zh}", f"{period.en} before it is due")
    period = parse_period(at.after or "0 days").text()
    return Text(f"到期后{period.zh}", f"{period.en} after it was due")


def _not_listed(key: str, workflow: Workflow) -> InputRefused:
    return InputRefused(
        Text(
            f"“{key[:60]}”不在可试算之列；可用：{_listed(workflow)}",
            f"{key[:60]!r} may not be varied; there are: {_listed(workflow)}",
        )
    )


def _listed(workflow: Workflow) -> str:
    return "、".join(key for key, _said in listed(workflow)) or "—"


def units_of(outcome: Outcome) -> Sequence[UnitId]:
    """Return the units in which something is late or open, the most late first."""
    found = {*outcome.before.units, *outcome.after.units, *outcome.open}
    return sorted(found, key=lambda unit: (-max(outcome.before.units[unit], outcome.after.units[unit]), unit))
