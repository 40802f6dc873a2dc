"""The overdue list, and what a measure would come to on its cases, as JSON for the API and the command line alike."""

from __future__ import annotations

import json
from datetime import datetime

from api.rendering import Json, overdue_json, text_json
from engine.definition.model import Rung
from engine.service.measures import Planned
from engine.service.overdue import OverdueEntry, OverdueFigures


def entry_json(entry: OverdueEntry, now: datetime) -> Json:
    """Return a line of the list. ``working_days_late`` is below 0 while days are left.

    ``rungs`` are all that stand, in the order in which they were raised; ``rung`` is the most severe of them, and
    ``next_rung`` the one that time raises next.
    """
    following = None
    if entry.next_on is not None:
        following = {"on": entry.next_on.isoformat(), **_rung_json(entry.next_rung)}
    return {
        **overdue_json(entry.line, now),
        "unit_title": text_json(entry.unit_title),
        "deadline_title": text_json(entry.deadline_title),
        "handlers": list(entry.handlers),
        "working_days_late": entry.working_days,
        "rungs": json.loads(entry.line.rungs),
        "rung": None if entry.rung is None else _rung_json(entry.rung),
        "next_rung": following,
        "measures": list(entry.measures),
    }


def figures_json(figures: OverdueFigures) -> Json:
    """Return the numbers of the list: late, nearly late, and both together by the colour of the rung that stands."""
    return {
        "late": figures.late,
        "near": figures.near,
        "by_rung": {str(colour): count for colour, count in figures.by_colour.items()},
        "more": figures.is_cut,
    }


def planned_json(one: Planned) -> Json:
    """Return what a measure would come to on a case: who would be told, which rungs raised, of what a case opened."""
    return {
        "id": one.id,
        "number": one.number,
        "subject": one.subject,
        "version": one.version,
        "opens": [text_json(title) for title in one.opens],
        "raises": [text_json(title) for title in one.raises],
        "tells": [text_json(title) for title in one.tells],
    }


def _rung_json(rung: Rung | None) -> Json:
    if rung is None:
        return {"id": None}
    return {"id": rung.id, "level": rung.level, "colour": rung.colour, "title": text_json(rung.title.text)}
