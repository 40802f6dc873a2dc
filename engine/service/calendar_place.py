"""Whether a notice has a place here: the unit it is for, the notice it replaces. What it says is not looked at."""

from __future__ import annotations

from collections.abc import Sequence

from engine.calendar.calendar import Calendar
from engine.calendar.local import Overlay
from engine.calendar.notices import Notice
from engine.calendar.reading import Locate
from engine.errors import DefinitionError, Problem
from engine.service.running_calendar import unit_meant
from engine.service.world import World
from engine.text import Text

Found = tuple[str, str, Text, Text]
"""What is wrong: the key of the file, the code, the text, what to write instead."""


def check_place(
    part: Notice | Overlay, worlds: Sequence[World], new: Sequence[Calendar], file: str, locate: Locate
) -> None:
    """Refuse a notice for a unit that is not there, or one that replaces what is not there.

    Args:
        part: what the file says.
        worlds: the organisations as they are.
        new: the calendar of each of them as it would be.
        file: the name to print.
        locate: gives line and column of a key in the file.

    Raises:
        DefinitionError: what is wrong, with line and column.
    """
    found = [*_unit(part, worlds), *_replaced(part, worlds, new)]
    if found:
        raise DefinitionError([_problem(file, locate, wrong) for wrong in found])


def _unit(part: Notice | Overlay, worlds: Sequence[World]) -> list[Found]:
    if isinstance(part, Notice):
        return []
    meant = [world for world in worlds if unit_meant(part, world.surroundings) is not None]
    if not meant:
        text = Text(f"没有代码为“{part.unit}”的单位", f"There is no unit with the code '{part.unit}'")
        remedy = Text("banjie unit list 列出各单位的代码", "banjie unit list names the codes of the units")
        return [("unit", "calendar_unit_unknown", text, remedy)]
    if len(meant) > 1:
        text = Text(f"多个组织设有代码为“{part.unit}”的单位", f"Several organisations have a unit '{part.unit}'")
        remedy = Text("请加写 organisation: 该组织的代码", "Write organisation: the code of the one that is meant")
        return [("unit", "calendar_unit_in_several", text, remedy)]
    return []


def _replaced(part: Notice | Overlay, worlds: Sequence[World], new: Sequence[Calendar]) -> list[Found]:
    replaces = part.replaces if isinstance(part, Notice) else part.notice.replaces
    if replaces is None:
        return []
    known = {number for world in worlds for number in _numbers(world.calendar, part)}
    if replaces not in known:
        text = Text(f"没有文号为“{replaces}”的通知可代替", f"There is no notice '{replaces}' to replace")
        remedy = Text("banjie calendar list 列出已录入的文号", "banjie calendar list names those on file")
        return [("replaces", "calendar_replaces_unknown", text, remedy)]
    own = part.number if isinstance(part, Notice) else part.notice.number
    if own != replaces and any(replaces in _numbers(calendar, part) for calendar in new):
        text = Text(f"“{replaces}”印发在后，不能被代替", f"'{replaces}' was issued later and stays in force")
        remedy = Text("请核对 issued_on", "Compare issued_on with the document")
        return [("replaces", "calendar_replaces_later", text, remedy)]
    return []


def _numbers(calendar: Calendar, part: Notice | Overlay) -> set[str | None]:
    """Return the numbers of what stands beside it: the official notices, or the same kind of file of units."""
    if isinstance(part, Notice):
        return {notice.number for notice in calendar.notices}
    return {overlay.notice.number for overlay in calendar.overlays}


def _problem(file: str, locate: Locate, found: Found) -> Problem:
    key, code, text, remedy = found
    line, column = locate((key,))
    return Problem(file=file, line=line, column=column, code=code, text=text, remedy=remedy)
