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


class Deputed(NamedTuple):
    """A grant that somebody holds in another's place while that one is away."""

    principal: PersonId
    role: str
    unit: UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks. ``person`` is None for the engine and for imports; ``acting_for`` names the principal of a deputy.

    ``grants`` are all that count, those in the place of others among them. ``deputed`` says which of these are held
    only so, and for whom; ``home`` is then the unit the person belongs to and those above it: whoever belongs to a unit
    complained about acts on that case for nobody else (``case.secrecy``).

    ``veil`` is the name under which the person stands in cases filed under a strict level (``case.secrecy``).
    ``anonymous`` is somebody known by a query code only; ``person`` is then made from the code.
    """

    kind: ActorKind
    person: PersonId | None = None
    grants: frozenset[Grant] = frozenset()
    acting_for: PersonId | None = None
    veil: PersonId | None = None
    anonymous: bool = False
    deputed: frozenset[Deputed] = frozenset()
    home: tuple[UnitId, ...] = ()

    def holds(self, role: str, unit: UnitId) -> bool:
        """Return whether the actor holds the grant in exactly this unit."""
        return Grant(role, unit) in self.grants


SYSTEM = Actor(kind=ActorKind.SYSTEM)
IMPORT = Actor(kind=ActorKind.IMPORT)
