"""What one cell stands for: text, days, instants, numbers, yes and no, lists."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from engine.errors import InputRefused
from engine.service.importing.cells import (
    Value,
    day_of,
    heading_of,
    number_of,
    parts_of,
    shown,
    text_of,
    when_of,
    yes_or_no,
)

SHEET_DAY = datetime.fromisoformat("2026-03-02")
SHEET_INSTANT = datetime.fromisoformat("2026-03-02T14:30")
"""As a sheet gives them: without a zone."""


@pytest.mark.parametrize(
    "value",
    [
        date(2026, 3, 2),
        SHEET_DAY,
        "2026-03-02",
        "2026/3/2",
        "2026.3.2",
        "2026年3月2日",
        " 2026 年 3 月 2 日 ",
        "２０２６年３月２日",
        "20260302",
        20260302,
        "2026-3-2",
    ],
)
def test_every_usual_way_of_writing_a_day_is_understood(value: Value) -> None:
    assert when_of(value) == date(2026, 3, 2)


@pytest.mark.parametrize(
    "value",
    [
        SHEET_INSTANT,
        "2026-03-02 14:30",
        "2026年3月2日14时30分",
        "2026/3/2 14:30:00",
        "2026-03-02T14:30:00+08:00",
        "2026-03-02T06:30:00Z",
    ],
)
def test_a_time_without_a_zone_is_taken_in_shanghai(value: Value) -> None:
    assert when_of(value) == datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


def test_a_log_keeps_its_microseconds_and_its_offset() -> None:
    assert when_of("2011-12-06 13:41:31.788000+01:00") == datetime(2011, 12, 6, 12, 41, 31, 788000, tzinfo=UTC)


def test_the_day_of_an_instant_is_the_day_in_shanghai() -> None:
    assert day_of("2026-03-01T20:00:00Z") == date(2026, 3, 2)


@pytest.mark.parametrize("value", ["2026年3月", "三月二日", "2026-02-30", "46083", "2026-13-01", "2026-03-02 25:00"])
def test_what_is_no_date_is_refused_and_says_what_to_write(value: str) -> None:
    with pytest.raises(InputRefused) as refused:
        when_of(value)
    assert "2026-03-02" in refused.value.text.zh
    assert value in refused.value.text.zh


def test_a_long_wrong_date_is_cut_in_the_message() -> None:
    with pytest.raises(InputRefused) as refused:
        when_of("一" * 500)
    assert len(refused.value.text.zh) < 100


@pytest.mark.parametrize("value", [None, "", "   ", "\n"])
def test_an_empty_cell_is_not_given(value: Value) -> None:
    assert when_of(value) is None
    assert number_of(value) is None
    assert yes_or_no(value) is None
    assert text_of(value) == ""


def test_whole_numbers_of_a_sheet_lose_their_decimal_point() -> None:
    assert text_of(12.0) == "12"
    assert text_of(1.5) == "1.5"
    assert text_of(13800000000.0) == "13800000000"


def test_text_is_trimmed_and_composed() -> None:
    assert text_of("  e\u0301cole\r\n第二行 ") == "école\n第二行"
    assert text_of(True) == "是"
    assert text_of(time(9, 0)) == "09:00:00"


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x1b", "\x7f", "\ud800"])
def test_characters_that_no_text_may_hold_are_refused(bad: str) -> None:
    with pytest.raises(InputRefused):
        text_of(f"关于{bad}食堂")
    assert shown(f"关于{bad}食堂") == "关于\ufffd食堂"


def test_a_text_beyond_the_limit_is_refused() -> None:
    with pytest.raises(InputRefused):
        text_of("字" * 100_001)
    assert len(text_of("字" * 100_000)) == 100_000


@pytest.mark.parametrize(("value", "number"), [(3, 3), ("12", 12), ("１２", 12), ("1,200", 1200), (7.0, 7), (True, 1)])
def test_whole_numbers_are_read_in_any_width(value: Value, number: int) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", ["三", "1.5", 1.5, "9" * 16])
def test_what_is_no_whole_number_is_refused(value: Value) -> None:
    with pytest.raises(InputRefused):
        number_of(value)


@pytest.mark.parametrize(
    ("value", "answer"), [("是", True), ("否", False), ("同意", True), ("√", True), (False, False)]
)
def test_yes_and_no_are_read_as_registers_write_them(value: Value, answer: bool) -> None:
    assert yes_or_no(value) is answer


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(InputRefused):
        yes_or_no("也许")


def test_a_list_is_cut_at_every_usual_mark_and_names_each_once() -> None:
    assert parts_of("后勤部、财务部，后勤部; 人力资源部\n工会") == ("后勤部", "财务部", "人力资源部", "工会")
    assert parts_of(None) == ()


@pytest.mark.parametrize(
    "heading", ["提案人", " 提 案 人 ", "提案\n人", "*提案人", "提案人(*)", "提案人（＊）", "提案人："]
)
def test_headings_are_compared_without_spaces_and_marks(heading: str) -> None:
    assert heading_of(heading) == heading_of("提案人")


def test_what_is_no_text_is_no_heading() -> None:
    assert heading_of(12) == ""
    assert heading_of(None) == ""
    assert heading_of("Case Number") == heading_of("case number")
