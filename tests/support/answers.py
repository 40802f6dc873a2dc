"""What came of each command in the hall: the entries it wrote, or why it was refused, as scenarios speak of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.case.identity import CaseId
from engine.errors import BanjieError, FormInvalid, GuardRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One ledger entry: a move of one case, or an opening (``transition`` is None), as it stands in the chain."""

    case: CaseId
    workflow: str
    transition: str | None
    at: datetime
    verdicts: Mapping[str, bool]
    notices: tuple[str, ...]
    clocks: tuple[str, ...]
    rungs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one command: the entries it wrote, or why it was refused."""

    workflow: str
    moves: tuple[Move, ...] = ()
    refusal: BanjieError | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """The words of the refusal: its text, and that of every wrong field."""
        if self.refusal is None:
            return ()
        fields = self.refusal.fields if isinstance(self.refusal, FormInvalid) else ()
        return (self.refusal.text.zh, *(problem.text.zh for problem in fields))

    @property
    def refused_guards(self) -> frozenset[str]:
        """The guards, as ``workflow.guard``, that said no: to the whole command, or to one of several ways."""
        found = {f"{move.workflow}.{name}" for move in self.moves for name, holds in move.verdicts.items() if not holds}
        if isinstance(self.refusal, GuardRefused) and "guard" in self.refusal.details:
            found.add(f"{self.workflow}.{self.refusal.details['guard']}")
        return frozenset(found)
