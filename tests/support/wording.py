"""What officers write in scenarios, as the values the engine takes: dates, titles, codes, units and persons by name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import JsonValue

from engine.definition.compiled import Definition
from engine.definition.parts import FieldPart, Label

DAY: Final = r"\d{4}年\d{1,2}月\d{1,2}日(?:（周[一二三四五六日]）)?"
_DAY: Final = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?:（周([一二三四五六日])）)?")
_WEEKDAYS: Final = "一二三四五六日"
_ANSWER: Final = re.compile(r"，([^“”，]+?)为“([^“”]*)”")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How units, persons and cases are found by what a scenario calls them."""

    unit: Callable[[str], str]
    person: Callable[[str], str]
    case: Callable[[str], str]


def day(text: str) -> date:
    """Return the date of ``2026年3月2日（周一）``; a weekday that is not that date's is a mistake of the scenario."""
    found = _DAY.fullmatch(text)
    assert found is not None, f"不是日期：{text}"
    on = date(int(found[1]), int(found[2]), int(found[3]))
    assert found[4] in (None, _WEEKDAYS[on.weekday()]), f"{text}应为周{_WEEKDAYS[on.weekday()]}"
    return on


def in_words(on: date) -> str:
    """Return a date as scenarios write it."""
    return f"{on.year}年{on.month}月{on.day}日（周{_WEEKDAYS[on.weekday()]}）"


def answers(text: str | None) -> dict[str, str]:
    """Return title → answer of ``，主办单位为“后勤服务中心”，协办单位为“财务部、基建处”``."""
    found = _ANSWER.findall(text or "")
    assert "".join(f"，{title}为“{answer}”" for title, answer in found) == (text or ""), f"看不懂：{text}"
    return dict(found)


def named(title: str, parts: Mapping[str, object], among: Iterable[str] | None = None) -> str:
    """Return the name of the only part with this Chinese title (or name), among some of them if given."""
    pool = list(parts if among is None else among)
    if title in pool:
        return title
    found = [name for name in pool if _titled(parts[name]) == title]
    assert found, f"没有“{title}”，有：{'、'.join(_titled(parts[name]) for name in pool)}"
    assert len(found) == 1, f"“{title}”不止一个：{'、'.join(found)}"
    return found[0]


def _titled(part: object) -> str:
    title = getattr(part, "title", None)
    return title.zh if isinstance(title, Label) else ""


def value_of(definition: Definition, name: str, answer: str, names: Names) -> JsonValue:
    """Return what an answer in words is in the form: a code for its title, an id for a name, an ISO date."""
    part = definition.field(name)
    if answer == "":
        return None
    if part.json_schema.get("format") == "rung":
        return _rung(definition, answer)
    codes = definition.list_of(name)
    if codes is not None:
        by_title = {item.title.zh: item.code for item in codes.items}
        return by_title.get(answer, answer)
    if part.json_schema.get("type") == "array":
        items = part.json_schema["items"]
        assert isinstance(items, dict)
        return [_plain(items, one, names) for one in answer.split("、")]
    return _plain(part.json_schema, answer, names)


def rows_of(definition: Definition, table: str, written: Sequence[Sequence[str]], names: Names) -> list[JsonValue]:
    """Return the rows of a table as a scenario writes them: the titles of columns first, an empty cell says nothing."""
    columns = definition.field(table).columns
    heads = [named(title, columns) for title in written[0]]
    rows: list[JsonValue] = []
    for cells in written[1:]:
        row: dict[str, JsonValue] = {}
        for column, cell in zip(heads, cells, strict=True):
            codes = definition.list_of(f"{table}.{column}")
            by_title = {item.title.zh: item.code for item in codes.items} if codes is not None else {}
            if cell:
                row[column] = by_title[cell] if codes is not None else _plain(columns[column].json_schema, cell, names)
        rows.append(row)
    return rows


def _rung(definition: Definition, words: str) -> str:
    """Return ``答复期限/黄色：逾期催办`` as deadline and rung."""
    title, _, rung = words.partition("/")
    workflow = definition.workflow
    deadline = named(title, workflow.deadlines)
    ladder = workflow.ladders[workflow.deadlines[deadline].ladder or ""]
    return f"{deadline}/{named(rung, {part.id: part for part in ladder.rungs})}"


def _plain(schema: Mapping[str, JsonValue], answer: str, names: Names) -> JsonValue:
    match schema.get("type"), schema.get("format"):
        case "integer", _:
            return int(answer)
        case "boolean", _:
            return {"是": True, "否": False}[answer]
        case _, "date":
            return day(answer).isoformat()
        case _, "unit":
            return names.unit(answer)
        case _, "person":
            return names.person(answer)
        case _, "case":
            return names.case(answer)
        case _, "file":
            return file_id(answer)
        case _:
            return answer


def file_id(name: str) -> str:
    """Return the id of the upload that a scenario calls by this name."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def anything(definition: Definition, name: str, today: date, names: Names) -> JsonValue:
    """Return an answer that fits the field, for what a scenario does not speak of."""
    part: FieldPart = definition.field(name)
    if part.columns:
        asked = {column: one for column, one in part.columns.items() if one.value is None}
        return [
            {
                column: _anything(definition, f"{name}.{column}", one.json_schema, one.title.zh, today, names)
                for column, one in asked.items()
            }
        ]
    return _anything(definition, name, part.json_schema, part.title.zh, today, names)


def _anything(
    definition: Definition, place: str, schema: Mapping[str, JsonValue], title: str, today: date, names: Names
) -> JsonValue:
    codes = definition.list_of(place)
    if codes is not None:
        return codes.items[0].code
    match schema.get("type"), schema.get("format"):
        case "integer", _:
            return schema.get("minimum", 1)
        case "boolean", _:
            return True
        case "array", _:
            return [names.unit("人力资源部")]
        case _, "date":
            return today.isoformat()
        case _, "unit":
            return names.unit("后勤服务中心")
        case _:
            return f"{title}（从略）"
