"""Which rungs of a ladder stand on which days, and which a look at the clock raises (handbook: 1.9, D11, D13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tests.oracle.dates import begin_of, re_period
from tests.oracle.days import ONE_DAY, Days


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: ``side`` is "before" or "after" with an offset, or "on" for one that stands at a move."""

    name: str
    level: int
    side: str
    offset: str = ""
    repeat: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """What the rungs of a deadline depend on."""

    due_on: date
    provisional: bool
    started_at: datetime
    running: bool


def next_rungs(days: Days, ladder: Sequence[Rung], term: Term, raised: Sequence[str]) -> list[tuple[datetime, str]]:
    """Return the rungs by time that are still to come, one entry for each rung, in the order of their instants."""
    found = []
    for place, rung in enumerate(ladder):
        times = _times(rung, raised)
        at = _stands_at(days, rung, term, times)
        if at is not None:
            found.append((at, rung.level, place, _named(rung, times)))
    return [(at, name) for at, _level, _place, name in sorted(found)]


def look(days: Days, ladder: Sequence[Rung], term: Term, raised: Sequence[str], now: datetime) -> list[str]:
    """Return what a look at the clock raises, in order: everything due by now that was not raised (each once)."""
    found = []
    for place, rung in enumerate(ladder):
        times = _times(rung, raised)
        while (at := _stands_at(days, rung, term, times)) is not None and at <= now:
            found.append((at, rung.level, place, _named(rung, times)))
            times += 1
    return [name for _at, _level, _place, name in sorted(found)]


def _times(rung: Rung, raised: Sequence[str]) -> int:
    return sum(1 for name in raised if name.split("#")[0] == rung.name)


def _named(rung: Rung, times: int) -> str:
    return f"{rung.name}#{times + 1}" if times else rung.name


def _stands_at(days: Days, rung: Rung, term: Term, times: int) -> datetime | None:
    """Return when the rung is due that was raised so many times; None when time raises it no more."""
    if not term.running or rung.side == "on" or (times and rung.repeat is None):
        return None
    if rung.side == "before":
        day = _back(days, term.due_on, rung.offset)
    else:
        day = _on(days, term.due_on, rung.offset)
    if term.provisional:  # design: a provisional date raises nothing before its year begins
        while day.year < term.due_on.year:
            day += ONE_DAY
    for _time in range(times):
        day = _on(days, day, rung.repeat or "")
    at = begin_of(day)
    return at if at > term.started_at else None


def _on(days: Days, day: date, offset: str) -> date:
    """Return the day so far after another: the day itself is not counted, a day off moves later (D1, D2, D11)."""
    number, unit = re_period(offset)
    if unit == "month":
        day = _months_on(day, number)
    else:
        while number:
            day += ONE_DAY
            number -= unit == "day" or days.works(day)
    while unit != "working day" and not days.works(day):
        day += ONE_DAY
    return day


def _back(days: Days, day: date, offset: str) -> date:
    """Return the day so far before another: the day itself is not counted, a day off moves earlier (D11)."""
    number, unit = re_period(offset)
    if unit == "month":
        day = _months_back(day, number)
    else:
        while number:
            day -= ONE_DAY
            number -= unit == "day" or days.works(day)
    while unit != "working day" and not days.works(day):
        day -= ONE_DAY
    return day


def _months_on(day: date, months: int) -> date:
    wanted = day.day
    while months:
        day += ONE_DAY
        months -= day.day == 1
    while day.day < wanted and (day + ONE_DAY).month == day.month:
        day += ONE_DAY
    return day


def _months_back(day: date, months: int) -> date:
    wanted = day.day
    while months:
        day = day.replace(day=1) - ONE_DAY
        months -= 1
    while day.day > wanted:
        day -= ONE_DAY
    return day
