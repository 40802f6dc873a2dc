"""The seed: what it writes is what is shipped, day by day, and it never passes a guess off as a notice."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from engine.calendar.calendar import Calendar
from engine.calendar.notices import notice_from_mapping
from engine.errors import NotFound
from runtime.cli.calendar_seed import seed_notice_text, seed_statutory_text
from tests.support.refusals import told

FOLDER = Path(__file__).parents[3] / "workflows" / "calendars"


def seeded(year: int) -> Calendar:
    data = YAML(typ="safe", pure=True).load(seed_notice_text(year))
    return Calendar(notices=(notice_from_mapping(data, f"{year}.yaml"),))


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_the_seed_gives_the_working_days_of_the_shipped_notice(calendar: Calendar, year: int) -> None:
    seed = seeded(year)
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    assert [on for on in days if seed.is_working_day(on) is not calendar.is_working_day(on)] == []


def test_the_seed_names_each_festival_of_a_joined_holiday_once() -> None:
    text = seed_notice_text(2020)
    assert '{zh: "中秋节、国庆节", en: "Mid-Autumn Festival and National Day"}' in text


def test_a_day_moved_from_a_weekend_has_no_festival_name() -> None:
    assert not seeded(2007).is_working_day(date(2007, 12, 31))
    assert '{zh: "调休放假", en: "Day off in lieu"}' in seed_notice_text(2007)


def test_a_year_whose_notice_the_library_only_guesses_is_refused() -> None:
    with told(NotFound, "holidays 库中没有 2027 年的放假通知"):
        seed_notice_text(2027)


def test_the_shipped_statutory_days_are_what_the_seed_writes() -> None:
    assert (FOLDER / "provisional.yaml").read_text(encoding="utf-8") == seed_statutory_text(2027, 2031)
