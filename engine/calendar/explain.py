"""Why a term ends when it does: its due instant, every day it passed, and the reasons as sentences for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Unpack

from engine.calendar.calendar import Calendar, DayKind
from engine.calendar.count import Count, count
from engine.calendar.due import Due, checked_start, due
from engine.calendar.term import Counting, Direction, ExtensionBase, Roll, StartDay, Term
from engine.calendar.walk import ExplainedDay, Mark, look, walk
from engine.calendar.wording import date_text, span_text
from engine.definition.period import Period, PeriodUnit
from engine.text import Text

_ARTICLE_START = Text("参照《民法典》第201条", "after Civil Code Art. 201")
_ARTICLE_MONTHS = Text("《民法典》第202条", "Civil Code Art. 202")
_ARTICLE_END = Text("《民法典》第203条", "Civil Code Art. 203")
_STANDING = Text(
    "目前仍在中止期间，恢复计时后期限相应后移。", "The clock still stands; the date moves on when it resumes."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """``due`` as it was computed, the days in the order they were counted (for hours the start only), the reasons."""

    due: Due
    days: tuple[ExplainedDay, ...]
    sentences: tuple[Text, ...]


def explain(calendar: Calendar, start_at: datetime, period: Period, **counting: Unpack[Counting]) -> Explanation:
    """Explain what ``due`` returns for the same arguments; raises what it raises."""
    found = due(calendar, start_at, period, **counting)
    term = Term(period=period, **counting)
    start_on = checked_start(term, start_at)
    if term.in_hours:
        start = ExplainedDay(day=look(calendar, start_on), mark=Mark.START)
        return Explanation(due=found, days=(start,), sentences=tuple(_hours(start_at, term, found)))
    counted = count(calendar, start_on, term)
    days = walk(calendar, start_on, term, counted)
    return Explanation(due=found, days=days, sentences=tuple(_sentences(start_on, term, counted, found, days)))


def _hours(start_at: datetime, term: Term, found: Due) -> Iterator[Text]:
    from_text, until_text = _minute(start_at, term), _minute(found.due_at, term)
    length = term.period.text()
    yield Text(
        f"期限{length.zh}，自{from_text.zh}起按小时连续计算，节假日不顺延。",
        f"{length.en} from {from_text.en}, by the clock, never rolled.",
    )
    if term.extension is not None:
        more = term.extension.text()
        yield Text(f"批准延长{more.zh}。", f"Extended by {more.en}.")
    if term.suspensions:
        yield Text("中止期间不计入。", "The time of suspension is not counted.")
    if found.standing:
        yield _STANDING
    yield Text(f"应于{until_text.zh}前完成。", f"To be done before {until_text.en}.")


def _minute(at: datetime, term: Term) -> Text:
    local = at.astimezone(term.zone)
    day = date_text(local.date())
    return Text(f"{day.zh}{local:%H:%M}", f"{day.en} {local:%H:%M}")


def _sentences(start_on: date, term: Term, counted: Count, found: Due, days: Sequence[ExplainedDay]) -> Iterator[Text]:
    yield _start(start_on, term)
    if PeriodUnit.WORKING_DAYS in {leg.period.unit for leg in counted.legs}:
        yield from _passed(days)
    yield from _suspended(term, counted, days)
    yield from _extended(term, counted)
    yield from _end(counted, days)
    if found.standing:
        yield _STANDING
    if found.provisional:
        yield _provisional(days)
    last = date_text(found.effective_on)
    yield Text(f"应于{last.zh}{term.end_of_day}前完成。", f"To be done before {term.end_of_day} on {last.en}.")
    yield _basis(term, counted, days)


def _start(start_on: date, term: Term) -> Text:
    length, day = term.period.text(), date_text(start_on)
    included = term.start_day is StartDay.INCLUDED
    counts = Text("当日计入", "that day counts") if included else Text("当日不计入", "that day is not counted")
    if term.direction is Direction.BACKWARD:
        return Text(f"自{day.zh}向前倒推{length.zh}，{counts.zh}。", f"{length.en} back from {day.en}; {counts.en}.")
    return Text(f"期限{length.zh}，自{day.zh}起算，{counts.zh}。", f"{length.en} from {day.en}; {counts.en}.")


def _passed(days: Sequence[ExplainedDay]) -> Iterator[Text]:
    """Name the make-up days that counted and the holidays that did not; ordinary weekends are left unsaid."""
    worked: dict[Text, list[Text]] = {}
    for row in days:
        if row.mark is Mark.MAKE_UP and row.day.name is not None:
            worked.setdefault(row.day.name, []).append(date_text(row.on))
    for title, made_up in worked.items():
        yield Text(
            f"{'、'.join(day.zh for day in made_up)}为{title.zh}日，计入。",
            f"{_plural(title.en)}, counted: {', '.join(day.en for day in made_up)}.",
        )
    for name, run in groupby(sorted(days, key=lambda row: row.on), key=_holiday_passed):
        if name is not None:
            span = [row.on for row in run]
            when = span_text(span[0], span[-1])
            yield Text(f"{when.zh}{name.zh}放假，不计入。", f"{name.en}, not counted: {when.en}.")


def _plural(name: str) -> str:
    """Return the heading of days with this name: ``Make-up days``, ``Worked by the unit``."""
    return f"{name.capitalize()}s" if name.endswith("day") else name.capitalize()


def _holiday_passed(row: ExplainedDay) -> Text | None:
    return row.day.name if row.mark is Mark.REST and row.day.kind is DayKind.HOLIDAY else None


def _suspended(term: Term, counted: Count, days: Sequence[ExplainedDay]) -> Iterator[Text]:
    by_calendar = term.period.unit is PeriodUnit.WORKING_DAYS
    unit = Text("个工作日", "working day(s)") if by_calendar else Text("日", "day(s)")
    for from_on, until_on in counted.suspended:
        standing = [row for row in days if row.mark is Mark.SUSPENDED and from_on <= row.on < until_on]
        taken_out = sum(row.day.is_working or not by_calendar for row in standing)
        if taken_out:
            stops, resumes = date_text(from_on), date_text(until_on)
            yield Text(
                f"{stops.zh}中止计时，{resumes.zh}恢复，扣除{taken_out}{unit.zh}。",
                f"The clock stood from {stops.en} and resumed on {resumes.en}: {taken_out} {unit.en} taken out.",
            )


def _extended(term: Term, counted: Count) -> Iterator[Text]:
    if term.extension is None:
        return
    more, end = term.extension.text(), date_text(counted.rolled_base_on or counted.legs[0].end_on)
    base = (
        Text("顺延后的届满日", "rolled")
        if term.extension_base is ExtensionBase.EFFECTIVE
        else Text("原届满日", "nominal")
    )
    yield Text(
        f"批准延长{more.zh}，自{base.zh}{end.zh}起接续计算。", f"Extended by {more.en} from the {base.en} end {end.en}."
    )


def _end(counted: Count, days: Sequence[ExplainedDay]) -> Iterator[Text]:
    nominal, effective = date_text(counted.nominal_on), date_text(counted.effective_on)
    yield Text(f"届满日为{nominal.zh}。", f"The last day is {nominal.en}.")
    last = next(row.day for row in days if row.on == counted.nominal_on)
    if last.is_working:
        return
    name = last.name or Text("周末", "a weekend")
    if counted.nominal_on == counted.effective_on:
        yield Text(f"届满日为休息日（{name.zh}），不顺延。", f"It is a day off ({name.en}); this term does not roll.")
        return
    moved = Text("顺延", "on") if counted.effective_on > counted.nominal_on else Text("提前", "back")
    yield Text(
        f"届满日为休息日（{name.zh}），{moved.zh}至{effective.zh}。",
        f"It is a day off ({name.en}), so the end moves {moved.en} to {effective.en}.",
    )


def _provisional(days: Sequence[ExplainedDay]) -> Text:
    years = sorted({row.on.year for row in days if row.day.provisional})
    listed = "、".join(str(year) for year in years)
    return Text(
        f"{listed}年放假安排尚未公布或未录入，该日期为暂定，录入后重新计算。",
        f"No notice is on file for {', '.join(str(year) for year in years)}: the date is provisional.",
    )


def _basis(term: Term, counted: Count, days: Sequence[ExplainedDay]) -> Text:
    sources = [_ARTICLE_START]
    if PeriodUnit.MONTHS in {leg.period.unit for leg in counted.legs}:
        sources.append(_ARTICLE_MONTHS)
    if term.effective_roll is Roll.NEXT:
        sources.append(_ARTICLE_END)
    # A day counted as worked has a source only where a unit's week makes it one.
    moving = (Mark.REST, Mark.WORKED, Mark.MAKE_UP, Mark.ROLLED)
    told = [row for row in days if row.mark in moving or row.on == counted.nominal_on]
    sources.extend(row.day.source for row in told if row.day.source is not None)
    once = list(dict.fromkeys(sources))
    return Text(f"依据：{'；'.join(each.zh for each in once)}。", f"Sources: {'; '.join(each.en for each in once)}.")
