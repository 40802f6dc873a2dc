"""The deadlines of a case: how they stand today, and why they end when they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.reckoning import reasons, why
from engine.calendar.calendar import Calendar
from engine.case.case import Clock, ClockState
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.errors import CalendarEnds
from web.views.rungs import rung_title
from web.words import Words

SOON_WORKING_DAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a deadline stands: ``tone`` is late, soon, open, still, done or gone, for the eye; ``text`` says it."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One day of the explanation."""

    on: str
    count: str
    what: str
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """One deadline as a page shows it."""

    title: str
    standing: Standing
    is_open: bool
    due: str
    promised: str | None
    started: str
    ended: str | None
    provisional: bool
    notes: tuple[str, ...]
    reasons: tuple[str, ...]
    days: tuple[DayRow, ...]


def clock_view(clock: Clock, definition: Definition, calendar: Calendar, now: datetime, words: Words) -> ClockView:
    """Return the view of one deadline."""
    part = definition.workflow.deadlines[clock.name]
    explanation = why(clock, part, calendar)
    return ClockView(
        title=words.say(part.title.text),
        standing=clock_standing(clock, calendar, now, words),
        is_open=clock.is_open,
        due=due_words(clock.due_on, clock.due_at, words),
        promised=None if clock.promised_on == clock.due_on else words.date(clock.promised_on),
        started=words.instant(clock.started_at),
        ended=None if clock.ended_at is None else words.instant(clock.ended_at),
        provisional=clock.provisional,
        notes=tuple(_notes(clock, definition, words)),
        reasons=tuple(words.say(sentence) for sentence in reasons(clock, explanation)),
        days=()
        if explanation is None
        else tuple(
            DayRow(
                on=f"{row.on.isoformat()} {words.say(row.weekday)}",
                count="" if row.count is None else str(row.count),
                what=words.t(f"mark_{row.mark}") + ("" if row.day.name is None else f" · {words.say(row.day.name)}"),
                counts=row.count is not None,
            )
            for row in explanation.days
        ),
    )


def clock_standing(clock: Clock, calendar: Calendar, now: datetime, words: Words) -> Standing:
    """Return how a clock stands; with a term that nobody is late with, as one of publicity, only whether it is over."""
    if not clock.watched and clock.state in (ClockState.RUNNING, ClockState.MET):
        if clock.state is ClockState.MET:
            return Standing(tone="done", text=words.t("clock_done"))
        if now >= clock.due_at:
            return Standing(tone="done", text=words.t("clock_over"))
        left = running_standing(clock.due_on, clock.due_at, calendar, now, words)
        return Standing(tone="open", text=left.text)
    match clock.state:
        case ClockState.RUNNING:
            return running_standing(clock.due_on, clock.due_at, calendar, now, words)
        case ClockState.SUSPENDED:
            return Standing(tone="still", text=words.t("clock_suspended"))
        case ClockState.MET:
            in_time = clock.ended_at is None or clock.ended_at < clock.due_at
            return Standing(tone="done", text=words.t("clock_met" if in_time else "clock_met_late"))
        case ClockState.CANCELLED:
            return Standing(tone="gone", text=words.t("clock_cancelled"))


def running_standing(due_on: date, due_at: datetime, calendar: Calendar, now: datetime, words: Words) -> Standing:
    """Return how a running deadline stands, in working days: those after today up to the due day, or since it."""
    today = now.astimezone(SHANGHAI).date()
    if now >= due_at:
        days = working_days_left(calendar, due_on, today)
        return Standing(tone="late", text=_counted(words, "late", days, "late_just"))
    if due_on == today:
        return Standing(tone="soon", text=words.t("left_today"))
    days = working_days_left(calendar, today, due_on)
    tone = "soon" if days is not None and days <= SOON_WORKING_DAYS else "open"
    return Standing(tone=tone, text=_counted(words, "left", days, "left_hours"))


def last_day(due_at: datetime) -> date:
    """Return the day on which something is due; 00:00 is the end of the day before."""
    return (due_at - timedelta(microseconds=1)).astimezone(SHANGHAI).date()


def due_words(due_on: date, due_at: datetime, words: Words) -> str:
    """Return the due day, with the minute where it is not the end of the day."""
    local = due_at.astimezone(SHANGHAI)
    return words.date(due_on) if (local.hour, local.minute) == (0, 0) else words.instant(due_at)


def working_days_left(calendar: Calendar, after: date, until: date) -> int | None:
    """Return how many working days follow a day, the last one included; None where the calendar ends."""
    day = timedelta(days=1)
    try:
        return calendar.working_days_between(after + day, until + day)
    except (CalendarEnds, OverflowError):
        return None


def _counted(words: Words, kind: str, days: int | None, without: str) -> str:
    if not days:
        return words.t(without)
    return words.t(f"{kind}_one") if days == 1 else words.t(f"{kind}_days", n=days)


def _notes(clock: Clock, definition: Definition, words: Words) -> Iterator[str]:
    if clock.extensions:
        yield words.t("extended", days="+".join(str(days) for days in clock.extensions))
    if clock.suspensions:
        spans = (
            f"{words.date(begin)}–{words.t('until_now') if end is None else words.date(end)}"
            for begin, end in clock.suspensions
        )
        yield words.t("suspensions", spans=words.listed(spans))
    if clock.rungs:
        yield words.t("rungs", names=words.listed(_rung_titles(clock, definition, words)))


def _rung_titles(clock: Clock, definition: Definition, words: Words) -> Iterator[str]:
    for name in clock.rungs:
        title = rung_title(clock.name, name, definition, words)
        yield words.t("rung_withdrawn", title=title) if name in clock.withdrawn else title
