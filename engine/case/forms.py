"""Checks what somebody filled in: only fields that were asked for, all problems at once, in words a clerk reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from jsonschema import ValidationError
from pydantic import JsonValue

from engine.case.scope import table_rows
from engine.definition.compiled import Definition
from engine.definition.parts import FieldPart
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
_YEARS = Text(f"年份应在 {YEAR_FIRST} 至 {YEAR_LAST} 之间", f"The year must lie between {YEAR_FIRST} and {YEAR_LAST}")
_REQUIRED = Text("为必填项", "required")
_NONE: Mapping[str, date] = {}
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
        place: list[str | int] = list(error.absolute_path)
        words = _in_words(error)
        if error.validator == "required" and definition.field(name).columns:
            place, words = [*place, str(error.message).split("'")[1]], _REQUIRED  # the message begins with the name
        yield FieldProblem(path=".".join((name, *map(str, place))), text=_placed(definition, name, place, words))
    part = definition.field(name)
    plain = not part.columns and name not in definition.codes and part.json_schema.get("format") not in _DATED
    if errors or plain:
        return
    for cell, listed, one, schema in _cells(definition, name, value):
        problem = None
        if schema.get("format") in _DATED and not _within_years(one):
            problem = _YEARS
        elif listed in definition.codes and (not isinstance(one, str) or one not in definition.codes[listed]):
            zh, en = _listed(sorted(definition.codes[listed]))
            problem = Text(f"“{one}”不在代码表内，可填：{zh}", f"{one!r} is not in the list; use one of: {en}")
        if problem is not None:
            path = ".".join((name, *map(str, cell)))
            yield FieldProblem(path=path, text=_placed(definition, name, cell, problem))


_Place = Sequence[str | int]


def _placed(definition: Definition, name: str, place: _Place, text: Text) -> Text:
    """Return a message with the row and the column in which something is wrong; as it is for what is no table."""
    part = definition.field(name)
    if not part.columns or not place or not isinstance(place[0], int):
        return text
    before = column_place(part, place[0], str(place[1]) if len(place) > 1 else None)
    return Text(f"{before.zh}{text.zh}", f"{before.en}{text.en}")


def column_place(part: FieldPart, index: int, column: str | None) -> Text:
    """Return the words that say where in a table something is wrong, the row counted from 1."""
    known = None if column is None else part.columns.get(column)
    if known is None:
        return Text(f"第 {index + 1} 行：", f"Row {index + 1}: ")
    return Text(f"第 {index + 1} 行“{known.title.zh}”：", f"Row {index + 1}, {known.title.en}: ")


def _cells(
    definition: Definition, name: str, value: JsonValue
) -> Iterator[tuple[_Place, str, JsonValue, Mapping[str, JsonValue]]]:
    """Yield every single value of a field: its place in a table, under what its codes are kept, itself, its schema."""
    part = definition.field(name)
    if not part.columns:
        coded = name in definition.codes
        for one in value if coded and isinstance(value, list) else [value]:
            yield (), name, one, part.json_schema
    for index, row in enumerate(table_rows(value) if part.columns else ()):
        for column, one in row.items():
            if one is not None:
                yield (index, column), f"{name}.{column}", one, part.columns[column].json_schema


def _over(
    definition: Definition, asked: Asked, form: Mapping[str, JsonValue], on: date, held: Mapping[str, JsonValue]
) -> Iterator[FieldProblem]:
    """Yield the codes that may not be chosen any more."""
    for name in asked:
        if name not in form or not (name in definition.tables or definition.last_days.get(name)):
            continue
        if form[name] == held.get(name):
            continue
        for place, listed, code, _schema in _cells(definition, name, form[name]):
            last = definition.last_days.get(listed, _NONE).get(code) if isinstance(code, str) else None
            if last is not None and last < on:
                over = Text(
                    f"“{code}”自 {last.isoformat()} 之后停用，请另选一项",
                    f"{code!r} could be chosen until {last.isoformat()}; choose another",
                )
                path = ".".join((name, *map(str, place)))
                yield FieldProblem(path=path, text=_placed(definition, name, place, over))


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
        case "additionalProperties":
            return Text("有不应填写的项", "Holds something that is not asked for")
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
