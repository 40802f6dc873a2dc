"""Units that handled similar cases before, for whoever assigns one: how many, how many in time, how often passed on.

It suggests and never decides. Looked at are the newest cases of the same category that the one who asks may see; what
became of them stands in their spans, so that nothing is worked out case by case.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.codec import instant
from engine.case.identity import CaseId, RootId, UnitId
from engine.definition.model import Workflow
from engine.definition.parts import Assign, ClockEffect, Effect, TransitionPart
from engine.service.desk import Desk
from engine.service.history_ports import SpanLine

LOOKED_AT_MAX: Final = 200
"""So many of the newest cases of the category are looked at."""
SUGGESTED_MAX: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """How one unit did with cases of this kind.

    ``handled`` are the cases it led, ``in_time`` and ``late`` those of them whose reply is out, or due and is not;
    ``passed_on`` counts how often a case was handed back by it or taken from it. ``newest_at`` is when it was given the
    last one.
    """

    unit: UnitId
    handled: int
    in_time: int
    late: int
    passed_on: int
    newest_at: datetime


def assignment_of(workflow: Workflow, move: str) -> Assign | None:
    """Return the effect by which a move assigns to a unit that leads, None for a move that does not."""
    part = workflow.transitions.get(move)
    effects = () if part is None else _effects(part)
    return next((one for one in effects if isinstance(one, Assign) and one.lead is not None), None)


def suggestions(desk: Desk, root: RootId, actor: Actor, case: Case, workflow: Workflow, move: str) -> list[Suggestion]:
    """Return the units that led the newest cases of the same category, the most experienced first.

    Cases of units that do not exist any more, and a case without a category, lead to none.
    """
    category = case.data.get(workflow.category_field or "")
    if assignment_of(workflow, move) is None or not isinstance(category, str):
        return []
    principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
    ids = desk.reads.led_cases(root, principals, case.workflow, category, limit=LOOKED_AT_MAX)
    clock = f"clock:{_clock_of(workflow.transitions[move])}"
    spans = desk.reads.spans_among(root, [one for one in ids if one != case.id], ("lead", clock))
    units = desk.world(root).surroundings.units
    known = {unit for unit, part in units.items() if part.until_on is None}
    return counted(spans, desk.office.now(), known)


def counted(spans: Iterable[SpanLine], now: datetime, known: Iterable[UnitId]) -> list[Suggestion]:
    """Return what these spans say of each known unit, at most ``SUGGESTED_MAX``, the most experienced first."""
    leads: dict[CaseId, list[SpanLine]] = defaultdict(list)
    clocks: dict[CaseId, SpanLine] = {}
    for span in spans:
        if span.kind == "lead":
            leads[span.case].append(span)
        else:
            clocks[span.case] = span  # the newest stands last
    tallies: dict[UnitId, _Tally] = defaultdict(_Tally)
    for case, spans_of_case in leads.items():
        for span in spans_of_case:
            tally = tallies[UnitId(span.value)]
            tally.cases.add(case)
            tally.newest = max(tally.newest, span.from_at)
            if span.until_at is not None:
                tally.passed_on += 1
            elif case in clocks:
                in_time = _in_time(json.loads(clocks[case].value), now)
                tally.in_time += in_time is True
                tally.late += in_time is False
    standing = set(known)
    found = [
        Suggestion(
            unit=unit,
            handled=len(tally.cases),
            in_time=tally.in_time,
            late=tally.late,
            passed_on=tally.passed_on,
            newest_at=instant(tally.newest),
        )
        for unit, tally in tallies.items()
        if unit in standing
    ]
    return sorted(found, key=lambda one: (-one.handled, one.passed_on, one.unit))[:SUGGESTED_MAX]


@dataclass(slots=True)
class _Tally:
    cases: set[CaseId] = field(default_factory=set)
    in_time: int = 0
    late: int = 0
    passed_on: int = 0
    newest: int = 0


def _in_time(clock: Mapping[str, str | int], now: datetime) -> bool | None:
    """Return whether a clock was met in time; None while it may still be, or where it is not asked for any more."""
    due_at = datetime.fromisoformat(str(clock["due_at"]))
    if clock["state"] == "met":
        ended_at = clock.get("ended_at")
        return ended_at is None or datetime.fromisoformat(str(ended_at)) < due_at
    return False if clock["state"] == "running" and now >= due_at else None


def _clock_of(part: TransitionPart) -> str | None:
    """Return the deadline that begins with the assignment, None without any."""
    return next((one.deadline for one in _effects(part) if isinstance(one, ClockEffect) and one.do == "start"), None)


def _effects(part: TransitionPart) -> tuple[Effect, ...]:
    return (*part.effects, *(effect for way in part.alternatives for effect in way.effects))
