"""Who acts: a person with grants, the engine itself, or an import. What they may do is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from engine.case.identity import PersonId, UnitId


class ActorKind(StrEnum):
    """PERSON acts in a role, SYSTEM is the engine, IMPORT retells what others did, with a stated basis."""

    PERSON = "person"
    SYSTEM = "system"
    IMPORT = "import"


class Grant(NamedTuple):
    """A role somebody holds in a unit, valid at the time of asking."""

    role: str
    unit: UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks. ``person`` is None for the engine and for imports; ``acting_for`` names the principal of a deputy."""

    kind: ActorKind
    person: PersonId | None = None
    grants: frozenset[Grant] = frozenset()
    acting_for: PersonId | None = None

    def holds(self, role: str, unit: UnitId) -> bool:
        """Return whether the actor holds the grant in exactly this unit."""
        return Grant(role, unit) in self.grants


SYSTEM = Actor(kind=ActorKind.SYSTEM)
IMPORT = Actor(kind=ActorKind.IMPORT)
