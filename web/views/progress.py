"""The five words of a case: submitted, reviewed, assigned, handled, evaluated, and when each was reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.case.case import Case
from engine.definition.model import Workflow
from engine.definition.parts import Milestone
from web.words import Words

FIVE: Final = (Milestone.SUBMITTED, Milestone.REVIEWED, Milestone.ASSIGNED, Milestone.HANDLED, Milestone.EVALUATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One word; ``on`` is the day it was reached, None while it lies ahead."""

    title: str
    on: str | None


def steps(case: Case, workflow: Workflow, words: Words) -> tuple[Step, ...]:
    """Return the words that the workflow knows, in order; none for a workflow that knows no more than one."""
    known = {state.milestone for state in workflow.states.values()}
    found = tuple(
        Step(
            title=words.t(f"step_{milestone}"),
            on=words.short_day(case.milestones[milestone]) if milestone in case.milestones else None,
        )
        for milestone in FIVE
        if milestone in known
    )
    return found if len(found) > 1 else ()
