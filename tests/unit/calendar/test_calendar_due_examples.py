"""The worked examples E01-E26 of the handbook on deadlines, with its dates, and the edges between its rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Unpack
from zoneinfo import ZoneInfo

import pytest

from engine.calendar.calendar import Calendar
from engine.calendar.due import Due, Side, backward, due, field_due, fixed_due, offset
from engine.calendar.term import (
    SHANGHAI,
    Counting,
    Direction,
    ExtensionBase,
    Interval,
    Roll,
    StartDay,
    day_begins_at,
    day_ends_at,
)
from engine.definition.period import parse_period
from engine.errors import CalendarEnds, InputRefused


def at(text: str) -> datetime:
    """Read an instant of Shanghai; a date alone is taken at 10:00."""
    moment = datetime.fromisoformat(text if "T" in text else f"{text}T10:00")
    return moment.replace(tzinfo=SHANGHAI)


def on(text: str) -> date:
    return date.fromisoformat(text)


def stood(from_on: str, until_on: str | None) -> Interval:
    return Interval(from_on=on(from_on), until_on=on(until_on) if until_on else None)


def dates(found: Due) -> tuple[str, str]:
    return found.nominal_on.isoformat(), found.effective_on.isoformat()


def counted(calendar: Calendar, start: str, within: str, **counting: Unpack[Counting]) -> tuple[str, str]:
    return dates(due(calendar, at(start), parse_period(within), **counting))


@pytest.mark.parametrize(
    ("start", "within", "nominal", "effective"),
    [
        pytest.param("2026-06-05", "15 days", "2026-06-20", "2026-06-22", id="E01"),
        pytest.param("2026-03-02", "60 days", "2026-05-01", "2026-05-06", id="E02"),
        pytest.param("2026-08-03", "60 days", "2026-10-02", "2026-10-08", id="E03-before-extension"),
        pytest.param("2026-04-01", "30 days", "2026-05-01", "2026-05-06", id="E04-before-suspension"),
        pytest.param("2026-01-15", "30 days", "2026-02-14", "2026-02-14", id="E05-make-up-day"),
        pytest.param("2026-01-16", "30 days", "2026-02-15", "2026-02-24", id="E05-one-day-later"),
        pytest.param("2026-02-11", "5 working days", "2026-02-25", "2026-02-25", id="E06"),
        pytest.param("2026-09-18", "15 working days", "2026-10-15", "2026-10-15", id="E07"),
        pytest.param("2026-04-28", "7 working days", "2026-05-11", "2026-05-11", id="E08"),
        pytest.param("2026-03-02", "15 working days", "2026-03-23", "2026-03-23", id="E09-before-suspension"),
        pytest.param("2026-01-31", "1 month", "2026-02-28", "2026-02-28", id="E10-month"),
        pytest.param("2026-01-31", "30 days", "2026-03-02", "2026-03-02", id="E10-days"),
        pytest.param("2026-07-01", "3 months", "2026-10-01", "2026-10-08", id="E11-months"),
        pytest.param("2026-07-01", "90 days", "2026-09-29", "2026-09-29", id="E11-days"),
        pytest.param("2026-03-20", "90 days", "2026-06-18", "2026-06-18", id="E12-reply-days"),
        pytest.param("2026-03-20", "3 months", "2026-06-20", "2026-06-22", id="E12-reply-months"),
        pytest.param("2026-03-20", "30 days", "2026-04-19", "2026-04-20", id="E12-co-handler-days"),
        pytest.param("2026-03-20", "1 month", "2026-04-20", "2026-04-20", id="E12-co-handler-month"),
        pytest.param("2026-04-24", "10 days", "2026-05-04", "2026-05-06", id="E14-days"),
        pytest.param("2026-04-24", "7 working days", "2026-05-08", "2026-05-08", id="E14-working-days"),
        pytest.param("2026-03-10", "45 days", "2026-04-24", "2026-04-24", id="E15-before-extension"),
        pytest.param("2026-02-05", "15 days", "2026-02-20", "2026-02-24", id="E16"),
        pytest.param("2026-07-06", "90 days", "2026-10-04", "2026-10-08", id="E17"),
        pytest.param("2026-04-29", "3 days", "2026-05-02", "2026-05-06", id="E19-publish"),
        pytest.param("2026-05-02", "3 working days", "2026-05-08", "2026-05-08", id="E21"),
        pytest.param("2026-10-06", "0 days", "2026-10-06", "2026-10-08", id="E23-weekly"),
        pytest.param("2026-02-15", "0 days", "2026-02-15", "2026-02-24", id="E23-monthly"),
    ],
)
def test_a_term_ends_on_the_day_the_handbook_gives(
    calendar: Calendar, start: str, within: str, nominal: str, effective: str
) -> None:
    assert counted(calendar, start, within) == (nominal, effective)


def test_e03_an_extension_is_added_to_the_nominal_end_and_the_whole_is_rolled_once(calendar: Calendar) -> None:
    thirty = parse_period("30 days")
    assert counted(calendar, "2026-08-03", "60 days", extension=thirty) == ("2026-11-01", "2026-11-02")


def test_e03_an_extension_added_to_the_effective_end_comes_out_later(calendar: Calendar) -> None:
    thirty = parse_period("30 days")
    assert counted(calendar, "2026-08-03", "60 days", extension=thirty, extension_base=ExtensionBase.EFFECTIVE) == (
        "2026-11-07",
        "2026-11-09",
    )


def test_e04_a_suspension_moves_the_nominal_end_and_not_the_rolled_one(calendar: Calendar) -> None:
    hearing = [stood("2026-04-13", "2026-04-20")]
    assert counted(calendar, "2026-04-01", "30 days", suspensions=hearing) == ("2026-05-08", "2026-05-08")


def test_e09_a_suspension_takes_working_days_out_of_a_term_of_working_days(calendar: Calendar) -> None:
    week = [stood("2026-03-10", "2026-03-17")]
    assert counted(calendar, "2026-03-02", "15 working days", suspensions=week) == ("2026-03-30", "2026-03-30")


def test_e13_ninety_days_and_thirty_more_are_rolled_once(calendar: Calendar) -> None:
    thirty = parse_period("30 days")
    assert counted(calendar, "2026-03-20", "90 days", extension=thirty) == ("2026-07-18", "2026-07-20")


def test_e15_an_extended_term_that_ends_on_a_make_up_saturday_does_not_roll(calendar: Calendar) -> None:
    fifteen = parse_period("15 days")
    assert counted(calendar, "2026-03-10", "45 days", extension=fifteen) == ("2026-05-09", "2026-05-09")


def test_e18_days_before_an_event_move_earlier_and_not_later(calendar: Calendar) -> None:
    found = backward(calendar, at("2026-10-12"), parse_period("7 days"))
    assert dates(found) == ("2026-10-05", "2026-09-30")


def test_e19_what_must_be_shown_for_fifteen_days_may_come_down_when_the_sixteenth_begins(calendar: Calendar) -> None:
    posted_on = due(calendar, at("2026-04-29"), parse_period("3 days")).effective_on
    shown = due(calendar, day_begins_at(posted_on), parse_period("15 days"), roll=Roll.NONE)
    assert dates(shown) == ("2026-05-21", "2026-05-21")
    assert shown.due_at == at("2026-05-22T00:00")


@pytest.mark.parametrize(
    ("within", "side", "expected"),
    [
        pytest.param("7 days", Side.BEFORE, "2026-09-30", id="E20-T-7"),
        pytest.param("1 day", Side.AFTER, "2026-10-09", id="E20-T+1"),
        pytest.param("15 days", Side.AFTER, "2026-10-23", id="E20-T+15"),
        pytest.param("30 days", Side.AFTER, "2026-11-09", id="E20-T+30"),
        pytest.param("2 working days", Side.BEFORE, "2026-09-29", id="working-days-before"),
        pytest.param("2 working days", Side.AFTER, "2026-10-10", id="working-days-after"),
    ],
)
def test_e20_rungs_before_the_date_move_earlier_and_rungs_after_it_later(
    calendar: Calendar, within: str, side: Side, expected: str
) -> None:
    assert offset(calendar, on("2026-10-08"), parse_period(within), side) == on(expected)


def test_a_rung_cannot_be_set_by_hours(calendar: Calendar) -> None:
    with pytest.raises(InputRefused):
        offset(calendar, on("2026-10-08"), parse_period("24 hours"), Side.AFTER)


def test_e22_hours_run_from_the_minute_through_a_holiday(calendar: Calendar) -> None:
    found = due(calendar, at("2026-09-30T16:00"), parse_period("24 hours"))
    assert found.due_at == at("2026-10-01T16:00")
    assert dates(found) == ("2026-10-01", "2026-10-01")


def test_hours_do_not_roll_whatever_the_rule_says(calendar: Calendar) -> None:
    found = due(calendar, at("2026-09-30T16:00"), parse_period("24 hours"), roll=Roll.NEXT)
    assert found.due_at == at("2026-10-01T16:00")


@pytest.mark.parametrize(("fixed", "effective"), [("2026-10-06", "2026-10-08"), ("2026-02-15", "2026-02-24")])
def test_e23_a_recurring_date_rolls_forward_when_its_rule_says_so(
    calendar: Calendar, fixed: str, effective: str
) -> None:
    found = fixed_due(calendar, on(fixed), roll=Roll.NEXT)
    assert dates(found) == (fixed, effective)
    assert not found.warns


@pytest.mark.parametrize(
    ("fixed", "warns"), [("2026-03-15", True), ("2026-10-20", False), ("2026-11-20", False), ("2026-12-15", False)]
)
def test_e24_a_date_set_by_a_notice_stays_and_only_warns(calendar: Calendar, fixed: str, warns: bool) -> None:
    found = fixed_due(calendar, on(fixed))
    assert dates(found) == (fixed, fixed)
    assert found.warns is warns


def test_e24_the_last_working_day_before_a_sunday_is_the_friday(calendar: Calendar) -> None:
    assert calendar.working_day_until(on("2026-03-15"), 1) == on("2026-03-13")


def test_e25_a_strict_calendar_refuses_a_term_that_needs_a_missing_notice(strict_calendar: Calendar) -> None:
    with pytest.raises(CalendarEnds) as ended:
        due(strict_calendar, at("2026-12-16"), parse_period("15 working days"))
    assert ended.value.year == 2027


def test_e25_eleven_of_the_fifteen_working_days_are_left_in_the_year(strict_calendar: Calendar) -> None:
    assert counted(strict_calendar, "2026-12-16", "11 working days")[1] == "2026-12-31"


def test_e25_by_default_the_date_is_given_and_is_provisional(calendar: Calendar) -> None:
    # 1 January is off by statute, 2 and 3 January are a weekend: 4, 5, 6 and 7 January make fifteen.
    found = due(calendar, at("2026-12-16"), parse_period("15 working days"))
    assert dates(found) == ("2027-01-07", "2027-01-07")
    assert found.provisional
    assert found.calendar_version == calendar.version


def test_e26_working_days_before_an_event_skip_its_holiday(calendar: Calendar) -> None:
    found = backward(calendar, at("2026-05-07"), parse_period("2 working days"))
    assert found.effective_on == on("2026-04-30")


# What the examples leave open


def test_a_day_ends_at_midnight_of_shanghai(calendar: Calendar) -> None:
    found = due(calendar, at("2026-06-05"), parse_period("15 days"))
    assert found.due_at == datetime(2026, 6, 22, 16, 0, tzinfo=UTC)


def test_a_day_may_end_at_the_close_of_business(calendar: Calendar) -> None:
    found = due(calendar, at("2026-06-05"), parse_period("15 days"), end_of_day="17:30")
    assert found.due_at == at("2026-06-22T17:30")


def test_a_close_of_business_that_is_no_time_is_refused(calendar: Calendar) -> None:
    with pytest.raises(InputRefused, match="17:30"):
        due(calendar, at("2026-06-05"), parse_period("15 days"), end_of_day="half past five")


def test_the_start_day_is_the_day_in_the_zone_of_the_term(calendar: Calendar) -> None:
    late_in_utc = datetime(2026, 6, 4, 16, 30, tzinfo=UTC)  # 5 June, 00:30, in Shanghai
    assert due(calendar, late_in_utc, parse_period("15 days")).nominal_on == on("2026-06-20")
    assert due(calendar, late_in_utc, parse_period("15 days"), zone=ZoneInfo("UTC")).nominal_on == on("2026-06-19")


def test_a_start_without_a_zone_is_refused(calendar: Calendar) -> None:
    with pytest.raises(InputRefused):
        due(calendar, datetime.combine(on("2026-06-05"), time(10)), parse_period("15 days"))


@pytest.mark.parametrize("start", ["1999-12-31", "2101-01-01"])
def test_a_start_outside_the_years_of_the_calendar_is_refused(calendar: Calendar, start: str) -> None:
    with pytest.raises(CalendarEnds):
        due(calendar, at(start), parse_period("1 day"))


@pytest.mark.parametrize(
    ("start", "within", "end"),
    [
        ("2026-03-02", "5 days", "2026-03-06"),
        ("2026-03-02", "5 working days", "2026-03-06"),
        ("2026-03-07", "5 working days", "2026-03-13"),  # a Saturday counts as no day
        ("2026-03-01", "1 month", "2026-03-31"),
        ("2026-01-31", "1 month", "2026-02-28"),
        ("2026-03-02", "0 days", "2026-03-02"),
        ("2026-03-02", "0 working days", "2026-03-02"),
        ("2026-03-02", "0 months", "2026-03-02"),
    ],
)
def test_an_included_start_day_is_day_one(calendar: Calendar, start: str, within: str, end: str) -> None:
    assert counted(calendar, start, within, start_day=StartDay.INCLUDED, roll=Roll.NONE)[0] == end


@pytest.mark.parametrize(
    ("event", "within", "start_day", "last"),
    [
        ("2026-03-31", "1 month", StartDay.EXCLUDED, "2026-02-28"),
        ("2026-03-31", "1 month", StartDay.INCLUDED, "2026-03-01"),
        ("2026-03-11", "3 days", StartDay.INCLUDED, "2026-03-09"),
        ("2026-03-11", "3 working days", StartDay.INCLUDED, "2026-03-09"),
        ("2026-03-11", "0 days", StartDay.EXCLUDED, "2026-03-11"),
    ],
)
def test_counting_back_in_every_unit(
    calendar: Calendar, event: str, within: str, start_day: StartDay, last: str
) -> None:
    found = backward(calendar, at(event), parse_period(within), start_day=start_day, roll=Roll.NONE)
    assert found.effective_on == on(last)


def test_hours_can_be_counted_back(calendar: Calendar) -> None:
    found = backward(calendar, at("2026-10-01T16:00"), parse_period("24 hours"))
    assert found.due_at == at("2026-09-30T16:00")


def test_a_term_may_roll_to_the_working_day_before(calendar: Calendar) -> None:
    assert counted(calendar, "2026-06-05", "15 days", roll=Roll.PREVIOUS) == ("2026-06-20", "2026-06-18")


def test_overlapping_suspensions_are_counted_once(calendar: Calendar) -> None:
    overlapping = [
        stood("2026-04-15", "2026-04-20"),
        stood("2026-04-13", "2026-04-17"),
        stood("2026-04-14", "2026-04-14"),
    ]
    assert counted(calendar, "2026-04-01", "30 days", suspensions=overlapping)[0] == "2026-05-08"


def test_a_suspension_before_the_start_or_after_the_end_moves_nothing(calendar: Calendar) -> None:
    elsewhere = [stood("2026-03-01", "2026-04-02"), stood("2026-05-02", "2026-05-20")]
    assert counted(calendar, "2026-04-01", "30 days", suspensions=elsewhere, roll=Roll.NONE)[0] == "2026-05-01"


def test_a_suspension_of_days_off_takes_no_working_day_out(calendar: Calendar) -> None:
    golden_week = [stood("2026-10-01", "2026-10-08")]
    assert counted(calendar, "2026-09-18", "15 working days", suspensions=golden_week)[1] == "2026-10-15"


def test_a_suspension_inside_the_extension_moves_the_extended_end(calendar: Calendar) -> None:
    found = counted(
        calendar,
        "2026-08-03",
        "60 days",
        extension=parse_period("30 days"),
        suspensions=[stood("2026-10-12", "2026-10-22")],
    )
    assert found == ("2026-11-11", "2026-11-11")


def test_an_end_is_not_rolled_onto_a_suspended_day(calendar: Calendar) -> None:
    # Nominal 1 May; the clock stops on Wed 6 May, the day it would roll to, and resumes on Mon 11 May.
    standing = [stood("2026-05-06", "2026-05-11")]
    assert counted(calendar, "2026-04-01", "30 days", suspensions=standing) == ("2026-05-01", "2026-05-11")


def test_an_end_is_not_rolled_back_onto_a_suspended_day(calendar: Calendar) -> None:
    standing = [stood("2026-04-28", "2026-05-01")]
    found = counted(calendar, "2026-04-01", "27 days", suspensions=standing, roll=Roll.PREVIOUS)
    assert found == ("2026-05-01", "2026-04-27")


def test_an_open_suspension_moves_nothing_yet_and_says_so(calendar: Calendar) -> None:
    found = due(calendar, at("2026-04-01"), parse_period("30 days"), suspensions=[stood("2026-04-13", None)])
    assert dates(found) == ("2026-05-01", "2026-05-06")
    assert found.standing


def test_an_open_suspension_that_began_after_the_end_does_not_hold_the_clock(calendar: Calendar) -> None:
    found = due(calendar, at("2026-04-01"), parse_period("30 days"), suspensions=[stood("2026-05-07", None)])
    assert not found.standing


def test_a_suspended_day_stops_hours_from_its_midnight_to_the_midnight_of_the_resume_day(calendar: Calendar) -> None:
    found = due(
        calendar, at("2026-03-10T16:00"), parse_period("24 hours"), suspensions=[stood("2026-03-11", "2026-03-13")]
    )
    assert found.due_at == at("2026-03-13T16:00")


def test_hours_that_start_during_a_suspension_begin_when_it_ends(calendar: Calendar) -> None:
    found = due(
        calendar,
        at("2026-03-11T16:00"),
        parse_period("24 hours"),
        suspensions=[stood("2026-03-11", "2026-03-13"), stood("2026-04-01", "2026-04-02")],
    )
    assert found.due_at == at("2026-03-14T00:00")


def test_hours_are_extended_by_hours(calendar: Calendar) -> None:
    found = due(calendar, at("2026-03-10T16:00"), parse_period("24 hours"), extension=parse_period("12 hours"))
    assert found.due_at == at("2026-03-12T04:00")


@pytest.mark.parametrize(("within", "extension"), [("24 hours", "1 day"), ("1 day", "24 hours")])
def test_hours_and_days_cannot_extend_each_other(calendar: Calendar, within: str, extension: str) -> None:
    with pytest.raises(InputRefused):
        due(calendar, at("2026-03-10"), parse_period(within), extension=parse_period(extension))


def test_a_term_of_working_days_extended_by_days_is_rolled_at_the_end(calendar: Calendar) -> None:
    found = counted(calendar, "2026-03-02", "5 working days", extension=parse_period("5 days"))
    assert found == ("2026-03-14", "2026-03-16")


def test_a_term_counted_back_takes_no_suspension_and_no_extension(calendar: Calendar) -> None:
    with pytest.raises(InputRefused):
        backward(calendar, at("2026-03-10"), parse_period("7 days"), extension=parse_period("1 day"))
    with pytest.raises(InputRefused):
        due(
            calendar,
            at("2026-03-10"),
            parse_period("7 days"),
            direction=Direction.BACKWARD,
            suspensions=[stood("2026-03-01", "2026-03-02")],
        )


def test_a_clock_cannot_resume_before_it_stopped() -> None:
    with pytest.raises(InputRefused):
        stood("2026-03-10", "2026-03-09")


def test_a_date_is_provisional_only_when_a_day_without_a_notice_was_looked_at(calendar: Calendar) -> None:
    def provisional(start: str, within: str, **counting: Unpack[Counting]) -> bool:
        return due(calendar, at(start), parse_period(within), **counting).provisional

    assert provisional("2026-12-20", "30 days")
    assert not provisional("2026-12-20", "30 days", roll=Roll.NONE)
    assert not provisional("2026-12-20", "300 hours")
    assert not provisional("2026-12-31", "0 working days")
    assert not provisional("2022-12-31", "5 working days")
    assert provisional("2022-12-29", "5 working days")
    assert not provisional("2022-12-01", "60 days")
    # The end lies in 2023, but a base rolled in 2022 was asked for.
    assert provisional(
        "2022-12-01", "17 days", extension=parse_period("30 days"), extension_base=ExtensionBase.EFFECTIVE
    )


def test_a_strict_calendar_is_asked_only_about_days_that_matter(strict_calendar: Calendar) -> None:
    assert counted(strict_calendar, "2022-12-31", "5 working days")[1] == "2023-01-09"
    assert counted(strict_calendar, "2026-12-20", "30 days", roll=Roll.NONE)[1] == "2027-01-19"
    with pytest.raises(CalendarEnds):
        counted(strict_calendar, "2026-12-20", "30 days")


def test_a_fixed_date_may_end_at_the_close_of_business(calendar: Calendar) -> None:
    found = fixed_due(calendar, on("2026-12-15"), end_of_day="17:30")
    assert found.due_at == at("2026-12-15T17:30")
    assert not fixed_due(calendar, on("2027-03-01")).provisional
    assert fixed_due(calendar, on("2027-03-06"), roll=Roll.NEXT).provisional


def test_an_instant_from_a_field_is_taken_as_it_is(calendar: Calendar) -> None:
    found = field_due(calendar, at("2011-10-02T08:15"))
    assert found.due_at == at("2011-10-02T08:15")
    assert dates(found) == ("2011-10-02", "2011-10-02")
    assert not found.provisional


def test_a_day_begins_where_the_one_before_ends() -> None:
    assert day_ends_at(on("2026-02-28")) == day_begins_at(on("2026-03-01")) == at("2026-03-01T00:00")


def test_a_far_term_ends_with_the_calendar(calendar: Calendar) -> None:
    with pytest.raises(CalendarEnds) as ended:
        due(calendar, at("2099-12-01"), parse_period("3660 working days"))
    assert ended.value.year == 2101
