"""What pydantic found wrong with the shape of a file, in words a writer of definitions understands.

What must hold between the parts is proved in ``checks``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue
from pydantic_core import ErrorDetails

from engine.definition.reading import Path, Positions, alike, meant, spelled
from engine.errors import Problem
from engine.text import Text


def shape_problems(
    errors: Sequence[ErrorDetails], data: JsonValue, schema: Mapping[str, Any], positions: Positions, file: str
) -> list[Problem]:
    """Return one problem for each thing whose shape is wrong.

    Args:
        errors: What pydantic found.
        data: What was read from the file.
        schema: The JSON Schema of the model; it says which keys are allowed where.
        positions: Where everything stood.
        file: The name to report.
    """
    found: dict[Path, ErrorDetails] = {}
    for error in errors:
        path = _cleaned(error["loc"], data)
        if path not in found or _is_wrong_branch(found[path]):
            found[path] = error
    problems = []
    for path, error in found.items():
        if _is_wrong_branch(error) and any(len(other) > len(path) and other[: len(path)] == path for other in found):
            continue  # another branch of the union fits better, and what is wrong there is reported
        problems.append(_problem(path, error, data, schema, positions, file))
    return problems


def _cleaned(loc: Sequence[str | int], data: JsonValue) -> Path:
    """Return the path in the file: pydantic puts the names of union branches and types between."""
    path: list[str | int] = []
    here: JsonValue = data
    for index, step in enumerate(loc):
        if isinstance(here, list) and isinstance(step, int) and step < len(here):
            path.append(step)
            here = here[step]
        elif isinstance(here, dict) and isinstance(step, str):
            is_tag = index > 0 and isinstance(loc[index - 1], int) and here.get("do") == step and index + 1 < len(loc)
            if step in here and not is_tag:
                path.append(step)
                here = here[step]
            elif index + 1 == len(loc) and step.isidentifier() and not is_tag:
                path.append(step)  # a missing key
    return tuple(path)


def _is_wrong_branch(error: ErrorDetails) -> bool:
    return error["type"].endswith("_type") or error["type"] == "literal_error"


def _problem(
    path: Path,
    error: ErrorDetails,
    data: JsonValue,
    schema: Mapping[str, Any],
    positions: Positions,
    file: str,
) -> Problem:
    kind = error["type"]
    name = str(path[-1]) if path else ""
    where = spelled(path[:-1])
    if kind == "missing":
        line, column = positions.key(path[:-1])
        text = Text(f"{where.zh}缺少“{name}”", f"{where.en} lacks '{name}'")
        return Problem(
            file=file, line=line, column=column, code="key_missing", text=text, remedy=_add(name, error["input"])
        )
    if kind == "extra_forbidden":
        line, column = positions.key(path)
        text = Text(f"{where.zh}中有未知的键“{name}”", f"Unknown key '{name}' in {where.en}")
        remedy = meant(name, _allowed_keys(schema, path[:-1], data), listed_max=30)
        return Problem(file=file, line=line, column=column, code="key_unknown", text=text, remedy=remedy)
    if error["loc"] and error["loc"][-1] == "[key]":
        line, column = positions.key(path)
        text = Text(f"名称“{name}”不合规则", f"'{name}' is no name that may be used here")
        return Problem(file=file, line=line, column=column, code="name_wrong", text=text, remedy=_SLUG)
    line, column = positions.at(path)
    code, text, remedy = _value_words(error, spelled(path))
    return Problem(file=file, line=line, column=column, code=code, text=text, remedy=remedy)


def _add(name: str, given: object) -> Text:
    if name in ("zh", "en"):
        return Text("中英文都要写，如 {zh: 已立案, en: Filed}", "Write both, as {zh: 已立案, en: Filed}")
    near = alike(name, given) if isinstance(given, dict) else None
    if near is not None:
        return Text(f"请补上“{name}:”（“{near}”是否写错？）", f"Add '{name}:' (is '{near}' a slip?)")
    return Text(f"请补上“{name}:”", f"Add '{name}:'")


_SLUG = Text(
    "请以小写字母开头，只用小写字母、数字和下划线，不超过 60 个字符，如 reply_review",
    "Begin with a small letter; small letters, digits and underscores only, 60 at most, as reply_review",
)
PATTERNS: Mapping[str, Text] = {
    r"^[a-z][a-z0-9_]*$": _SLUG,
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$": Text(
        "写字段的名称；表格的栏目写成 表格.栏目，如 attendees.code", "Write a field, or table.column as attendees.code"
    ),
    r"^\d{1,4} (working days?|days?|months?|hours?)$": Text(
        "请写成“15 working days”“30 days”“3 months”或“24 hours”",
        "Write '15 working days', '30 days', '3 months' or '24 hours'",
    ),
    r"^[a-z_]+@\d+$": Text("请写成 名称@版本，如 seconders_at_least@1", "Write name@version, as seconders_at_least@1"),
    r"^[a-z_]+\.[a-z0-9_]+$": Text(
        "请写一个数字类的名称，如 fired.return", "Write the name of a number, as fired.return"
    ),
    r"^[A-Za-z0-9_]+$": Text("代码只用字母、数字和下划线，如 R01", "A code has letters, digits, underscores, as R01"),
    r"^[a-z][a-z0-9-]*$": Text("请只用小写字母、数字和连字符，如 reply-classes", "Write it as reply-classes"),
}
_TYPES: Mapping[str, Text] = {
    "string_type": Text(
        "请写文字；像数字或真假值的文字请加引号", "Write a text; put quotes around one that looks like a number"
    ),
    "int_type": Text("请写整数，不加引号", "Write a whole number without quotes"),
    "bool_type": Text("请写 true 或 false", "Write true or false"),
    "tuple_type": Text("请写成列表，如 [甲, 乙]", "Write a list, as [a, b]"),
    "dict_type": Text("请写成“键: 值”", "Write 'key: value' pairs"),
    "model_type": Text("请写成“键: 值”", "Write 'key: value' pairs"),
}


def _value_words(error: ErrorDetails, where: Text) -> tuple[str, Text, Text]:
    kind, context = error["type"], error.get("ctx", {})
    shown = _shown(error["input"])
    wrong = Text(f"{where.zh}的值 {shown} 不对", f"{shown} is not right for {where.en}")
    match kind:
        case "string_pattern_mismatch":
            return "format_wrong", wrong, PATTERNS[str(context["pattern"])]
        case "literal_error" | "enum":
            choices = str(context["expected"]).replace(" or ", ", ").replace("'", "")
            near = alike(str(error["input"]), choices.split(", "))
            hint = Text(f"（是否想写“{near}”？）", f" (did you mean '{near}'?)") if near else Text("", "")
            return "choice_wrong", wrong, Text(f"可写：{choices}{hint.zh}", f"Write one of: {choices}{hint.en}")
        case "union_tag_invalid" | "union_tag_not_found":
            return _effect_words(error, where)
        case "date_type" | "date_parsing" | "date_from_datetime_parsing" | "date_from_datetime_inexact":
            return "date_wrong", wrong, Text("请写成 2026-03-01 的样式", "Write it as 2026-03-01")
        case "string_too_short" | "too_short":
            return (
                "empty",
                Text(f"{where.zh}是空的", f"{where.en} is empty"),
                Text("请至少写一项，或删去这个键", "Write at least one, or leave the key out"),
            )
        case "string_too_long":
            limit = context["max_length"]
            return "too_long", wrong, Text(f"不得超过 {limit} 个字符", f"At most {limit} characters")
        case "greater_than_equal" | "less_than_equal":
            limit = context.get("ge", context.get("le"))
            words = Text("不得小于", "At least") if "ge" in context else Text("不得大于", "At most")
            return "out_of_range", wrong, Text(f"{words.zh} {limit}", f"{words.en} {limit}")
        case _:
            remedy = _TYPES.get(kind, Text(f"说明：{error['msg']}", error["msg"]))
            return "type_wrong", wrong, remedy


def _effect_words(error: ErrorDetails, where: Text) -> tuple[str, Text, Text]:
    context = error.get("ctx", {})
    if error["type"] == "union_tag_not_found":
        return (
            "effect_unnamed",
            Text(f"{where.zh}没有写明做什么", f"{where.en} does not say what to do"),
            Text("请写“do:”，如 {do: start, deadline: reply}", "Write 'do:', as {do: start, deadline: reply}"),
        )
    tag = str(context["tag"])
    tags = [name.strip("' ") for name in str(context["expected_tags"]).split(",")]
    return (
        "effect_unknown",
        Text(f"没有名为“{tag}”的办理动作", f"No effect is called '{tag}'"),
        meant(tag, tags, listed_max=30),
    )


def _shown(value: object) -> str:
    written = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    return f"“{written[:40]}”"


def _allowed_keys(schema: Mapping[str, Any], path: Path, data: JsonValue) -> set[str]:
    """Return the keys the model allows at this path."""
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    node: Mapping[str, Any] = schema
    here: JsonValue = data
    for step in (*path, None):
        node = _resolved(node, here, definitions)
        if step is None:
            break
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            others = [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
            any_key = next((other for other in others if isinstance(other, dict)), {})
            node = node.get("properties", {}).get(step, any_key)
        if isinstance(here, list) and isinstance(step, int):
            here = here[step]
        else:
            here = here.get(str(step)) if isinstance(here, dict) else None
    return set(node.get("properties", {}))


def _resolved(node: Mapping[str, Any], here: JsonValue, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references and choose the branch that the data at hand asks for."""
    while True:
        if "$ref" in node:
            node = definitions[node["$ref"].rsplit("/", 1)[1]]
        elif "oneOf" in node and "discriminator" in node:
            tag = here.get("do") if isinstance(here, dict) else None
            reference = node["discriminator"]["mapping"].get(tag)
            node = {"$ref": reference} if reference else {}
        elif "anyOf" in node:
            branches = (_resolved(branch, here, definitions) for branch in node["anyOf"])
            node = next((branch for branch in branches if "properties" in branch), {})
        else:
            return node
