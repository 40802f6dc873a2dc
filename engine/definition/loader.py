"""The one door to YAML: files to plain data with positions, to workflows and to code lists.

Text is read as YAML 1.2 without tags, anchors, aliases or repeated keys. Whole folders are read by ``library``, what
a file says is proved in ``checks``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar

from pydantic import JsonValue, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from engine.definition.model import CodeList, Workflow
from engine.definition.parts import Part
from engine.definition.reading import NESTED_TOO_DEEP, Builder, Place, Positions
from engine.definition.shapes import shape_problems
from engine.errors import DefinitionError, Problem
from engine.text import Text

FILE_BYTES_MAX = 256 * 1024
LIST_BYTES_MAX = 1024 * 1024
"""Of a list that a page has put together: thousands of codes, read as JSON, which takes no time."""

P = TypeVar("P", Workflow, CodeList)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[P]):
    """A workflow or code list as read from a file: its shape is right, nothing is proved yet."""

    part: P
    hash: str
    file: str
    positions: Positions


def load_yaml(source: FilePath | bytes, file_name: str | None = None) -> tuple[JsonValue, Positions]:
    """Read a file or its bytes as plain data: mappings, lists, text, numbers, true, false and null; dates stay text.

    Raises:
        DefinitionError: Everything found in it that no file of ours may hold.
    """
    file = file_name or (str(source) if isinstance(source, FilePath) else "-")
    text = _text(source if isinstance(source, bytes) else _bytes(source), file)
    builder = Builder(file)
    try:
        _build(text, builder)
    except YAMLError as error:
        builder.note(*_syntax(error, text))
    except RecursionError:  # the parser's own stack; our limit is far below
        builder.note((1, 1), *NESTED_TOO_DEEP)
    if builder.problems:
        raise DefinitionError(builder.problems)
    return builder.data, builder.positions


def load_workflow(path: FilePath) -> Loaded[Workflow]:
    """Read a workflow; raises DefinitionError naming every key and value whose shape is wrong."""
    return _known(Workflow, _bytes(path), str(path))


def load_list(path: FilePath) -> Loaded[CodeList]:
    """Read a code list; raises DefinitionError naming every key and value whose shape is wrong."""
    return _known(CodeList, _bytes(path), str(path))


def list_of_json(raw: bytes, file: str) -> Loaded[CodeList]:
    """Return a code list that a page has put together as JSON, with the first code on line 2 and each on its own.

    Raises:
        DefinitionError: its shape is wrong; places name the line of the code alone.
    """
    if len(raw) > LIST_BYTES_MAX:
        text = Text("代码表的内容过大", "The list says too much")
        raise _refused(file, (1, 1), "file_too_large", text, Text("请缩短名称", "Shorten its names"))
    data: JsonValue = json.loads(raw)
    items = data.get("items") if isinstance(data, dict) else None
    count = len(items) if isinstance(items, list) else 0
    positions = Positions(values={("items", number): (number + 2, 1) for number in range(count)})
    return _checked(CodeList, data, positions, file)


def content_hash(part: Workflow | CodeList) -> str:
    """Return ``sha256:<hex>`` of what the file says: its keys sorted, comments, layout and unset defaults left out."""
    said = part.model_dump(mode="json", by_alias=True, exclude_unset=True)
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _known(model: type[P], raw: bytes, file: str) -> Loaded[P]:
    """Return what a file says, read once for all files that say the same, wherever they stand."""
    try:
        return replace(_read_once(model, raw), file=file)
    except DefinitionError:
        return _loaded(model, raw, file)  # once more, for problems that name their file


@lru_cache(maxsize=512)
def _read_once(model: type[P], raw: bytes) -> Loaded[P]:
    return _loaded(model, raw, "-")


def _loaded(model: type[P], raw: bytes, file: str) -> Loaded[P]:
    data, positions = load_yaml(raw, file)
    return _checked(model, data, positions, file)


def _checked(model: type[P], data: JsonValue, positions: Positions, file: str) -> Loaded[P]:
    try:
        # As JSON and strict: ``stay: no`` is a text and not false, ``version: "1"`` is no number.
        part = model.model_validate_json(json.dumps(data), strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        raise DefinitionError(shape_problems(errors, data, _schema(model), positions, file)) from error
    return Loaded(part=part, hash=content_hash(part), file=file, positions=positions)


@cache
def _schema(model: type[Part]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _bytes(path: FilePath) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise _refused(
            str(path),
            (1, 1),
            "file_unreadable",
            Text(f"文件无法读取：{reason}", f"The file cannot be read: {reason}"),
            Text("请检查路径与权限", "Look at the path and its permissions"),
        ) from error
    return raw


def _text(raw: bytes, file: str) -> str:
    if len(raw) > FILE_BYTES_MAX:
        raise _refused(
            file,
            (1, 1),
            "file_too_large",
            Text(f"文件超过 {FILE_BYTES_MAX // 1024} KB", f"The file is larger than {FILE_BYTES_MAX // 1024} KB"),
            Text("请拆分文件", "Split the file"),
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        place = (before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1)
        raise _refused(
            file,
            place,
            "not_utf8",
            Text("文件不是 UTF-8 编码", "The file is not UTF-8"),
            Text("请另存为 UTF-8", "Save it as UTF-8"),
        ) from error


def _refused(file: str, place: Place, code: str, text: Text, remedy: Text) -> DefinitionError:
    return DefinitionError([Problem(file=file, line=place[0], column=place[1], code=code, text=text, remedy=remedy)])


def _build(text: str, builder: Builder) -> None:
    documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        _refuse_extras(event, place, builder)
        match event:
            case yaml_events.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    builder.note(place, *_SECOND_DOCUMENT)
                    return
            case yaml_events.MappingStartEvent():
                builder.open({}, place)
            case yaml_events.SequenceStartEvent():
                builder.open([], place)
            case yaml_events.MappingEndEvent() | yaml_events.SequenceEndEvent():
                builder.close()
            case yaml_events.ScalarEvent():
                one_line = event.start_mark.line == event.end_mark.line
                builder.scalar(event.value, place, style=event.style, one_line=one_line)
            case yaml_events.AliasEvent():
                builder.scalar("", place, style="*", one_line=True)


def _refuse_extras(event: yaml_events.Event, place: Place, builder: Builder) -> None:
    if getattr(event, "anchor", None) is not None:
        builder.note(place, *_ANCHOR)
    if getattr(event, "tag", None) is not None:
        builder.note(place, *_TAG)
    if isinstance(event, yaml_events.DocumentStartEvent) and (event.version is not None or event.tags):
        builder.note(place, *_DIRECTIVE)


_ANCHOR = (
    "alias_refused",
    Text("不可使用锚点（&）和别名（*）", "Anchors (&) and aliases (*) are not allowed"),
    Text(
        "请把内容完整写出；以 & 或 * 开头的文字请加引号", "Write it out in full; quote a text that begins with & or *"
    ),
)
_TAG = (
    "tag_refused",
    Text("不可使用标签（!）", "Tags (!) are not allowed"),
    Text("请删去标签；以 ! 开头的文字请加引号", "Leave the tag out; quote a text that begins with !"),
)
_DIRECTIVE = (
    "directive_refused",
    Text("不可使用 % 指令", "Directives (%) are not allowed"),
    Text("请删去该行，文件一律按 YAML 1.2 读取", "Leave the line out; files are read as YAML 1.2"),
)
_SECOND_DOCUMENT = (
    "second_document",
    Text("一个文件只能有一份内容", "A file holds one document only"),
    Text("请删去“---”，另建文件", "Leave '---' out and write another file"),
)


_SYNTAX_ZH = (
    ("mapping values are not allowed", "此处不能再出现冒号"),
    ("could not find expected ':'", "缺少冒号"),
    ("cannot start any token", "此处的字符不能这样用"),
    ("expected <block end>", "缩进没有对齐"),
    ("unexpected end of stream", "引号或括号没有成对"),
)


def _syntax(error: YAMLError, text: str) -> tuple[Place, str, Text, Text]:
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    if mark is not None:
        place = (mark.line + 1, mark.column + 1)
    else:  # a character that no YAML text may hold
        before = text[: getattr(error, "position", 0)]
        place = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    said_zh = next((zh for words, zh in _SYNTAX_ZH if words in said), said)
    return (
        place,
        "yaml_wrong",
        Text(f"YAML 格式有误：{said_zh}", f"This is not well-formed YAML: {said}"),
        Text(
            "请检查缩进（不用制表符）、引号是否成对、冒号后是否有空格",
            "Look at the indentation (no tabs), the pairs of quotes and the space after each colon",
        ),
    )
