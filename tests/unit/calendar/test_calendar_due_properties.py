"""What holds for every term, and a day-by-day count written differently that must agree with the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar.calendar import Calendar
from engine.calendar.due import backward, due
from engine.calendar.explain import explain
from engine.calendar.term import SHANGHAI, Counting, Direction, ExtensionBase, Interval, Roll, StartDay
from engine.calendar.walk import Mark
from engine.definition.period import Period, PeriodUnit

DAY_UNITS = (PeriodUnit.WORKING_DAYS, PeriodUnit.DAYS, PeriodUnit.MONTHS)
starts = st.dates(date(2023, 1, 1), date(2024, 6, 30))
counts = st.integers(0, 120)


def morning(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 10, tzinfo=SHANGHAI)


def days(count: int) -> Period:
    return Period(count=count, unit=PeriodUnit.DAYS)


def working_days(count: int) -> Period:
    return Period(count=count, unit=PeriodUnit.WORKING_DAYS)


@given(starts, counts, counts)
def test_working_days_add_up(calendar: Calendar, start: date, first: int, second: int) -> None:
    halfway = due(calendar, morning(start), working_days(first)).effective_on
    at_once = due(calendar, morning(start), working_days(first + second))
    assert due(calendar, morning(halfway), working_days(second)).effective_on == at_once.effective_on


@given(starts, counts, counts)
def test_calendar_days_add_up_before_rolling(calendar: Calendar, start: date, first: int, second: int) -> None:
    halfway = due(calendar, morning(start), days(first)).nominal_on
    at_once = due(calendar, morning(start), days(first + second))
    assert due(calendar, morning(halfway), days(second)).nominal_on == at_once.nominal_on


@given(starts, counts)
def test_counting_back_from_the_end_leads_to_the_start(calendar: Calendar, start: date, count: int) -> None:
    working = calendar.working_day_from(start, 1)
    end = due(calendar, morning(working), working_days(count)).effective_on
    assert backward(calendar, morning(end), working_days(count)).effective_on == working


@given(
    starts,
    counts,
    counts,
    st.sampled_from(DAY_UNITS),
    st.sampled_from(Roll),
    st.sampled_from(StartDay),
)
def test_a_longer_term_never_ends_earlier(
    calendar: Calendar, start: date, shorter: int, more: int, unit: PeriodUnit, roll: Roll, start_day: StartDay
) -> None:
    short = Period(count=shorter % 24, unit=unit)
    long = Period(count=shorter % 24 + more % 24, unit=unit)
    early = due(calendar, morning(start), short, roll=roll, start_day=start_day)
    late = due(calendar, morning(start), long, roll=roll, start_day=start_day)
    assert early.effective_on <= late.effective_on
    assert early.due_at <= late.due_at


@given(starts, counts, st.sampled_from(Roll), st.sampled_from(Direction))
def test_the_roll_never_moves_a_working_day(
    calendar: Calendar, start: date, count: int, roll: Roll, direction: Direction
) -> None:
    end = due(calendar, morning(start), days(count), roll=roll, direction=direction)
    if calendar.is_working_day(end.nominal_on):
        assert end.effective_on == end.nominal_on
    elif roll is not Roll.NONE:
        assert calendar.is_working_day(end.effective_on)
        assert (end.effective_on > end.nominal_on) is (roll is Roll.NEXT)


# The oracle: no tables, no arithmetic, one day after the other.


@dataclass(frozen=True, kw_only=True)
class Question:
    start: date
    period: Period
    start_day: StartDay
    roll: Roll
    suspensions: tuple[Interval, ...]
    extension: Period | None
    extension_base: ExtensionBase

    def counting(self) -> Counting:
        return {
            "start_day": self.start_day,
            "roll": self.roll,
            "suspensions": self.suspensions,
            "extension": self.extension,
            "extension_base": self.extension_base,
        }


def small_period(unit: PeriodUnit) -> st.SearchStrategy[Period]:
    return st.builds(Period, count=st.integers(0, 6 if unit is PeriodUnit.MONTHS else 90), unit=st.just(unit))


periods = st.sampled_from(DAY_UNITS).flatmap(small_period)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    start = draw(starts)
    suspensions = []
    for _ in range(draw(st.integers(0, 3))):
        from_on = start + timedelta(days=draw(st.integers(-10, 120)))
        suspensions.append(Interval(from_on=from_on, until_on=from_on + timedelta(days=draw(st.integers(0, 30)))))
    return Question(
        start=start,
        period=draw(periods),
        start_day=draw(st.sampled_from(StartDay)),
        roll=draw(st.sampled_from(Roll)),
        suspensions=tuple(suspensions),
        extension=draw(st.none() | periods),
        extension_base=draw(st.sampled_from(ExtensionBase)),
    )


def month_end(start: date, months: int, *, included: bool) -> date:
    """Walk the months one by one; in the last one look for the day, or for the last day before it that exists."""
    year, month = start.year, start.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    day = start.day
    while True:
        try:
            found = date(year, month, day)
            break
        except ValueError:
            day -= 1
    return found - timedelta(days=1) if included and day == start.day else found


def leg(start: date, period: Period, stands: Callable[[date], bool], *, included: bool) -> date:
    if period.count == 0:
        return start
    on = start - timedelta(days=1) if included else start
    left = period.count
    if period.unit is PeriodUnit.MONTHS:
        left = (month_end(start, period.count, included=included) - on).days
    while left:
        on += timedelta(days=1)
        off = period.unit is PeriodUnit.WORKING_DAYS and not chinese_calendar.is_workday(on)
        if not stands(on) and not off:
            left -= 1
    return on


def rolled(on: date, roll: Roll, units: Sequence[PeriodUnit], stands: Callable[[date], bool]) -> date:
    if roll is Roll.NONE or set(units) == {PeriodUnit.WORKING_DAYS} or chinese_calendar.is_workday(on):
        return on
    step = timedelta(days=1 if roll is Roll.NEXT else -1)
    while not chinese_calendar.is_workday(on) or stands(on):
        on += step
    return on


def by_hand(question: Question) -> tuple[date, date]:
    stopped: set[date] = set()
    for interval in question.suspensions:
        on = interval.from_on
        while on != interval.until_on:
            stopped.add(on)
            on += timedelta(days=1)
    stands = stopped.__contains__
    units = [question.period.unit] + ([question.extension.unit] if question.extension else [])
    end = leg(question.start, question.period, stands, included=question.start_day is StartDay.INCLUDED)
    if question.extension is not None:
        if question.extension_base is ExtensionBase.EFFECTIVE:
            end = rolled(end, question.roll, units, stands)
        end = leg(end, question.extension, stands, included=False)
    return end, rolled(end, question.roll, units, stands)


@given(questions())
def test_a_count_by_hand_agrees(calendar: Calendar, question: Question) -> None:
    found = due(calendar, morning(question.start), question.period, **question.counting())
    nominal_on, effective_on = by_hand(question)
    assert (found.nominal_on, found.effective_on) == (nominal_on, effective_on)
    next_midnight = datetime.combine(effective_on + timedelta(days=1), datetime.min.time(), tzinfo=SHANGHAI)
    assert found.due_at == next_midnight
    assert found.due_at.tzinfo is UTC


@given(questions())
def test_the_explanation_counts_every_unit_once_and_ends_on_the_due_date(
    calendar: Calendar, question: Question
) -> None:
    told = explain(calendar, morning(question.start), question.period, **question.counting())
    assert told.due == due(calendar, morning(question.start), question.period, **question.counting())
    assert told.days[-1].on == told.due.effective_on
    units = [question.period] + ([question.extension] if question.extension else [])
    if all(period.unit is not PeriodUnit.MONTHS for period in units):
        counted = [row for row in told.days if row.mark in (Mark.WORKED, Mark.MAKE_UP, Mark.COUNTED)]
        assert len(counted) == sum(period.count for period in units)
    steps = [later.on - earlier.on for earlier, later in zip(told.days, told.days[1:], strict=False)]
    assert all(abs(step) == timedelta(days=1) for step in steps if question.roll is not Roll.PREVIOUS)
