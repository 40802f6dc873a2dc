"""What a case is found by, and what a question becomes: written out by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from pydantic import JsonValue

from engine.case.actors import SYSTEM
from engine.case.case import Case
from engine.case.events import Event, EventType
from engine.case.identity import CaseId
from engine.case.search_words import (
    ASKED_CHARACTERS_MAX,
    DOCUMENT_CHARACTERS_MAX,
    Marked,
    document,
    fold,
    joined,
    marked,
    question,
    rewords,
    search_fields,
    search_texts,
    tokens,
)
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.errors import InputRefused
from tests.support.builders import a_case, at
from tests.support.proved_rules import load_once

WORKFLOWS = Path(__file__).parents[3] / "workflows"


@cache
def rules() -> Rulebook:
    return load_once(WORKFLOWS).rulebook()


def the_definition(name: str) -> Definition:
    return rules().for_new(name)


def a_matter(workflow: str, **data: JsonValue) -> Case:
    """Return a case of a shipped workflow in its first state."""
    return a_case(rules(), workflow=workflow, state=the_definition(workflow).workflow.initial, data=data)


def test_every_place_of_a_text_begins_one_token() -> None:
    assert tokens("食堂A3窗口，12元。") == ["食堂", "堂", "a3", "窗口", "口", "12", "元"]
    assert tokens("") == tokens("，。!? _-") == []
    assert tokens("x" * 100) == ["x" * 60]


def test_width_and_capitals_make_no_difference_and_lengths_stay() -> None:
    text = "ＷｉＦｉ５Ｇ㎏①"
    assert fold(text) == "wifi5g㎏1"
    assert len(fold(text)) == len(text)
    assert tokens("ＷｉＦｉ") == tokens("wifi")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("食堂", (("食堂",),)),
        ("夜班食堂", (("夜班", "班食", "食堂"),)),
        ("第012号", (("第", "012"),)),
        ("五届二次第012号提案", (("五届", "届二", "二次", "次第", "第", "012", "号提", "提案"),)),
        ("食堂 夜", (("食堂",),)),
        ("食堂，食堂", (("食堂",),)),
        ('食堂" OR "宿舍', (("食堂",), ("or",), ("宿舍",))),
        ("near(食堂*)", (("near",), ("食堂",))),
    ],
)
def test_a_question_becomes_phrases_of_tokens(typed: str, asked: tuple[tuple[str, ...], ...]) -> None:
    assert question(typed).asked == asked


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "请至少输入两个连在一起的汉字，或一个完整的英文词、数字"),
        ("堂", "请至少输入两个连在一起的汉字，或一个完整的英文词、数字"),
        ("%% **", "请至少输入两个连在一起的汉字，或一个完整的英文词、数字"),
        ("食" * (ASKED_CHARACTERS_MAX + 1), "检索内容不能超过200字，请只留下最要紧的词"),
        ("一二 三四 五六 七八 九十 甲乙 丙丁 戊己 庚辛", "一次最多检索8个词，请去掉几个"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_with_what_would_help(typed: str, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        question(typed)
    assert refused.value.text.zh == said
    assert refused.value.text.en


@pytest.mark.parametrize(
    ("typed", "text", "holds"),
    [
        ("夜班食堂", "关于夜班食堂的提案", True),
        ("夜班食堂", "夜班，食堂", False),
        ("第012号", "第 012 号", True),
        ("第012号", "第0121号", False),
        ("食堂 夜", "食堂", False),
        ("食堂 夜", "食堂晚上，夜里", True),
        ("wifi", "宿舍WiFi信号", True),
        ("wifi", "wifi6", False),
    ],
)
def test_a_text_holds_a_question_as_the_index_would_say_it(typed: str, text: str, holds: bool) -> None:
    assert question(typed).holds_in([text]) is holds


def test_all_words_may_stand_in_different_texts() -> None:
    assert question("食堂 宿舍").holds_in(["食堂", "宿舍"])
    assert not question("食堂 宿舍").holds_in(["食堂"])


def test_what_was_looked_for_is_marked_and_nothing_is_lost_or_invented() -> None:
    text = "建议延长食堂供餐时间，夜班食堂也延长"
    pieces = marked(text, question("食堂 延长"), around=100)
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.is_hit] == ["延长", "食堂", "食堂", "延长"]
    assert marked(text, question("宿舍"), around=9) == ()
    assert marked("食堂<b>", question("食堂"), around=9) == (Marked("食堂", True), Marked("<b>", False))
    cut = marked("一二三四五六七八食堂一二三四五六七八食堂", question("食堂"), around=3)
    assert [piece.text for piece in cut] == ["…六七八", "食堂", "一二三…"]
    assert [piece.text for piece in marked("前食堂后", question("食堂"), around=0)] == ["…", "食堂", "…"]


def test_a_case_is_found_by_its_open_texts_and_by_nothing_else() -> None:
    definition = the_definition("proposal")
    case = a_matter(
        "proposal",
        subject="食堂供餐",
        case_number="第012号",
        grounds="夜班没有热饭",
        category="welfare",
        lead="unit-7",
        received_on="2026-03-02",
        on_agenda=True,
        proposer_name="张三丰",
        seconding_scan="a" * 64,
    )
    assert dict(search_texts(case, definition)) == {
        "subject": "食堂供餐",
        "case_number": "第012号",
        "grounds": "夜班没有热饭",
    }
    assert document(case, definition) == "食堂 堂供 供餐 餐 第 012 号 夜班 班没 没有 有热 热饭 饭"


def test_no_field_that_is_searched_is_personal_or_confidential() -> None:
    for name in ("proposal", "grievance", "handling", "supervision"):
        fields = the_definition(name).workflow.fields
        assert {str(fields[field].privacy) for field in search_fields(the_definition(name))} <= {"public", "internal"}
    grievance = search_fields(the_definition("grievance"))
    assert {"content", "demands", "message", "petitioner_name", "accused_persons"}.isdisjoint(grievance)


def test_a_case_under_a_strict_level_is_found_by_what_it_is_called_only() -> None:
    definition = the_definition("grievance")
    open_case = a_matter("grievance", subject="工资", brief="请核实考勤", confidentiality="open")
    strict = a_matter("grievance", subject="工资", brief="请核实考勤", confidentiality="confidential")
    assert "考勤" in document(open_case, definition)
    assert document(strict, definition) == "工资 资"


def test_only_what_can_change_the_words_asks_for_new_ones() -> None:
    definition = the_definition("grievance")

    def event(**fields: JsonValue) -> Event:
        return Event(case=CaseId("c"), type=EventType.FIRED, at=at("2026-03-02"), actor=SYSTEM, fields=fields)

    assert rewords(event(brief="x"), definition)
    assert rewords(event(confidentiality="confidential"), definition)
    assert not rewords(event(content="x", urgent=True), definition)
    assert not rewords(event(), definition)
    assert rewords(event()._replace(type=EventType.OPENED), definition)


def test_what_an_index_does_not_take_is_cut_between_two_tokens() -> None:
    words = joined(["食堂" * 40_000])
    assert DOCUMENT_CHARACTERS_MAX - 3 <= len(words) <= DOCUMENT_CHARACTERS_MAX
    assert set(words.split(" ")) == {"食堂", "堂食"}
