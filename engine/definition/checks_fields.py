"""Proofs about fields, parameters' placeholders and number templates: what a value may be and where it may stand."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from pydantic import JsonValue

from engine.definition.checks_proof import Proof, guard_places
from engine.definition.names import CASE_NAMES, list_of
from engine.definition.parts import FieldPart, Privacy
from engine.definition.reading import Path
from engine.text import Text

_PLACEHOLDERS = ("session", "year", "n")


def check_fields(proof: Proof) -> None:
    """Add wrong schemas, initial values that do not fit, fields that may not be tracked, and wrong placeholders."""
    for name, part in proof.workflow.fields.items():
        _check_place(proof, name, part)
        if _check_schema(proof, name, part):
            _check_initial(proof, name, part)
    _check_templates(proof)
    _check_refusals(proof)


def _check_place(proof: Proof, name: str, part: FieldPart) -> None:
    if name in CASE_NAMES:
        proof.add(
            ("fields", name),
            "field_name_reserved",
            Text(
                f"字段不能叫“{name}”，该名称由系统使用", f"No field can be called {name}: every case has that already"
            ),
            Text(f"请改名，如 {name}_given", f"Name it otherwise, as {name}_given"),
        )
    if part.tracked and part.privacy not in (Privacy.PUBLIC, Privacy.INTERNAL):
        proof.add(
            ("fields", name, "tracked"),
            "tracked_private",
            Text(
                f"字段“{part.title.zh}”（{name}）的隐私级别是 {part.privacy}，不得跟踪",
                f"The field {name} is {part.privacy}, so its values may not be kept over time",
            ),
            Text("请删去 tracked，或写 privacy: internal", "Leave 'tracked' out, or write privacy: internal"),
        )


def _check_schema(proof: Proof, name: str, part: FieldPart) -> bool:
    path: Path = ("fields", name, "schema")
    for place, key in _references(part.value_schema, path):
        proof.add(
            place,
            "schema_wrong",
            Text(f"字段“{name}”的 schema 不可使用 {key}", f"The schema of {name} uses {key}, which is not allowed"),
            Text("请把内容直接写出", "Write it out in place"),
        )
        return False
    error = _schema_error(json.dumps(part.value_schema))
    if error is not None:
        proof.add(
            path if part.columns else (*path, *error.absolute_path),
            "schema_wrong",
            Text(f"字段“{name}”的 schema 不是 JSON Schema：{error.message}", f"The schema of {name}: {error.message}"),
            Text(
                "请按 JSON Schema 书写，如 {type: string, maxLength: 200}", "Write it as {type: string, maxLength: 200}"
            ),
        )
        return False
    if part.list is not None and not part.columns and not _holds_codes(part.json_schema):
        proof.add(
            path,
            "schema_wrong",
            Text(
                f"字段“{name}”取自代码表，schema 应为文字", f"The field {name} takes codes of a list, which are texts"
            ),
            Text("请写 {type: string}，多选写 {type: array, items: {type: string}}", "Write {type: string}"),
        )
        return False
    return True


@lru_cache(maxsize=4096)
def _schema_error(schema: str) -> SchemaError | None:
    """Return what is wrong with a schema, given as JSON: many fields have the same, and asking takes milliseconds."""
    try:
        Draft202012Validator.check_schema(json.loads(schema))
    except SchemaError as error:
        return error
    return None


def _references(schema: JsonValue, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef"):
                yield (*path, key), key
            yield from _references(value, (*path, key))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _references(value, (*path, index))


def _holds_codes(schema: dict[str, Any]) -> bool:
    items = schema.get("items") if schema.get("type") == "array" else schema
    return isinstance(items, dict) and items.get("type") == "string"


def _check_initial(proof: Proof, name: str, part: FieldPart) -> None:
    if part.initial is None:
        return
    path: Path = ("fields", name, "initial")
    validator = Draft202012Validator(part.json_schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for error in validator.iter_errors(part.initial):
        proof.add(
            path,
            "initial_wrong",
            Text(
                f"字段“{name}”的初始值不符合 schema：{error.message}", f"The initial value of {name}: {error.message}"
            ),
            Text("请改写初始值或 schema", "Change the initial value or the schema"),
        )
    code_list = list_of(proof.workflow, proof.lists, name)
    codes = [item.code for item in code_list.items] if code_list is not None else []
    for code in part.initial if isinstance(part.initial, list) else [part.initial]:
        if codes and code not in codes:
            proof.known(path, Text("代码", "code"), str(code), codes)


def _check_templates(proof: Proof) -> None:
    for name, series in proof.workflow.numbers.items():
        found = placeholders(series.template)
        if found is None or not set(found) <= set(_PLACEHOLDERS) or "n" not in found or not _fills(series.template):
            proof.add(
                ("numbers", name, "template"),
                "number_template_wrong",
                Text(
                    f"编号模板“{series.template}”的占位符不对",
                    f"The template {series.template!r} has wrong placeholders",
                ),
                Text(
                    "只用 {session}、{year} 和 {n}，必须有 {n}，可写位数如 {n:03}",
                    "Use {session}, {year} and {n} only; {n} must be there and may have a width, as {n:03}",
                ),
            )


def _fills(template: str) -> bool:
    try:
        template.format(session="", year=2026, n=1)
    except (ValueError, TypeError, KeyError, IndexError):
        return False
    return True


def placeholders(text: str) -> list[str] | None:
    """Return the names of the ``{name}`` placeholders in a text, None when its braces are wrong."""
    try:
        return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return None


def _check_refusals(proof: Proof) -> None:
    parameters = proof.workflow.parameters
    for transition, part in proof.workflow.transitions.items():
        for path, guard in guard_places(transition, part):
            for language, text in (("zh", guard.refuse.zh), ("en", guard.refuse.en)):
                found = placeholders(text)
                if found is None or any(name not in parameters for name in found):
                    written = "、".join(found or ()) or text
                    known = "、".join(sorted(parameters)) or "—"
                    proof.add(
                        (*path, "refuse", language),
                        "placeholder_unknown",
                        Text(f"拒绝理由中的占位符不是参数：{written}", f"A placeholder is no parameter: {written}"),
                        Text(
                            f"可用参数：{known}；要写花括号请双写", f"Parameters: {known}; double a brace to print it"
                        ),
                    )
