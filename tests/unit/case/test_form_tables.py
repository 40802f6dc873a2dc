"""Tables in forms: rows are checked cell by cell, columns are reckoned, and tallies give numbers over the rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from pydantic import JsonValue

from engine.case.commands import OpenCase
from engine.case.decide import decide
from engine.case.events import Step
from engine.case.identity import UnitId
from engine.case.scope import table_rows
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError, FormInvalid, GuardRefused
from tests.support.builders import (
    CLERK,
    ROOT,
    a_case,
    a_definition_with,
    a_list,
    a_move,
    a_rulebook,
    a_situation,
    asked,
    at,
)

VOTES = """
votes:
  title: {zh: 分项表决, en: Votes}
  privacy: public
  schema: {type: array, minItems: 1, maxItems: 3}
  columns:
    item: {title: {zh: 表决事项, en: Item}, schema: {type: string, maxLength: 10}}
    kind: {title: {zh: 类别, en: Kind}, schema: {type: string}, list: kinds, required: false}
    day: {title: {zh: 日期, en: Day}, schema: {type: string, format: date}, required: false}
    in_favour: {title: {zh: 同意, en: In favour}, schema: {type: integer, minimum: 0}}
    against: {title: {zh: 反对, en: Against}, schema: {type: integer, minimum: 0}}
    total: {title: {zh: 合计, en: Total}, schema: {type: integer}, value: row.in_favour + row.against}
    passed:
      title: {zh: 通过, en: Passed}
      schema: {type: boolean}
      value: row.in_favour * 2 > case.delegates and row.total <= case.delegates
delegates:
  title: {zh: 代表总数, en: Delegates}
  privacy: public
  schema: {type: integer}
items_passed:
  title: {zh: 通过项数, en: Items passed}
  privacy: public
  schema: {type: integer}
  tracked: true
"""
HEAD = """
lists: {kinds: kinds}
tallies:
  items: {of: votes}
  passed: {of: votes, where: row.passed}
  in_favour: {of: votes, sum: row.in_favour}
  kinds: {of: votes, distinct: row.kind}
  before_may: {of: votes, where: "row.day != null and row.day < now.date"}
"""
COUNT = a_move(
    "count",
    form="{votes: required, delegates: optional}",
    guards="[{id: few, expr: tally.in_favour <= 200, refuse: {zh: 同意票超过代表人数, en: Too many votes}}]",
    effects="[{do: set, values: {items_passed: tally.passed}}]",
)
AGAIN = a_move(
    "again",
    guards="[{id: two, expr: tally.items == 2 and tally.kinds == 1, refuse: {zh: 不是两项一类, en: Not so}}]",
)
MORE = """
more:
  title: {zh: 新增, en: More}
  privacy: public
  schema: {type: array, maxItems: 3}
  columns:
    on: {title: {zh: 日期, en: Day}, schema: {type: string, format: date}}
    people: {title: {zh: 人数, en: People}, schema: {type: integer}}
diary:
  title: {zh: 台账, en: Diary}
  privacy: internal
  schema: {type: array, maxItems: 4}
  columns:
    on: {title: {zh: 日期, en: Day}, schema: {type: string, format: date}}
    people: {title: {zh: 人数, en: People}, schema: {type: integer}}
met: {title: {zh: 总人数, en: People}, privacy: internal, schema: {type: integer}}
"""
DIARY = a_move(
    "note_down",
    form="{more: optional}",
    effects="[{do: append, table: diary, rows: more}, {do: set, values: {met: tally.met}}]",
)
KEPT: Rulebook = a_rulebook(
    a_definition_with(fields=MORE, head="tallies: {met: {of: diary, sum: row.people}}", transitions=DIARY)
)


def day(on: str, people: int) -> dict[str, JsonValue]:
    return {"on": on, "people": people}


def noted(held: list[JsonValue], *rows: dict[str, JsonValue]) -> Step | BanjieError:
    case = a_case(KEPT, state="handling", data={"subject": "联系", **({"diary": held} if held else {})})
    form: dict[str, JsonValue] = {"more": list(rows)}
    return decide(a_situation(KEPT, case), asked(case, "note_down", form=form), at("2026-05-01"))


def test_rows_are_put_under_those_that_are_there_and_counted_with_them() -> None:
    first = noted([], day("2026-04-01", 3))
    assert isinstance(first, Step)
    assert (first.after[0].data["diary"], first.after[0].data["met"]) == ([day("2026-04-01", 3)], 3)
    held = first.after[0].data["diary"]
    assert isinstance(held, list)
    second = noted(held, day("2026-04-08", 5), day("2026-04-09", 2))
    assert isinstance(second, Step)
    assert second.after[0].data["diary"] == [day("2026-04-01", 3), day("2026-04-08", 5), day("2026-04-09", 2)]
    assert second.after[0].data["met"] == 10
    assert second.events[0].fields["more"] == [day("2026-04-08", 5), day("2026-04-09", 2)], "what was new stands apart"


def test_without_new_rows_the_table_stays_and_is_not_written_again() -> None:
    step = noted([day("2026-04-01", 3)])
    assert isinstance(step, Step)
    assert "diary" not in step.events[0].fields
    assert step.after[0].data["diary"] == [day("2026-04-01", 3)]


def test_more_rows_than_a_table_takes_are_refused_whole() -> None:
    refusal = noted([day("2026-04-01", 3)] * 3, day("2026-04-08", 5), day("2026-04-09", 2))
    assert isinstance(refusal, FormInvalid)
    [problem] = refusal.fields
    assert (problem.path, problem.text.zh) == ("more", "“台账”最多 4 行，已有 3 行，不能再添 2 行")


RULES: Rulebook = a_rulebook(
    a_definition_with(opening="subject: required\nvotes: optional", fields=VOTES, head=HEAD, transitions=COUNT + AGAIN),
    lists=[a_list("kinds", "pay", "rest")],
)


def counted(form: Mapping[str, JsonValue], delegates: int = 150) -> Step | BanjieError:
    case = a_case(RULES, state="handling", data={"subject": "食堂", "delegates": delegates})
    return decide(a_situation(RULES, case), asked(case, "count", form=form), at("2026-05-01"))


def row(item: str, in_favour: int, against: int = 0, **more: JsonValue) -> dict[str, JsonValue]:
    return {"item": item, "in_favour": in_favour, "against": against, **more}


def test_columns_are_reckoned_row_by_row_and_read_those_before_them() -> None:
    step = counted({"votes": [row("工资", 76, 60), row("班车", 75, 75), row("食堂", 0, 151)]})
    assert isinstance(step, Step)
    assert step.events[0].fields["votes"] == [
        {"item": "工资", "in_favour": 76, "against": 60, "total": 136, "passed": True},
        {"item": "班车", "in_favour": 75, "against": 75, "total": 150, "passed": False},
        {"item": "食堂", "in_favour": 0, "against": 151, "total": 151, "passed": False},
    ]
    assert step.events[0].fields["items_passed"] == 1
    assert step.after[0].data["items_passed"] == 1


def test_a_table_is_reckoned_when_a_case_is_opened_too() -> None:
    command = OpenCase(
        root=ROOT,
        actor=CLERK,
        key="k",
        workflow="errand",
        unit=UnitId("works"),
        form={"subject": "食堂", "votes": [row("工资", 3, 4)]},
    )
    step = decide(a_situation(RULES), command, at("2026-05-01"))
    assert isinstance(step, Step)
    assert step.events[0].fields["votes"] == [
        {"item": "工资", "in_favour": 3, "against": 4, "total": 7, "passed": False}
    ]


@pytest.mark.parametrize(
    ("rows", "path", "words"),
    [
        ([row("工资", -1)], "votes.0.in_favour", "第 1 行“同意”：不得小于 0"),
        ([row("工资", 1), {"item": "班车", "in_favour": 1}], "votes.1.against", "第 2 行“反对”：为必填项"),
        ([row("工资", 1, kind="night")], "votes.0.kind", "第 1 行“类别”：“night”不在代码表内，可填：pay、rest"),
        ([row("工资", 1, day="2026-02-30")], "votes.0.day", "第 1 行“日期”：日期格式不对，应如 2026-03-02"),
        ([row("工资", 1, day="1026-02-03")], "votes.0.day", "第 1 行“日期”：年份应在 1900 至 2100 之间"),
        ([row("工资", 1, total=9)], "votes.0", "第 1 行：有不应填写的项"),
        ([row("工资", 1)] * 4, "votes", "不得超过 3 项"),
        (["工资"], "votes.0", "第 1 行：类型不对，应为一组值"),
        (
            [row("工资", 2**53 - 1, 2**53 - 1)],
            "votes.0.total",
            "第 1 行“合计”：计算结果过大，请核对填写的数字",
        ),
    ],
)
def test_what_is_wrong_is_told_with_row_and_column(rows: list[JsonValue], path: str, words: str) -> None:
    refusal = counted({"votes": rows})
    assert isinstance(refusal, FormInvalid)
    [problem] = refusal.fields
    assert (problem.path, problem.text.zh) == (path, words)
    assert problem.text.en


def test_what_cannot_be_reckoned_is_left_out_of_the_row() -> None:
    case = a_case(RULES, state="handling", data={"subject": "食堂"})
    step = decide(a_situation(RULES, case), asked(case, "count", form={"votes": [row("工资", 1)]}), at("2026-05-01"))
    assert isinstance(step, Step)
    [held] = table_rows(step.events[0].fields["votes"])
    assert held == {"item": "工资", "in_favour": 1, "against": 0, "total": 1, "passed": False}
    halves = a_rulebook(
        a_definition_with(
            opening="subject: required\nvotes: optional",
            fields=VOTES.replace("row.in_favour + row.against", "row.in_favour + case.delegates"),
            head=HEAD,
            transitions=COUNT + AGAIN,
        ),
        lists=[a_list("kinds", "pay", "rest")],
    )
    case = a_case(halves, state="handling", data={"subject": "食堂"})
    step = decide(a_situation(halves, case), asked(case, "count", form={"votes": [row("工资", 1)]}), at("2026-05-01"))
    assert isinstance(step, Step)
    assert step.events[0].fields["votes"] == [{"item": "工资", "in_favour": 1, "against": 0, "passed": False}]


def test_a_required_table_without_rows_is_missing() -> None:
    refusal = counted({"votes": []})
    assert isinstance(refusal, FormInvalid)
    assert [problem.text.zh for problem in refusal.fields] == ["“分项表决”为必填项"]


def test_a_code_of_a_column_that_is_over_is_refused() -> None:
    kinds = a_list("kinds", "pay", "rest")
    over = kinds.model_copy(
        update={"items": tuple(item.model_copy(update={"until_on": date(2026, 4, 30)}) for item in kinds.items)}
    )
    rules = a_rulebook(
        a_definition_with(
            opening="subject: required\nvotes: optional", fields=VOTES, head=HEAD, transitions=COUNT + AGAIN
        ),
        lists=[over],
    )
    case = a_case(rules, state="handling", data={"subject": "食堂", "delegates": 150})
    form: dict[str, JsonValue] = {"votes": [row("工资", 1, kind="pay")]}
    refusal = decide(a_situation(rules, case), asked(case, "count", form=form), at("2026-05-01"))
    assert isinstance(refusal, FormInvalid)
    assert [problem.text.zh for problem in refusal.fields] == ["第 1 行“类别”：“pay”自 2026-04-30 之后停用，请另选一项"]


def test_a_tally_reads_the_form_and_a_guard_refuses_by_it() -> None:
    refusal = counted({"votes": [row("工资", 120), row("班车", 81)]})
    assert isinstance(refusal, GuardRefused)
    assert refusal.text.zh == "同意票超过代表人数"


@pytest.mark.parametrize(
    ("rows", "holds"),
    [
        ([row("工资", 1, kind="pay"), row("班车", 1, kind="pay")], True),
        ([row("工资", 1, kind="pay"), row("班车", 1)], True),
        ([row("工资", 1, kind="pay"), row("班车", 1, kind="rest")], False),
        ([row("工资", 1, kind="pay")], False),
        (None, False),
    ],
)
def test_a_tally_reads_what_the_case_holds_where_the_form_has_no_table(
    rows: list[JsonValue] | None, holds: bool
) -> None:
    data: dict[str, JsonValue] = {"subject": "食堂"} | ({} if rows is None else {"votes": rows})
    case = a_case(RULES, state="handling", data=data)
    answer = decide(a_situation(RULES, case), asked(case, "again"), at("2026-05-01"))
    assert isinstance(answer, Step) is holds
