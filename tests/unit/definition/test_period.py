"""Periods as the rules write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.period import Period, PeriodUnit, parse_period
from engine.errors import InputRefused


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("15 working days", 15, PeriodUnit.WORKING_DAYS),
        ("1 working day", 1, PeriodUnit.WORKING_DAYS),
        ("90 days", 90, PeriodUnit.DAYS),
        ("1 day", 1, PeriodUnit.DAYS),
        ("3 months", 3, PeriodUnit.MONTHS),
        ("1 month", 1, PeriodUnit.MONTHS),
        ("24 hours", 24, PeriodUnit.HOURS),
        ("1 hour", 1, PeriodUnit.HOURS),
        ("0 days", 0, PeriodUnit.DAYS),
        ("3660 days", 3660, PeriodUnit.DAYS),
        ("  2  working  days ", 2, PeriodUnit.WORKING_DAYS),
    ],
)
def test_a_period_is_read_in_every_unit_singular_or_plural(text: str, count: int, unit: PeriodUnit) -> None:
    assert parse_period(text) == Period(count=count, unit=unit)


@pytest.mark.parametrize(
    "text",
    ["", "days", "15", "15days", "-1 days", "1.5 days", "15 weeks", "15 Working Days", "１５ days", "15 days later"],
)
def test_anything_else_is_refused_with_the_grammar_in_both_languages(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_period(text)
    assert "15 working days" in refused.value.text.zh
    assert "15 working days" in refused.value.text.en


@pytest.mark.parametrize("text", ["3661 days", "999999 hours"])
def test_a_period_beyond_the_limit_is_refused(text: str) -> None:
    with pytest.raises(InputRefused, match="3660"):
        parse_period(text)


def test_a_negative_period_is_refused() -> None:
    with pytest.raises(InputRefused, match="-1"):
        Period(count=-1, unit=PeriodUnit.DAYS)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("15 working days", "15个工作日", "15 working days"),
        ("1 working day", "1个工作日", "1 working day"),
        ("30 days", "30日", "30 days"),
        ("1 months", "1个月", "1 month"),
        ("24 hours", "24小时", "24 hours"),
        ("0 days", "0日", "0 days"),
    ],
)
def test_a_period_is_shown_in_the_words_of_a_regulation(text: str, zh: str, en: str) -> None:
    shown = parse_period(text).text()
    assert (shown.zh, shown.en) == (zh, en)


@given(st.integers(0, 3660), st.sampled_from(PeriodUnit))
def test_what_a_period_prints_is_read_back_as_the_same_period(count: int, unit: PeriodUnit) -> None:
    period = Period(count=count, unit=unit)
    assert parse_period(str(period)) == period
