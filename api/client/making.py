"""Makes the calls of the client and the types of their bodies from the OpenAPI document of the API.

Calls that take or give files are left out: they are no JSON.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

MARK: Final = "Generated from the OpenAPI document by `make client`. Do not edit. 自动生成，请勿手工修改。"
_JSON: Final = "application/json"
_SIMPLE: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_WIDTH: Final = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One address and method; ``name`` is made of both, so that it stays what it is."""

    method: str
    path: str
    operation: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of the call, ``post_cases_by_case_id_transitions``."""
        parts = self.path.removeprefix("/api/").split("/")
        words = [f"by_{each.strip('{}')}" if each.startswith("{") else each for each in parts]
        return re.sub(r"\W", "_", "_".join([self.method, *words]))

    @property
    def body(self) -> Mapping[str, Any] | None:
        """The schema of its body, None where it takes none."""
        content = self.operation.get("requestBody", {}).get("content", {})
        schema: Mapping[str, Any] | None = content.get(_JSON, {}).get("schema")
        return schema

    @property
    def answer(self) -> Mapping[str, Any] | None:
        """The schema of its answer, None where the description does not say more than that it is JSON."""
        for status, answer in self.operation["responses"].items():
            schema: Mapping[str, Any] = answer.get("content", {}).get(_JSON, {}).get("schema", {})
            if status < "3" and "title" in schema and "properties" in schema:
                return schema
        return None

    def parameters(self, place: str) -> list[Mapping[str, Any]]:
        """Return its parameters in path, query or header."""
        return [each for each in self.operation.get("parameters", ()) if each["in"] == place]

    def is_json(self) -> bool:
        """Return whether what it takes and what it gives is JSON."""
        takes = self.operation.get("requestBody", {}).get("content", {_JSON: None})
        gives = [answer.get("content", {}) for status, answer in self.operation["responses"].items() if status < "3"]
        return _JSON in takes and all(_JSON in content for content in gives)


def calls_of(document: Mapping[str, Any]) -> list[Call]:
    """Return the calls of a document that speak JSON, in its order."""
    found = (
        Call(method=method, path=path, operation=operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return [each for each in found if each.is_json()]


def bodies_text(document: Mapping[str, Any]) -> str:
    """Return the module of the types of the bodies."""
    return _types_text(call.body for call in calls_of(document))


def answers_text(document: Mapping[str, Any]) -> str:
    """Return the module of the types of the answers."""
    return _types_text(call.answer for call in calls_of(document))


def _types_text(schemas: Iterable[Mapping[str, Any] | None]) -> str:
    bodies: dict[str, str] = {}
    for schema in schemas:
        if schema is not None:
            _add_type(schema, bodies)
    head = f'"""{MARK}"""\n\nfrom __future__ import annotations\n\n'
    types = "".join(bodies.values())
    named = [name for name in ("Literal", "NotRequired", "TypedDict") if name in types]
    head += f"from typing import {', '.join(named)}\n\n"
    return head + "from api.client.calling import Json\n" + types


def calls_text(document: Mapping[str, Any]) -> str:
    """Return the module of the calls."""
    calls = calls_of(document)
    used = sorted({str(each.body["title"]) for each in calls if each.body is not None})
    told = sorted({str(each.answer["title"]) for each in calls if each.answer is not None})
    lines = [f'"""{MARK}"""', "", "from __future__ import annotations", "", "from typing import cast", ""]
    lines += ["from api.client.answers import ("] + [f"    {name}," for name in told] + [")"]
    lines += ["from api.client.bodies import ("] + [f"    {name}," for name in used] + [")"]
    lines += ["from api.client.calling import Caller, Json, part", "", ""]
    lines += [
        "class BanjieClient(Caller):",
        '    """The calls of the API that speak JSON, by method and path."""',
    ]
    for call in calls:
        lines += ["", *_call_lines(call)]
    return "\n".join(lines) + "\n"


def _call_lines(call: Call) -> Iterator[str]:
    in_path, query = call.parameters("path"), call.parameters("query")
    keyed = any(each["name"] == "Idempotency-Key" for each in call.parameters("header"))
    yield f"    def {call.name}("
    yield "        self,"
    for each in in_path:
        yield f"        {each['name']}: {_type(each['schema'])},"
    if call.body is not None:
        yield f"        body: {call.body['title']},"
    if keyed or query:
        yield "        *,"
    if keyed:
        yield "        key: str,"
    for each in sorted(query, key=lambda one: not one.get("required", False)):
        asked = _type(each["schema"])
        required = each.get("required", False)
        yield f"        {each['name']}: {asked}," if required else f"        {each['name']}: {_or_none(asked)} = None,"
    answer = "Json" if call.answer is None else str(call.answer["title"])
    yield f"    ) -> {answer}:"
    yield from _docstring(call)
    yield "        return self._call(" if answer == "Json" else "        told = self._call("
    yield f'            "{call.method.upper()}",'
    path = re.sub(r"\{(\w+)\}", r"{part(\1)}", call.path)
    yield f'            {"f" if in_path else ""}"{path}",'
    if query:
        yield "            query={"
        for each in query:
            yield f'                "{each["name"]}": {each["name"]},'
        yield "            },"
    if call.body is not None:
        yield "            body=body,"
    if keyed:
        yield "            key=key,"
    yield "        )"
    if answer != "Json":
        yield f'        return cast("{answer}", told)'


def _docstring(call: Call) -> Iterator[str]:
    told = " ".join(str(call.operation.get("description") or call.operation["summary"]).partition("\n\n")[0].split())
    lines = textwrap.wrap(told, _WIDTH - 14)
    if len(lines) == 1:
        yield f'        """{lines[0]}"""'
        return
    yield f'        """{lines[0]}'
    yield from (f"        {line}" for line in lines[1:])
    yield '        """'


def _add_type(schema: Mapping[str, Any], bodies: dict[str, str]) -> None:
    """Add the type of an object, and before it those that it holds."""
    title = str(schema["title"])
    if title in bodies:
        return
    for inner in _objects(schema.get("properties", {}).values()):
        _add_type(inner, bodies)
    required = schema.get("required", ())
    lines = ["", "", f"class {title}(TypedDict):"]
    told = textwrap.wrap(" ".join(str(schema.get("description", title)).split()), _WIDTH - 10)
    lines += (
        [f'    """{told[0]}"""'] if len(told) == 1 else [f'    """{told[0]}', *(f"    {each}" for each in told[1:])]
    )
    lines += ['    """', ""] if len(told) > 1 else [""]
    for name, one in schema.get("properties", {}).items():
        kind = _type(one)
        lines.append(f"    {name}: {kind}" if name in required else f"    {name}: NotRequired[{kind}]")
    bodies[title] = "\n".join(lines).rstrip() + "\n"


def _objects(schemas: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for one in schemas:
        if "properties" in one:
            yield one
        yield from _objects([*one.get("anyOf", ()), *([one["items"]] if isinstance(one.get("items"), dict) else ())])


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return f"Literal[{', '.join(_quoted(each) for each in schema.get('enum', [schema.get('const')]))}]"
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    if "properties" in schema:
        return str(schema["title"])
    match schema.get("type"):
        case "array":
            return f"list[{_type(schema['items'])}]"
        case "object":
            inner = schema.get("additionalProperties")
            return f"dict[str, {_type(inner) if isinstance(inner, dict) and inner else 'Json'}]"
        case str(kind):
            return _SIMPLE[kind]
        case _:
            # A named list of words (``$ref``) in an address, or any JSON in a body.
            return "str" if "$ref" in schema else "Json"


def _or_none(asked: str) -> str:
    return asked if asked.endswith("None") else f"{asked} | None"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
