"""Reads plain mappings of calendar files into values and gathers every problem on the way. It opens no file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.errors import DefinitionError, Problem
from engine.text import Text

Path = tuple[str | int, ...]
Locate = Callable[[Path], tuple[int, int]]

YEAR_FIRST = 2000
YEAR_LAST = 2100
SPAN_DAYS_MAX = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidaySpan:
    """Consecutive days off under one name, both ends included."""

    name: Text
    from_on: date
    until_on: date

    def days(self) -> tuple[date, ...]:
        """Return every day of the span, ascending."""
        first = self.from_on.toordinal()
        return tuple(date.fromordinal(number) for number in range(first, self.until_on.toordinal() + 1))


def beginning_of_file(_path: Path) -> tuple[int, int]:
    """Locate everything on line 1: for mappings that do not know where they stood in a file."""
    return 1, 1


@dataclass(slots=True, kw_only=True)
class MappingReader:
    """Takes values out of one file's mapping; what is wrong is noted, and ``finish`` raises all of it at once."""

    file: str
    locate: Locate
    problems: list[Problem] = field(default_factory=list)

    def note(self, path: Path, code: str, text: Text, remedy: Text) -> None:
        """Record one problem at ``path``."""
        line, column = self.locate(path)
        self.problems.append(Problem(file=self.file, line=line, column=column, code=code, text=text, remedy=remedy))

    def finish(self) -> None:
        """Raise ``DefinitionError`` with every problem noted, in the order of the file; return if there is none."""
        if self.problems:
            raise DefinitionError(sorted(self.problems, key=lambda problem: (problem.line, problem.column)))

    def mapping(
        self, value: object, path: Path, *, required: Collection[str], optional: Collection[str] = ()
    ) -> Mapping[str, object]:
        """Return ``value`` as a mapping with these keys; an empty mapping when it is none."""
        where = _spelled(path)
        if not isinstance(value, Mapping):
            self.note(
                path,
                "calendar_mapping_expected",
                Text(f"{where.zh}应为键值表", f"{where.en} must be a mapping"),
                Text(f"请写出：{'、'.join(required)}", f"Write the keys {', '.join(required)}"),
            )
            return {}
        for key in value:
            if key not in required and key not in optional:
                self.note(
                    (*path, str(key)),
                    "calendar_key_unknown",
                    Text(f"{where.zh}中有未知的键“{key}”", f"Unknown key '{key}' in {where.en}"),
                    Text(f"可用的键：{'、'.join((*required, *optional))}", f"Use {', '.join((*required, *optional))}"),
                )
        for key in required:
            if key not in value:
                self.note(
                    path,
                    "calendar_key_missing",
                    Text(f"{where.zh}缺少“{key}”", f"{where.en} lacks '{key}'"),
                    Text(f"请补上“{key}”", f"Add '{key}'"),
                )
        return {str(key): entry for key, entry in value.items()}

    def sequence(self, value: object, path: Path) -> Sequence[object]:
        """Return ``value`` as a list; an empty one when it is none."""
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return value
        where = _spelled(path)
        self.note(
            path,
            "calendar_list_expected",
            Text(f"{where.zh}应为列表", f"{where.en} must be a list"),
            Text("每项另起一行，以“- ”开头", "Write one entry per line, each after '- '"),
        )
        return ()

    def text(self, value: object, path: Path) -> Text | None:
        """Return a text with ``zh`` and ``en``, or None when one is missing."""
        entries = self.mapping(value, path, required=("zh", "en"))
        zh, en = self._line(entries, "zh", path), self._line(entries, "en", path)
        return Text(zh, en) if zh and en else None

    def line(self, value: object, path: Path) -> str | None:
        """Return a non-empty string, or None."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        where = _spelled(path)
        self.note(
            path,
            "calendar_text_expected",
            Text(f"{where.zh}应为文字", f"{where.en} must be a text"),
            Text("请填写文字", "Write a text that is not empty"),
        )
        return None

    def year(self, value: object, path: Path) -> int | None:
        """Return a year between ``YEAR_FIRST`` and ``YEAR_LAST``, or None."""
        if isinstance(value, int) and not isinstance(value, bool) and YEAR_FIRST <= value <= YEAR_LAST:
            return int(value)
        self.note(
            path,
            "calendar_year_wrong",
            Text(f"年份“{value}”无效", f"'{value}' is not a year of the calendar"),
            Text(f"请写 {YEAR_FIRST} 至 {YEAR_LAST} 之间的年份", f"Write a year from {YEAR_FIRST} to {YEAR_LAST}"),
        )
        return None

    def date(self, value: object, path: Path) -> date | None:
        """Return a date given as a date or as ``YYYY-MM-DD``, or None."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return date.fromordinal(value.toordinal())
        if isinstance(value, str):
            try:
                return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the calendar has no zone
            except ValueError:
                pass
        self.note(
            path,
            "calendar_date_wrong",
            Text(f"“{value}”不是日期", f"'{value}' is not a date"),
            Text("请写成 2026-10-01 的样式", "Write it as 2026-10-01"),
        )
        return None

    def spans(self, value: object, path: Path) -> tuple[tuple[int, HolidaySpan], ...]:
        """Return the named spans that are right, each with its place in the list; a single day needs no ``until``."""
        found = []
        for index, entry in enumerate(self.sequence(value, path)):
            span = self._span(entry, (*path, index))
            if span is not None:
                found.append((index, span))
        return tuple(found)

    def _span(self, value: object, path: Path) -> HolidaySpan | None:
        entries = self.mapping(value, path, required=("name", "from"), optional=("until",))
        name = self.text(entries["name"], (*path, "name")) if "name" in entries else None
        from_on = self.date(entries["from"], (*path, "from")) if "from" in entries else None
        until_on = self.date(entries["until"], (*path, "until")) if "until" in entries else from_on
        if name is None or from_on is None or until_on is None:
            return None
        if not 0 <= (until_on - from_on).days < SPAN_DAYS_MAX:
            self.note(
                (*path, "until"),
                "calendar_span_wrong",
                Text(f"{name.zh}：{from_on} 至 {until_on} 不成区间", f"{name.en}: {from_on} to {until_on} is no span"),
                Text(
                    f"结束日不得早于开始日，全长不超过 {SPAN_DAYS_MAX} 日",
                    f"End on or after the first day, {SPAN_DAYS_MAX} days at most",
                ),
            )
            return None
        return HolidaySpan(name=name, from_on=from_on, until_on=until_on)

    def _line(self, entries: Mapping[str, object], key: str, path: Path) -> str | None:
        return self.line(entries[key], (*path, key)) if key in entries else None


def _spelled(path: Path) -> Text:
    written = ".".join(str(step) for step in path)
    return Text(f"“{written}”", f"'{written}'") if written else Text("文件", "the file")
