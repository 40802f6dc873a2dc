"""Quick answers to "is this value surely valid?" for the schemas that forms are made of.

A yes is as good as the JSON Schema library's; a no means only that the library must be asked, which also words the
error. So the common case costs a microsecond and there is one place that judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from pydantic import JsonValue

SurelyValid = Callable[[JsonValue], bool]

_TEXT_KEYWORDS = frozenset({"type", "minLength", "maxLength", "format", "enum", "title", "description"})
_NUMBER_KEYWORDS = frozenset({"type", "minimum", "maximum", "enum", "title", "description"})
_PLAIN_KEYWORDS = frozenset({"type", "title", "description"})
_HINTS = frozenset({"person", "unit", "case", "rung"})
"""Formats that only tell a page which picker to show; they restrict nothing."""


def surely_valid(schema: Mapping[str, JsonValue]) -> SurelyValid:
    """Return a quick check for a schema; for schemas it does not know, one that never says yes."""
    keywords = frozenset(schema)
    match schema.get("type"):
        case "string" if keywords <= _TEXT_KEYWORDS:
            return _text(schema)
        case "integer" if keywords <= _NUMBER_KEYWORDS:
            return _integer(schema)
        case "boolean" if keywords <= _PLAIN_KEYWORDS:
            return lambda value: value is True or value is False
        case _:
            return _never


def _never(_value: JsonValue) -> bool:
    return False


def _text(schema: Mapping[str, JsonValue]) -> SurelyValid:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 2**53)
    kind, allowed = schema.get("format"), schema.get("enum")
    if (
        not isinstance(least, int)
        or not isinstance(most, int)
        or not (kind is None or kind == "date" or kind in _HINTS)
    ):
        return _never
    choices = None if allowed is None else allowed if isinstance(allowed, list) else []

    def check(value: JsonValue) -> bool:
        return (
            type(value) is str
            and least <= len(value) <= most
            and (choices is None or value in choices)
            and (kind != "date" or _is_date(value))
        )

    return check


def _integer(schema: Mapping[str, JsonValue]) -> SurelyValid:
    least, most, allowed = schema.get("minimum"), schema.get("maximum"), schema.get("enum")
    if allowed is not None or isinstance(least, float) or isinstance(most, float):
        return _never

    def check(value: JsonValue) -> bool:
        return (
            type(value) is int
            and (not isinstance(least, int) or value >= least)
            and (not isinstance(most, int) or value <= most)
        )

    return check


def _is_date(value: str) -> bool:
    if len(value) != len("2026-03-02") or value[4] != "-" or value[7] != "-":
        return False  # date.fromisoformat also reads 20260302 and 2026-W10-1
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
