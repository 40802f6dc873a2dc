"""Sheets (统计表): what may stand in one, and what its figures come to with those of the units below. Pure.

How a sheet is declared stands in ``engine.definition.sheet_parts``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from engine.case.case import Case, Child
from engine.case.identity import CaseId, UnitId
from engine.case.scope import table_rows
from engine.definition.compiled import Definition
from engine.definition.guard_words import INTEGER_MAX
from engine.definition.model import Workflow
from engine.definition.sheet_parts import SheetPart
from engine.errors import FieldProblem
from engine.text import Text

Row = Mapping[str, JsonValue]


class Asked(NamedTuple):
    """One item of a sheet: ``parts`` are the codes that add up to it, none where it is filled in freely."""

    code: str
    title: str
    least: int | None
    most: int | None
    parts: tuple[str, ...]
    at_most: str | None
    adds_up: bool


class Sum(NamedTuple):
    """What one item comes to: the unit's own, what the units below have answered, and both."""

    code: str
    own: int
    below: int

    @property
    def total(self) -> int:
        return self.own + self.below


def asked_items(value: JsonValue) -> tuple[Asked, ...]:
    """Return the items that the rows of an ``asked`` table declare."""
    return tuple(_item(row) for row in table_rows(value))


def _item(row: Row) -> Asked:
    formula = str(row.get("sum_of") or "").replace("＋", "+")
    return Asked(
        code=str(row.get("code", "")),
        title=str(row.get("title", "")),
        least=_number(row.get("least")),
        most=_number(row.get("most")),
        parts=tuple(part.strip() for part in formula.split("+")) if formula.strip() else (),
        at_most=str(row["at_most"]) if row.get("at_most") else None,
        adds_up=row.get("adds_up") is not False,
    )


def amounts(value: JsonValue, column: str = "amount") -> dict[str, int]:
    """Return what stands in a column of figures by code, the last row counting."""
    return {str(row.get("code")): _number(row.get(column)) or 0 for row in table_rows(value)}


def asked_problems(table: str, value: JsonValue) -> Iterator[FieldProblem]:
    """Yield what is wrong with the items of a sheet: codes twice, sums of nothing, limits that cannot hold."""
    items = asked_items(value)
    by_code = {item.code: item for item in items}
    for index, item in enumerate(items):
        first = next(place for place, other in enumerate(items) if other.code == item.code)
        if first != index:
            yield _row_problem(
                table,
                index,
                "code",
                Text(
                    f"指标代码“{item.code}”与第 {first + 1} 行重复",
                    f"the code {item.code} stands in row {first + 1} too",
                ),
            )
        if "+" in item.code or "＋" in item.code or item.code != item.code.strip():
            yield _row_problem(
                table,
                index,
                "code",
                Text("指标代码不能含有加号，首尾不能有空格", "a code holds no plus sign, and no blanks around it"),
            )
        for code in item.parts:
            if code not in by_code or code == item.code:
                yield _row_problem(
                    table,
                    index,
                    "sum_of",
                    Text(
                        f"表中没有可供相加的指标“{code}”，写法如 A1+A2",
                        f"no other item is called {code}; write it as A1+A2",
                    ),
                )
            elif by_code[code].adds_up is not item.adds_up:
                yield _row_problem(
                    table,
                    index,
                    "sum_of",
                    Text(
                        f"“{code}”与本行一个汇总、一个不汇总，不能相加",
                        f"{code} is added up over the units and this row is not, or the other way round",
                    ),
                )
        if item.at_most is not None and (item.at_most not in by_code or item.at_most == item.code):
            yield _row_problem(
                table,
                index,
                "at_most",
                Text(f"表中没有可供比较的指标“{item.at_most}”", f"no other item is called {item.at_most}"),
            )
        if item.least is not None and item.most is not None and item.least > item.most:
            yield _row_problem(
                table,
                index,
                "most",
                Text(
                    f"上限 {item.most} 小于下限 {item.least}",
                    f"the most, {item.most}, is less than the least, {item.least}",
                ),
            )
    for index in _in_circles(items):
        yield _row_problem(
            table,
            index,
            "sum_of",
            Text("相加关系成环，算不出来", "what adds up to it goes in a circle"),
        )


def _in_circles(items: Sequence[Asked]) -> Iterator[int]:
    parts = {item.code: item.parts for item in items}
    for index, item in enumerate(items):
        seen, waiting = set[str](), [part for part in item.parts if part != item.code]
        while waiting:
            code = waiting.pop()
            if code not in seen:
                seen.add(code)
                waiting += parts.get(code, ())
        if item.code in seen:
            yield index


def filled_problems(table: str, value: JsonValue, items: Sequence[Asked]) -> Iterator[FieldProblem]:
    """Yield where figures are not what the sheet asks for: every item once, within its limits, and adding up."""
    rows, by_code = table_rows(value), {item.code: item for item in items}
    places: dict[str, int] = {}
    for index, row in enumerate(rows):
        code = str(row.get("code"))
        if code not in by_code:
            text = Text(f"表中没有指标“{code}”", f"the sheet has no item {code}")
            yield _row_problem(table, index, "code", text)
        elif code in places:
            text = Text(f"指标“{code}”与第 {places[code] + 1} 行重复", f"{code} stands in row {places[code] + 1} too")
            yield _row_problem(table, index, "code", text)
        places.setdefault(code, index)
    missing = [item for item in items if item.code not in places]
    if missing:
        zh, en = "、".join(item.title for item in missing), ", ".join(item.code for item in missing)
        yield FieldProblem(
            path=table, text=Text(f"还有指标没有填写：{zh}；没有的填 0", f"Not filled in: {en}; write 0")
        )
    given = amounts(value)
    for item in items:
        if item.code in places:
            for problem in _amount_problems(item, given, by_code):
                yield _row_problem(table, places[item.code], "amount", problem)


def _amount_problems(item: Asked, given: Mapping[str, int], by_code: Mapping[str, Asked]) -> Iterator[Text]:
    amount = given[item.code]
    if item.least is not None and amount < item.least:
        yield Text(f"“{item.title}”不得小于 {item.least}", f"{item.title} is {item.least} at least")
    if item.most is not None and amount > item.most:
        yield Text(f"“{item.title}”不得大于 {item.most}", f"{item.title} is {item.most} at most")
    if item.parts and all(part in given for part in item.parts):
        wanted = sum(given[part] for part in item.parts)
        if amount != wanted:
            names, codes = "＋".join(by_code[part].title for part in item.parts), " + ".join(item.parts)
            yield Text(
                f"“{item.title}”应等于{names}，即 {wanted}，现填 {amount}",
                f"{item.title} is {codes}, which makes {wanted} and not {amount}",
            )
    if item.at_most is not None and item.at_most in given and amount > given[item.at_most]:
        other = by_code[item.at_most].title
        yield Text(
            f"“{item.title}”不得大于“{other}”（{given[item.at_most]}）",
            f"{item.title} is {other} at most, which is {given[item.at_most]}",
        )


def rolled_up(items: Sequence[Asked], own: Mapping[str, int], below: Sequence[Mapping[str, int]]) -> tuple[Sum, ...]:
    """Return what the items that add up come to; ``below`` has the total of each answered sheet by code."""
    return tuple(
        Sum(item.code, own.get(item.code, 0), sum(each.get(item.code, 0) for each in below))
        for item in items
        if item.adds_up
    )


def too_great(sums: Sequence[Sum], items: Sequence[Asked]) -> FieldProblem | None:
    """Return the refusal of a total that is too great to be kept."""
    titles = {item.code: item.title for item in items}
    for one in sums:
        if max(abs(one.own), abs(one.below), abs(one.total)) > INTEGER_MAX:
            title = titles[one.code]
            return FieldProblem(
                path="",
                text=Text(
                    f"“{title}”的合计过大，请核对各单位的数字", f"The total of {title} is too great; check the figures"
                ),
            )
    return None


def as_rows(sums: Sequence[Sum]) -> list[JsonValue]:
    """Return totals as the rows of their table."""
    return [{"code": one.code, "own": one.own, "below": one.below, "total": one.total} for one in sums]


def own_figures(case: Case, part: SheetPart) -> dict[str, int]:
    """Return what the unit of a case has filled in itself; nothing where the sheet asks the unit nothing."""
    return {} if part.filled is None else amounts(case.data.get(part.filled))


def awaited(case: Case, part: SheetPart) -> tuple[Child, ...]:
    """Return whose sheets are added up here: of each unit the newest, in the order in which they were sent."""
    if part.below is None:
        return ()
    newest: dict[UnitId, Child] = {}
    for child in case.children:
        if child.workflow == part.below.workflow:
            newest.pop(child.unit, None)
            newest[child.unit] = child
    return tuple(newest.values())


def answers(
    case: Case, name: str, part: SheetPart, family: Mapping[CaseId, Case], definition_of: Callable[[Case], Definition]
) -> list[Mapping[str, int]]:
    """Return the totals of each sheet below that counts, by code."""
    below = part.below
    found: list[Mapping[str, int]] = []
    for child in awaited(case, part):
        row = family.get(child.case)
        if below is not None and row is not None and row.state in below.states:
            sheet = definition_of(row).workflow.sheets[name]
            found.append(amounts(row.data.get(sheet.totals), "total"))
    return found


def sheet_of_rows(workflow: Workflow, field: str) -> SheetPart | None:
    """Return the sheet that is answered in a table; None for a table that is no sheet."""
    return next((part for part in workflow.sheets.values() if part.filled == field), None)


def _number(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _row_problem(table: str, index: int, column: str, text: Text) -> FieldProblem:
    placed = Text(f"第 {index + 1} 行：{text.zh}", f"Row {index + 1}: {text.en}")
    return FieldProblem(path=f"{table}.{index}.{column}", text=placed)
