"""All that deciding may know: a frozen snapshot of the cases concerned, the rules, the calendar and the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from engine.calendar.calendar import Calendar
from engine.case.case import NOTHING, Case
from engine.case.files import KnownFile
from engine.case.identity import CaseId, RootId, SessionId, UnitId
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CongressSession:
    """A meeting of a congress: its ordinal numbers, its dates, and the code lists it pins by name to a version."""

    id: SessionId
    root: RootId
    unit: UnitId
    term: int
    meeting: int
    title: Text
    opens_on: date | None = None
    closes_on: date | None = None
    call_opens_on: date | None = None
    call_closes_on: date | None = None
    reply_due_on: date | None = None
    lists: Mapping[str, int] | None = None


class HeldValue(NamedTuple):
    """A private value that is kept of the case asked about: its entry, its path, and the name of its data key."""

    entry: str
    seq: int
    path: str
    key: str


class Situation(NamedTuple):
    """What one command is decided on.

    ``family`` holds the case asked about, its parent, its children, what it was merged into and what was merged into
    it. ``numbers`` holds the last number issued in every series the command could need. ``seed`` is random; ids are
    derived from it. ``values`` are known where some are to be erased, ``files`` where the form names some. For a move
    that opens a poll of a case ``electors`` says how many may answer it, for one that closes it ``boxes`` has what was
    cast.
    """

    root: RootId
    family: Mapping[CaseId, Case]
    rules: Rulebook
    units: UnitTree
    calendar: Calendar
    sessions: Mapping[SessionId, CongressSession]
    numbers: Mapping[str, int]
    seed: str
    values: tuple[HeldValue, ...] = ()
    files: Mapping[str, KnownFile] = NOTHING
    electors: Mapping[tuple[CaseId, str], int] = NOTHING
    boxes: Mapping[tuple[CaseId, str], Mapping[str, int]] = NOTHING

    def calendar_of(self, unit: UnitId) -> Calendar:
        """Return the calendar of the notices with the days of a unit laid over it, for terms that count by them."""
        return self.calendar.for_unit(self.units.lineage(unit)) if self.calendar.overlays else self.calendar

    def definition_of(self, case: Case) -> Definition:
        """Return the definition a running case is pinned to."""
        return self.rules.pinned(case.pins.definition, case.pins.lists)
