"""A file of the wrong shape is told in words: what is wrong where, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import Problem
from tests.unit.definition.conftest import Edit

CLOSE = "    from: [handled]\n    to: closed\n    by: [clerk]\n"
DEADLINE = "deadlines:\n  reply:\n    title: {zh: 答复期限, en: Reply}\n    waive: {ladder: 示例}\n    within: "


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            (CLOSE, CLOSE + "    effects: [{do: bind, role: clerk, who: 3}]\n"),
            "type_wrong: “transitions.close.effects[0].who”的值 “3” 不对。请写文字；像数字或真假值的文字请加引号",
        ),
        (
            (CLOSE, CLOSE + "    effects: [{do: number, number: receipt, field: subject}]\n"),
            "key_missing: “transitions.close.effects[0]”缺少“series”。请补上“series:”",
        ),
        (
            (CLOSE, CLOSE + "    effects: [{do: set, values: {Subject: a}}]\n"),
            "name_wrong: 名称“Subject”不合规则。请以小写字母开头，只用小写字母、数字和下划线，不超过 60 个字"
            "符，如 reply_review",
        ),
        (
            (CLOSE, CLOSE + "    effects: {do: publish}\n"),
            "type_wrong: “transitions.close.effects”的值 {…} 不对。请写成列表，如 [甲, 乙]",
        ),
        (
            (CLOSE, CLOSE + "    guards: [{id: a, use: within_call, refuse: {zh: 否, en: No}}]\n"),
            "format_wrong: “transitions.close.guards[0].use”的值 “within_call” 不对。请写成 名称@版本，如 s"
            "econders_at_least@1",
        ),
        (
            ("    to: closed\n", "    to: closed\n    to_: x\n"),
            "key_unknown: “transitions.close”中有未知的键“to_”。是否想写“to”？",
        ),
        (
            ("    to: closed\n", "    to: closed\n    from_: [handled]\n"),
            "key_unknown: “transitions.close”中有未知的键“from_”。是否想写“from”？",
        ),
        (
            ("roles:\n", DEADLINE + "[30 days]\nroles:\n"),
            "type_wrong: “deadlines.reply.within”的值 […] 不对。请写成“键: 值”",
        ),
        (
            ("roles:\n", DEADLINE + "{from: subject}\nroles:\n"),
            "key_unknown: “deadlines.reply.within”中有未知的键“from”。可用：fixed、from_field、otherwise、session",
        ),
        (("roles:\n", DEADLINE + "30\nroles:\n"), "type_wrong: “deadlines.reply.within”的值 “30” 不对。请写成“键: 值”"),
        (
            ("    of: [clerk]\n", "    of: [clerk]\n    in: case_unt\n"),
            "choice_wrong: “roles.clerk.in”的值 “case_unt” 不对。可写：case_unit, lead_unit（是否想写“case_unit”？）",
        ),
        (
            ("    bound: grant\n", "    bound: x9\n"),
            "choice_wrong: “roles.clerk.bound”的值 “x9” 不对。可写：party, grant, system, code",
        ),
        (
            ("    from: [handled]\n", "    from: []\n"),
            "empty: “transitions.close.from”是空的。请至少写一项，或删去这个键",
        ),
        (("zh: 办事", "zh: ''"), "empty: “title.zh”是空的。请至少写一项，或删去这个键"),
        (("version: 1\n", "version: 0\n"), "out_of_range: “version”的值 “0” 不对。不得小于 1"),
        (
            (
                "roles:\n",
                "ladders:\n  usual:\n    rungs:\n      - {id: a, level: 10, colour: red, "
                "title: {zh: 催, en: P}, at: {}, to: [clerk]}\nroles:\n",
            ),
            "out_of_range: “ladders.usual.rungs[0].level”的值 “10” 不对。不得大于 9",
        ),
        (
            ("initial: submitted", f"initial: {'s' * 61}"),
            "too_long: “initial”的值 “ssssssssssssssssssssssssssssssssssssssss” 不对。不得超过 60 个字符",
        ),
        (("version: 1\n", "version: true\n"), "type_wrong: “version”的值 “true” 不对。请写整数，不加引号"),
        (("openers: [clerk]", "openers: clerk"), "type_wrong: “openers”的值 “clerk” 不对。请写成列表，如 [甲, 乙]"),
        (("states:\n", "stats: {}\nstates:\n"), "key_unknown: 文件中有未知的键“stats”。是否想写“states”？"),
        (("opening: {subject: required}", "opening: [subject]"), "type_wrong: “opening”的值 […] 不对。请写成“键: 值”"),
        (
            ("in_force_from: 2026-01-01", "in_force_from: 20260101"),
            "date_wrong: “in_force_from”的值 “20260101” 不对。请写成 2026-03-01 的样式",
        ),
        (
            ("roles:\n", "parameters: {a: {title: {zh: 甲, en: A}, value: [1]}}\nroles:\n"),
            "type_wrong: “parameters.a.value”的值 […] 不对。请写文字；像数字或真假值的文字请加引号",
        ),
        (
            ("roles:\n", "parameters: {a: {title: {zh: 甲, en: A}, value: 0.5}}\nroles:\n"),
            "type_wrong: “parameters.a.value”的值 “0.5” 不对。请写文字；像数字或真假值的文字请加引号",
        ),
        (("roles:\n", "roles:\n  more: 3\n"), "type_wrong: “roles.more”的值 “3” 不对。请写成“键: 值”"),
        (
            ("    title: {zh: 案由, en: Subject}\n", "    title: {zn: 案由, en: Subject}\n"),
            "key_missing: “fields.subject.title”缺少“zh”。中英文都要写，如 {zh: 已立案, en: Filed}",
        ),
        (
            ("name: errand\n", "name: Errand\n"),
            "format_wrong: “name”的值 “Errand” 不对。请以小写字母开头，只用小写字母、数字和下划线，不超过 6"
            "0 个字符，如 reply_review",
        ),
    ],
)
def test_a_wrong_shape_is_told_in_words(problems: Callable[..., list[Problem]], edit: Edit, expected: str) -> None:
    found = [f"{problem.code}: {problem.text.zh}。{problem.remedy.zh}" for problem in problems(edit)]
    assert expected in found


def test_a_term_that_is_no_period_is_told_once(problems: Callable[..., list[Problem]]) -> None:
    (problem,) = problems(("roles:\n", DEADLINE + "30 dais\nroles:\n"))
    assert (problem.code, problem.line) == ("format_wrong", 19)


def test_the_keys_of_an_effect_depend_on_what_it_does(problems: Callable[..., list[Problem]]) -> None:
    (problem,) = problems((CLOSE, CLOSE + "    effects: [{do: publish, zzz: 1}]\n"))
    assert problem.remedy.zh == "可用：do、fields"
