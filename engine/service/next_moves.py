"""What is asked next of somebody on a case: of the moves offered, the one that the definition leads to.

Nothing here knows a workflow: what is asked next is told by states, running deadlines and the effects of moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.offers import offered
from engine.case.secrecy import as_party
from engine.case.units import UnitTree
from engine.definition.model import Workflow
from engine.definition.parts import ClockEffect, Effect, Extend, Merge, TransitionPart

_ASKS_TO_EXTEND: Final = "extension_allowed@1"


@dataclass(frozen=True, slots=True)
class NextMove:
    """A move offered on a case to those who must act there; ``at_once``: it asks for nothing to be filled in."""

    case: Case
    name: str
    part: TransitionPart

    @property
    def at_once(self) -> bool:
        return not self.part.form


class Extension(StrEnum):
    """Whether more time was asked for and not given yet, or given."""

    ASKED = "asked"
    GRANTED = "granted"


def moves_of(workflow: Workflow, case: Case, actor: Actor, units: UnitTree) -> tuple[NextMove, ...]:
    """Return the moves offered to the actor by a role that must act in the state of the case, what is asked first
    before all others, which follow in the definition's order."""
    state = workflow.states.get(case.state)
    acts = frozenset() if state is None else frozenset(state.acts)
    names = [
        name
        for name in offered(workflow, case, as_party(actor, case), units)
        if acts.intersection(workflow.transitions[name].by) and not workflow.transitions[name].supervises
    ]
    first = _first(workflow, case, names)
    ordered = names if first is None else [first, *(name for name in names if name != first)]
    return tuple(NextMove(case, name, workflow.transitions[name]) for name in ordered)


def ends_a_term(move: NextMove) -> bool:
    """Return whether the move meets a deadline of its case that is open."""
    return any(
        effect.do == "stop" and (clock := move.case.clock(effect.deadline)) is not None and clock.is_open
        for effect in _effects(move.part)
        if isinstance(effect, ClockEffect)
    )


def extension_of(workflow: Workflow, case: Case) -> Extension | None:
    """Return whether an extension of a deadline was asked for or given, None where neither happened."""
    asked = granted = 0
    # What was made and not what might be: a list asks this of each of its lines.
    for name, times in case.fired.items():
        part = workflow.transitions.get(name)
        if part is None:
            continue
        if any(isinstance(effect, Extend) for effect in _effects(part)):
            granted += times
        elif any(guard.use == _ASKS_TO_EXTEND for guard in part.guards):
            asked += times
    if asked > granted:
        return Extension.ASKED
    return Extension.GRANTED if granted or any(clock.extensions for clock in case.clocks if clock.is_open) else None


def asks_to_extend(part: TransitionPart) -> tuple[str, str] | None:
    """Return the deadline that a move would extend, or ask to extend, and the field of the days; None for all other
    moves."""
    for guard in part.guards:
        if guard.use == _ASKS_TO_EXTEND:
            return str(guard.given["deadline"]), str(guard.given["by"])
    return None


def _first(workflow: Workflow, case: Case, names: Sequence[str]) -> str | None:
    """Return the first move that meets an open deadline; else the first that leads on; else the first that stays."""
    moves = [NextMove(case, name, workflow.transitions[name]) for name in names]
    ways = (
        lambda move: ends_a_term(move),
        lambda move: _leads_on(workflow, move),
        lambda move: move.part.stay,
        lambda _move: True,
    )
    return next((move.name for way in ways for move in moves if way(move)), None)


def _leads_on(workflow: Workflow, move: NextMove) -> bool:
    """Return whether the move leads to a state that comes later in the definition, and is no merge."""
    order = list(workflow.states)
    at = order.index(move.case.state) if move.case.state in order else 0
    is_merge = any(isinstance(effect, Merge) for effect in _effects(move.part))
    return not is_merge and any(order.index(target) > at for target in _targets(move.part))


def _targets(part: TransitionPart) -> Iterator[str]:
    if part.to is not None:
        yield part.to
    yield from (way.to for way in part.alternatives)


def _effects(part: TransitionPart) -> Iterable[Effect]:
    return (*part.effects, *(effect for way in part.alternatives for effect in way.effects))
