"""The yearly notice of the State Council on days off, and the statutory days for years without one, as values.

They are read from mappings already loaded; which day is worked is decided in ``calendar``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.calendar.reading import HolidaySpan, Locate, MappingReader, beginning_of_file
from engine.text import Text

NOTICE_KEYS = ("year", "title", "holidays", "make_up_days")
NOTICE_KEYS_OPTIONAL = ("number", "issued_on", "replaces")
_SATURDAY = 6
_DECEMBER = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One official notice: the days off of ``year`` by name, and the weekend days that are worked for them.

    A notice may name days of the December before, as the one for 2023 does. ``number`` and ``issued_on`` are None
    while the days come from a seed and nobody has compared them with the document. A later notice adds to an earlier
    one; where it takes its place as a whole, ``replaces`` is the number of the earlier one.
    """

    year: int
    source: Text
    number: str | None
    issued_on: date | None
    holidays: tuple[HolidaySpan, ...]
    make_up_days: frozenset[date]
    replaces: str | None = None

    @property
    def days_off(self) -> frozenset[date]:
        """Every day of every span, the weekend days among them included."""
        return frozenset(day for span in self.holidays for day in span.days())

    def citation(self) -> Text:
        """Return title and document number, as a reader cites the notice."""
        if self.number is None:
            return self.source
        return Text(f"{self.source.zh}（{self.number}）", f"{self.source.en} ({self.number})")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatutoryDays:
    """The holidays fixed by the national rules, for years whose notice is not out: no make-up days, so provisional."""

    source: Text
    holidays: tuple[HolidaySpan, ...]


NO_STATUTORY_DAYS = StatutoryDays(source=Text("未录入法定节假日", "No statutory days on file"), holidays=())


def notice_from_mapping(data: object, file: str, *, locate: Locate = beginning_of_file) -> Notice:
    """Return the notice that ``data`` says; ``DefinitionError`` with every problem of ``file`` at once.

    Args:
        data: what a YAML file of ``workflows/calendars`` holds (``year``, ``title``, ``number``, ``issued_on``,
            ``holidays`` with ``name``, ``from``, ``until``; ``make_up_days``; ``replaces``).
        file: the name to print with each problem.
        locate: gives line and column of a path such as ``("holidays", 2, "from")``.
    """
    reader = MappingReader(file=file, locate=locate)
    entries = reader.mapping(data, (), required=NOTICE_KEYS, optional=NOTICE_KEYS_OPTIONAL)
    notice = read_notice(reader, entries, weekends_only=True)
    reader.finish()
    assert notice is not None  # what was missing or wrong was noted, and finish has raised
    return notice


def read_notice(reader: MappingReader, entries: Mapping[str, object], *, weekends_only: bool) -> Notice | None:
    """Return the notice that the entries say, None when year or title are missing; problems are noted.

    Args:
        reader: notes the problems.
        entries: the mapping of the file.
        weekends_only: a make-up day can only be a Saturday or a Sunday, as in every notice of the State Council.
    """
    year = reader.year(entries["year"], ("year",)) if "year" in entries else None
    title = reader.text(entries["title"], ("title",)) if "title" in entries else None
    number = reader.line(entries["number"], ("number",)) if "number" in entries else None
    issued_on = reader.date(entries["issued_on"], ("issued_on",)) if "issued_on" in entries else None
    replaces = reader.line(entries["replaces"], ("replaces",)) if "replaces" in entries else None
    holidays = reader.spans(entries.get("holidays", ()), ("holidays",))
    make_up_days = _make_up_days(reader, entries.get("make_up_days", ()))
    if year is not None:
        _check_days(reader, year, holidays, make_up_days, weekends_only=weekends_only)
    if year is None or title is None:
        return None
    return Notice(
        year=year,
        source=title,
        number=number,
        issued_on=issued_on,
        holidays=tuple(span for _, span in holidays),
        make_up_days=frozenset(day for _, day in make_up_days),
        replaces=replaces,
    )


def statutory_days_from_mapping(data: object, file: str, *, locate: Locate = beginning_of_file) -> StatutoryDays:
    """Return the statutory days that ``data`` says; ``DefinitionError`` with every problem of ``file`` at once."""
    reader = MappingReader(file=file, locate=locate)
    entries = reader.mapping(data, (), required=("provisional", "source", "holidays"))
    if entries.get("provisional", True) is not True:
        reader.note(
            ("provisional",),
            "calendar_not_provisional",
            Text("无放假通知的年份只能是暂定", "Days without a notice can only be provisional"),
            Text("请写 provisional: true", "Write provisional: true"),
        )
    source = reader.text(entries["source"], ("source",)) if "source" in entries else None
    holidays = reader.spans(entries.get("holidays", ()), ("holidays",))
    _check_overlap(reader, holidays)
    reader.finish()
    assert source is not None  # a missing one was noted, and finish has raised
    return StatutoryDays(source=source, holidays=tuple(span for _, span in holidays))


def _make_up_days(reader: MappingReader, value: object) -> Sequence[tuple[int, date]]:
    found = []
    for index, entry in enumerate(reader.sequence(value, ("make_up_days",))):
        day = reader.date(entry, ("make_up_days", index))
        if day is not None:
            found.append((index, day))
    return found


def _check_days(
    reader: MappingReader,
    year: int,
    holidays: Sequence[tuple[int, HolidaySpan]],
    make_up_days: Sequence[tuple[int, date]],
    *,
    weekends_only: bool,
) -> None:
    _check_overlap(reader, holidays)
    for index, span in holidays:
        if not (_belongs(span.from_on, year) and _belongs(span.until_on, year)):
            _note_other_year(reader, ("holidays", index), span.from_on, year)
    off = {day for _, span in holidays for day in span.days()}
    for index, day in make_up_days:
        path = ("make_up_days", index)
        if not _belongs(day, year):
            _note_other_year(reader, path, day, year)
        if day in off:
            reader.note(
                path,
                "calendar_make_up_in_holiday",
                Text(f"{day} 既放假又上班", f"{day} is both off and worked"),
                Text("请删去其中一处", "Delete one of the two"),
            )
        elif weekends_only and day.isoweekday() < _SATURDAY:
            reader.note(
                path,
                "calendar_make_up_on_weekday",
                Text(f"{day} 本是工作日，不是调休上班日", f"{day} is a working day anyway"),
                Text("调休上班日应为周六或周日", "A make-up day is a Saturday or a Sunday"),
            )


def _check_overlap(reader: MappingReader, holidays: Sequence[tuple[int, HolidaySpan]]) -> None:
    seen: set[date] = set()
    for index, span in holidays:
        twice = seen.intersection(span.days())
        if twice:
            reader.note(
                ("holidays", index),
                "calendar_holidays_overlap",
                Text(f"{min(twice)} 列入了两个假期", f"{min(twice)} stands in two holidays"),
                Text("合并放假的写成一个假期", "Write joined holidays as one"),
            )
        seen.update(span.days())


def _belongs(day: date, year: int) -> bool:
    return day.year == year or (day.year == year - 1 and day.month == _DECEMBER)


def _note_other_year(reader: MappingReader, path: tuple[str | int, ...], day: date, year: int) -> None:
    reader.note(
        path,
        "calendar_date_outside_year",
        Text(f"{day} 不在 {year} 年内", f"{day} is not in {year}"),
        Text(f"只能写 {year} 年及上年 12 月的日期", f"Write dates of {year} or of the December before"),
    )
