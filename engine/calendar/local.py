"""Days off and worked days of one unit, as a firm's own rest days or a shift calendar, laid over the official notices.

They count only where a deadline says so (ADR 0015); laying them over is ``calendar``'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.calendar.notices import NOTICE_KEYS, NOTICE_KEYS_OPTIONAL, Notice, notice_from_mapping, read_notice
from engine.calendar.reading import Locate, MappingReader, Path, beginning_of_file
from engine.text import Text

_WEEK = range(1, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """The days of one year as a unit and the units below it work them.

    ``notice`` names the days: ``holidays`` are off, ``make_up_days`` worked, whatever the official notice says of them.
    ``rest_weekdays`` (1 Monday … 7 Sunday) takes the place of the weekend, on days that no notice names; None leaves
    the weekend as it is. ``unit`` is the unit's code as the file writes it, and its id once it was placed in an
    organisation; ``organisation`` is the code of that organisation's top, None where one organisation only is meant.
    """

    unit: str
    organisation: str | None
    notice: Notice
    rest_weekdays: frozenset[int] | None


def calendar_file_from_mapping(data: object, file: str, *, locate: Locate = beginning_of_file) -> Notice | Overlay:
    """Return what a calendar file says: an official notice, or with ``unit`` an overlay.

    Raises:
        DefinitionError: every problem of the file at once, with line and column.
    """
    if not isinstance(data, dict) or "unit" not in data:
        return notice_from_mapping(data, file, locate=locate)
    reader = MappingReader(file=file, locate=locate)
    optional = (*NOTICE_KEYS_OPTIONAL, "organisation", "rest_weekdays")
    entries = reader.mapping(data, (), required=("unit", *NOTICE_KEYS), optional=optional)
    unit = reader.line(entries["unit"], ("unit",))
    organisation = reader.line(entries["organisation"], ("organisation",)) if "organisation" in entries else None
    rest = _weekdays(reader, entries["rest_weekdays"], ("rest_weekdays",)) if "rest_weekdays" in entries else None
    notice = read_notice(reader, entries, weekends_only=False)
    reader.finish()
    assert unit is not None  # what was missing or wrong was noted, and finish has raised
    assert notice is not None
    return Overlay(unit=unit, organisation=organisation, notice=notice, rest_weekdays=rest)


def _weekdays(reader: MappingReader, value: object, path: Path) -> frozenset[int]:
    found = set()
    for index, entry in enumerate(reader.sequence(value, path)):
        if isinstance(entry, int) and not isinstance(entry, bool) and entry in _WEEK:
            found.add(entry)
        else:
            reader.note(
                (*path, index),
                "calendar_weekday_wrong",
                Text(f"“{entry}”不是星期", f"'{entry}' is no day of the week"),
                Text("请写 1（周一）至 7（周日）", "Write 1 (Monday) to 7 (Sunday)"),
            )
    if found == set(_WEEK):
        reader.note(
            path,
            "calendar_never_worked",
            Text("一周七天都休息，期限无法计算", "All seven days are off, so no term would ever end"),
            Text("请至少留一个工作日", "Leave one day of work at least"),
        )
    return frozenset(found)
