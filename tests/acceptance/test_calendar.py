"""The scenarios of terms: counted by the one function that computes due instants, on the notices of the repository."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import pytest
from pytest_bdd import given, scenarios, then, when

from engine.calendar.calendar import Calendar
from engine.calendar.due import Due, backward, due
from engine.calendar.local import Overlay, calendar_file_from_mapping
from engine.calendar.notices import notice_from_mapping
from engine.calendar.term import SHANGHAI, Counting, Interval, Roll, day_begins_at
from engine.case.case import Clock
from engine.case.deadlines import Dates, recomputed, started
from engine.definition.model import DeadlinePart
from engine.definition.period import Period, PeriodUnit
from engine.errors import CalendarEnds
from runtime.rules import load_calendar
from tests.acceptance.steps_common import sentence
from tests.support.wording import DAY, day, in_words

scenarios("../../features/calendar")

CALENDARS: Final = Path(__file__).parents[2] / "workflows" / "calendars"
UNITS: Final = {
    "个工作日": PeriodUnit.WORKING_DAYS,
    "日": PeriodUnit.DAYS,
    "个月": PeriodUnit.MONTHS,
    "小时": PeriodUnit.HOURS,
}
UNIT: Final = "mill"
PERIOD: Final = rf"(?P<count>\d+)(?P<unit>{'|'.join(UNITS)})"


@dataclass(slots=True)
class Reckoning:
    """A term put together sentence by sentence, and what came of it."""

    counting: Counting
    start_at: datetime | None = None
    period: Period | None = None
    missing: str = "provisional"
    due: Due | None = None
    refusal: CalendarEnds | None = None
    clock: Clock | None = None
    by_unit: bool = False
    of_the_unit: dict[str, object] | None = None

    @property
    def found(self) -> Due:
        assert self.due is not None, f"没有推算出日期：{self.refusal and self.refusal.text}"
        return self.due

    @property
    def running(self) -> Clock:
        assert self.clock is not None, "没有在计时的期限"
        return self.clock

    @property
    def part(self) -> DeadlinePart:
        assert self.period is not None
        return DeadlinePart.model_validate({"title": {"zh": "期限", "en": "Term"}, "within": str(self.period)})

    def calendar(self) -> Calendar:
        """Return the shipped calendar, with the unit's own days where there are any."""
        calendar = load_calendar(CALENDARS, self.missing)
        if self.of_the_unit is not None:
            calendar = calendar.with_overlays([_overlay(self.of_the_unit)]).for_unit([UNIT])
        return calendar if self.by_unit else calendar.official


@pytest.fixture
def reckoning() -> Reckoning:
    return Reckoning(counting=Counting())


@given(sentence(rf"期限自DAY(?:(?P<hour>\d+)时)?起算，为{PERIOD}"))
def _term(reckoning: Reckoning, on: str, hour: str | None, count: str, unit: str) -> None:
    reckoning.start_at = datetime.combine(day(on), time(int(hour or 0)), SHANGHAI).astimezone(UTC)
    reckoning.period = Period(count=int(count), unit=UNITS[unit])


@given("末日遇休息日不顺延")
def _no_roll(reckoning: Reckoning) -> None:
    reckoning.counting["roll"] = Roll.NONE


@given(sentence(rf"期限自(?P<stops>{DAY})中止，于(?P<resumes>{DAY})恢复"))
def _suspended(reckoning: Reckoning, stops: str, resumes: str) -> None:
    reckoning.counting["suspensions"] = [Interval(from_on=day(stops), until_on=day(resumes))]


@given(sentence(r"期限延长(?P<days>\d+)日"))
def _extended(reckoning: Reckoning, days: str) -> None:
    reckoning.counting["extension"] = Period(count=int(days), unit=PeriodUnit.DAYS)


@given("规定放假通知未公布的年份不予推算")
def _strict(reckoning: Reckoning) -> None:
    reckoning.missing = "error"


@given(sentence(r"截止日期(?P<how>已定|暂定)为DAY"))
def _promised(reckoning: Reckoning, how: str, on: str) -> None:
    assert reckoning.start_at is not None
    dates = Dates(fields={}, session=None)
    reckoning.clock = started(reckoning.part, "term", reckoning.calendar(), reckoning.start_at, dates)
    assert (reckoning.clock.due_on, reckoning.clock.provisional) == (day(on), how == "暂定")


@given("规定该期限按单位日历计算")
def _by_unit(reckoning: Reckoning) -> None:
    reckoning.by_unit = True


@given(sentence("单位自定DAY休息"))
def _own_rest_day(reckoning: Reckoning, on: str) -> None:
    reckoning.of_the_unit = {**_notice_of(day(on), "放假"), "unit": UNIT}


@when(sentence(r"放假通知公布，DAY(?P<how>放假|上班)"))
def _announced(reckoning: Reckoning, on: str, how: str) -> None:
    known = reckoning.calendar()
    announced = notice_from_mapping(_notice_of(day(on), how), "通知")
    calendar = Calendar(notices=(*known.notices, announced), statutory=known.statutory)
    reckoning.clock = recomputed(reckoning.running, reckoning.part, calendar)


@then(sentence(r"截止日期(?:改|仍)为DAY"))
def _moved(reckoning: Reckoning, on: str) -> None:
    assert reckoning.running.due_on == day(on), in_words(reckoning.running.due_on)
    assert not reckoning.running.provisional


@then(sentence("最初承诺的日期仍为DAY"))
def _still_promised(reckoning: Reckoning, on: str) -> None:
    assert reckoning.running.promised_on == day(on), in_words(reckoning.running.promised_on)


def _notice_of(on: date, how: str) -> dict[str, object]:
    span = {"name": {"zh": "放假", "en": "Day off"}, "from": on.isoformat()}
    return {
        "year": on.year,
        "title": {"zh": "放假通知", "en": "Notice"},
        "holidays": [span] if how == "放假" else [],
        "make_up_days": [on.isoformat()] if how == "上班" else [],
    }


def _overlay(said: dict[str, object]) -> Overlay:
    read = calendar_file_from_mapping(said, "单位日历")
    assert isinstance(read, Overlay)
    return read


@given(sentence("大会定于DAY召开"))
def _event(reckoning: Reckoning, on: str) -> None:
    reckoning.start_at = day_begins_at(day(on))


@when("推算截止日期")
def _reckon(reckoning: Reckoning) -> None:
    assert reckoning.start_at is not None
    assert reckoning.period is not None
    try:
        reckoning.due = due(reckoning.calendar(), reckoning.start_at, reckoning.period, **reckoning.counting)
    except CalendarEnds as refusal:
        reckoning.refusal = refusal


@when(sentence(rf"倒推{PERIOD}"))
def _reckon_back(reckoning: Reckoning, count: str, unit: str) -> None:
    assert reckoning.start_at is not None
    period = Period(count=int(count), unit=UNITS[unit])
    reckoning.due = backward(load_calendar(CALENDARS), reckoning.start_at, period)


@then(sentence(r"期限于DAY(?:(?P<hour>\d+)时)?届满"))
def _ends(reckoning: Reckoning, on: str, hour: str | None) -> None:
    """By the day; an hour is named only where the term is counted in hours."""
    effective_on, due_at = reckoning.found.effective_on, reckoning.found.due_at
    assert effective_on == day(on), f"期限于{in_words(effective_on)}届满"
    assert not reckoning.found.provisional
    end = datetime.combine(day(on), time(int(hour)), SHANGHAI) if hour else day_begins_at(day(on)) + timedelta(days=1)
    assert due_at == end, f"期限于{due_at}届满"


@then(sentence("最迟应于DAY办理"))
def _latest(reckoning: Reckoning, on: str) -> None:
    assert reckoning.found.effective_on == day(on), in_words(reckoning.found.effective_on)


@then(sentence("原定末日为DAY"))
def _nominal(reckoning: Reckoning, on: str) -> None:
    assert reckoning.found.nominal_on == day(on), in_words(reckoning.found.nominal_on)


@then("截止日期注明为暂定")
def _provisional(reckoning: Reckoning) -> None:
    assert reckoning.found.provisional


@then(sentence("系统不予推算，理由是“(?P<reason>[^“”]+)”"))
def _refused(reckoning: Reckoning, reason: str) -> None:
    assert reckoning.refusal is not None, f"推算为{reckoning.due}"
    assert reckoning.refusal.text.zh == reason
