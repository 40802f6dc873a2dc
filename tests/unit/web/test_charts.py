"""The geometry of charts: lengths that stand for numbers, gaps, names that fit; the numbers are worked out by hand."""

from __future__ import annotations

import pytest

from web.views.charts import Datum, bars, fitted, line, rounded_up, spark, text_width


def datum(number: float | None, label: str = "后勤", *, spread: float | None = None, is_weak: bool = False) -> Datum:
    return Datum(label=label, number=number, text=str(number), spread=spread, is_weak=is_weak)


def test_a_bar_is_as_long_as_its_share_of_the_room() -> None:
    # The drawing is 420 wide, 132 of it for names and 74 for numbers: 214 are left for 100 per cent.
    chart = bars([datum(100), datum(50), datum(0)], 100)
    assert [bar.width for bar in chart.bars] == [214, 107, 0]
    assert [bar.y for bar in chart.bars] == [6, 32, 58]
    assert chart.height == 78


def test_without_a_measure_the_longest_number_fills_the_room_a_spread_among_them() -> None:
    chart = bars([datum(20, spread=40), datum(10)])
    assert [bar.width for bar in chart.bars] == [107, 53.5]
    assert [bar.spread_x for bar in chart.bars] == [346, None]
    # The number stands behind whatever reaches further.
    assert chart.bars[0].text_x == 352


def test_a_number_that_is_not_printed_has_no_bar_and_says_so() -> None:
    (missing,) = bars([datum(None)]).bars
    assert missing.is_missing
    assert missing.width == 0


def test_a_rate_beyond_the_whole_ends_at_the_edge() -> None:
    assert bars([datum(112)], 100).bars[0].width == 214


def test_a_small_number_is_still_to_be_seen() -> None:
    assert bars([datum(1), datum(1000)]).bars[0].width == 1.5


def test_nothing_to_draw_is_an_empty_chart() -> None:
    assert bars([]).bars == ()
    assert line([], percent=True).points == ()
    assert line([], percent=False).last is None


def test_a_line_goes_from_left_to_right_and_higher_is_more() -> None:
    chart = line([datum(0, "26-01"), datum(50, "26-02"), datum(100, "26-03")], percent=True, unit="%")
    # 40 to 406 across, 142 down to 12.
    assert [(point.x, point.y) for point in chart.points] == [(40, 142), (223, 77), (406, 12)]
    assert chart.pieces == ("40,142 223,77 406,12",)
    assert [tick.text for tick in chart.rows] == ["0%", "50%", "100%"]
    assert [tick.text for tick in chart.columns] == ["26-01", "26-02", "26-03"]
    assert chart.last is not None
    assert (chart.last.text, chart.last.y) == ("100", 12.5)


def test_a_gap_breaks_the_line_and_is_bridged_thinly() -> None:
    chart = line([datum(10), datum(20), datum(None), datum(30)], percent=True)
    assert chart.pieces == ("40,129 162,116",)
    assert chart.bridges == ("162,116 406,103",)
    assert [gap.x for gap in chart.gaps] == [284]


def test_one_month_stands_in_the_middle() -> None:
    (point,) = line([datum(5)], percent=False).points
    assert point.x == 223


def test_an_axis_names_the_newest_month_and_at_most_six() -> None:
    chart = line([datum(1, f"m{n}") for n in range(12)], percent=False)
    assert [tick.text for tick in chart.columns] == ["m1", "m3", "m5", "m7", "m9", "m11"]


def test_the_axis_of_days_ends_at_a_round_number_and_of_rates_beyond_the_whole_too() -> None:
    assert line([datum(37)], percent=False).rows[-1].text == "50"
    assert line([datum(120)], percent=True).rows[-1].text == "200"


@pytest.mark.parametrize(("number", "end"), [(0, 1), (1, 1), (1.1, 2), (3, 5), (5.5, 10), (99, 100), (101, 200)])
def test_round_numbers(number: float, end: float) -> None:
    assert rounded_up(number) == end


def test_names_are_cut_to_their_room_and_short_ones_are_not() -> None:
    assert fitted("财务部", 60) == "财务部"
    cut = fitted("江岭重工机械有限公司第二铸造分厂", 122)
    assert cut.endswith("…")
    assert text_width(cut) <= 122
    assert bars([datum(1, "江岭重工机械有限公司第二铸造分厂")]).bars[0].full == "江岭重工机械有限公司第二铸造分厂"


def test_a_small_line_needs_two_numbers() -> None:
    assert spark([None, 3.0]) is None
    assert spark([3.0, None, 3.0]) is None
    drawn = spark([0.0, None, 10.0, 10.0])
    assert drawn is not None
    # 96 by 24 with an edge of 3.
    assert drawn.pieces == ("63,3 93,3",)
    assert (drawn.x, drawn.y) == (93, 3)


def test_a_small_line_of_equal_numbers_lies_in_the_middle() -> None:
    drawn = spark([4.0, 4.0])
    assert drawn is not None
    assert drawn.pieces == ("3,12 93,12",)
