"""A row read through a map: each column's cell as the value it stands for, every wrong cell named at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.access.directory import Person, Surroundings
from engine.definition.compiled import Definition
from engine.errors import BanjieError, ImportRefused, InputRefused
from engine.service.importing.cells import (
    Value,
    day_of,
    heading_of,
    is_empty,
    number_of,
    parts_of,
    shown,
    text_of,
    when_of,
    yes_or_no,
)
from engine.service.importing.maps import CellType, Column, RegisterMap
from engine.service.importing.tables import Row, Table
from engine.text import Text

CODES_SHOWN_MAX = 30


@dataclass(frozen=True, slots=True)
class CaseRef:
    """Another row, or a case that is there already, by the number it is known by."""

    number: str


Read = str | int | bool | date | datetime | CaseRef | tuple[str, ...] | None
"""What a cell stands for; None when nothing is given."""

Reader = Callable[[Value], Read]


class RowRefused(BanjieError):
    """A row that cannot become a case; ``text`` names everything that is wrong with it."""

    code = "row_refused"

    def __init__(self, reasons: Sequence[Text]) -> None:
        super().__init__(joined(reasons))
        self.reasons = tuple(reasons)


def joined(reasons: Sequence[Text]) -> Text:
    """Return several reasons as one text."""
    return Text("；".join(reason.zh for reason in reasons), "; ".join(reason.en for reason in reasons))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a map makes of one table: which heading serves each column, and how its cells are read."""

    map: RegisterMap
    headings: Mapping[str, str]
    readers: Mapping[str, Reader]

    def read(self, row: Row) -> dict[str, Read]:
        """Return the value of each column of the map; raises RowRefused naming every wrong cell."""
        values: dict[str, Read] = {}
        reasons: list[Text] = list(_bad_text(row))
        for name, column in self.map.columns.items():
            heading = self.headings.get(name)
            cell = None if heading is None else row.cells.get(heading)
            if is_empty(cell):
                values[name] = None
                if column.required:
                    reasons.append(Text(f"“{heading}”未填写", f"{heading} is empty"))
                continue
            try:
                values[name] = self.readers[name](cell)
            except InputRefused as refusal:
                reasons.append(Text(f"“{heading}”：{refusal.text.zh}", f"{heading}: {refusal.text.en}"))
        if reasons:
            raise RowRefused(tuple(dict.fromkeys(reasons)))
        return values

    def key_of(self, row: Row) -> tuple[Hashable, ...]:
        """Return by what a row is put together with others: its key as it is read, or as it stands where it is wrong.

        What says nothing is together with nobody.
        """
        found: list[Hashable] = []
        for name in self.map.key:
            cell = row.cells.get(self.headings.get(name, ""))
            if is_empty(cell):
                return (row.number,)
            try:
                found.append(self.readers[name](cell))
            except InputRefused:
                found.append(("wrong", shown(cell)))
        return tuple(found)

    def unused(self, table: Table) -> tuple[str, ...]:
        """Return the headings of the table that no column of the map reads."""
        used = set(self.headings.values())
        return tuple(name for name in table.headings if name not in used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Whom and what cells may name: units, persons, and the lists of one definition. Answers are remembered."""

    surroundings: Surroundings
    definition: Definition
    persons: Sequence[Person]
    _units: dict[str, str | None] = field(default_factory=dict)
    _persons: dict[str, list[str]] = field(default_factory=dict)

    def unit(self, name: str) -> str:
        """Return the id of the unit with this id, code or name."""
        if name not in self._units:
            unit = self.surroundings.unit_called(name)
            self._units[name] = None if unit is None else unit.id
        found = self._units[name]
        if found is None:
            raise InputRefused(Text(f"没有单位“{name}”", f"no unit {name!r}"))
        return found

    def person(self, name: str) -> str:
        """Return the id of the one person with this login, id or name."""
        if not self._persons:
            for person in self.persons:
                for known in {person.id, person.name, person.login or person.id}:
                    self._persons.setdefault(known, []).append(person.id)
        found = self._persons.get(name, [])
        if len(found) != 1:
            text = Text(f"没有人员“{name}”", f"no person {name!r}")
            if found:
                text = Text(
                    f"有多名人员叫“{name}”，请写登录名", f"several persons are called {name!r}; write the login"
                )
            raise InputRefused(text)
        return found[0]


def bind(map_: RegisterMap, table: Table, names: Names) -> Reading:
    """Find the columns of the map in the table; raises ImportRefused when a required one is not there."""
    by_name = {heading_of(name): name for name in table.headings}
    headings: dict[str, str] = {}
    missing: list[str] = []
    for name, column in map_.columns.items():
        found = next((by_name[heading_of(known)] for known in column.headings if heading_of(known) in by_name), None)
        if found is not None:
            headings[name] = found
        elif column.required:
            missing.append("/".join(column.headings))
    if missing:
        there = "、".join(table.headings)
        raise ImportRefused(
            Text(
                f"缺少必需的列：{'；'.join(missing)}。表中有：{there}",
                f"Missing columns: {'; '.join(missing)}. There is: {there}",
            ),
            missing=missing,
        )
    readers = {name: _reader(column, names) for name, column in map_.columns.items()}
    return Reading(map=map_, headings=headings, readers=readers)


def _bad_text(row: Row) -> Iterator[Text]:
    """Yield what no cell may hold, also in columns that the map does not read."""
    for heading, cell in row.cells.items():
        if isinstance(cell, str):
            try:
                text_of(cell)
            except InputRefused as refusal:
                yield Text(f"“{heading}”：{refusal.text.zh}", f"{heading}: {refusal.text.en}")


def _reader(column: Column, names: Names) -> Reader:
    if column.type == "list":
        one = _item_reader(column.of or "text", column, names)
        return lambda value: tuple(part for part in (one(part) for part in parts_of(value)) if isinstance(part, str))
    return _item_reader(column.type, column, names)


def _item_reader(kind: CellType, column: Column, names: Names) -> Reader:
    match kind:
        case "date":
            return day_of
        case "instant":
            return when_of
        case "number":
            return number_of
        case "boolean":
            return yes_or_no
        case "case":
            return lambda value: CaseRef(text_of(value))
        case "unit":
            return _known(names.unit, column)
        case "person":
            return _known(names.person, column)
        case "code":
            return _known(_codes(column, names.definition), column)
        case _:
            return text_of


def _known(find: Callable[[str], str], column: Column) -> Reader:
    """Look a name up; ``unknown: leave`` reads one that is not known as not given."""

    def read(value: Value) -> Read:
        try:
            return find(text_of(value))
        except InputRefused:
            if column.unknown == "leave":
                return None
            raise

    return read


def _codes(column: Column, definition: Definition) -> Callable[[str], str]:
    """Return what finds a code by what a register writes: the code, a title, or the map's own words."""
    known: dict[str, str] = {}
    titles: list[str] = []
    code_list = None if column.field is None else definition.list_of(column.field)
    for item in () if code_list is None else code_list.items:
        titles.append(f"{item.code} {item.title.zh}")
        for name in (item.code, item.title.zh, item.title.en):
            known.setdefault(heading_of(name), item.code)
    for name, code in column.codes.items():
        titles.append(name)
        known[heading_of(name)] = code

    def find(text: str) -> str:
        first = re.split(r"[\s：:，,（(]", text, maxsplit=1)[0]
        code = known.get(heading_of(text)) or known.get(heading_of(first))
        if code is None:
            may = "、".join(titles[:CODES_SHOWN_MAX])
            raise InputRefused(Text(f"“{shown(text)[:40]}”不在可填范围内，可填：{may}", f"use one of: {may}"))
        return code

    return find
