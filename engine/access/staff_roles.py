"""Which roles make somebody staff, and what that asks of their account. They stand in ``workflows/staff_roles.json``.

Staff are logged out after a while of not doing anything; some of them must use a second factor; some look after the
accounts of others. Whether a role may do something with a case is the definition's and not said here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.case.actors import Actor, Grant
from engine.case.identity import UnitId
from engine.case.units import UnitTree
from engine.errors import InputRefused
from engine.text import Text

STAFF_ROLES: Final = Path(__file__).resolve().parents[2] / "workflows" / "staff_roles.json"


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str


class StaffRole(BaseModel):
    """A role of staff.

    ``accounts`` says whose accounts its holders look after: ``own units`` are those of their unit and below, of whom
    they reset passwords and print slips; ``tokens`` are the API tokens of everybody. ``first_administrator`` marks what
    the first administrator of an empty house is given. ``grants`` says whether its holders give and end the grants of
    people of their unit and below, or read of them. ``audits`` lets them read who holds which right on a case.
    ``administers`` names the administration it belongs to: nobody belongs to two (三权分立, GB/T 22239 8.1.4.3).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    title: _Title
    second_factor: bool = False
    accounts: Literal["none", "own units", "tokens"] = "none"
    first_administrator: bool = False
    grants: Literal["none", "reads", "gives"] = "none"
    audits: bool = False
    administers: Literal["", "system", "security", "audit"] = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    roles: tuple[StaffRole, ...]


@dataclass(frozen=True, slots=True)
class StaffRoles:
    """The roles of staff by their ids."""

    roles: Mapping[str, StaffRole] = field(default_factory=dict)

    def is_staff(self, actor: Actor) -> bool:
        """Return whether the actor holds a role of staff anywhere."""
        return any(grant.role in self.roles for grant in actor.grants)

    def needs_second_factor(self, actor: Actor) -> bool:
        """Return whether a role of the actor asks for a second factor."""
        return any(self.roles[grant.role].second_factor for grant in actor.grants if grant.role in self.roles)

    def looks_after(self, actor: Actor, unit: UnitId, tree: UnitTree) -> bool:
        """Return whether the actor looks after the accounts of people of a unit."""
        above = set(tree.lineage(unit))
        return any(grant.unit in above for grant in self._with(actor, "own units"))

    def looks_after_some(self, actor: Actor) -> bool:
        """Return whether the actor looks after the accounts of any unit."""
        return any(True for _grant in self._with(actor, "own units"))

    def ends_tokens(self, actor: Actor, top: UnitId) -> bool:
        """Return whether the actor may see and end the API tokens of everybody: only at the top of an organisation."""
        return any(grant.unit == top for grant in self._with(actor, "tokens"))

    def gives_grants(self, actor: Actor, unit: UnitId, tree: UnitTree) -> bool:
        """Return whether the actor may give and end grants in a unit."""
        return self._holds_above(actor, unit, tree, lambda role: role.grants == "gives")

    def reads_grants(self, actor: Actor, unit: UnitId, tree: UnitTree) -> bool:
        """Return whether the actor may read who holds which grants in a unit."""
        return self._holds_above(actor, unit, tree, lambda role: role.grants != "none")

    def reads_some_grants(self, actor: Actor) -> bool:
        """Return whether the actor may read of grants in any unit."""
        return any(grant.role in self.roles and self.roles[grant.role].grants != "none" for grant in actor.grants)

    def audits(self, actor: Actor, unit: UnitId, tree: UnitTree) -> bool:
        """Return whether the actor audits a unit."""
        return self._holds_above(actor, unit, tree, lambda role: role.audits)

    def administration_of(self, role: str) -> str:
        """Return the administration that a role belongs to, "" for most."""
        known = self.roles.get(role)
        return "" if known is None else known.administers

    def of_first_administrator(self) -> tuple[str, ...]:
        """Return the roles the first administrator is given."""
        return tuple(role.id for role in self.roles.values() if role.first_administrator)

    def titles(self) -> dict[str, Text]:
        """Return what each role is called."""
        return {role.id: Text(role.title.zh, role.title.en) for role in self.roles.values()}

    def _holds_above(self, actor: Actor, unit: UnitId, tree: UnitTree, which: Callable[[StaffRole], bool]) -> bool:
        above = set(tree.lineage(unit))
        return any(
            grant.unit in above and grant.role in self.roles and which(self.roles[grant.role]) for grant in actor.grants
        )

    def _with(self, actor: Actor, accounts: str) -> Iterator[Grant]:
        for grant in actor.grants:
            role = self.roles.get(grant.role)
            if role is not None and role.accounts == accounts:
                yield grant


def load_staff_roles(path: Path = STAFF_ROLES) -> StaffRoles:
    """Return the roles of staff that a file declares; raises InputRefused for a file that says anything else."""
    try:
        read = _File.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise InputRefused(
            Text(f"{path.name} 不是有效的角色文件", f"{path.name} is no file of staff roles"), file=path.name
        ) from error
    return StaffRoles({role.id: role for role in read.roles})
