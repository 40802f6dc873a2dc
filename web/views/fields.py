"""The values of a case's fields in a reader's words, grouped by who may read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import JsonValue

from engine.access.directory import Person, Surroundings
from engine.case.files import described_files
from engine.case.identity import PersonId, UnitId
from engine.case.scope import table_rows
from engine.definition.compiled import Definition
from engine.definition.parts import ColumnPart, FieldPart, Privacy
from web.views.files import FileLink
from web.views.rungs import rung_of_deadline
from web.words import Words

LONG_CHARACTERS = 60
LIMIT_OF_SHORT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a table as a page shows them; ``numeric`` says by column whether numbers stand in it."""

    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One field as a page shows it; ``is_long`` texts get a paragraph of their own."""

    title: str
    text: str
    is_long: bool = False
    files: tuple[FileLink, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Fields of one privacy."""

    privacy: str
    title: str
    note: str
    rows: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWriter:
    """Puts values into words: codes by their titles, units and persons by their names.

    ``lines`` are the names of lines of rosters by their keys, by the field or the column that holds the keys.
    """

    words: Words
    definition: Definition
    surroundings: Surroundings
    persons: Mapping[PersonId, Person]
    cases: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, FileLink] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def title(self, name: str) -> str:
        """Return what a field is called."""
        part = self.definition.workflow.fields.get(name)
        return name if part is None else self.words.say(part.title.text)

    def write(self, name: str, value: JsonValue) -> str:
        """Return a value as a reader reads it."""
        part = self.definition.workflow.fields.get(name)
        if part is not None and part.columns:
            table, colon = self._table(name, part, value), self.words.t("colon")
            rows = ([f"{head}{colon}{cell}" for head, cell in zip(table.heads, row, strict=True)] for row in table.rows)
            return "\n".join(self.words.listed(cells) for cells in rows)
        if isinstance(value, list):
            return self.words.listed(self._one(name, part, item) for item in value)
        return self._one(name, part, value)

    def _table(self, name: str, part: FieldPart, value: JsonValue) -> Table:
        rows = table_rows(value)
        columns = {
            column: one
            for column, one in part.columns.items()
            if one.required or any(row.get(column) is not None for row in rows)
        }
        return Table(
            heads=tuple(self.words.say(one.title.text) for one in columns.values()),
            numeric=tuple(one.json_schema.get("type") == "integer" for one in columns.values()),
            rows=tuple(
                tuple(
                    self._one(f"{name}.{column}", column_as_field(one, part), row.get(column))
                    for column, one in columns.items()
                )
                for row in rows
            ),
        )

    def shown(self, name: str, value: JsonValue) -> Shown:
        """Return a field with its title; a field for long texts is long whatever stands in it."""
        described = list(described_files(value))
        if described:
            known = tuple(self.files[str(file["id"])] for file in described if file["id"] in self.files)
            text = "" if known else self.words.listed(str(file["name"]) for file in described)
            return Shown(title=self.title(name), text=text, is_long=True, files=known)
        text = self.write(name, value)
        part = self.definition.workflow.fields.get(name)
        if part is not None and part.columns:
            return Shown(title=self.title(name), text=text, is_long=True, table=self._table(name, part, value))
        limit = None if part is None else part.json_schema.get("maxLength")
        is_long = len(text) > LONG_CHARACTERS or "\n" in text or (isinstance(limit, int) and limit > LIMIT_OF_SHORT)
        return Shown(title=self.title(name), text=text, is_long=is_long)

    def unit(self, unit: str | None) -> str:
        """Return the name of a unit, its id where it is not known."""
        if unit is None:
            return self.words.t("dash")
        known = self.surroundings.units.get(UnitId(unit))
        return unit if known is None else self.words.say(known.title)

    def groups(self, values: Mapping[str, JsonValue]) -> tuple[Group, ...]:
        """Return the fields that have a value, in the definition's order, the most public first.

        Without the subject: it stands on top of the page.
        """
        return tuple(self._groups(values))

    def _groups(self, values: Mapping[str, JsonValue]) -> Iterator[Group]:
        workflow = self.definition.workflow
        for privacy in Privacy:
            rows = tuple(
                self.shown(name, values[name])
                for name, part in workflow.fields.items()
                if part.privacy is privacy and name != workflow.subject_field and values.get(name) not in (None, "", [])
            )
            if rows:
                yield Group(
                    privacy=str(privacy),
                    title=self.words.t(f"privacy_{privacy}"),
                    note=self.words.t(f"privacy_{privacy}_note"),
                    rows=rows,
                )

    def _one(self, name: str, part: FieldPart | None, value: JsonValue) -> str:
        if value is None:
            return self.words.t("dash")
        if isinstance(value, bool):
            return self.words.t("yes" if value else "no")
        text = str(value)
        if part is None:
            return text
        if called := self.lines.get(name, {}).get(text):
            return self.words.t("line_called", key=text, name=called)
        if part.list is not None:
            code_list = self.definition.list_of(name)
            item = None if code_list is None else code_list.item(text)
            return text if item is None else self.words.say(item.title.text)
        return self._by_format(format_of(part), text)

    def _by_format(self, kind: str | None, text: str) -> str:
        match kind:
            case "unit":
                return self.unit(text)
            case "person":
                person = self.persons.get(PersonId(text))
                return self.words.t("party_nameless") if person is None else person.name
            case "case":
                return self.cases.get(text, text)
            case "file":  # sent, and not on record yet
                return self.words.t("file_waiting")
            case "rung":
                return rung_of_deadline(text, self.definition, self.words)
            case "date":
                return self.words.date(date.fromisoformat(text))
            case _:
                return text


def column_as_field(column: ColumnPart, table: FieldPart) -> FieldPart:
    """Return a column as if it were a field of its own."""
    return FieldPart(title=column.title, privacy=table.privacy, json_schema=column.json_schema, list=column.list)


def format_of(part: FieldPart) -> str | None:
    """Return the format of a field, or of its items where it is a list: unit, person, case, date."""
    items = part.json_schema.get("items")
    schema = items if isinstance(items, dict) else part.json_schema
    return str(schema["format"]) if "format" in schema else None


def named(definition: Definition, values: Mapping[str, JsonValue], kind: str) -> frozenset[str]:
    """Return the ids that fields of a format hold: persons, cases, units."""
    return frozenset(
        str(item)
        for name, value in values.items()
        if (part := definition.workflow.fields.get(name)) is not None and format_of(part) == kind
        for item in (value if isinstance(value, list) else [value])
        if item
    )
