"""What a browser sent back, as the JSON values that a command takes. Whether they fit is the engine's to say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from api.limits import INTEGER_MAX
from engine.case.forms import Asked
from engine.definition.compiled import Definition
from engine.definition.parts import FieldPart

PREFIX: Final = "f."
"""Before the names of a case's fields, so that they cannot be taken for the form's own."""
_CELL: Final = re.compile(r"([a-z][a-z0-9_]*)\.([0-9]{1,4})\.([a-z][a-z0-9_]*)")
_WHOLE: Final = re.compile(r"-?[0-9]{1,16}")


def filled(definition: Definition, asked: Asked, posted: Mapping[str, Sequence[str]]) -> dict[str, JsonValue]:
    """Return the values of the fields that were answered; one that was not asked for goes along and is refused."""
    answers = {name.removeprefix(PREFIX): values for name, values in posted.items() if name.startswith(PREFIX)}
    form: dict[str, JsonValue] = {}
    for name in asked:
        if definition.field(name).columns and (rows := rows_filled(definition.field(name), name, posted)):
            form[name] = rows
    for name, values in answers.items():
        given = [value for value in values if value.strip()]
        if given and not (name.partition(".")[0] in asked and _cell(name)):
            form[name] = _value(definition.field(name).json_schema, given) if name in asked else given[0]
    return form


def rows_filled(part: FieldPart, name: str, posted: Mapping[str, Sequence[str]]) -> list[JsonValue]:
    """Return the rows of a table in which something stands, in their order; columns nobody asked for go along."""
    rows: dict[int, dict[str, JsonValue]] = {}
    for key, values in posted.items():
        cell = _cell(key.removeprefix(PREFIX))
        given = [value for value in values if value.strip()]
        if cell is None or cell[0] != name or not given or not key.startswith(PREFIX):
            continue
        column = part.columns.get(cell[2])
        rows.setdefault(cell[1], {})[cell[2]] = given[0] if column is None else _value(column.json_schema, given)
    return [rows[index] for index in sorted(rows)]


def _cell(name: str) -> tuple[str, int, str] | None:
    """Return table, row and column of a control's name, None for one of no table."""
    found = _CELL.fullmatch(name)
    return None if found is None else (found[1], int(found[2]), found[3])


def _value(schema: Mapping[str, JsonValue], given: Sequence[str]) -> JsonValue:
    types = schema.get("type", "string")
    if "array" in (types if isinstance(types, list) else [types]):
        items = given if len(given) > 1 else [line.strip() for line in given[0].split("\n") if line.strip()]
        return list(items)
    if "boolean" in (types if isinstance(types, list) else [types]) and given[0] in ("true", "false"):
        return given[0] == "true"
    if "integer" in (types if isinstance(types, list) else [types]):
        return _number(given[0].strip())
    return given[0].strip() if schema.get("format") else given[0]


def _number(text: str) -> JsonValue:
    """Return a whole number; anything else stays a text, which the field's schema then refuses."""
    if not _WHOLE.fullmatch(text) or abs(int(text)) > INTEGER_MAX:
        return text
    return int(text)
