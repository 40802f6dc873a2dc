"""The explanation of a date: each day with its mark, and the reasons in sentences."""

from __future__ import annotations

from datetime import date, datetime
from typing import Unpack

import pytest

from engine.calendar.calendar import Calendar
from engine.calendar.explain import Explanation, explain
from engine.calendar.term import SHANGHAI, Counting, Direction, ExtensionBase, Interval, Roll, StartDay
from engine.calendar.walk import Mark
from engine.definition.period import parse_period


def told(calendar: Calendar, start: str, within: str, **counting: Unpack[Counting]) -> Explanation:
    moment = datetime.fromisoformat(start if "T" in start else f"{start}T10:00").replace(tzinfo=SHANGHAI)
    return explain(calendar, moment, parse_period(within), **counting)


def zh(explanation: Explanation) -> list[str]:
    return [sentence.zh for sentence in explanation.sentences]


def en(explanation: Explanation) -> list[str]:
    return [sentence.en for sentence in explanation.sentences]


def marks(explanation: Explanation) -> list[tuple[str, str, str, int | None]]:
    return [(row.on.isoformat(), row.weekday.zh, row.mark.value, row.count) for row in explanation.days]


def stood(from_on: str, until_on: str | None) -> Interval:
    return Interval(from_on=date.fromisoformat(from_on), until_on=date.fromisoformat(until_on) if until_on else None)


def test_working_days_are_listed_with_what_each_day_was(calendar: Calendar) -> None:
    assert marks(told(calendar, "2026-05-06", "4 working days")) == [
        ("2026-05-06", "周三", "start", None),
        ("2026-05-07", "周四", "worked", 1),
        ("2026-05-08", "周五", "worked", 2),
        ("2026-05-09", "周六", "make_up", 3),
        ("2026-05-10", "周日", "rest", None),
        ("2026-05-11", "周一", "worked", 4),
    ]


def test_calendar_days_are_counted_on_days_off_too_and_the_roll_is_shown(calendar: Calendar) -> None:
    assert marks(told(calendar, "2026-06-17", "3 days")) == [
        ("2026-06-17", "周三", "start", None),
        ("2026-06-18", "周四", "counted", 1),
        ("2026-06-19", "周五", "counted", 2),
        ("2026-06-20", "周六", "counted", 3),
        ("2026-06-21", "周日", "rest", None),
        ("2026-06-22", "周一", "rolled", None),
    ]


def test_suspended_days_are_shown_and_not_counted(calendar: Calendar) -> None:
    listed = told(calendar, "2026-03-09", "2 days", suspensions=[stood("2026-03-10", "2026-03-12")])
    assert [(row.on.day, row.mark, row.count) for row in listed.days] == [
        (9, Mark.START, None),
        (10, Mark.SUSPENDED, None),
        (11, Mark.SUSPENDED, None),
        (12, Mark.COUNTED, 1),
        (13, Mark.COUNTED, 2),
    ]


def test_a_suspension_that_holds_a_rolling_end_is_shown_in_it(calendar: Calendar) -> None:
    listed = told(calendar, "2026-04-30", "1 day", suspensions=[stood("2026-05-06", "2026-05-08")])
    assert [(row.on.day, row.mark) for row in listed.days[-4:]] == [
        (5, Mark.REST),
        (6, Mark.SUSPENDED),
        (7, Mark.SUSPENDED),
        (8, Mark.ROLLED),
    ]


def test_days_before_an_event_are_listed_from_the_event_back(calendar: Calendar) -> None:
    listed = told(calendar, "2026-10-09", "2 days", direction=Direction.BACKWARD)
    assert [(row.on.isoformat(), row.mark) for row in listed.days] == [
        ("2026-10-09", Mark.START),
        ("2026-10-08", Mark.COUNTED),
        ("2026-10-07", Mark.COUNTED),
        ("2026-10-06", Mark.REST),
        ("2026-10-05", Mark.REST),
        ("2026-10-04", Mark.REST),
        ("2026-10-03", Mark.REST),
        ("2026-10-02", Mark.REST),
        ("2026-10-01", Mark.REST),
        ("2026-09-30", Mark.ROLLED),
    ]


def test_an_included_start_day_is_the_first_counted_one(calendar: Calendar) -> None:
    first = told(calendar, "2026-03-09", "2 days", start_day=StartDay.INCLUDED).days[0]
    assert (first.on, first.mark, first.count) == (date(2026, 3, 9), Mark.COUNTED, 1)


def test_an_extension_counts_on_in_the_same_unit_and_anew_in_another(calendar: Calendar) -> None:
    same = told(calendar, "2026-03-09", "2 days", extension=parse_period("1 day"))
    other = told(calendar, "2026-03-09", "2 working days", extension=parse_period("1 day"))
    assert [row.count for row in same.days] == [None, 1, 2, 3]
    assert [row.count for row in other.days] == [None, 1, 2, 1]


def test_working_days_are_explained_with_make_up_days_holidays_and_the_notice(calendar: Calendar) -> None:
    explanation = told(calendar, "2026-09-18", "15 working days")
    assert zh(explanation) == [
        "期限15个工作日，自2026年9月18日（周五）起算，当日不计入。",
        "2026年9月20日（周日）、2026年10月10日（周六）为调休上班日，计入。",
        "2026年9月25日（周五）至2026年9月27日（周日）中秋节放假，不计入。",
        "2026年10月1日（周四）至2026年10月7日（周三）国庆节放假，不计入。",
        "届满日为2026年10月15日（周四）。",
        "应于2026年10月15日（周四）24:00前完成。",
        "依据：参照《民法典》第201条；国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号）。",
    ]
    assert en(explanation)[1] == "Make-up days, counted: Sun 20 Sep 2026, Sat 10 Oct 2026."


def test_a_roll_is_explained_with_the_holiday_that_caused_it(calendar: Calendar) -> None:
    explanation = told(calendar, "2026-03-31", "3 months")
    assert zh(explanation)[1:3] == ["届满日为2026年6月30日（周二）。", "应于2026年6月30日（周二）24:00前完成。"]
    assert "《民法典》第202条" in zh(explanation)[-1]
    rolled = told(calendar, "2026-06-05", "15 days")
    assert zh(rolled)[1:] == [
        "届满日为2026年6月20日（周六）。",
        "届满日为休息日（端午节），顺延至2026年6月22日（周一）。",
        "应于2026年6月22日（周一）24:00前完成。",
        "依据：参照《民法典》第201条；《民法典》第203条；国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号）。",
    ]
    assert en(rolled)[2] == "It is a day off (Dragon Boat Festival), so the end moves on to Mon 22 Jun 2026."


def test_an_end_on_a_weekend_that_does_not_roll_is_said(calendar: Calendar) -> None:
    explanation = told(calendar, "2026-03-06", "1 day", roll=Roll.NONE)
    assert "届满日为休息日（周末），不顺延。" in zh(explanation)


def test_a_term_counted_back_says_so_and_moves_earlier(calendar: Calendar) -> None:
    explanation = told(calendar, "2026-10-12", "7 days", direction=Direction.BACKWARD)
    assert zh(explanation)[0] == "自2026年10月12日（周一）向前倒推7日，当日不计入。"
    assert zh(explanation)[2] == "届满日为休息日（国庆节），提前至2026年9月30日（周三）。"


@pytest.mark.parametrize(
    ("within", "sentence"),
    [
        ("15 working days", "2026年3月10日（周二）中止计时，2026年3月17日（周二）恢复，扣除5个工作日。"),
        ("15 days", "2026年3月10日（周二）中止计时，2026年3月17日（周二）恢复，扣除7日。"),
    ],
)
def test_a_suspension_says_what_it_took_out(calendar: Calendar, within: str, sentence: str) -> None:
    explanation = told(calendar, "2026-03-02", within, suspensions=[stood("2026-03-10", "2026-03-17")])
    assert sentence in zh(explanation)


def test_a_suspension_that_took_nothing_out_is_not_mentioned(calendar: Calendar) -> None:
    explanation = told(calendar, "2026-03-02", "5 days", suspensions=[stood("2026-04-10", "2026-04-17")])
    assert not any("中止" in sentence for sentence in zh(explanation))


def test_an_open_suspension_is_said(calendar: Calendar) -> None:
    for within in ("5 days", "24 hours"):
        explanation = told(calendar, "2026-03-02", within, suspensions=[stood("2026-03-02", None)])
        assert "目前仍在中止期间，恢复计时后期限相应后移。" in zh(explanation)


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        (ExtensionBase.NOMINAL, "批准延长30日，自原届满日2026年10月2日（周五）起接续计算。"),
        (ExtensionBase.EFFECTIVE, "批准延长30日，自顺延后的届满日2026年10月8日（周四）起接续计算。"),
    ],
)
def test_an_extension_says_from_which_end_it_runs(calendar: Calendar, base: ExtensionBase, sentence: str) -> None:
    explanation = told(calendar, "2026-08-03", "60 days", extension=parse_period("30 days"), extension_base=base)
    assert sentence in zh(explanation)


def test_a_provisional_date_names_the_year_without_a_notice(calendar: Calendar) -> None:
    explanation = told(calendar, "2026-12-16", "15 working days")
    assert "2027年放假安排尚未公布或未录入，该日期为暂定，录入后重新计算。" in zh(explanation)
    assert next(row.on for row in explanation.days if row.day.provisional) == date(2027, 1, 1)
    assert "全国年节及纪念日放假办法（2024年修订）" in zh(explanation)[-1]


def test_hours_are_explained_by_the_clock(calendar: Calendar) -> None:
    explanation = told(calendar, "2026-09-30T16:00", "24 hours", extension=parse_period("2 hours"))
    assert zh(explanation) == [
        "期限24小时，自2026年9月30日（周三）16:00起按小时连续计算，节假日不顺延。",
        "批准延长2小时。",
        "应于2026年10月1日（周四）18:00前完成。",
    ]
    assert [row.mark for row in explanation.days] == [Mark.START]


def test_suspended_hours_say_that_the_suspension_does_not_count(calendar: Calendar) -> None:
    explanation = told(calendar, "2026-03-10T16:00", "24 hours", suspensions=[stood("2026-03-11", "2026-03-13")])
    assert "中止期间不计入。" in zh(explanation)


def test_a_strict_calendar_still_explains_a_date_that_needs_no_notice(strict_calendar: Calendar) -> None:
    explanation = told(strict_calendar, "2022-12-30", "5 days")
    assert explanation.due.effective_on == date(2023, 1, 4)
    assert [(row.on.day, row.day.kind.value) for row in explanation.days[:2]] == [(30, "worked"), (31, "rest")]
