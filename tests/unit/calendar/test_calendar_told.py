"""What is told of a wrong notice, of a unit's own days and of a term that cannot be counted: whole sentences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import pytest

from engine.calendar.calendar import Calendar
from engine.calendar.due import Side, due, offset
from engine.calendar.local import calendar_file_from_mapping
from engine.calendar.notices import notice_from_mapping, statutory_days_from_mapping
from engine.calendar.term import Direction, Interval
from engine.definition.period import Period, PeriodUnit, parse_period
from engine.errors import DefinitionError, InputRefused
from tests.unit.calendar.test_calendar_due_examples import at, on
from tests.unit.calendar.test_calendar_local import a_file
from tests.unit.calendar.test_calendar_notices import a_notice

Mapping = dict[str, Any]


def told(read: Callable[[], object]) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        read()
    return [f"{problem.text.zh}。{problem.remedy.zh}" for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda data: data.pop("year"),
            "文件缺少“year”。请补上“year”",
        ),
        (
            lambda data: data["title"].update(fr="avis"),
            "“title”中有未知的键“fr”。可用的键：zh、en",
        ),
        (lambda data: data.update(year=1999), "年份“1999”无效。请写 2000 至 2100 之间的年份"),
        (lambda data: data.update(title="通知"), "“title”应为键值表。请写出：zh、en"),
        (lambda data: data.update(number=7), "“number”应为文字。请填写文字"),
        (lambda data: data.update(issued_on="4.11.2025"), "“4.11.2025”不是日期。请写成 2026-10-01 的样式"),
        (lambda data: data.update(holidays={}), "“holidays”应为列表。每项另起一行，以“- ”开头"),
        (
            lambda data: data.update(make_up_days=["2026-01-06"]),
            "2026-01-06 本是工作日，不是调休上班日。调休上班日应为周六或周日",
        ),
        (lambda data: data.update(make_up_days=["2026-01-03"]), "2026-01-03 既放假又上班。请删去其中一处"),
        (
            lambda data: data.update(make_up_days=["2027-01-03"]),
            "2027-01-03 不在 2026 年内。只能写 2026 年及上年 12 月的日期",
        ),
        (
            lambda data: data["holidays"][0].update(until="2025-12-31"),
            "元旦：2026-01-01 至 2025-12-31 不成区间。结束日不得早于开始日，全长不超过 31 日",
        ),
        (
            lambda data: data["holidays"].append(data["holidays"][0]),
            "2026-01-01 列入了两个假期。合并放假的写成一个假期",
        ),
    ],
)
def test_a_wrong_notice_is_told_in_whole_sentences(spoil: Callable[[Mapping], object], said: str) -> None:
    data = a_notice()
    spoil(data)
    assert told(lambda: notice_from_mapping(data, "2026.yaml")) == [said]


@pytest.mark.parametrize(
    ("week", "said"),
    [
        (["周日"], "“周日”不是星期。请写 1（周一）至 7（周日）"),
        ([1, 2, 3, 4, 5, 6, 7], "一周七天都休息，期限无法计算。请至少留一个工作日"),
    ],
)
def test_a_week_that_is_none_is_told(week: list[object], said: str) -> None:
    data = a_file()
    data["rest_weekdays"] = week
    assert told(lambda: calendar_file_from_mapping(data, "2026.yaml")) == [said]


def test_statutory_days_are_told_to_be_provisional() -> None:
    data = {"provisional": False, "source": {"zh": "办法", "en": "Rules"}, "holidays": []}
    assert told(lambda: statutory_days_from_mapping(data, "p.yaml")) == [
        "无放假通知的年份只能是暂定。请写 provisional: true"
    ]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (
            lambda days: offset(days, on("2026-10-08"), parse_period("24 hours"), Side.AFTER),
            "督办层级只能按日、工作日或月设定",
        ),
        (
            lambda _days: Interval(from_on=date(2026, 3, 10), until_on=date(2026, 3, 9)),
            "恢复计时日 2026-03-09 早于中止日 2026-03-10",
        ),
        (
            lambda days: due(
                days,
                at("2026-03-10"),
                parse_period("7 days"),
                direction=Direction.BACKWARD,
                extension=parse_period("1 day"),
            ),
            "倒推的期限不能中止或延长",
        ),
        (
            lambda days: due(days, at("2026-03-10"), parse_period("24 hours"), extension=parse_period("1 day")),
            "按小时计的期限只能按小时延长",
        ),
        (
            lambda days: due(days, datetime.combine(on("2026-06-05"), time(10)), parse_period("15 days")),
            "起算时间缺少时区",
        ),
        (
            lambda days: due(days, at("2026-06-05"), parse_period("15 days"), end_of_day="five"),
            "“five”不是时刻，请写成 17:30 或 24:00",
        ),
        (lambda _days: Period(count=3661, unit=PeriodUnit.DAYS), "期限只能在 0 至 3660 之间，现为 3661"),
        (
            lambda _days: parse_period("15 weeks"),
            "无法识别的期限“15 weeks”，请写成“15 working days”“30 days”“3 months”或“24 hours”",
        ),
    ],
)
def test_a_term_that_cannot_be_counted_is_told(
    calendar: Calendar, ask: Callable[[Calendar], object], said: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        ask(calendar)
    assert refused.value.text.zh == said
