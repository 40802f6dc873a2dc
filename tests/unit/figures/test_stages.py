"""Working days of stages by hand, over the holidays of 2026, and medians and deciles of few and many cases."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from engine.calendar.calendar import Calendar, MissingYear
from engine.case.identity import CaseId
from engine.figures.facts import Facts
from engine.figures.stages import StageDays, StageTime, milestones_of, stage_time, stages_of
from tests.support.builders import a_calendar
from tests.support.ledgers import small_rules

STAGE = (("assigned", "handled"),)


def took(begun: str | None, ended: str | None, *, calendar: Calendar | None = None, **held: str) -> int | None:
    """Return the working days of one case; times are those of Shanghai, as ``2026-03-02 09:00``."""
    first = {name: utc(text) for name, text in (("assigned", begun), ("handled", ended)) if text is not None}
    facts = Facts(case=CaseId("a"), held={"state": "filed", **held}, passed=(), first=first)
    (days,) = StageDays(STAGE, calendar or a_calendar()).of(facts)
    return days


def utc(text: str) -> str:
    """Return the instant of a Shanghai time as spans hold it: eight hours before."""
    return f"{datetime.fromisoformat(text) - timedelta(hours=8):%Y-%m-%dT%H:%M:%S.%fZ}"


@pytest.mark.parametrize(
    ("begun", "ended", "days"),
    [
        ("2026-03-02 09:00", "2026-03-02 17:00", 0),  # the same Monday
        ("2026-03-02 17:00", "2026-03-03 09:00", 1),  # the next day, however few hours later
        ("2026-03-06 09:00", "2026-03-09 09:00", 1),  # Friday to Monday
        ("2026-03-06 09:00", "2026-03-08 09:00", 0),  # Friday to Sunday: nobody worked
        ("2026-03-02 09:00", "2026-03-31 09:00", 21),  # the 22 working days of March but the first
    ],
)
def test_days_are_counted_from_the_next_day_to_the_last_one_with_it(begun: str, ended: str, days: int) -> None:
    assert took(begun, ended) == days


def test_the_day_is_that_of_shanghai() -> None:
    # 00:30 on Tuesday in Shanghai is still Monday in UTC.
    assert took("2026-03-02 09:00", "2026-03-03 00:30") == 1


def test_what_was_not_reached_or_stands_in_no_order_has_no_time() -> None:
    assert took("2026-03-02 09:00", None) is None
    assert took(None, "2026-03-02 09:00") is None
    assert took("2026-03-03 09:00", "2026-03-02 09:00") is None


def test_a_case_whose_dates_are_not_known_has_none_and_one_by_a_stated_time_has() -> None:
    assert took("2026-03-02 09:00", "2026-03-03 09:00", stated="undated") is None
    assert took("2026-03-02 09:00", "2026-03-03 09:00", stated="1") == 1


def test_a_year_that_nobody_knows_has_none() -> None:
    strict = replace(a_calendar(), missing=MissingYear.ERROR)
    assert took("2026-03-02 09:00", "2026-03-03 09:00", calendar=strict) == 1
    assert took("2099-03-02 09:00", "2099-03-03 09:00", calendar=strict) is None


@pytest.mark.parametrize(
    ("days", "median_doubled", "ninth_decile"),
    [
        ([7], 14, 7),
        ([1, 2], 3, 2),  # 1.5 days
        ([3, 1, 2], 4, 3),
        ([1, 2, 3, 4], 5, 4),
        (range(1, 11), 11, 9),  # nine of ten within nine days
        (range(1, 12), 12, 10),  # nine of ten of eleven are ten: 9.9 is not reached by nine
        ([5] * 99 + [400], 10, 5),
    ],
)
def test_medians_and_ninth_deciles(days: list[int], median_doubled: int, ninth_decile: int) -> None:
    assert stage_time(Counter(days)) == StageTime(median_doubled=median_doubled, ninth_decile=ninth_decile)


def test_of_nobody_there_is_no_time() -> None:
    assert stage_time(Counter()) is None


def test_stages_lead_from_each_milestone_to_the_next_one_there_is() -> None:
    matter = small_rules().for_new("matter")
    milestones = milestones_of(matter)
    assert stages_of(matter) == tuple(pairwise(milestones))
    assert milestones[0] == "submitted"
