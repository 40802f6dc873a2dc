"""The page of the language of definitions: each part of a workflow file with its keys, from the model that reads "
"it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from engine.definition.model import CodeList, Workflow
from engine.definition.paper_parts import PaperPart
from engine.definition.parts import Part
from engine.text import Text
from tests.support.documents import anchors
from tests.support.reference.marks import code, page, said, table
from tests.support.reference.part_words import PARTS

_TITLE: Final = Text("流程定义的写法", "The language of definitions")
_BEGINS: Final = Text(
    "一份定义 `workflows/<名称>/v1.yaml` 可以写的全部内容：先是整份文件，后面每种成分一节，注明写在哪里、"
    "每个键是什么、"
    "必填还是有默认值。未列的键一律拒绝。写 `do:` 的是办理动作，"
    "用在 `on_open`、流转和去路的 `effects` 里。怎样着手见[添加一个流程](../how-to/add-a-workflow.md)，"
    "写错了会怎样说见[错误代码](errors.md#定义的问题--problems-of-definitions)。",
    "All that a definition `workflows/<name>/v1.yaml` may say: first the file as a whole, then each part with "
    "where it "
    "stands, its keys, and what each must be or is by default. Other keys are refused. What says `do:` is an "
    "effect, in "
    "`on_open` and in the `effects` of transitions and alternatives. To begin with, see [adding a "
    "workflow](../how-to/add-a-workflow.md); what is said of mistakes, [error "
    "codes](errors.md#定义的问题--problems-of-definitions).",
)
_FILES: Final = (
    (Workflow, "workflows/<名称>/v1.yaml"),
    (CodeList, "workflows/lists/<名称>.v1.yaml"),
    (PaperPart, "workflows/<名称>/papers.yaml: <文书>"),
)


def definitions_page() -> str:
    """Return the page: the files, and below each the parts in the order in which they are met."""
    lines: list[str] = []
    for part, place in _met():
        lines += [f"## {_heading(part, place)}", "", f"{PARTS[part.__name__]}", "", _docstring(part), ""]
        lines += table(("键 Key", "类型 Type", "默认 Default"), _keys(part))
    return page(_TITLE, _BEGINS, lines[:-1])


def parts() -> dict[str, type[Part]]:
    """Return every part that a file of a workflow may hold, by the name of its class."""
    return {kind.__name__: kind for kind in Part.__subclasses__() if kind.__module__.startswith("engine.definition.")}


@cache
def _met() -> tuple[tuple[type[Part], str], ...]:
    """Return every part once, with the place where it is met first, those of a file before those of the next."""
    return tuple(_walked())


def _walked() -> Iterator[tuple[type[Part], str]]:
    known = parts()
    seen: set[str] = set()
    waiting: list[tuple[type[Part], str]] = []
    for file, place in _FILES:
        waiting.append((file, place))
        while waiting:
            part, at = waiting.pop(0)
            if part.__name__ in seen:
                continue
            seen.add(part.__name__)
            yield part, at
            # What stands within a part follows it at once, before its neighbours.
            within = [
                (known[name], f"{'' if part in {kind for kind, _file in _FILES} else f'{at}.'}{key}{mark}")
                for key, shape in _shapes(part)
                for name, mark in _named(shape)
                if name in known
            ]
            waiting = [*within, *waiting] if part is not Workflow else [*waiting, *within]


@cache
def _shapes(part: type[Part]) -> list[tuple[str, Mapping[str, Any]]]:
    schema = part.model_json_schema(by_alias=True)
    return list(schema["properties"].items())


def _named(shape: Mapping[str, Any], mark: str = "") -> Iterator[tuple[str, str]]:
    """Yield the parts that a value is made of, with what is written behind its key: a name of one's own, a list."""
    if "$ref" in shape:
        yield str(shape["$ref"]).rpartition("/")[2], mark
    for inner in (*shape.get("anyOf", ()), *shape.get("oneOf", ())):
        yield from _named(inner, mark)
    if isinstance(shape.get("items"), dict):
        yield from _named(shape["items"], f"{mark}[]")
    for inner in (shape.get("additionalProperties"), *shape.get("patternProperties", {}).values()):
        if isinstance(inner, dict):
            yield from _named(inner, f"{mark}.<名>")


def _heading(part: type[Part], place: str) -> str:
    if "do" in part.model_fields:
        shape = dict(_shapes(part))["do"]
        place = f"do: {'、'.join(shape.get('enum', [shape.get('const')]))}"
    return f"{part.__name__.removesuffix('Part')} {code(place)}"


def _docstring(part: type[Part]) -> str:
    paragraphs = (inspect.getdoc(part) or "").split("\n\n")
    return "\n\n".join(said(each) for each in paragraphs)


def _keys(part: type[Part]) -> list[tuple[str, str, str]]:
    required = set(part.model_json_schema(by_alias=True).get("required", ()))
    return [
        (code(key), _kind(shape), "必填 required" if key in required else _default(shape))
        for key, shape in _shapes(part)
    ]


def _default(shape: Mapping[str, Any]) -> str:
    value = shape.get("default")
    if value is None or value in ([], {}, ""):
        return "–"
    return code(json.dumps(value, ensure_ascii=False).strip('"'))


def _kind(shape: Mapping[str, Any]) -> str:
    """Return what a value is, in few words: the part it is, its closed set, a name, an expression."""
    if "$ref" in shape:
        return _referred(str(shape["$ref"]).rpartition("/")[2])
    if "enum" in shape or "const" in shape:
        return " | ".join(code(each) for each in shape.get("enum", [shape.get("const")]))
    options = [each for each in (*shape.get("anyOf", ()), *shape.get("oneOf", ())) if each.get("type") != "null"]
    if options:
        return " | ".join(dict.fromkeys(_kind(each) for each in options))
    match shape.get("type"):
        case "array":
            return f"列表 list: {_kind(shape.get('items', {}))}"
        case "object":
            inner = shape.get("additionalProperties") or next(iter(shape.get("patternProperties", {}).values()), None)
            return f"{{名 name: {_kind(inner)}}}" if isinstance(inner, dict) and inner else "对象 object"
        case "string":
            return "日期 date" if shape.get("format") == "date" else _text(shape)
        case "integer":
            return "整数 integer"
        case "boolean":
            return "是否 true | false"
        case other:
            return str(other) if other else "任意 any"


def _referred(name: str) -> str:
    if name in _enums():
        return " | ".join(code(each) for each in _enums()[name])
    places = {kind.__name__: anchors(f"## {_heading(kind, at)}").pop() for kind, at in _met()}
    return f"[{name.removesuffix('Part')}](#{places[name]})" if name in places else "任意 any"


def _text(shape: Mapping[str, Any]) -> str:
    if "working days" in str(shape.get("pattern", "")):
        return "期间 period: `15 working days`、`30 days`、`3 months`、`48 hours`"
    return {60: "名 name", 500: "表达式或文字 text"}.get(shape.get("maxLength", 0), "文字 text")


@cache
def _enums() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in parts().values():
        for name, schema in part.model_json_schema(by_alias=True).get("$defs", {}).items():
            if "enum" in schema:
                found[name] = [str(each) for each in schema["enum"]]
    return found
