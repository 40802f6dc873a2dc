"""The one door to the ``transitions`` library: the table of a definition as one shared machine, never bound to a model.

It knows which moves lead where and takes the first way whose conditions hold; what the conditions ask is not its
business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from transitions import EventData, Machine

from engine.definition.model import Workflow

Holds = Callable[[int], bool]
"""Says whether the way with this index is open; asked in order, until one is."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where a move led, and which of its alternatives was taken (0 for a transition without alternatives)."""

    to: str
    way: int


@dataclass(slots=True)
class _Token:
    """What travels through the machine: a state, the question, and the way that was taken."""

    state: str
    holds: Holds
    way: int = -1


class Table:
    """Every move of one definition version. Thread-safe: the machine keeps no model and no queue."""

    def __init__(self, workflow: Workflow) -> None:
        self._machine = Machine(
            model=None,
            states=list(workflow.states),
            initial=workflow.initial,
            auto_transitions=False,
            send_event=True,
        )
        self._from: dict[str, list[str]] = {state: [] for state in workflow.states}
        for name, transition in workflow.transitions.items():
            ways = [alternative.to for alternative in transition.alternatives] or [transition.to or "="]
            for way, target in enumerate(ways):
                self._machine.add_transition(name, list(transition.from_), target, conditions=[_condition(way)])
            for state in transition.from_:
                self._from[state].append(name)

    @property
    def moves(self) -> Mapping[str, list[str]]:
        """The names of the moves that leave each state, in the order of the definition."""
        return self._from

    def has(self, state: str, transition: str) -> bool:
        """Return whether the move leaves this state."""
        return transition in self._from[state]

    def fire(self, state: str, transition: str, holds: Holds) -> Taken | None:
        """Make the move and return where it led, or None when no way was open. The move must leave ``state``."""
        token = _Token(state, holds)
        if not self._machine.events[transition].trigger(token):
            return None
        return Taken(token.state, token.way)


def _condition(way: int) -> Callable[[EventData], bool]:
    def ask(event: EventData) -> bool:
        token = cast(_Token, event.model)
        if not token.holds(way):
            return False
        token.way = way
        return True

    return ask
