"""The next version of a code list, put together from what is to be changed of its codes: names, last days, new codes.

No code is ever taken away, and what its flags and its note say stays. Where a change comes from, a form, a file or the
text that a page carries from its preview to the publishing, is no matter here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from engine.definition.model import CodeList, ListItem
from engine.errors import InputRefused
from engine.service.importing.cells import day_of
from engine.text import Text

CODES_MAX: Final = 2_000
NAME_CHARACTERS_MAX: Final = 100
CARRIED_BYTES_MAX: Final = 300 * 1024
"""So much of changes a page carries; a form triples it, and may bring 1 MiB."""
PARTS: Final = ("zh", "en", "until")
FIRST_LINE: Final = 2
"""The line on which the first code stands in what ``next_version`` writes; each has a line of its own."""
_CODE: Final = re.compile(r"[A-Za-z0-9_]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """What is to be said of one code.

    A part that is None stays as it is; an ``until`` of "" takes the last day away, any other is a day as 2026-03-02, or
    what was typed where that is no day. ``is_new`` where it is to be a code that there is not yet. ``row`` is that of
    the file, None for a form; ``wrong`` is what could not be read there.
    """

    code: str
    zh: str | None = None
    en: str | None = None
    until: str | None = None
    is_new: bool = False
    row: int | None = None
    wrong: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """What is wrong with one row; ``row`` is None for what comes from no file."""

    row: int | None
    code: str
    text: Text


class _Carried(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    version: int = Field(ge=1, lt=10**9)
    rows: list[tuple[str, str | None, str | None, str | None]] = Field(max_length=CODES_MAX)


def code_row(
    code: str,
    zh: str | None = None,
    en: str | None = None,
    until: str | None = None,
    *,
    is_new: bool = False,
    row: int | None = None,
) -> CodeRow:
    """Return a row as it is kept: no spaces around anything, a day however it was written as 2026-03-02."""
    zh, en = (None if name is None else " ".join(name.split()) for name in (zh, en))
    return CodeRow(code=code.strip(), zh=zh, en=en, until=_day_said(until), is_new=is_new, row=row)


def said_of(item: ListItem) -> CodeRow:
    """Return what a list says of a code now."""
    until = "" if item.until_on is None else item.until_on.isoformat()
    return CodeRow(code=item.code, zh=item.title.zh, en=item.title.en, until=until)


def differing(base: CodeList, rows: Iterable[CodeRow]) -> Iterator[CodeRow]:
    """Yield the rows that say anything else than a version, with nothing in them but what they say otherwise."""
    known = {item.code: said_of(item) for item in base.items}
    for row in rows:
        before = known.get(row.code)
        if before is None or row.is_new:
            yield row
            continue
        zh, en, until = (None if getattr(row, part) == getattr(before, part) else getattr(row, part) for part in PARTS)
        if (zh, en, until) != (None, None, None):
            yield replace(row, zh=zh, en=en, until=until)


def row_problems(newest: CodeList, rows: Sequence[CodeRow]) -> list[RowProblem]:
    """Return what is wrong with rows that are to change a list, in their order."""
    known = {item.code: said_of(item) for item in newest.items}
    without_zeros = {code.lstrip("0"): code for code in known if code.startswith("0")}
    seen: dict[str, CodeRow] = {}
    problems: list[RowProblem] = []
    for row in rows:
        before = known.get(row.code)
        texts = [] if row.wrong is None else [row.wrong]
        if not _CODE.fullmatch(row.code):
            texts.append(
                Text(
                    "代码只能用字母、数字和下划线，1 至 40 个字符",
                    "A code has 1 to 40 letters, digits or underscores",
                )
            )
        elif row.code in seen:
            texts.append(_twice(row, seen[row.code]))
        elif row.is_new and before is not None:
            texts.append(
                Text(
                    f"代码 {row.code} 已有，请直接修改该代码的名称或日期",
                    f"There is a code {row.code}: change its own name or last day",
                )
            )
        elif before is None and row.code in without_zeros:
            meant = without_zeros[row.code]
            texts.append(
                Text(
                    f"与已有代码 {meant} 只差开头的 0，可能被表格软件去掉了，请改回 {meant}",
                    f"It lacks the zeros of the code {meant}, which spreadsheets drop: write {meant}",
                )
            )
        seen.setdefault(row.code, row)
        problems += [RowProblem(row=row.row, code=row.code, text=text) for text in (*texts, *_of_parts(row, before))]
    added = sum(code not in known for code in seen)
    if added and len(known) + added > CODES_MAX:
        problems.append(
            RowProblem(
                row=None,
                code="",
                text=Text(
                    f"一个代码表最多 {CODES_MAX:,} 个代码，现有 {len(known):,} 个，此次新增 {added:,} 个",
                    f"A list has at most {CODES_MAX:,} codes: there are {len(known):,}, and {added:,} are new",
                ),
            )
        )
    return problems


def next_version(newest: CodeList, rows: Iterable[CodeRow]) -> bytes:
    """Return the version after the newest, with the rows in it, as JSON with each code on a line of its own."""
    said: dict[str, JsonValue] = newest.model_dump(mode="json", by_alias=True, exclude_unset=True)
    changed = {row.code: row for row in rows}
    lines = [
        _changed(item.model_dump(mode="json", by_alias=True, exclude_unset=True), changed.pop(item.code, None))
        for item in newest.items
    ]
    lines += [_changed({"code": row.code, "title": {"zh": "", "en": ""}}, row) for row in changed.values()]
    head = {name: value for name, value in said.items() if name != "items"} | {"version": newest.version + 1}
    items = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "items": [\n{items}\n]}}'.encode()


def codes_by_line(newest: CodeList, rows: Iterable[CodeRow]) -> list[str]:
    """Return the codes of what ``next_version`` writes, in the order of its lines from ``FIRST_LINE`` on."""
    known = [item.code for item in newest.items]
    there = set(known)
    return [*known, *(row.code for row in rows if row.code not in there)]


def carried(base: CodeList, rows: Iterable[CodeRow]) -> str:
    """Return changes of a version as a page carries them; raises InputRefused for more than it can carry."""
    said = {"version": base.version, "rows": [[row.code, row.zh, row.en, row.until] for row in rows]}
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > CARRIED_BYTES_MAX:
        raise InputRefused(
            Text("一次修改的内容过多，请分几次上传并发布", "This changes too much at once: do it in several parts")
        )
    return text


def carried_version(text: str) -> int:
    """Return which version changes are of that a page carried; raises InputRefused for anything else."""
    return _carried(text).version


def carried_rows(text: str, base: CodeList) -> list[CodeRow]:
    """Return the changes of a version that a page carried; raises InputRefused for anything else."""
    known = {item.code for item in base.items}
    return [code_row(code, zh, en, until, is_new=code not in known) for code, zh, en, until in _carried(text).rows]


def _carried(text: str) -> _Carried:
    try:
        return _Carried.model_validate_json(text)
    except ValidationError as error:
        raise InputRefused(
            Text(
                "修改内容无法识别，请返回代码表重新填写或上传",
                "The changes cannot be read: go back to the list and make them again",
            )
        ) from error


def _twice(row: CodeRow, other: CodeRow) -> Text:
    if other.row is None:
        return Text(f"代码 {row.code} 填了两次", f"The code {row.code} stands twice")
    return Text(f"代码 {row.code} 在第 {other.row} 行已有", f"The code {row.code} stands on row {other.row} already")


def _of_parts(row: CodeRow, before: CodeRow | None) -> Iterator[Text]:
    """Yield what is wrong with names and last day; what stays as it is may be as long as it is."""
    for part, missing in (
        ("zh", Text("请填写名称", "Give the name in Chinese")),
        ("en", Text("请填写英文名称", "Give the name in English")),
    ):
        name = getattr(row, part)
        if name == "" or (name is None and before is None):
            yield missing
        elif name is not None and len(name) > NAME_CHARACTERS_MAX and (before is None or name != getattr(before, part)):
            yield Text(f"名称不得超过 {NAME_CHARACTERS_MAX} 字", f"A name has at most {NAME_CHARACTERS_MAX} characters")
    if row.until:
        try:
            day_of(row.until)
        except InputRefused as error:
            yield error.text


def _day_said(until: str | None) -> str | None:
    if until is None or not until.strip():
        return None if until is None else ""
    try:
        day = day_of(until)
    except InputRefused:
        return until.strip()
    return until.strip() if day is None else day.isoformat()


def _changed(said: dict[str, JsonValue], row: CodeRow | None) -> dict[str, JsonValue]:
    if row is None:
        return said
    title = said["title"]
    assert isinstance(title, dict)
    named: dict[str, JsonValue] = {
        **title,
        **{part: name for part, name in (("zh", row.zh), ("en", row.en)) if name is not None},
    }
    changed = {**said, "title": named}
    if row.until is not None:
        changed.pop("until_on", None)
        changed |= {"until_on": row.until} if row.until else {}
    return changed
