"""Which of a definition's roles an actor holds on a case: table look-ups, never expressions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.identity import UnitId
from engine.case.secrecy import accused_units, as_party, files_here, is_recused, is_strict, without_place
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import RolePart


def holds_role(role: str, workflow: Workflow, case: Case, actor: Actor, units: UnitTree) -> bool:
    """Return whether the actor holds the role on this case now."""
    part = workflow.roles[role]
    actor = without_place(actor, case)
    if actor.kind is ActorKind.PERSON and stands_in(role, workflow, case, actor):
        return True
    if actor.kind is ActorKind.SYSTEM:
        return part.bound == "system"
    if actor.kind is ActorKind.IMPORT:
        return part.bound not in ("system", "code")
    match part.bound:
        case "party":
            who = actor.acting_for or actor.person
            return any(party.role == role and party.person == who for party in case.parties)
        case "grant":
            unit = case.unit if part.in_ == "case_unit" else case.lead_unit
            return unit is not None and granting_unit(part, actor, unit, units) is not None
        case "code":
            return actor.anonymous
        case "system":
            return False


def stands_in(role: str, workflow: Workflow, case: Case, actor: Actor) -> bool:
    """Return whether the actor was named to stand in for those who hold the role, as when these are recused."""
    if not case.parties:
        return False
    who = actor.acting_for or actor.person
    return any(party.person == who and workflow.roles[party.role].stands_in_for == role for party in case.parties)


def granting_unit(part: RolePart, actor: Actor, unit: UnitId, units: UnitTree) -> UnitId | None:
    """Return where one of the role's grants is held: in the unit, or, if inherited, in one above it; None nowhere."""
    for above in part.held_in(units.lineage(unit)):
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
    part, actor = workflow.roles[role], without_place(actor, case)
    unit = case.unit if part.in_ == "case_unit" else case.lead_unit
    if part.bound != "grant" or unit is None or actor.kind is not ActorKind.PERSON:
        return Capacity(role)
    return Capacity(role, granting_unit(part, actor, unit, units))  # None for who stands in for the holders


def opening_capacity(definition: Definition, actor: Actor, unit: UnitId, units: UnitTree) -> Capacity | None:
    """Return the role in which a person may open a case in the unit; None when in none."""
    for role in definition.workflow.openers:
        part = definition.workflow.roles[role]
        if part.bound == "code":
            if actor.anonymous:
                return Capacity(role, unit)
            continue
        if files_here(definition, role, actor, unit, units):
            # Which unit above their own they turn to is their choice; where they come from is nobody's business.
            return Capacity(role, unit)
        held = granting_unit(part, actor, unit, units)
        if held is not None:
            return Capacity(role, held)
    return None


def may_see(definition: Definition, case: Case, actor: Actor, units: UnitTree, parent: Case | None = None) -> bool:
    """Return whether the actor holds any role of the case that sees it, or any role in a unit that handles it.

    The rule in force for lists and counts stands in ``access.readers``; this one lets a refusal not tell that a case
    exists. Grants in a unit complained about here or in the parent, or below it, count for nothing (XF Art.28), and
    those who handle a part of a case under a strict level see that part alone.
    """
    workflow = definition.workflow
    if actor.kind is not ActorKind.PERSON:
        return True
    if is_recused(actor, case, parent):
        return False
    actor = without_place(as_party(actor, case), case, parent)
    if accused := accused_units(case, parent):
        clear = frozenset(grant for grant in actor.grants if not accused.intersection(units.lineage(grant.unit)))
        actor = replace(actor, grants=clear)
    if case.children and not is_strict(case, definition):
        handling = {child.unit for child in case.newest_children}
        if any(grant.unit in handling for grant in actor.grants):
            return True
    return any(
        part.sees_in(case.state) and holds_role(role, workflow, case, actor, units)
        for role, part in workflow.roles.items()
    )
