"""Which day is worked, held against two libraries day by day and against the handbook's list of 2026."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import chinese_calendar
import pytest
from holidays.utils import country_holidays

from engine.calendar.calendar import Calendar, DayKind
from engine.calendar.notices import Notice
from engine.errors import CalendarEnds
from engine.text import Text

SHIPPED = [date(2023, 1, 1) + timedelta(days=number) for number in range((date(2027, 1, 1) - date(2023, 1, 1)).days)]


def test_every_shipped_day_is_as_chinesecalendar_says(calendar: Calendar) -> None:
    assert [on for on in SHIPPED if calendar.is_working_day(on) is not chinese_calendar.is_workday(on)] == []


def test_every_shipped_day_is_as_the_holidays_library_says(calendar: Calendar) -> None:
    off = country_holidays("CN", years=range(2023, 2027))
    assert [on for on in SHIPPED if calendar.is_working_day(on) is not off.is_working_day(on)] == []


def test_2026_has_248_working_days(calendar: Calendar) -> None:
    assert calendar.working_days_between(date(2026, 1, 1), date(2027, 1, 1)) == 248


def test_the_make_up_days_of_2026_are_those_of_the_notice(calendar: Calendar) -> None:
    year = [on for on in SHIPPED if on.year == 2026]
    assert [on for on in year if calendar.day(on).kind is DayKind.MAKE_UP] == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]


@pytest.mark.parametrize(
    ("on", "kind", "name", "cited"),
    [
        (date(2026, 10, 1), DayKind.HOLIDAY, "国庆节", "国办发明电〔2025〕7号"),
        (date(2026, 10, 10), DayKind.MAKE_UP, "调休上班", "国办发明电〔2025〕7号"),
        (date(2026, 10, 17), DayKind.REST, None, None),
        (date(2026, 10, 19), DayKind.WORKED, None, None),
        (date(2023, 10, 7), DayKind.MAKE_UP, "调休上班", "国办发明电〔2022〕16号"),
    ],
)
def test_a_day_says_what_it_is_and_which_notice_says_so(
    calendar: Calendar, on: date, kind: DayKind, name: str | None, cited: str | None
) -> None:
    day = calendar.day(on)
    assert day.kind is kind
    assert (day.name.zh if day.name else None) == name
    citation = day.source.zh if day.source else ""
    assert citation.endswith(f"（{cited}）") if cited else citation == ""
    assert not day.provisional


def test_a_year_without_a_notice_has_weekends_and_statutory_days_off_and_is_provisional(calendar: Calendar) -> None:
    eve_of_spring_festival = calendar.day(date(2027, 2, 5))
    assert (eve_of_spring_festival.kind, eve_of_spring_festival.provisional) == (DayKind.HOLIDAY, True)
    assert not calendar.is_working_day(date(2027, 1, 2))  # a Saturday
    assert calendar.is_working_day(date(2027, 2, 9))  # after the four statutory days: days in lieu are not guessed
    assert calendar.is_provisional(date(2027, 6, 1))
    assert not calendar.is_provisional(date(2026, 6, 1))


def test_a_notice_takes_the_place_of_the_statutory_table_for_its_year(calendar: Calendar) -> None:
    notice = replace(calendar.notices[0], year=2027, holidays=(), make_up_days=frozenset())
    noticed = Calendar(notices=(notice,), statutory=calendar.statutory)
    assert not calendar.is_working_day(date(2027, 6, 9))  # Dragon Boat Festival by the table
    assert noticed.is_working_day(date(2027, 6, 9))
    assert not noticed.is_provisional(date(2027, 6, 9))


def test_a_year_before_the_first_notice_has_its_weekends_off_and_is_provisional(calendar: Calendar) -> None:
    assert calendar.is_working_day(date(2011, 10, 3))
    assert not calendar.is_working_day(date(2011, 10, 1))
    assert calendar.day(date(2011, 10, 3)).provisional


def test_a_day_of_the_december_before_is_not_provisional_when_the_notice_names_it(calendar: Calendar) -> None:
    assert calendar.day(date(2022, 12, 31)).kind is DayKind.HOLIDAY
    assert not calendar.is_provisional(date(2022, 12, 31))
    assert calendar.is_provisional(date(2022, 12, 30))
    assert not calendar.any_provisional(date(2022, 12, 31), date(2023, 5, 1))
    assert calendar.any_provisional(date(2023, 5, 1), date(2022, 12, 30))


def test_a_strict_calendar_refuses_a_year_without_a_notice_and_names_it(strict_calendar: Calendar) -> None:
    with pytest.raises(CalendarEnds) as ended:
        strict_calendar.is_working_day(date(2027, 1, 4))
    assert ended.value.year == 2027
    assert strict_calendar.is_working_day(date(2026, 12, 31))


@pytest.mark.parametrize("on", [date(1999, 12, 31), date(2101, 1, 1)])
def test_no_calendar_reaches_beyond_2000_to_2100(calendar: Calendar, on: date) -> None:
    with pytest.raises(CalendarEnds):
        calendar.is_working_day(on)


@pytest.mark.parametrize("on", [date(2000, 1, 3), date(2100, 12, 31)])
def test_the_first_and_the_last_year_are_covered(calendar: Calendar, on: date) -> None:
    assert calendar.is_working_day(on)


def test_counting_forward_and_backward_crosses_years(calendar: Calendar) -> None:
    # 2025: working days 29, 30, 31 December; 2026 begins with 4 January, a make-up Sunday.
    assert calendar.working_day_from(date(2025, 12, 29), 4) == date(2026, 1, 4)
    assert calendar.working_day_until(date(2026, 1, 4), 4) == date(2025, 12, 29)
    assert calendar.working_day_from(date(2023, 1, 1), 1) == date(2023, 1, 3)
    assert calendar.working_days_between(date(2025, 12, 29), date(2026, 1, 5)) == 4
    assert calendar.working_days_between(date(2026, 1, 5), date(2025, 12, 29)) == 0


def _amendment(issued_on: date | None) -> Notice:
    return Notice(
        year=2026,
        source=Text("补充通知", "Supplementary notice"),
        number=None,
        issued_on=issued_on,
        holidays=(),
        make_up_days=frozenset({date(2026, 10, 4)}),
    )


def test_of_two_notices_on_one_day_the_one_issued_later_counts(notices: tuple[Notice, ...]) -> None:
    later = Calendar(notices=(_amendment(date(2026, 3, 1)), *notices))
    earlier = Calendar(notices=(_amendment(None), *notices))
    assert later.is_working_day(date(2026, 10, 4))
    assert not earlier.is_working_day(date(2026, 10, 4))


def test_the_version_depends_on_the_days_alone_and_not_on_the_order_of_files(notices: tuple[Notice, ...]) -> None:
    calendar = Calendar(notices=notices)
    renamed = replace(notices[0], source=Text("另一标题", "Another title"))
    assert Calendar(notices=tuple(reversed(notices))).version == calendar.version
    assert Calendar(notices=(renamed, *notices[1:])).version == calendar.version
    assert len(calendar.version) == 64


def test_the_version_changes_with_any_day_that_can_move_a_date(calendar: Calendar, notices: tuple[Notice, ...]) -> None:
    one_day_less = replace(notices[0], make_up_days=frozenset(sorted(notices[0].make_up_days)[1:]))
    versions = {
        calendar.version,
        Calendar(notices=notices).version,  # without the statutory days
        Calendar(notices=notices[1:], statutory=calendar.statutory).version,
        Calendar(notices=(one_day_less, *notices[1:]), statutory=calendar.statutory).version,
    }
    assert len(versions) == 4


def test_threads_that_ask_a_fresh_calendar_at_once_get_the_same_answers(calendar: Calendar) -> None:
    fresh = Calendar(notices=calendar.notices, statutory=calendar.statutory)
    expected = [calendar.is_working_day(on) for on in SHIPPED]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: [fresh.is_working_day(on) for on in SHIPPED], range(16)))
    assert answers == [expected] * 16
