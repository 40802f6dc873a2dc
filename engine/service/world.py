"""The rules, the calendar and the organisation as they stand now: what every situation is put together from."""

from __future__ import annotations

from dataclasses import dataclass

from engine.access.directory import Surroundings
from engine.calendar.calendar import Calendar
from engine.case.identity import UnitId
from engine.definition.rulebook import Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One epoch of everything slow-moving."""

    rules: Rulebook
    calendar: Calendar
    surroundings: Surroundings

    def calendar_of(self, unit: UnitId) -> Calendar:
        """Return the calendar with the days of a unit laid over it, for those of its deadlines that ask for it."""
        return self.calendar.for_unit(self.surroundings.tree.lineage(unit))
