"""Which of a definition's roles an actor holds on a case: table look-ups, never expressions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.identity import UnitId
from engine.case.units import UnitTree
from engine.definition.model import Workflow
from engine.definition.parts import RolePart


def holds_role(role: str, workflow: Workflow, case: Case, actor: Actor, units: UnitTree) -> bool:
    """Return whether the actor holds the role on this case now."""
    part = workflow.roles[role]
    if actor.kind is ActorKind.SYSTEM:
        return part.bound == "system"
    if actor.kind is ActorKind.IMPORT:
        return part.bound != "system"
    match part.bound:
        case "party":
            who = actor.acting_for or actor.person
            return any(party.role == role and party.person == who for party in case.parties)
        case "grant":
            unit = case.unit if part.in_ == "case_unit" else case.lead_unit
            return unit is not None and granting_unit(part, actor, unit, units) is not None
        case "system":
            return False


def granting_unit(part: RolePart, actor: Actor, unit: UnitId, units: UnitTree) -> UnitId | None:
    """Return where one of the role's grants is held: in the unit, or, if inherited, in one above it; None nowhere."""
    reach: Iterable[UnitId] = units.lineage(unit) if part.inherited else (unit,)
    for above in reach:
        for role in part.of:
            if actor.holds(role, above):
                return above
    return None


class Capacity(NamedTuple):
    """In what role somebody acts, and in which unit the grant behind it is held; None for parties and the engine."""

    role: str
    unit: UnitId | None = None


def first_capacity(
    roles: Iterable[str], workflow: Workflow, case: Case, actor: Actor, units: UnitTree
) -> Capacity | None:
    """Return the first of the roles that the actor holds, in the order of the definition; None when none."""
    role = next((role for role in roles if holds_role(role, workflow, case, actor, units)), None)
    if role is None:
        return None
    part = workflow.roles[role]
    unit = case.unit if part.in_ == "case_unit" else case.lead_unit
    if part.bound != "grant" or unit is None or actor.kind is not ActorKind.PERSON:
        return Capacity(role)
    return Capacity(role, granting_unit(part, actor, unit, units))


def accused_units(case: Case) -> frozenset[str]:
    """Return the units complained about, whom the case is kept from. The organisation as a whole is not among them:
    somebody must handle what is said against it."""
    named = case.data.get("accused_units")
    return frozenset(str(unit) for unit in named if unit != case.root) if isinstance(named, list) else frozenset()


def may_see(workflow: Workflow, case: Case, actor: Actor, units: UnitTree, parent: Case | None = None) -> bool:
    """Return whether the actor holds any role of the case that sees it, or any role in a unit that handles it.

    The rule in force for lists and counts stands in ``access.readers``; this one lets a refusal not tell that a case
    exists. Grants in a unit complained about here or in the parent, or below it, count for nothing (XF Art.28).
    """
    if actor.kind is not ActorKind.PERSON:
        return True
    accused = accused_units(case) if parent is None else accused_units(case) | accused_units(parent)
    if accused:
        clear = frozenset(grant for grant in actor.grants if not accused.intersection(units.lineage(grant.unit)))
        actor = replace(actor, grants=clear)
    if case.children:
        handling = {child.unit for child in case.newest_children}
        if any(grant.unit in handling for grant in actor.grants):
            return True
    return any(
        part.sees_in(case.state) and holds_role(role, workflow, case, actor, units)
        for role, part in workflow.roles.items()
    )
