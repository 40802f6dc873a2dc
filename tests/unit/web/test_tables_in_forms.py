"""Tables in forms: what is shown to be filled in, what comes back from a browser, and how rows are read."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from engine.access.directory import Surroundings, Unit
from engine.case.identity import RootId, UnitId
from engine.definition.compiled import Definition
from engine.errors import FieldProblem
from engine.text import Text
from tests.support.builders import a_definition_with, a_list, a_rulebook
from web.forms.filled import filled
from web.forms.widgets import SPARE_ROWS, Choices, FormMaker, Kind, Widget
from web.views.fields import FieldWriter
from web.words import Words

ZH = Words("zh")
VOTES = """
votes:
  title: {zh: 分项表决, en: Votes}
  privacy: public
  schema: {type: array, minItems: 2, maxItems: 6}
  columns:
    item: {title: {zh: 事项, en: Item}, schema: {type: string, maxLength: 40}}
    kind: {title: {zh: 类别, en: Kind}, schema: {type: string}, list: kinds, required: false}
    unit: {title: {zh: 单位, en: Unit}, schema: {type: string, format: unit}, required: false}
    on: {title: {zh: 日期, en: Day}, schema: {type: string, format: date}, required: false}
    in_favour: {title: {zh: 同意, en: In favour}, schema: {type: integer, minimum: 0}}
    passed: {title: {zh: 通过, en: Passed}, schema: {type: boolean}, value: row.in_favour > 75}
"""
ROOT = RootId("works")
WORKS = Unit(root=ROOT, id=UnitId("works"), parent=None, code="works", title=Text("总厂", "Works"))
AROUND = Surroundings(root=ROOT, epoch=1, units={WORKS.id: WORKS}, sessions={})
ASKED = {"votes": "required", "remark": "optional"}
ROWS: list[JsonValue] = [
    {"item": "工资", "kind": "pay", "in_favour": 76, "passed": True},
    {"item": "班车", "unit": "works", "in_favour": 1275, "passed": True},
]


@pytest.fixture(scope="module")
def definition() -> Definition:
    text = a_definition_with(fields=VOTES, head="lists: {kinds: kinds}")
    return a_rulebook(text, lists=[a_list("kinds", "pay", "rest")]).for_new("errand")


def widget(definition: Definition, value: JsonValue = None, *problems: FieldProblem) -> Widget:
    maker = FormMaker(words=ZH, definition=definition, choices=Choices(surroundings=AROUND))
    return maker.widgets({"votes": "required"}, {"votes": value}, problems)[0]


def test_a_table_shows_its_rows_and_empty_ones_without_what_is_reckoned(definition: Definition) -> None:
    empty = widget(definition)
    assert (empty.kind, empty.is_required, empty.rows_max) == (Kind.TABLE, True, 6)
    assert len(empty.rows) == SPARE_ROWS
    assert [cell.title for cell in empty.rows[0]] == ["事项", "类别", "单位", "日期", "同意"]
    assert [cell.kind for cell in empty.rows[0]] == [Kind.TEXT, Kind.SELECT, Kind.SELECT, Kind.DATE, Kind.NUMBER]
    assert [option.title for option in empty.rows[0][1].options] == ["代码pay", "代码rest"]
    held = widget(definition, ROWS, FieldProblem(path="votes.1.in_favour", text=Text("第 2 行“同意”：太多", "Row 2")))
    assert len(held.rows) == len(ROWS) + SPARE_ROWS
    assert [cell.value for cell in held.rows[1]] == ["班车", "", "works", "", "1275"]
    assert [cell.name for cell in held.rows[4]] == [
        f"votes.4.{one}" for one in ("item", "kind", "unit", "on", "in_favour")
    ]
    assert held.error == "第 2 行“同意”：太多"
    assert [cell.name for row in held.rows for cell in row if cell.error] == ["votes.1.in_favour"]


def test_no_more_rows_are_offered_than_a_table_takes(definition: Definition) -> None:
    assert len(widget(definition, [ROWS[0]] * 5).rows) == 6
    assert len(widget(definition, [ROWS[0]] * 8).rows) == 8, "what was typed is never left out"


def test_rows_come_back_in_order_without_empty_ones(definition: Definition) -> None:
    posted = {
        "f.votes.10.item": ["班车"],
        "f.votes.10.in_favour": ["七十"],
        "f.votes.2.item": ["工资"],
        "f.votes.2.kind": ["pay"],
        "f.votes.2.in_favour": [" 76 "],
        "f.votes.3.item": ["  "],
        "f.votes.3.kind": [""],
        "f.remark": ["无"],
    }
    assert filled(definition, ASKED, posted) == {  # type: ignore[arg-type]  # literals of their kind
        "votes": [{"item": "工资", "kind": "pay", "in_favour": 76}, {"item": "班车", "in_favour": "七十"}],
        "remark": "无",
    }


def test_columns_and_tables_that_nobody_asked_for_go_along_and_are_refused(definition: Definition) -> None:
    posted = {"f.votes.0.passed": ["true"], "f.votes.0.more": ["x"]}
    assert filled(definition, {"votes": "required"}, posted) == {"votes": [{"passed": True, "more": "x"}]}
    assert filled(definition, {"remark": "optional"}, posted) == {"votes.0.passed": "true", "votes.0.more": "x"}


def test_rows_are_read_in_words(definition: Definition) -> None:
    writer = FieldWriter(words=ZH, definition=definition, surroundings=AROUND, persons={})
    shown = writer.shown("votes", ROWS)
    assert shown.table is not None
    assert shown.table.heads == ("事项", "类别", "单位", "同意", "通过"), "a column that nobody filled in is left out"
    assert shown.table.numeric == (False, False, False, True, False)
    assert shown.table.rows == (("工资", "代码pay", "—", "76", "是"), ("班车", "—", "总厂", "1275", "是"))
    assert writer.write("votes", ROWS[:1]) == "事项：工资、类别：代码pay、同意：76、通过：是"
