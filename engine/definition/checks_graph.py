"""A workflow as a graph: which moves lead from where to where. Plain facts, no problems."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from engine.definition.model import Workflow
from engine.definition.parts import Effect, Merge, Phase, TransitionPart, UnMerge

N = TypeVar("N")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One way of one transition from one state to one state, with the effects that happen on it."""

    transition: str
    from_state: str
    to_state: str
    effects: tuple[Effect, ...]


def moves(workflow: Workflow) -> tuple[Move, ...]:
    """Return every move between declared states; an un-merge leads to each state from which a merge was possible."""
    return tuple(
        move
        for name, part in workflow.transitions.items()
        for move in _moves(workflow, name, part)
        if move.from_state in workflow.states and move.to_state in workflow.states
    )


def _moves(workflow: Workflow, name: str, part: TransitionPart) -> Iterator[Move]:
    for state in part.from_:
        if any(isinstance(effect, UnMerge) for effect in part.effects):
            targets = [(resumed, part.effects) for resumed in sorted(_mergeable_states(workflow))]
        elif part.alternatives:
            targets = [(way.to, (*part.effects, *way.effects)) for way in part.alternatives]
        else:
            targets = [(part.to or state, part.effects)]
        for target, effects in targets:
            yield Move(transition=name, from_state=state, to_state=target, effects=effects)


def _mergeable_states(workflow: Workflow) -> set[str]:
    return {
        state
        for part in workflow.transitions.values()
        for effects in (part.effects, *(way.effects for way in part.alternatives))
        if any(isinstance(effect, Merge) for effect in effects)
        for state in part.from_
    }


def reachable_states(workflow: Workflow) -> frozenset[str]:
    """Return the states that some way leads to from the initial one."""
    forward = _steps((move.from_state, move.to_state) for move in moves(workflow))
    return reached({workflow.initial} & workflow.states.keys(), forward)


def ending_states(workflow: Workflow) -> frozenset[str]:
    """Return the states from which some way leads to a final one."""
    backward = _steps((move.to_state, move.from_state) for move in moves(workflow))
    finals = {name for name, part in workflow.states.items() if part.phase is Phase.FINAL}
    return reached(finals, backward)


def reached(start: Collection[N], steps: Mapping[N, Collection[N]]) -> frozenset[N]:
    """Return the start and everything the steps lead to from it."""
    seen = set(start)
    waiting = list(start)
    while waiting:
        for following in steps.get(waiting.pop(), ()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return frozenset(seen)


def _steps(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    steps: dict[str, set[str]] = {}
    for start, end in pairs:
        steps.setdefault(start, set()).add(end)
    return steps
