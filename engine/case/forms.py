"""Checks what somebody filled in: only fields that were asked for, all problems at once, in words a clerk reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from jsonschema import ValidationError
from pydantic import JsonValue

from engine.definition.compiled import Definition
from engine.errors import FieldProblem, FormInvalid
from engine.text import Text

Asked = Mapping[str, Literal["required", "optional"]]

_TYPES = {
    "string": "文字",
    "integer": "整数",
    "number": "数字",
    "boolean": "“是”或“否”",
    "array": "列表",
    "object": "一组值",
}
YEAR_FIRST, YEAR_LAST = 1900, 2100
"""The years of dates in forms: dates of birth reach back, terms never reach further than calendars."""
_DATED = ("date", "date-time")
_EMPTY: tuple[JsonValue, ...] = ("", [], None)


def checked_form(
    definition: Definition,
    asked: Asked,
    form: Mapping[str, JsonValue],
    *,
    on: date | None = None,
    held: Mapping[str, JsonValue] | None = None,
) -> dict[str, JsonValue]:
    """Return the form without empty answers; raises FormInvalid naming every wrong field.

    A required field must be answered, an answer must be asked for, match the field's schema and, for a field backed
    by a code list, be one of the codes pinned for the case: one that may still be chosen ``on`` that day, or that the
    case ``held`` before.
    """
    problems = [*_problems(definition, asked, form)]
    if on is not None and not problems:
        problems += _over(definition, asked, form, on, held or {})
    if problems:
        raise FormInvalid(problems)
    return {name: form[name] for name in asked if name in form and form[name] not in _EMPTY}


def _problems(definition: Definition, asked: Asked, form: Mapping[str, JsonValue]) -> Iterator[FieldProblem]:
    for name in form:
        if name not in asked:
            yield FieldProblem(path=name, text=Text("此步骤不填写该项", "This step does not ask for this field"))
    for name, need in asked.items():
        value = form.get(name)
        if value in _EMPTY:
            if need == "required":
                title = definition.field(name).title
                yield FieldProblem(path=name, text=Text(f"“{title.zh}”为必填项", f"{title.en} is required"))
            continue
        yield from _wrong_values(definition, name, value)


def _wrong_values(definition: Definition, name: str, value: JsonValue) -> Iterator[FieldProblem]:
    # The quick check answers for nearly every value; the library judges the rest and words the error.
    errors = [] if definition.surely_valid[name](value) else list(definition.validators[name].iter_errors(value))
    for error in errors:
        path = ".".join((name, *(str(part) for part in error.absolute_path)))
        yield FieldProblem(path=path, text=_in_words(error))
    if not errors and definition.field(name).json_schema.get("format") in _DATED and not _within_years(value):
        yield FieldProblem(
            path=name,
            text=Text(
                f"年份应在 {YEAR_FIRST} 至 {YEAR_LAST} 之间", f"The year must lie between {YEAR_FIRST} and {YEAR_LAST}"
            ),
        )
    codes = definition.codes.get(name)
    if codes is None or errors:
        return
    for code in value if isinstance(value, list) else [value]:
        if not isinstance(code, str) or code not in codes:
            zh, en = _listed(sorted(codes))
            yield FieldProblem(
                path=name,
                text=Text(f"“{code}”不在代码表内，可填：{zh}", f"{code!r} is not in the list; use one of: {en}"),
            )


def _over(
    definition: Definition, asked: Asked, form: Mapping[str, JsonValue], on: date, held: Mapping[str, JsonValue]
) -> Iterator[FieldProblem]:
    """Yield the codes that may not be chosen any more."""
    for name in asked:
        last_days = definition.last_days.get(name)
        value = form.get(name)
        if not last_days or value == held.get(name):
            continue
        for code in value if isinstance(value, list) else [value]:
            last = last_days.get(code) if isinstance(code, str) else None
            if last is not None and last < on:
                yield FieldProblem(
                    path=name,
                    text=Text(
                        f"“{code}”自 {last.isoformat()} 之后停用，请另选一项",
                        f"{code!r} could be chosen until {last.isoformat()}; choose another",
                    ),
                )


def _within_years(value: JsonValue) -> bool:
    year = str(value)[:4]
    return year.isdigit() and YEAR_FIRST <= int(year) <= YEAR_LAST


def _listed(values: Sequence[str]) -> tuple[str, str]:
    return "、".join(values), ", ".join(values)


def _in_words(error: ValidationError) -> Text:
    """Return the message for a JSON Schema error, by its keyword."""
    limit: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [str(kind) for kind in (limit if isinstance(limit, list) else [limit]) if kind != "null"]
            zh, _en = _listed([_TYPES.get(kind, kind) for kind in kinds])
            return Text(f"类型不对，应为{zh}", f"Wrong type, expected {' or '.join(kinds)}")
        case "maxLength":
            return Text(f"不得超过 {limit} 个字", f"At most {limit} characters")
        case "minLength":
            return Text(f"不得少于 {limit} 个字", f"At least {limit} characters")
        case "minimum":
            return Text(f"不得小于 {limit}", f"At least {limit}")
        case "maximum":
            return Text(f"不得大于 {limit}", f"At most {limit}")
        case "maxItems":
            return Text(f"不得超过 {limit} 项", f"At most {limit} items")
        case "minItems":
            return Text(f"不得少于 {limit} 项", f"At least {limit} items")
        case "uniqueItems":
            return Text("有重复项", "Contains duplicates")
        case "enum":
            zh, en = _listed([str(value) for value in limit])
            return Text(f"只能填：{zh}", f"Must be one of: {en}")
        case "format" if limit == "date":
            return Text("日期格式不对，应如 2026-03-02", "Not a date; write it as 2026-03-02")
        case "format":
            return Text(f"格式不对，应为 {limit}", f"Wrong format, expected {limit}")
        case _:
            return Text(f"不符合“{error.validator}”要求", f"Violates {error.validator}")
