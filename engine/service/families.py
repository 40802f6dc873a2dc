"""Which cases and counters a command may touch: found before anything is locked or decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.case.case import Case
from engine.case.commands import Command, FireTransition, OpenCase
from engine.case.identity import CaseId
from engine.case.numbers import series_of
from engine.definition.model import Workflow
from engine.definition.parts import Assign, Cascade, Effect, IssueNumber, Merge, OpenLinked
from engine.definition.rulebook import Rulebook
from engine.errors import NotFound
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
    for child in case.children:
        yield child.case


def merge_targets(command: Command, case: Case | None, world: World) -> Iterator[CaseId]:
    """Yield the cases that the form of a merge names; none where the case's rules are not known here."""
    if case is None or not isinstance(command, FireTransition):
        return
    try:
        workflow = _workflow_of(case, world.rules)
    except NotFound:
        return
    fields = world.rules.once(
        ("merge fields", id(workflow), command.transition),
        lambda: tuple(effect.into for effect in effects_of(workflow, command.transition) if isinstance(effect, Merge)),
    )
    for field in fields:
        if command.form.get(field):
            yield CaseId(str(command.form[field]))


def series_needed(command: Command, family: Mapping[CaseId, Case], world: World, now: datetime) -> Iterator[str]:
    """Yield every counter the command could draw from: by its own effects, by cases it may open, and by every move of
    the family that may follow from it. A case, its children and what it opens are of one congress session."""
    rules = world.rules
    at = command.stated.occurred_at if command.stated is not None else now
    match command:
        case OpenCase():
            session = command.congress_session
            first = _Move(rules.newest(command.workflow), None)
        case FireTransition() if command.case in family:
            asked = family[command.case]
            session = asked.congress_session
            first = _Move(_workflow_of(asked, rules), command.transition)
        case _:
            return
    running = {id(part): part for part in (_workflow_of(case, rules) for case in family.values())}
    drawing = rules.once(
        ("moves that draw numbers", id(first.workflow), first.transition, *sorted(running)),
        lambda: tuple(
            move
            for move in _moves_from(first, list(running.values()), rules)
            if any(isinstance(effect, IssueNumber) for effect in move.effects)
        ),
    )
    for move in drawing:
        yield from series_of(move.workflow, move.effects, session, at)


@dataclass(frozen=True, slots=True)
class _Move:
    """A transition of a workflow, or its opening (None)."""

    workflow: Workflow
    transition: str | None

    @property
    def effects(self) -> tuple[Effect, ...]:
        return self.workflow.on_open if self.transition is None else tuple(effects_of(self.workflow, self.transition))


def _moves_from(first: _Move, running: Sequence[Workflow], rules: Rulebook) -> Iterator[_Move]:
    """Yield a move and all that may follow from it in the same step. ``running`` are the workflows of the family."""
    waiting, seen = [first], set[tuple[int, str | None]]()
    while waiting:
        move = waiting.pop()
        if (id(move.workflow), move.transition) in seen:
            continue
        seen.add((id(move.workflow), move.transition))
        yield move
        for effect in move.effects:
            if isinstance(effect, Assign | OpenLinked):
                waiting.append(_Move(rules.newest(effect.workflow), None))
            elif isinstance(effect, Cascade):
                moved = [part for part in running if part.name == effect.workflow]
                waiting += [_Move(part, effect.fire) for part in (*moved, rules.newest(effect.workflow))]
        if move.transition is not None:
            waiting += [
                _Move(part, join.fire)
                for part in (first.workflow, *running)
                for join in part.joins.values()
                if join.workflow == move.workflow.name
            ]


def _workflow_of(case: Case, rules: Rulebook) -> Workflow:
    return rules.pinned(case.pins.definition, case.pins.lists).workflow


def effects_of(workflow: Workflow, transition: str) -> Iterator[Effect]:
    """Yield the effects of a transition, those of all its alternatives included; none for an unknown one."""
    part = workflow.transitions.get(transition)
    if part is not None:
        yield from part.effects
        for alternative in part.alternatives:
            yield from alternative.effects
