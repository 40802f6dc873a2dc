"""The next version of a code list: what a form, a file or a preview says of its codes, and what is wrong with it."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise

import pytest

from engine.definition.checks import prove_list
from engine.definition.loader import LIST_BYTES_MAX, list_of_json
from engine.definition.model import CodeList
from engine.errors import DefinitionError, InputRefused
from engine.service.list_changes import (
    CARRIED_BYTES_MAX,
    CODES_MAX,
    CodeRow,
    carried,
    carried_rows,
    carried_version,
    code_row,
    codes_by_line,
    differing,
    next_version,
    row_problems,
)


def code_list(*codes: str, version: int = 1) -> CodeList:
    """Return a list of these codes, the first of which has a flag, a note and a last day."""
    items: list[dict[str, object]] = [
        {"code": code, "title": {"zh": f"名{code}", "en": f"Name {code}"}} for code in codes
    ]
    items[0] |= {"flags": {"counts": True}, "note": {"zh": "说明", "en": "Note"}, "until_on": "2026-03-02"}
    return CodeList.model_validate(
        {"name": "kinds", "version": version, "title": {"zh": "类别", "en": "Kinds"}, "items": items}
    )


KINDS = code_list("a", "b", "c")


def told(*rows: CodeRow, of: CodeList = KINDS) -> list[tuple[int | None, str, str]]:
    return [(one.row, one.code, one.text.zh) for one in row_problems(of, rows)]


def items_after(*rows: CodeRow, of: CodeList = KINDS) -> dict[str, dict[str, object]]:
    said = json.loads(next_version(of, rows))
    return {item["code"]: item for item in said["items"]}


def test_what_is_not_said_of_a_code_stays_and_so_do_its_flags_and_its_note() -> None:
    after = items_after(code_row("a", zh="新名"), code_row("c", until="2026年5月1日"))
    assert after["a"] == {
        "code": "a",
        "title": {"zh": "新名", "en": "Name a"},
        "flags": {"counts": True},
        "note": {"zh": "说明", "en": "Note"},
        "until_on": "2026-03-02",
    }
    assert after["b"] == {"code": "b", "title": {"zh": "名b", "en": "Name b"}}
    assert after["c"] == {"code": "c", "title": {"zh": "名c", "en": "Name c"}, "until_on": "2026-05-01"}


def test_an_empty_last_day_takes_it_away_and_a_new_code_stands_at_the_end() -> None:
    after = items_after(code_row("a", until=" "), code_row("d", "食 堂 ", "Canteen", "", is_new=True))
    assert "until_on" not in after["a"]
    assert list(after) == ["a", "b", "c", "d"]
    assert after["d"] == {"code": "d", "title": {"zh": "食 堂", "en": "Canteen"}}


def test_each_code_stands_on_a_line_of_its_own_so_that_a_proof_names_it() -> None:
    rows = [code_row("b", zh="no Chinese"), code_row("d", "食堂", "食堂", is_new=True)]
    text = next_version(KINDS, rows)
    loaded = list_of_json(text, "published.yaml")
    assert (loaded.part.version, [item.code for item in loaded.part.items]) == (2, ["a", "b", "c", "d"])
    found = prove_list(loaded.part, loaded.positions, "published.yaml")
    assert [(problem.line, problem.text.zh) for problem in found] == [
        (3, "中文文字“no Chinese”不是中文"),
        (5, "英文文字“食堂”不是英文"),
    ]
    assert codes_by_line(KINDS, rows) == ["a", "b", "c", "d"]
    assert text.decode().splitlines()[4].startswith('{"code":"d"')


def test_a_list_of_a_page_that_says_far_too_much_is_refused() -> None:
    with pytest.raises(DefinitionError) as refused:
        list_of_json(b" " * (LIST_BYTES_MAX + 1), "published.yaml")
    [problem] = refused.value.problems
    assert (problem.text.zh, problem.remedy.zh) == ("代码表的内容过大", "请缩短名称")


def test_only_what_differs_is_a_change() -> None:
    rows = [code_row("a", "名a", "Name a", "2026-03-02"), code_row("b", "名b", "Other", ""), code_row("c")]
    assert list(differing(KINDS, rows)) == [CodeRow(code="b", en="Other")]


def test_of_two_who_change_a_list_neither_undoes_what_the_other_did() -> None:
    # Both began with version 1; the other has renamed b, and published that as version 2.
    theirs = list_of_json(next_version(KINDS, [code_row("b", zh="别名")]), "-").part
    shown = [code_row("a", "名a", "Name a", "2026-03-02"), code_row("b", "名b", "Name b", "2026-09-01")]
    mine = list(differing(KINDS, shown))
    after = {item.code: item for item in list_of_json(next_version(theirs, mine), "-").part.items}
    assert (after["b"].title.zh, after["b"].until_on) == ("别名", date(2026, 9, 1))


def test_what_is_wrong_is_told_at_the_row_that_says_it() -> None:
    many = code_row("b", zh="字" * 101, en="", until="soon", row=3)
    assert told(
        code_row("no code!", "名", "Name", row=2),
        many,
        code_row("d", en="Name", row=4),
        code_row("d", "名", "Name", row=5),
        CodeRow(code="e", zh="名", en="Name", row=6, wrong=KINDS.title.text),
    ) == [
        (2, "no code!", "代码只能用字母、数字和下划线，1 至 40 个字符"),
        (3, "b", "名称不得超过 100 字"),
        (3, "b", "请填写英文名称"),
        (3, "b", "“soon”不是日期，请写成 2026-03-02 或 2026年3月2日"),
        (4, "d", "请填写名称"),
        (5, "d", "代码 d 在第 4 行已有"),
        (6, "e", "类别"),
    ]
    assert told(code_row("a", until="2026-04-01"), code_row("b")) == []


def test_a_form_does_not_take_a_code_twice_nor_one_that_there_is() -> None:
    rows = [code_row("d", "名", "Name", is_new=True), code_row("d", "名", "Name", is_new=True)]
    assert told(*rows) == [(None, "d", "代码 d 填了两次")]
    assert told(code_row("a", "名", "Name", is_new=True)) == [(None, "a", "代码 a 已有，请直接修改该代码的名称或日期")]


def test_a_code_whose_zeros_a_spreadsheet_has_dropped_is_no_new_one() -> None:
    numbered = code_list("001", "12")
    said = "与已有代码 001 只差开头的 0，可能被表格软件去掉了，请改回 001"
    assert told(code_row("1", "名", "Name", row=2), of=numbered) == [(2, "1", said)]
    assert told(code_row("12", "名", "Name", row=2), of=numbered) == []


def test_a_name_that_stands_there_already_may_be_longer_than_a_new_one() -> None:
    long = code_list("a")
    item = long.items[0].model_copy(update={"title": long.title.model_copy(update={"zh": "字" * 150})})
    long = long.model_copy(update={"items": (item,)})
    assert told(code_row("a", zh="字" * 150, until=""), of=long) == []
    assert told(code_row("a", zh="字" * 149), of=long) == [(None, "a", "名称不得超过 100 字")]


def test_a_list_grows_to_so_many_codes_and_no_further() -> None:
    full = code_list(*(f"c{number}" for number in range(CODES_MAX - 1)))
    assert told(code_row("x", "名", "Name"), of=full) == []
    more = [code_row("x", "名", "Name"), code_row("y", "名", "Name")]
    assert told(*more, of=full) == [
        (None, "", "一个代码表最多 2,000 个代码，现有 1,999 个，此次新增 2 个"),
    ]
    assert told(code_row("c5", zh="别名"), of=code_list(*(f"c{n}" for n in range(CODES_MAX + 9)))) == []


def test_changes_are_carried_and_come_back_as_they_were() -> None:
    rows = [
        code_row("b", zh="新“名”<b>"),
        code_row("c", until=""),
        code_row("d", "名", "Name", "2026-05-01", is_new=True),
    ]
    text = carried(KINDS, rows)
    assert (carried_version(text), carried_rows(text, KINDS)) == (1, rows)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 0, "rows": []}',
        '{"version": 1, "rows": [["a", 1, null, null]]}',
        '{"version": 1, "rows": [["a", null, null]]}',
        '{"version": 1, "rows": [], "flags": {}}',
        '{"version": 1, "rows": [' + ",".join(['["a",null,null,null]'] * (CODES_MAX + 1)) + "]}",
    ],
)
def test_what_no_preview_carried_is_refused(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        carried_version(text)
    assert refused.value.text.zh == "修改内容无法识别，请返回代码表重新填写或上传"


def test_more_than_a_page_carries_is_refused() -> None:
    rows = [code_row(f"c{number}", "字" * 100, "x" * 100, is_new=True) for number in range(CODES_MAX)]
    assert len(rows) * 400 > CARRIED_BYTES_MAX
    with pytest.raises(InputRefused) as refused:
        carried(KINDS, rows)
    assert refused.value.text.zh == "一次修改的内容过多，请分几次上传并发布"


def test_two_thousand_new_codes_of_common_length_are_carried_at_once() -> None:
    rows = [
        code_row(f"c{number}", "后勤保障服务中心工作", "Logistics and services", is_new=True)
        for number in range(CODES_MAX)
    ]
    text = carried(KINDS, rows)
    assert len(carried_rows(text, KINDS)) == CODES_MAX
    codes = [row.code for row in carried_rows(text, KINDS)]
    assert all(before != after for before, after in pairwise(codes))
