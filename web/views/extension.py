"""More time worked out before it is asked for: until when, how many working days that leaves, and whether it may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.calendar.calendar import Calendar
from engine.case.case import Case
from engine.case.deadlines import counted_by, extended, may_extend
from engine.definition.compiled import Definition
from engine.definition.wording import title_of
from engine.service.next_moves import asks_to_extend
from web.views.clocks import ClockView, clock_view
from web.words import Words

DAYS_MAX = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionView:
    """What an extension would come to. ``tried`` is None as long as no days are given; ``refusal`` says why not."""

    move: str
    title: str
    deadline: str
    days: int | None
    now: ClockView
    tried: ClockView | None
    refusal: str | None


def extension_view(
    case: Case, definition: Definition, move: str, days: int | None, calendar: Calendar, now: datetime, words: Words
) -> ExtensionView | None:
    """Return the view, None where the move asks for no extension or its deadline does not run.

    Args:
        case: the case.
        definition: of the case.
        move: which asks for the extension.
        days: calendar days to be added.
        calendar: of the unit of the case.
        now: when it is asked.
        words: of the reader.
    """
    workflow = definition.workflow
    transition = workflow.transitions.get(move)
    asked = None if transition is None else asks_to_extend(transition)
    clock = None if asked is None else case.clock(asked[0])
    if transition is None or clock is None or not clock.is_open:
        return None
    part = workflow.deadlines[clock.name]
    limit = part.extension
    tried = refusal = None
    if days is not None and 0 < days <= DAYS_MAX:
        if may_extend(clock, part, now, days):
            later = extended(clock, part, counted_by(part, calendar), days)
            tried = clock_view(later, definition, calendar, now, words)
        else:
            most = (0, 0) if limit is None else (limit.max_count, limit.max_days)
            refusal = words.t("mine_extend_over", days=days, count=most[0], max=most[1])
    return ExtensionView(
        move=move,
        title=words.say(transition.title.text),
        deadline=words.say(title_of(clock.name, workflow.deadlines)),
        days=days,
        now=clock_view(clock, definition, calendar, now, words),
        tried=tried,
        refusal=refusal,
    )
