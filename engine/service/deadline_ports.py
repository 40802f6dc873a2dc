"""What the overdue list is narrowed to, and how its deadlines are counted."""

from __future__ import annotations

from typing import NamedTuple

from engine.case.identity import CaseId


class DeadlineFilter(NamedTuple):
    """What the overdue list is narrowed to; None means any.

    ``since`` is the earliest due instant. ``soon``: due before this instant, or with a rung that stands, however far
    off. ``on_rungs`` are ids of rungs, one of which must stand, and of ``off_rungs`` none; no ids at all as
    ``on_rungs`` ask for deadlines on which no rung stands. ``raised``: some rung stands. ``names`` are those of the
    deadlines, ``handled_by`` units one of which leads the case, or has it where nobody leads it yet. ``resting`` are
    places where cases rest, as ``place_of`` writes them. ``ids`` are cases that a search has found, few thousands at
    most; of none of them is there a list of nothing.
    """

    workflow: str | None = None
    unit: str | None = None
    since: int | None = None
    soon: int | None = None
    on_rungs: tuple[str, ...] | None = None
    off_rungs: tuple[str, ...] = ()
    raised: bool | None = None
    names: tuple[str, ...] | None = None
    handled_by: tuple[str, ...] | None = None
    resting: tuple[str, ...] | None = None
    ids: tuple[CaseId, ...] | None = None


def place_of(workflow: str, state: str, unit: str, lead_unit: str | None) -> str:
    """Return in one word where a case rests: its workflow, its state, its unit and the one that leads it."""
    return " ".join((workflow, state, unit, lead_unit or ""))


class DeadlineCount(NamedTuple):
    """How many deadlines of the list are late or not yet, on the same rungs (JSON, as in their lines)."""

    rungs: str
    late: bool
    deadlines: int
