"""What is asked of a database about people by what they are called: so many at most, and never the whole house."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from engine.access.directory import Person
from engine.case.identity import RootId, UnitId


class CalledReads(Protocol):
    """The part of ``Reads`` that forms need. All answers hold active people only, by name and id."""

    def active_people(self, root: RootId, *, unit: UnitId | None = None, limit: int) -> Sequence[Person]:
        """Return people, those of one unit itself or of the whole house."""

    def people_named(
        self, root: RootId, names: Collection[str], *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]:
        """Return people who bear one of these names, whole and exact, in some units or in all."""

    def people_with(
        self, root: RootId, text: str, *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]:
        """Return people in whose names a text stands, in some units or in all."""
