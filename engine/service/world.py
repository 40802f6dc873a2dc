"""The rules, the calendar and the organisation as they stand now: what every situation is put together from."""

from __future__ import annotations

from dataclasses import dataclass

from engine.access.directory import Surroundings
from engine.calendar.calendar import Calendar
from engine.definition.rulebook import Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One epoch of everything slow-moving."""

    rules: Rulebook
    calendar: Calendar
    surroundings: Surroundings
