"""Lives of deadlines, generated at random and the same for the same seed: terms, ladders, and what happens to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from tests.oracle.dates import CHINA, Rule
from tests.oracle.rungs import Rung

FIRST_ON, DAYS = date(2024, 1, 1), 1461
"""Starts lie in 2024 to 2027: the last year is provisional, and late starts run on into years that are."""
_NEAR_THE_END = (date(2026, 9, 1), date(2026, 12, 31))


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happens to a deadline at an instant.

    ``kind`` is suspend, resume, extend, cap, correct, look or stop; ``days`` says by how much an extension moves the
    end, ``cap_on`` on what day a merged case is due, ``calendar`` which calendar holds from now on.
    """

    at: datetime
    kind: str
    days: int = 0
    cap_on: date | None = None
    calendar: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    """A deadline from its start to the end of the case that is generated."""

    number: int
    term: str
    rule: Rule
    ladder: tuple[Rung, ...]
    started_at: datetime
    suspended_before: tuple[tuple[date, date], ...]
    deeds: tuple[Deed, ...]
    still_days: int


def a_life(random: Random, number: int, calendars: int) -> Life:
    """Return one life; suspensions given from the start overlap each other, as those of merged histories do (X15)."""
    start = _start(random)
    term = _term(random, start)
    rule = Rule(random.random() < 0.25, random.choice((None, None, "none", "next", "previous")))
    before: tuple[tuple[date, date], ...] = ()
    if random.random() < 0.15:
        before = tuple(_interval(random, start.astimezone(CHINA).date()) for _ in range(random.randint(1, 3)))
    ladder, deeds = _ladder(random), tuple(_deeds(random, start, calendars))
    return Life(number, term, rule, ladder, start, before, deeds, still_days=random.choice((5, 20, 45, 365)))


def _start(random: Random) -> datetime:
    if random.random() < 0.3:
        first, last = _NEAR_THE_END
        day = first + timedelta(days=random.randint(0, (last - first).days))
    else:
        day = FIRST_ON + timedelta(days=random.randrange(DAYS))
    minute = random.choice((0, 1, 9 * 60, 12 * 60 + 30, 23 * 60 + 59, random.randrange(24 * 60)))
    return (datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(minutes=minute)).astimezone(UTC)


def _term(random: Random, start: datetime) -> str:
    match random.randrange(7):
        case 0 | 1:
            return f"{random.choice((1, 2, 3, 5, 7, 10, 15, 20, random.randint(1, 60)))} working days"
        case 2 | 3:
            return f"{random.choice((1, 5, 10, 15, 30, 45, 60, 90, random.randint(1, 120)))} days"
        case 4:
            return f"{random.randint(1, 6)} months"
        case 5:
            return f"{random.choice((1, 2, 24, 48, 72, random.randint(1, 400)))} hours"
        case _:
            given = start.astimezone(CHINA) + timedelta(days=random.randint(-5, 120), minutes=random.randrange(1440))
            return f"on {given.date()}" if random.random() < 0.6 else f"at {given.isoformat()}"


def _interval(random: Random, start: date) -> tuple[date, date]:
    begin = start + timedelta(days=random.choice((0, 0, 1, random.randint(0, 60))))
    return begin, begin + timedelta(days=random.choice((0, 1, 7, random.randint(0, 40))))


def _ladder(random: Random) -> tuple[Rung, ...]:
    rungs = []
    for place in range(random.randint(1, 5)):
        side = random.choice(("before", "after", "after"))
        repeat = _offset(random) if random.random() < 0.2 else None
        rungs.append(Rung(f"r{place}", random.randint(1, 4), side, _offset(random), repeat))
    return tuple(rungs)


def _offset(random: Random) -> str:
    unit = random.choice(("days", "days", "working days", "months"))
    return f"{random.randint(1, 3 if unit == 'months' else 30)} {unit}"


def _deeds(random: Random, start: datetime, calendars: int) -> Sequence[Deed]:
    deeds = []
    at = start
    for _number in range(random.randint(1, 9)):
        at += timedelta(days=random.choice((0, 1, random.randint(0, 45))), minutes=random.randrange(1440))
        if random.random() < 0.3:  # when a day begins, and the moment before
            day = at.astimezone(CHINA).date()
            at = max(at, datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(days=1))
            at -= timedelta(microseconds=random.choice((0, 1)))
        match random.choice(("look", "look", "look", "still", "still", "extend", "cap", "correct")):
            case "still":
                deeds.append(Deed(at, "suspend"))
                at += timedelta(days=random.choice((0, 1, random.randint(0, 40))), minutes=random.randrange(600))
                if random.random() < 0.8:
                    deeds.append(Deed(at, "resume"))
            case "extend":
                deeds.append(Deed(at, "extend", days=random.choice((1, 15, 30))))
            case "cap":
                cap_on = (start + timedelta(days=random.randint(1, 90))).astimezone(CHINA).date()
                deeds.append(Deed(at, "cap", cap_on=cap_on if random.random() < 0.7 else None))
            case "correct":
                deeds.append(Deed(at, "correct", calendar=random.randrange(calendars)))
            case kind:
                deeds.append(Deed(at, kind))
    if random.random() < 0.2:
        deeds.append(Deed(at, random.choice(("stop", "cancel"))))
    deeds.append(Deed(at + timedelta(days=random.randint(0, 120)), "look"))
    return deeds
