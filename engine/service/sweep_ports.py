"""What the sweep needs of a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from engine.case.identity import CaseId, RootId
from engine.ledger.streams import Swept

SWEEP_SLOT: Final = 800
"""Sweeps tell what they did in a stream of the day of their own: what stands there alone need not be sealed at once."""


class DueRung(NamedTuple):
    """A rung that is due, in the order in which the sweep goes through them."""

    rung_at: int
    case: CaseId
    name: str


class LastSweep(NamedTuple):
    """When an organisation was swept last (aware, UTC), and what that came to."""

    at: datetime
    swept: Swept


class SweepReads(Protocol):
    """The part of ``Reads`` that the sweep needs."""

    def open_deadlines(self, root: RootId) -> int:
        """Count the deadlines that run."""

    def due_rungs(self, root: RootId, *, by: int, after: DueRung | None, limit: int) -> Sequence[DueRung]:
        """Return the rungs due by an instant, in order, after one of them."""

    def last_sweep(self, root: RootId) -> LastSweep | None:
        """Return the newest sweep, None when there was none."""

    def running_cases(self, root: RootId, *, after: CaseId | None, limit: int) -> Sequence[CaseId]:
        """Return cases with an open deadline in the order of their ids."""
