"""Which cases and counters a command may touch: found before anything is locked or decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from engine.case.case import Case
from engine.case.commands import Command, FireTransition, OpenCase
from engine.case.identity import CaseId
from engine.case.numbers import series_of
from engine.definition.model import Workflow
from engine.definition.parts import Assign, Cascade, Effect, Merge, OpenLinked
from engine.service.world import World


def named_cases(command: Command) -> tuple[CaseId, ...]:
    """Return the case a command names; none for an opening."""
    return () if isinstance(command, OpenCase) else (command.case,)


def relatives(case: Case) -> Iterator[CaseId]:
    """Yield the cases a step on this one may touch: parent, children, what it merged into, what merged into it."""
    if case.parent is not None:
        yield case.parent
    if case.merged_into is not None:
        yield case.merged_into
    yield from case.merged_from
    for child in case.newest_children:
        yield child.case


def merge_targets(command: Command, case: Case | None, world: World) -> Iterator[CaseId]:
    """Yield the cases that the form of a merge names."""
    if case is None or not isinstance(command, FireTransition):
        return
    workflow = world.rules.pinned(case.pins.definition, case.pins.lists).workflow
    for effect in effects_of(workflow, command.transition):
        if isinstance(effect, Merge) and command.form.get(effect.into):
            yield CaseId(str(command.form[effect.into]))


def series_needed(command: Command, cases: Mapping[CaseId, Case], world: World, now: datetime) -> Iterator[str]:
    """Yield every counter the command could draw from: by its own effects, by moves of relatives it may cause, and by
    cases it may open."""
    rules = world.rules
    at = command.stated.occurred_at if command.stated is not None else now
    if isinstance(command, OpenCase):
        session = None
        if command.congress_session is not None:
            session = world.surroundings.sessions.get(command.congress_session)
        workflow = rules.for_new(command.workflow, None if session is None else session.lists).workflow
        yield from series_of(workflow, workflow.on_open, command.congress_session, at)
        return
    case = cases.get(command.case)
    if case is None or not isinstance(command, FireTransition):
        return
    workflow = rules.pinned(case.pins.definition, case.pins.lists).workflow
    own = tuple(effects_of(workflow, command.transition))
    yield from series_of(workflow, own, case.congress_session, at)
    for effect in own:
        if isinstance(effect, Assign | OpenLinked):
            opened = rules.newest(effect.workflow)
            yield from series_of(opened, opened.on_open, case.congress_session, at)
        if isinstance(effect, Cascade):
            child = rules.newest(effect.workflow)
            yield from series_of(child, effects_of(child, effect.fire), case.congress_session, at)
    if case.parent is not None and (parent := cases.get(case.parent)) is not None:
        above = rules.pinned(parent.pins.definition, parent.pins.lists).workflow
        for join in above.joins.values():
            yield from series_of(above, effects_of(above, join.fire), parent.congress_session, at)


def effects_of(workflow: Workflow, transition: str) -> Iterator[Effect]:
    """Yield the effects of a transition, those of all its alternatives included; none for an unknown one."""
    part = workflow.transitions.get(transition)
    if part is not None:
        yield from part.effects
        for alternative in part.alternatives:
            yield from alternative.effects
