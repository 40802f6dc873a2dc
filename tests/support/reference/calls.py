"""The page of the HTTP API, from its OpenAPI description: each address, who may use it, what it takes and answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from engine.access.token_scope import PARTS, TokenScope
from engine.text import Text
from tests.support.reference.marks import code, page, said, table
from tests.support.reference.wording import CALLS

_PREFIX: Final = "/api"
_METHODS_THAT_READ: Final = frozenset({"get"})
_TITLE: Final = Text("接口", "The HTTP API")
_BEGINS: Final = Text(
    "收发 JSON，登录用 `Authorization: Bearer 令牌`（[怎么生成](../how-to/api-client.md)）。POST 一般须带 "
    "`Idempotency-Key`："
    "没有收到应答的，用同一个键重发。“令牌范围”写明令牌要包括哪一部分，写“仅本人”的不能用令牌，须登录后使用。"
    "拒绝时的应答见[错误代码](errors.md)。机器可读的说明在 `/api/openapi.json`。",
    "JSON in and out; log in with `Authorization: Bearer TOKEN` ([how to make one](../how-to/api-client.md)). A POST "
    "bears an `Idempotency-Key`, unless it says otherwise: after a lost answer send it again under the same key. "
    "“Scope” is the part that a token must have; where it says “in person” no token serves, only a login. "
    "Refusals are "
    "among the [error codes](errors.md). Programs read `/api/openapi.json`.",
)
_IN_PERSON: Final = "仅本人 in person"


def calls_page(document: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI document, in its order."""
    lines: list[str] = []
    paths = _inlined(document["paths"], document.get("components", {}).get("schemas", {}))
    for path, methods in paths.items():
        for method, operation in methods.items():
            lines += _call(method, path, operation)
    return page(_TITLE, _BEGINS, lines[:-1])


def called(method: str, path: str) -> str:
    """Return what a call is known by.

    >>> called("get", "/api/cases")
    'GET /cases'
    """
    return f"{method.upper()} {path.removeprefix(_PREFIX)}"


def _inlined(node: Any, schemas: Mapping[str, Any]) -> Any:
    """Return the description with its schemas put where they are referred to; none of ours refers to itself."""
    if isinstance(node, dict):
        name = str(node.get("$ref", "")).rpartition("/")[2]
        beside = {key: _inlined(value, schemas) for key, value in node.items() if key != "$ref"}
        return {**_inlined(schemas[name], schemas), **beside} if name else beside
    return [_inlined(each, schemas) for each in node] if isinstance(node, list) else node


def _call(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    name = called(method, path)
    yield from (f"## {name}", "", f"{CALLS[name]}。", "", said(operation.get("description")), "")
    parameters = operation.get("parameters", [])
    keyed = "；须带 `Idempotency-Key` keyed" if any(each["in"] == "header" for each in parameters) else ""
    statuses = "、".join(status for status in operation["responses"] if status < "4")
    answers = "、".join(sorted({kind for answer in _good(operation) for kind in answer.get("content", {})}))
    yield f"令牌范围 Scope：{_scope(method, path)}{keyed}。成功 Success：{statuses}（{answers or '空 empty'}）。"
    yield ""
    rows = [
        (code(each["name"]), "路径 path" if each["in"] == "path" else "查询 query", _shape(each["schema"]), _must(each))
        for each in parameters
        if each["in"] in ("path", "query")
    ]
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        where = "内容 body" if kind == "application/json" else f"内容 body（{kind}）"
        rows += [(code(field), where, shape, must) for field, shape, must in _fields(body["schema"])]
    yield from table(("参数 Parameter", "在 In", "类型 Type", "必填 Required"), rows)


def _good(operation: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return [answer for status, answer in operation["responses"].items() if status < "4"]


def _scope(method: str, path: str) -> str:
    """Return which part a token must have, found by asking every scope that there is."""
    verb, reading = method.upper(), method in _METHODS_THAT_READ
    access = "只读 read" if reading else "读写 write"
    if not TokenScope(writes=True).permits(verb, path):
        return _IN_PERSON
    parts = [part for part in PARTS if TokenScope(writes=True, parts=frozenset({part})).permits(verb, path)]
    if len(parts) == len(PARTS):
        return f"{access}，不限 any"
    return f"{access}，{' '.join(code(part) for part in parts) or '不限范围的令牌 a token without parts'}"


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        yield name, _shape(inner), "✓" if name in required else ""


def _must(parameter: Mapping[str, Any]) -> str:
    return "✓" if parameter.get("required") else ""


def _shape(schema: Mapping[str, Any]) -> str:
    """Return the type of a value, and what it is where it is left out."""
    value = schema.get("default")
    return _kind(schema) if value in (None, "", [], {}) else f"{_kind(schema)} = {code(json.dumps(value))}"


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the type of a value in words that JSON has, with its closed set or limits."""
    if "anyOf" in schema:
        kinds = [_kind(each) for each in schema["anyOf"] if each.get("type") != "null"]
        return " | ".join(kinds)
    if "enum" in schema:
        return " | ".join(code(each) for each in schema["enum"])
    if schema.get("type") == "array":
        return f"array{_most(schema, 'maxItems')}: {_kind(schema.get('items', {}))}"
    if schema.get("properties"):
        fields = [f"{name}{'' if must else '?'}" for name, _shape, must in _fields(schema)]
        return "object: " + ", ".join(code(each) for each in fields)
    return f"{schema.get('type', '任意 any')}{_most(schema, 'maxLength')}{_most(schema, 'maximum')}"


def _most(schema: Mapping[str, Any], limit: str) -> str:
    return f" ≤ {schema[limit]}" if limit in schema else ""
