"""Why a clock of a case ends when it does: the case's clock and its rule handed to the calendar's explanation.

Counting itself stands in ``engine.calendar``; here nothing is computed but whether the explanation is the clock's. What
happened to a clock, and the rungs of its ladder, are told in ``clock_history``.
"""

from __future__ import annotations

from engine.calendar.calendar import Calendar
from engine.calendar.explain import Explanation, explain
from engine.calendar.term import Interval, Roll, StartDay
from engine.calendar.wording import date_text
from engine.case.case import Clock
from engine.case.deadlines import counted_by
from engine.definition.model import DeadlinePart
from engine.definition.period import Period, PeriodUnit, parse_period
from engine.errors import CalendarEnds
from engine.text import Text


def why(clock: Clock, part: DeadlinePart, calendar: Calendar) -> Explanation | None:
    """Return the day-by-day explanation of a clock; None for a given date, and where no notice covers the years."""
    if clock.term.startswith(("on ", "at ")):
        return None
    calendar = counted_by(part, calendar)
    period = parse_period(clock.term)
    try:
        return explain(
            calendar,
            clock.started_at,
            period,
            start_day=StartDay(part.start_day),
            roll=None if part.roll is None else Roll(part.roll),
            suspensions=[Interval(from_on=begin, until_on=end) for begin, end in clock.suspensions],
            extension=_extension(clock, period),
        )
    except CalendarEnds:
        return None


def reasons(clock: Clock, explanation: Explanation | None) -> tuple[Text, ...]:
    """Return the reasons as sentences, those that no counting of days gives included."""
    if explanation is None:
        return _given(clock)
    sentences = list(explanation.sentences)
    if clock.due_on != explanation.due.effective_on:
        sentences.append(_differs(clock))
    return tuple(sentences)


def _extension(clock: Clock, period: Period) -> Period | None:
    days = sum(clock.extensions)
    if not days:
        return None
    if period.unit is PeriodUnit.HOURS:
        return Period(count=24 * days, unit=PeriodUnit.HOURS)
    return Period(count=days, unit=PeriodUnit.DAYS)


def _given(clock: Clock) -> tuple[Text, ...]:
    due = date_text(clock.due_on)
    if not clock.term.startswith(("on ", "at ")):
        return (
            Text(
                f"应于{due.zh}前完成；相关年度放假安排未录入，不能逐日说明。",
                f"To be done by {due.en}; without the notice of that year the days cannot be shown one by one.",
            ),
        )
    promised = date_text(clock.promised_on)
    sentences = [
        Text(
            f"该日期由事项、届次或规则直接给定（{promised.zh}），不按日计算，遇休息日不顺延。",
            f"The date is given by the case, the congress session or the rule ({promised.en}); it does not roll.",
        )
    ]
    if clock.due_on != clock.promised_on:
        sentences.append(
            Text(f"因中止、延期或并案，现为{due.zh}。", f"After suspension, extension or merge it is {due.en}.")
        )
    return tuple(sentences)


def _differs(clock: Clock) -> Text:
    due = date_text(clock.due_on)
    if clock.cap_on is not None and clock.cap_on <= clock.due_on:
        return Text(
            f"并入本件的事项期限更早，从其期限，应于{due.zh}前完成。",
            f"A case merged into this one is due earlier, so this one is due on {due.en}.",
        )
    return Text(
        f"现登记的截止日期为{due.zh}，系按当时的放假安排计算。",
        f"On record is {due.en}, counted by the notices known then.",
    )
