"""Sheets: what may be asked and filled in, and sums over a tree that equal the sum of all leaves, each once."""

from __future__ import annotations

import random

from pydantic import JsonValue

from engine.case.sheets import Sum, amounts, asked_items, asked_problems, filled_problems, rolled_up, too_great

ITEMS: list[JsonValue] = [
    {"code": "A", "title": "职工", "least": 0, "sum_of": "A1＋A2", "adds_up": True},
    {"code": "A1", "title": "男", "adds_up": True},
    {"code": "A2", "title": "女", "most": 100, "adds_up": True},
    {"code": "B", "title": "会员", "at_most": "A", "adds_up": True},
    {"code": "C", "title": "平均年龄", "adds_up": False},
]


def filled(**figures: int) -> list[JsonValue]:
    return [{"code": code, "amount": amount} for code, amount in figures.items()]


def refusals(value: JsonValue) -> list[str]:
    return [problem.text.zh for problem in filled_problems("figures", value, asked_items(ITEMS))]


def test_what_is_asked_is_read_from_rows_and_a_full_width_plus_is_a_plus() -> None:
    asked = asked_items(ITEMS)
    assert [item.parts for item in asked] == [("A1", "A2"), (), (), (), ()]
    assert [item.adds_up for item in asked] == [True, True, True, True, False]
    assert (asked[2].most, asked[2].least, asked[3].at_most) == (100, None, "A")
    assert list(asked_problems("items", ITEMS)) == []


def test_figures_that_fit_are_not_refused() -> None:
    assert refusals(filled(A=30, A1=20, A2=10, B=30, C=41)) == []


def test_every_limit_is_asked_and_told_with_its_row() -> None:
    assert refusals(filled(A=-1, A1=0, A2=-1, B=-1, C=0)) == ["第 1 行：“职工”不得小于 0"]
    assert refusals(filled(A=101, A1=0, A2=101, B=0, C=0)) == ["第 3 行：“女”不得大于 100"]
    assert refusals(filled(A=7, A1=2, A2=4, B=7, C=0)) == ["第 1 行：“职工”应等于男＋女，即 6，现填 7"]
    assert refusals(filled(A=6, A1=2, A2=4, B=7, C=0)) == ["第 4 行：“会员”不得大于“职工”（6）"]


def test_an_item_is_filled_in_once_and_none_is_left_out() -> None:
    more: list[JsonValue] = [{"code": "B", "amount": 1}, {"code": "Z", "amount": 1}]
    twice: JsonValue = [*filled(A=6, A1=2, A2=4, B=6, C=40), *more]
    assert refusals(twice) == ["第 6 行：指标“B”与第 4 行重复", "第 7 行：表中没有指标“Z”"]
    assert refusals(filled(A=6, A1=2, A2=4)) == ["还有指标没有填写：会员、平均年龄；没有的填 0"]


def test_a_sum_in_a_circle_is_told_in_every_row_of_it() -> None:
    rows: list[JsonValue] = [
        {"code": "A", "title": "甲", "sum_of": "B"},
        {"code": "B", "title": "乙", "sum_of": "C"},
        {"code": "C", "title": "丙", "sum_of": "A"},
        {"code": "D", "title": "丁", "sum_of": "A"},
    ]
    problems = list(asked_problems("items", rows))
    assert [problem.path for problem in problems] == ["items.0.sum_of", "items.1.sum_of", "items.2.sum_of"]
    assert {problem.text.zh.partition("：")[2] for problem in problems} == {"相加关系成环，算不出来"}


def test_a_total_too_great_to_be_kept_is_refused() -> None:
    asked = asked_items([{"code": "A", "title": "金额"}])
    problem = too_great(rolled_up(asked, {"A": 2**53 - 1}, [{"A": 1}]), asked)
    assert problem is not None
    assert problem.text.zh == "“金额”的合计过大，请核对各单位的数字"
    assert too_great(rolled_up(asked, {"A": 2**53 - 2}, [{"A": 1}]), asked) is None


def test_totals_up_a_tree_are_those_of_all_units_each_counted_once() -> None:
    """Against an oracle that knows no tree: it adds up every unit's own figures in one list."""
    chance, asked = random.Random(20261123), asked_items(ITEMS)
    for _again in range(50):
        everything: list[dict[str, int]] = []

        def total_of(level: int, everything: list[dict[str, int]] = everything) -> dict[str, int]:
            men, women = chance.randrange(50), chance.randrange(50)
            members = chance.randrange(men + women + 1)
            own = {"A": men + women, "A1": men, "A2": women, "B": members, "C": chance.randrange(60)}
            everything.append(own)
            below = [total_of(level + 1) for _child in range(chance.randrange(4) if level < 4 else 0)]
            return {one.code: one.total for one in rolled_up(asked, own, below)}

        totals = total_of(0)
        assert totals == {code: sum(own[code] for own in everything) for code in ("A", "A1", "A2", "B")}
        assert totals["A"] == totals["A1"] + totals["A2"]
        assert totals["B"] <= totals["A"]


def test_rows_of_figures_are_read_by_code_and_what_is_no_number_counts_nothing() -> None:
    assert amounts([{"code": "A", "amount": 3}, {"code": "B"}, {"code": "C", "amount": True}]) == {
        "A": 3,
        "B": 0,
        "C": 0,
    }
    assert Sum("A", 2, 3).total == 5
