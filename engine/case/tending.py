"""Letting time act on a case: dates worked out anew after a change of the calendar, rungs raised that are due."""

from __future__ import annotations

from engine.case.actors import ActorKind
from engine.case.case import Case
from engine.case.commands import TendCase
from engine.case.drafting import Drafting
from engine.case.escalation import tended
from engine.case.events import Event, EventType
from engine.case.identity import CaseId
from engine.case.merging import follow_calendar
from engine.errors import NotPermitted
from engine.text import Text


def tend(drafting: Drafting, command: TendCase, case: Case) -> CaseId:
    """Record what time and calendar have done to the clocks of a case; nothing when they have done nothing."""
    if command.actor.kind is not ActorKind.SYSTEM:
        raise NotPermitted(Text("只有系统可以执行", "Only the engine does this"))
    definition = drafting.definition_of(case)
    clocks, rungs = [], []
    calendar = drafting.situation.calendar_of(case.unit)
    for clock in case.clocks:
        new, raised = tended(clock, definition.workflow, calendar, drafting.at)
        if new != clock:
            clocks.append(new)
        rungs += [(clock.name, one.name) for one in raised]
    if clocks:
        after = drafting.record(
            Event(
                case=case.id,
                type=EventType.CHANGED,
                at=drafting.at,
                actor=command.actor,
                key_hash=drafting.key_hash,
                clocks=tuple(clocks),
                rungs=tuple(rungs),
            ),
            definition,
        )
        follow_calendar(drafting, after)
    return case.id
