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
_WHOLE: Final = re.compile(r"-?[0-9]{1,16}")


def filled(definition: Definition, asked: Asked, posted: Mapping[str, Sequence[str]]) -> dict[str, JsonValue]:
    """Return the values of the fields that were answered; one that was not asked for goes along and is refused."""
    answers = {name.removeprefix(PREFIX): values for name, values in posted.items() if name.startswith(PREFIX)}
    form: dict[str, JsonValue] = {}
    for name, values in answers.items():
        given = [value for value in values if value.strip()]
        if given:
            form[name] = _value(definition.field(name), given) if name in asked else given[0]
    return form


def _value(part: FieldPart, given: Sequence[str]) -> JsonValue:
    types = part.json_schema.get("type", "string")
    if "array" in (types if isinstance(types, list) else [types]):
        items = given if len(given) > 1 else [line.strip() for line in given[0].split("\n") if line.strip()]
        return list(items)
    if "boolean" in (types if isinstance(types, list) else [types]) and given[0] in ("true", "false"):
        return given[0] == "true"
    if "integer" in (types if isinstance(types, list) else [types]):
        return _number(given[0].strip())
    return given[0].strip() if part.json_schema.get("format") else given[0]


def _number(text: str) -> JsonValue:
    """Return a whole number; anything else stays a text, which the field's schema then refuses."""
    if not _WHOLE.fullmatch(text) or abs(int(text)) > INTEGER_MAX:
        return text
    return int(text)
