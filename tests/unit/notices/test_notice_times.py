"""When a delivery goes out: quiet hours and digests in Shanghai, waits that grow and end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.calendar.calendar import Calendar, MissingYear
from engine.service.notice_times import after_quiet_hours, due_at, next_digest_at, wait_after
from tests.support.builders import a_calendar, at
from tests.support.notices import a_preference

NIGHT = (22 * 60, 7 * 60)
LUNCH = (12 * 60, 13 * 60 + 30)


@pytest.mark.parametrize(
    ("moment", "hours", "due"),
    [
        (at("2026-03-04", 21, 59), NIGHT, at("2026-03-04", 21, 59)),
        (at("2026-03-04", 22), NIGHT, at("2026-03-05", 7)),
        (at("2026-03-05", 0), NIGHT, at("2026-03-05", 7)),
        (at("2026-03-05", 6, 59), NIGHT, at("2026-03-05", 7)),
        (at("2026-03-05", 7), NIGHT, at("2026-03-05", 7)),
        (at("2026-12-31", 23), NIGHT, at("2027-01-01", 7)),
        (at("2026-03-04", 12), LUNCH, at("2026-03-04", 13, 30)),
        (at("2026-03-04", 13, 30), LUNCH, at("2026-03-04", 13, 30)),
        (at("2026-03-04", 11, 59), LUNCH, at("2026-03-04", 11, 59)),
        (at("2026-03-04", 22), (60, 60), at("2026-03-04", 22)),
        (at("2026-03-04", 22), (None, None), at("2026-03-04", 22)),
    ],
)
def test_quiet_hours_hold_back_until_their_end_also_over_midnight(
    moment: datetime, hours: tuple[int | None, int | None], due: datetime
) -> None:
    assert after_quiet_hours(moment, *hours) == due


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (at("2026-03-04", 8, 29), at("2026-03-04", 8, 30)),
        (at("2026-03-04", 8, 30), at("2026-03-05", 8, 30)),
        (at("2026-03-06", 9), at("2026-03-09", 8, 30)),  # Friday → Monday
        (at("2026-02-13", 18), at("2026-02-14", 8, 30)),  # a make-up Saturday before Spring Festival
        (at("2026-02-14", 18), at("2026-02-24", 8, 30)),  # Spring Festival 15 to 23 February
        (at("2026-09-30", 18), at("2026-10-08", 8, 30)),  # National Day 1 to 7 October
    ],
)
def test_a_digest_comes_at_half_past_eight_of_the_next_working_day(moment: datetime, due: datetime) -> None:
    assert next_digest_at(moment, a_calendar()) == due


def test_where_the_calendar_ends_a_digest_comes_on_the_next_day() -> None:
    empty = Calendar(notices=(), missing=MissingYear.ERROR)

    assert next_digest_at(at("2026-03-07", 9), empty) == at("2026-03-08", 8, 30)


@pytest.mark.parametrize(
    ("parts", "urgent", "due"),
    [
        ({}, False, at("2026-03-04", 23)),
        ({"quiet_from": 1320, "quiet_until": 420}, False, at("2026-03-05", 7)),
        ({"digest": "daily"}, False, at("2026-03-05", 8, 30)),
        ({"digest": "daily", "quiet_from": 1320, "quiet_until": 540}, False, at("2026-03-05", 9)),
        ({"digest": "daily", "quiet_from": 1320, "quiet_until": 420}, True, at("2026-03-04", 23)),
    ],
    ids=str,
)
def test_urgent_rungs_wait_for_nothing_and_all_else_for_what_the_person_wants(
    parts: dict[str, Any], urgent: bool, due: datetime
) -> None:
    assert due_at(at("2026-03-04", 23), a_preference("li", **parts), a_calendar(), urgent=urgent) == due


def test_waits_grow_fourfold_up_to_six_hours_and_end_after_eight_attempts() -> None:
    waits = [wait_after(attempt, 0.0) for attempt in range(1, 9)]

    minutes = [0.5, 2, 8, 32, 128, 360, 360]
    assert waits == [*(timedelta(minutes=each) for each in minutes), None]


def test_jitter_adds_up_to_a_quarter() -> None:
    assert wait_after(2, 0.999) == timedelta(seconds=120 + 120 * 0.25 * 0.999)
