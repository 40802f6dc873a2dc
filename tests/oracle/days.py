"""Which day is worked, read from the calendar files by a reader of its own and asked day by day.

Nothing of the engine is used here: what this says and what the engine says can only agree when both are right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

ONE_DAY = timedelta(days=1)
_DAY = r"(\d{4}-\d{2}-\d{2})"
_FROM, _UNTIL = re.compile(rf"^ +from: {_DAY}$"), re.compile(rf"^ +until: {_DAY}$")
_MAKE_UP, _YEAR, _ISSUED = (
    re.compile(rf"^ +- {_DAY}$"),
    re.compile(r"^year: (\d{4})$"),
    re.compile(rf"^issued_on: {_DAY}$"),
)


@dataclass(slots=True)
class Days:
    """Days off and days worked as the notices say, statutory days for years without one, and what was asked.

    ``guessed`` becomes true when a day of a year without a notice is asked about, and stays so until it is set back.
    """

    off: set[date] = field(default_factory=set)
    worked: set[date] = field(default_factory=set)
    statutory: set[date] = field(default_factory=set)
    years: set[int] = field(default_factory=set)
    guessed: bool = False

    def works(self, day: date) -> bool:
        """Return whether a day is worked (D3, D7, D13): a make-up day is, a holiday is not, else Monday to Friday."""
        if day in self.worked:
            return True
        if day in self.off:
            return False
        if day.year not in self.years:
            self.guessed = True
            if day in self.statutory:
                return False
        return day.weekday() < 5


def read_days(folder: Path) -> Days:
    """Return the days of a folder of calendar files; a notice issued later overrules an earlier one."""
    days = Days()
    files = [(_text(path), path.name) for path in folder.glob("*.yaml")]
    for text, name in sorted(files, key=lambda file: _issued_on(file[0])):
        off, worked = set(_spans(text)), set(_found(_MAKE_UP, text))
        if name == "provisional.yaml":
            days.statutory = off
            continue
        days.years |= {int(year) for line in text if (year := _first(_YEAR, line))}
        days.off = (days.off - worked) | (off - worked)
        days.worked = (days.worked - off) | worked
    return days


def _text(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _first(pattern: re.Pattern[str], line: str) -> str | None:
    match = pattern.match(line)
    return None if match is None else match[1]


def _found(pattern: re.Pattern[str], text: list[str]) -> Iterator[date]:
    return (date.fromisoformat(day) for line in text if (day := _first(pattern, line)))


def _issued_on(text: list[str]) -> date:
    return next(_found(_ISSUED, text), date.min)


def _spans(text: list[str]) -> Iterator[date]:
    """Yield every day of every holiday: ``from`` stands on the line before ``until``, or alone for a single day."""
    for number, line in enumerate(text):
        begins = _first(_FROM, line)
        if begins is None:
            continue
        until = _first(_UNTIL, text[number + 1]) if number + 1 < len(text) else None
        day, last = date.fromisoformat(begins), date.fromisoformat(until or begins)
        while day <= last:
            yield day
            day += ONE_DAY
