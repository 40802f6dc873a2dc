"""A year of the calendar as months of weeks: which days are worked, which are off and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.calendar.calendar import Calendar, Day, DayKind
from web.words import Words

DECEMBER: Final = 12
DAYS_OF_A_WEEK: Final = 7
MARKS: Final = {DayKind.HOLIDAY: "day_off_mark", DayKind.MAKE_UP: "day_worked_mark"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCell:
    """A day of a month; ``mark`` is 休 or 班 where it is not what its weekday says, ``name`` why."""

    number: int
    kind: str
    mark: str
    name: str
    is_today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month: its weeks from Monday on, None where a day belongs to another month."""

    title: str
    worked: int
    weeks: tuple[tuple[DayCell | None, ...], ...]


def months_of(calendar: Calendar, year: int, today: date, words: Words) -> list[Month]:
    """Return the twelve months of a year."""
    return [_month(calendar, year, number, today, words) for number in range(1, DECEMBER + 1)]


def _month(calendar: Calendar, year: int, number: int, today: date, words: Words) -> Month:
    days = calendar.month(year, number)
    cells: list[DayCell | None] = [None] * days[0].on.weekday()
    cells += [_cell(day, today, words) for day in days]
    cells += [None] * (-len(cells) % DAYS_OF_A_WEEK)
    return Month(
        title=words.t("month_of", year=year, month=number),
        worked=sum(day.is_working for day in days),
        weeks=tuple(tuple(cells[at : at + DAYS_OF_A_WEEK]) for at in range(0, len(cells), DAYS_OF_A_WEEK)),
    )


def _cell(day: Day, today: date, words: Words) -> DayCell:
    mark = MARKS.get(day.kind)
    return DayCell(
        number=day.on.day,
        kind=str(day.kind),
        mark="" if mark is None else words.t(mark),
        name="" if day.name is None else words.say(day.name),
        is_today=day.on == today,
    )
