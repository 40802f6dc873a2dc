"""The organisation tree as deciding needs it: who is above whom. Names and dates of units stand in ``access``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.case.identity import RootId, UnitId


@dataclass(frozen=True, slots=True)
class UnitTree:
    """Units of one organisation by id, each with its parent; the root has None."""

    root: RootId
    parents: Mapping[UnitId, UnitId | None]
    _lineages: dict[UnitId, tuple[UnitId, ...]] = field(default_factory=dict, compare=False, repr=False)

    def exists(self, unit: str) -> bool:
        return unit in self.parents

    def lineage(self, unit: UnitId) -> tuple[UnitId, ...]:
        """Return the unit itself and its ancestors, nearest first; empty for a unit that is not there."""
        known = self._lineages.get(unit)
        if known is not None:
            return known
        line: list[UnitId] = []
        at: UnitId | None = unit if unit in self.parents else None
        while at is not None and at not in line:
            line.append(at)
            at = self.parents.get(at)
        found = tuple(line)
        if found:  # what is not there is asked by whoever types it, and would fill the memory
            self._lineages[unit] = found
        return found
