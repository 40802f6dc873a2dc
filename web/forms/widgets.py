"""Form controls from the fields of a definition: what is asked, in which way, with which choices and which errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from pydantic import JsonValue

from engine.access.directory import Person, Surroundings
from engine.case.files import is_file_field
from engine.case.forms import Asked
from engine.case.scope import table_rows
from engine.definition.compiled import Definition
from engine.definition.model import ListItem
from engine.definition.parts import FieldPart, Privacy
from engine.errors import FieldProblem
from engine.service.roster_ports import NamedLine
from web.views.fields import column_as_field, format_of
from web.views.sheets import SheetRow
from web.words import Words

LINE_CHARACTERS_MAX: Final = 200
"""Texts that may be longer are typed into an area of several lines."""
WIDE_CHARACTERS: Final = 100
INDENT: Final = "\u3000"


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    AREA = "area"
    NUMBER = "number"
    DATE = "date"
    SELECT = "select"
    CHECKS = "checks"
    LINES = "lines"
    PERSON = "person"
    PEOPLE = "people"
    FILES = "files"
    TABLE = "table"
    FIXED = "fixed"


_WIDE: Final = frozenset({Kind.AREA, Kind.CHECKS, Kind.LINES, Kind.PERSON, Kind.PEOPLE, Kind.FILES, Kind.TABLE})
SPARE_ROWS: Final = 3
"""So many empty rows stand under those of a table; more are had by a button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing to choose."""

    value: str
    title: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """One control. ``name`` is the field's; ``values`` what stands in it; ``error`` what was wrong with that.

    ``typed`` are names that were typed and are not clear; those to choose from stand among the options. ``rows`` are
    the controls of a table's cells, of ``rows_max`` rows at most; with ``is_given`` there are these rows and no others.
    A fixed control shows what is ``typed`` and holds a value that nobody changes. ``names_line`` is where a line of a
    roster is named, as a field or ``table.column``: ``suggested`` are lines that may be meant, and a name may be typed
    for the key.
    """

    name: str
    title: str
    help: str | None
    kind: Kind
    is_required: bool
    values: tuple[str, ...]
    options: tuple[Option, ...]
    max_length: int | None
    minimum: int | None
    maximum: int | None
    privacy: str | None
    error: str | None
    typed: str = ""
    rows: tuple[tuple[Widget, ...], ...] = ()
    rows_max: int | None = None
    is_given: bool = False
    names_line: str = ""
    suggested: tuple[Option, ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether the control takes a line of its own."""
        is_long_text = self.kind is Kind.TEXT and (self.max_length or 0) >= WIDE_CHARACTERS
        return is_long_text or self.kind in _WIDE

    @property
    def value(self) -> str:
        """The single value of a control that holds one."""
        return self.values[0] if self.values else ""

    @property
    def is_counted(self) -> bool:
        """Whether the control says how much fits into it."""
        return not self.names_line and self.max_length is not None and self.kind in (Kind.TEXT, Kind.AREA)

    @property
    def length(self) -> int:
        """How many characters stand in the control."""
        return len(self.value)

    def described(self, form: str) -> str:
        """Return the ids of everything that is said about the control on the page, the error first; "" for nothing."""
        said = (
            ("error", bool(self.error)),
            ("how", self.kind in (Kind.TABLE, Kind.LINES, Kind.PERSON, Kind.PEOPLE, Kind.FILES)),
            ("style", self.kind is Kind.FILES and bool(self.privacy)),
            ("limit", self.is_counted or self.has_range),
            ("help", bool(self.help)),
        )
        return " ".join(f"{form}-{self.name}-{what}" for what, is_said in said if is_said)

    @property
    def has_range(self) -> bool:
        """Whether the control says between which numbers it must be."""
        return self.kind is Kind.NUMBER and (self.minimum is not None or self.maximum is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be chosen beside codes: units of the tree, persons, cases and rungs of this case, by id and name.

    ``names_typed`` says that people are too many for a list, so that a field for one asks for a name, too: ``persons``
    are then those who stand in the form. ``typed`` and ``candidates`` are by field: names that were typed and not
    found, and whom they may mean. ``files`` are those that stand in the form already, by id and name. Nobody who is
    ``recused`` is named for anything. ``sheets`` are the rows that a table is filled in by, by its field, ``lines``
    those of rosters, by the field or column that names them.
    """

    surroundings: Surroundings
    persons: Sequence[Person] = ()
    cases: Sequence[tuple[str, str]] = ()
    rungs: Sequence[tuple[str, str]] = ()
    names_typed: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)
    candidates: Mapping[str, Sequence[Person]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    recused: frozenset[str] = frozenset()
    sheets: Mapping[str, Sequence[SheetRow]] = field(default_factory=dict)
    lines: Mapping[str, Sequence[NamedLine]] = field(default_factory=dict)

    def units(self, words: Words) -> list[tuple[str, str]]:
        """Return the units as (id, name), the tree's levels indented."""
        return [(unit.id, INDENT * depth + words.say(unit.title)) for depth, unit in self.surroundings.as_tree()]

    def people(self, words: Words) -> list[tuple[str, str]]:
        """Return those who can be named as (id, name and unit), by name."""
        return [
            (person.id, self._with_unit(person, words))
            for person in sorted(self.persons, key=lambda person: person.name)
            if person.active and person.id not in self.recused
        ]

    def several(self, name: str, chosen: Sequence[str], words: Words) -> list[tuple[str, str]]:
        """Return whom a field offers into which names are typed: those who stand in it, and whom names may mean."""
        offered = {person.id: person for person in self.persons if person.id in chosen}
        offered.update({person.id: person for person in self.candidates.get(name, ())})
        return [(person.id, self._with_unit(person, words)) for person in offered.values()]

    def one(self, name: str, chosen: Sequence[str], words: Words) -> list[tuple[str, str]]:
        """Return the same for a field that holds one person: nobody who cannot be named."""
        never = {person.id for person in self.persons if not person.active} | self.recused
        return [offered for offered in self.several(name, chosen, words) if offered[0] not in never]

    def _with_unit(self, person: Person, words: Words) -> str:
        unit = None if person.unit is None else self.surroundings.units.get(person.unit)
        return person.name if unit is None else f"{person.name}（{words.say(unit.title)}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormMaker:
    """Makes the controls of a form."""

    words: Words
    definition: Definition
    choices: Choices

    def widgets(
        self,
        asked: Asked,
        values: Mapping[str, JsonValue],
        problems: Iterable[FieldProblem] = (),
        *,
        helped: Mapping[str, str] | None = None,
    ) -> tuple[Widget, ...]:
        """Return one control per field asked for, with what stands in it and what is wrong with it.

        ``helped`` says something else than the definition about how a field is filled in.
        """
        own = helped or {}
        found = tuple(problems)
        errors = errors_by_field(found, self.words)
        cells = {problem.path: self.words.say(problem.text) for problem in found}
        return tuple(
            replace(widget, help=own.get(widget.name, widget.help))
            for widget in (
                self._table(name, need == "required", values.get(name), errors.get(name), cells)
                if self.definition.field(name).columns
                else self._widget(name, need == "required", _texts(values.get(name)), errors.get(name))
                for name, need in asked.items()
            )
        )

    def _table(
        self, name: str, is_required: bool, value: JsonValue, error: str | None, cells: Mapping[str, str]
    ) -> Widget:
        """Return the control of a table: what stands in it, and empty rows under that."""
        part, given = self.definition.field(name), self.choices.sheets.get(name)
        if given:
            typed = {str(row.get("code")): row for row in table_rows(value)}
            sheet = tuple(
                self._sheet_row(name, part, index, one, typed.get(one.code, one.held), cells)
                for index, one in enumerate(given)
            )
            return replace(self._widget(name, is_required, (), error), kind=Kind.TABLE, rows=sheet, is_given=True)
        least, most = _whole(part, "minItems") or 1, _whole(part, "maxItems")
        held = table_rows(value)
        shown = max(least, len(held) + SPARE_ROWS)
        filled = [*held, *([{}] * (shown - len(held)))][: max(len(held), most or shown)]
        rows = tuple(self._row(name, part, index, row, cells) for index, row in enumerate(filled))
        return replace(self._widget(name, is_required, (), error), kind=Kind.TABLE, rows=rows, rows_max=most)

    def _row(
        self, table: str, part: FieldPart, index: int, row: Mapping[str, JsonValue], cells: Mapping[str, str]
    ) -> tuple[Widget, ...]:
        return tuple(
            self._control(
                f"{table}.{index}.{name}",
                f"{table}.{name}",
                column_as_field(column, part),
                is_required=column.required,
                values=_texts(row.get(name)),
                error=cells.get(f"{table}.{index}.{name}"),
            )
            for name, column in part.columns.items()
            if column.value is None
        )

    def _sheet_row(
        self,
        table: str,
        part: FieldPart,
        index: int,
        one: SheetRow,
        row: Mapping[str, JsonValue],
        cells: Mapping[str, str],
    ) -> tuple[Widget, ...]:
        """Return the controls of one item of a sheet, which item it is shown and not asked."""
        return tuple(
            replace(cell, kind=Kind.FIXED, values=(one.code,), typed=one.title, help=one.asks or None)
            if cell.name == f"{table}.{index}.code"
            else cell
            for cell in self._row(table, part, index, row, cells)
        )

    def _widget(self, name: str, is_required: bool, values: tuple[str, ...], error: str | None) -> Widget:
        part = self.definition.field(name)
        return self._control(name, name, part, is_required=is_required, values=values, error=error)

    def _control(
        self, name: str, listed: str, part: FieldPart, *, is_required: bool, values: tuple[str, ...], error: str | None
    ) -> Widget:
        """Return one control; ``listed`` is what its code list is kept under: a field, or a column of a table."""
        options = [
            Option(value=value, title=title, is_chosen=value in values)
            for value, title in self._options(listed, part, values)
        ]
        names_line = listed if listed in self.choices.lines else ""
        return Widget(
            name=name,
            title=self.words.say(part.title.text),
            help=None if part.help is None else self.words.say(part.help.text),
            kind=_kind(part, bool(options), names_typed=self.choices.names_typed),
            is_required=is_required,
            values=values,
            options=tuple(options),
            max_length=LINE_CHARACTERS_MAX if names_line else _whole(part, "maxLength"),
            minimum=_whole(part, "minimum"),
            maximum=_whole(part, "maximum"),
            privacy=self.words.t(f"privacy_{part.privacy}")
            if part.privacy in (Privacy.PERSONAL, Privacy.CONFIDENTIAL)
            else None,
            error=error,
            typed=self.choices.typed.get(name, ""),
            names_line=names_line,
            suggested=tuple(
                Option(value=line.key, title=line.name, is_chosen=line.key in values)
                for line in self.choices.lines.get(names_line, ())
            ),
        )

    def _titled(self, item: ListItem) -> str:
        """Return what a code is called, and until when it may be chosen where that is settled."""
        title = self.words.say(item.title.text)
        if item.until_on is None:
            return title
        return self.words.t("code_until", title=title, day=self.words.date(item.until_on))

    def _options(self, name: str, part: FieldPart, values: Sequence[str]) -> Iterable[tuple[str, str]]:
        code_list = None if part.columns else self.definition.list_of(name)
        if code_list is not None:
            return [(item.code, self._titled(item)) for item in code_list.items]
        if "boolean" in _types(part):
            return [("true", self.words.t("yes")), ("false", self.words.t("no"))]
        codes = part.json_schema.get("enum")
        if isinstance(codes, list):
            return [(str(code), str(code)) for code in codes if code is not None]
        match format_of(part):
            case "unit":
                return self.choices.units(self.words)
            case "person" if "array" in _types(part):
                return self.choices.several(name, values, self.words)
            case "person" if self.choices.names_typed:
                return self.choices.one(name, values, self.words)
            case "person":
                return self.choices.people(self.words)
            case "case":
                return self.choices.cases
            case "rung":
                return self.choices.rungs
            case "file":
                return [(id_, self.choices.files[id_]) for id_ in values if id_ in self.choices.files]
            case _:
                return []


def errors_by_field(problems: Iterable[FieldProblem], words: Words) -> dict[str, str]:
    """Return what is wrong with each field, all of it, each thing said once."""
    said: dict[str, dict[str, None]] = {}
    for problem in problems:
        said.setdefault(problem.path.partition(".")[0], {})[words.say(problem.text)] = None
    return {name: ("；" if words.language == "zh" else "; ").join(texts) for name, texts in said.items()}


def _kind(part: FieldPart, has_options: bool, *, names_typed: bool) -> Kind:
    types = _types(part)
    if format_of(part) == "person" and ("array" in types or names_typed):
        return Kind.PEOPLE if "array" in types else Kind.PERSON
    if is_file_field(part):
        return Kind.FILES
    if "array" in types:
        return Kind.CHECKS if has_options else Kind.LINES
    if has_options:
        return Kind.SELECT
    if "integer" in types:
        return Kind.NUMBER
    if format_of(part) == "date":
        return Kind.DATE
    longest = _whole(part, "maxLength")
    return Kind.TEXT if longest is not None and longest <= LINE_CHARACTERS_MAX else Kind.AREA


def _types(part: FieldPart) -> Sequence[JsonValue]:
    kind = part.json_schema.get("type", "string")
    return kind if isinstance(kind, list) else [kind]


def _whole(part: FieldPart, name: str) -> int | None:
    limit = part.json_schema.get(name)
    return limit if isinstance(limit, int) else None


def _texts(value: JsonValue) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(_text(item) for item in value)
    return (_text(value),)


def _text(value: JsonValue) -> str:
    if isinstance(value, dict):  # a file of the case, by its id
        return str(value.get("id", ""))
    return str(value).lower() if isinstance(value, bool) else str(value)
