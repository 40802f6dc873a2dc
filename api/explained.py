"""A deadline as JSON with all that explains it: every day counted and who made it so, every change, every rung."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from api.clock_history import ClockChange, RungDay, clock_changes, rung_days
from api.reckoning import reasons, why
from api.rendering import Json, days_json, text_json
from engine.calendar.calendar import Calendar
from engine.calendar.explain import Explanation
from engine.case.case import Clock
from engine.case.codec import at_text, clock_json
from engine.definition.compiled import Definition
from engine.service.queries import TimelineLine


def deadline_json(clock: Clock, definition: Definition, calendar: Calendar, lines: Sequence[TimelineLine]) -> Json:
    """Return a clock with why it ends when it does, what happened to it, and the rungs of its ladder.

    Args:
        clock: one clock of the case.
        definition: the rules the case is pinned to.
        calendar: the calendar its term counts by.
        lines: the entries of the case, oldest first.
    """
    part = definition.workflow.deadlines[clock.name]
    explanation = why(clock, part, calendar)
    changes = clock_changes(clock.name, lines)
    return {
        **clock_json(clock),
        "provisional": clock.provisional,
        "title": text_json(part.title.text),
        "reasons": [text_json(sentence) for sentence in reasons(clock, explanation)],
        "days": sourced_days_json(explanation),
        "changes": [_change_json(change) for change in changes],
        "ladder": [_rung_json(rung) for rung in rung_days(clock, definition.workflow, calendar, changes)],
    }


def sourced_days_json(explanation: Explanation | None) -> list[JsonValue]:
    """Return the days of an explanation, each with the document that made it off or worked, null for ordinary days."""
    if explanation is None:
        return []
    sources = [None if row.day.source is None else text_json(row.day.source) for row in explanation.days]
    days: list[JsonValue] = []
    for day, source in zip(days_json(explanation), sources, strict=True):
        assert isinstance(day, dict), "a day is an object"
        days.append({**day, "source": source})
    return days


def _change_json(change: ClockChange) -> Json:
    return {
        "seq": change.seq,
        "at": at_text(change.at),
        "who": change.who,
        "role": change.role,
        "transition": change.transition,
        "happened": [str(one) for one in change.happened],
        "from_on": None if change.from_on is None else change.from_on.isoformat(),
        "to_on": change.to_on.isoformat(),
        "provisional": change.provisional,
        "days": change.days,
        "rungs": list(change.rungs),
    }


def _rung_json(rung: RungDay) -> Json:
    return {
        "rung": rung.name,
        "title": text_json(rung.title),
        "level": rung.level,
        "colour": rung.colour,
        "on": None if rung.on is None else rung.on.isoformat(),
        "at_transition": rung.at_move,
        "times": rung.times,
        "state": str(rung.state),
        "raised_at": None if rung.raised_at is None else at_text(rung.raised_at),
    }
