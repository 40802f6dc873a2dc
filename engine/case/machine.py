"""The one door to the ``transitions`` library: the table of a definition as one shared machine, never bound to a model.

The library proves the table (states exist, moves start and end in them) and keeps it; a move is made by reading it,
which costs a twentieth of triggering it. What the conditions ask is not this module's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from transitions import Machine

from engine.definition.model import Workflow

Holds = Callable[[int], bool]
"""Says whether the way with this index is open; asked in order, until one is."""

STAY = "="


@dataclass(frozen=True, slots=True)
class Taken:
    """Where a move led, and which of its alternatives was taken (0 for a transition without alternatives)."""

    to: str
    way: int


class Table:
    """Every move of one definition version. Thread-safe: nothing changes after it is made."""

    def __init__(self, workflow: Workflow) -> None:
        machine = Machine(
            model=None, states=list(workflow.states), initial=workflow.initial, auto_transitions=False, send_event=True
        )
        for name, transition in workflow.transitions.items():
            for target in [alternative.to for alternative in transition.alternatives] or [transition.to or STAY]:
                machine.add_transition(name, list(transition.from_), target)
        self._ways = {
            (state, name): tuple(Taken(str(move.dest), way) for way, move in enumerate(moves))
            for name, event in machine.events.items()
            for state, moves in event.transitions.items()
            if moves
        }
        self._from: dict[str, list[str]] = {state: [] for state in workflow.states}
        for name, transition in workflow.transitions.items():
            for state in transition.from_:
                self._from[state].append(name)

    @property
    def moves(self) -> Mapping[str, list[str]]:
        """The names of the moves that leave each state, in the order of the definition."""
        return self._from

    def has(self, state: str, transition: str) -> bool:
        """Return whether the move leaves this state."""
        return (state, transition) in self._ways

    def fire(self, state: str, transition: str, holds: Holds) -> Taken | None:
        """Return where the move leads: the first way that is open, None when none is. It must leave ``state``."""
        return next((taken for taken in self._ways[state, transition] if holds(taken.way)), None)
