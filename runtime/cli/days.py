"""Days for a reader at a terminal: the walk of an explained term, and the months of a year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from engine.text import Text
from runtime.cli.terminal import Terminal

if TYPE_CHECKING:
    from engine.calendar.calendar import Calendar, Day
    from engine.calendar.walk import ExplainedDay

DECEMBER: Final = 12
_DAYS_HEAD: Final = (
    Text("日期", "Date"),
    Text("星期", "Weekday"),
    Text("第几日", "Day"),
    Text("性质", "What it was"),
    Text("说明", "Name"),
)
_MARKS: Final = {
    "start": Text("起算日", "start"),
    "worked": Text("工作日", "worked"),
    "make_up": Text("调休上班", "make-up day"),
    "counted": Text("计入", "counted"),
    "rest": Text("不计", "not counted"),
    "suspended": Text("中止", "suspended"),
    "rolled": Text("顺延至此", "rolled to here"),
}
_WEEK: Final = Text("一   二   三   四   五   六   日", "Mo   Tu   We   Th   Fr   Sa   Su")


def days_table(terminal: Terminal, days: Sequence[ExplainedDay]) -> None:
    """Print the days of an explanation in the order they were counted."""
    rows = [
        (
            row.on.isoformat(),
            terminal.read(row.weekday),
            "" if row.count is None else str(row.count),
            terminal.read(_MARKS[str(row.mark)]),
            "" if row.day.name is None else terminal.read(row.day.name),
        )
        for row in days
    ]
    terminal.table(_DAYS_HEAD, rows, right=(2,))


def print_year(terminal: Terminal, calendar: Calendar, year: int) -> None:
    """Print the months of a year: 休 and 班 (or - and +) after a day that is off or worked against its weekday."""
    total = 0
    for month in range(1, DECEMBER + 1):
        days = calendar.month(year, month)
        worked = sum(day.is_working for day in days)
        total += worked
        terminal.say(Text(f"{year}年{month}月  工作日 {worked} 天", f"{year}-{month:02}  {worked} working days"))
        for line in _month(terminal, days):
            terminal.say(line)
        terminal.say()
    terminal.say(Text(f"{year}年共 {total} 个工作日", f"{year}: {total} working days"))


def _month(terminal: Terminal, days: Sequence[Day]) -> list[str]:
    # Four columns to a day: a number of two, then a mark of two, which is one Chinese character.
    marks = {"holiday": Text("休", "- "), "make_up": Text("班", "+ ")}
    none = Text("  ", "  ")
    cells = ["    "] * days[0].on.weekday()
    cells += [f"{day.on.day:2d}{terminal.read(marks.get(str(day.kind), none))}" for day in days]
    weeks = [" ".join(cells[at : at + 7]).rstrip() for at in range(0, len(cells), 7)]
    return [terminal.read(_WEEK), *weeks]
