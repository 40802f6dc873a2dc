"""The interval beside a rate, held against the table that is published for it."""

from __future__ import annotations

import pytest

from engine.figures.intervals import Interval, wilson


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        # R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998),
        # Table I, method 3.
        (81, 263, "25.53", "36.62"),
        (15, 148, "6.24", "16.05"),
        (0, 20, "0.00", "16.11"),
        (1, 29, "0.61", "17.18"),
        # The other way round, as the interval is symmetric.
        (20, 20, "83.89", "100.00"),
        (28, 29, "82.82", "99.39"),
    ],
)
def test_the_interval_is_the_published_one(numerator: int, denominator: int, low: str, high: str) -> None:
    assert wilson(numerator, denominator, 2) == Interval(low, high)


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 0), (9, 8), (-1, 3), (3, -1)])
def test_what_is_no_share_of_cases_has_no_interval(numerator: int, denominator: int) -> None:
    assert wilson(numerator, denominator) is None


def test_the_ends_are_printed_with_as_many_decimals_as_the_rate() -> None:
    assert wilson(1, 29, 0) == Interval("1", "17")
    assert wilson(0, 20) == Interval("0.0", "16.1")
