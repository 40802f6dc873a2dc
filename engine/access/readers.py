"""Who may read a case, worked out when the case changes: the principals its reader rows name, and those an actor is.

A principal is ``person:<id>`` or ``role:<grant>@<unit>``. Inherited roles are written for every unit up the tree, so
that an actor is never more than a short list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import UnitId
from engine.case.roles import accused_units
from engine.case.units import UnitTree
from engine.definition.model import Workflow
from engine.definition.parts import RolePart
from engine.definition.rulebook import Rulebook


def principals_of(actor: Actor) -> tuple[str, ...]:
    """Return the principals an actor is: the person, whom the person stands for, and each role in its unit."""
    persons = [f"person:{person}" for person in (actor.person, actor.acting_for) if person is not None]
    return (*persons, *sorted(f"role:{grant.role}@{grant.unit}" for grant in actor.grants))


def readers_of(
    case: Case, workflow: Workflow, rules: Rulebook, units: UnitTree, parent: Case | None = None
) -> frozenset[str]:
    """Return the principals who may read the case now.

    Parties, holders of the definition's roles, and the units it is assigned to. Units complained about, here or in the
    parent, and all below them get none (XF Art.28; design: visibility).
    """
    found = {f"person:{party.person}" for party in case.parties if workflow.roles[party.role].sees_in(case.state)}
    return _offices(case, workflow, rules, units, parent, lambda part: part.sees_in(case.state)) | found


def staff_of(
    case: Case, workflow: Workflow, rules: Rulebook, units: UnitTree, parent: Case | None = None
) -> frozenset[str]:
    """Return the principals who read the case because they work on it: by a post that sees it in every state.

    Parties are not among them, nor those before whom a case is put in some of its states only.
    """
    return _offices(case, workflow, rules, units, parent, lambda part: part.sees is True)


def _offices(
    case: Case,
    workflow: Workflow,
    rules: Rulebook,
    units: UnitTree,
    parent: Case | None,
    sees: Callable[[RolePart], bool],
) -> frozenset[str]:
    accused = accused_units(case) if parent is None else accused_units(case) | accused_units(parent)
    return frozenset(
        f"role:{grant}@{unit}"
        for unit, grants in _grants(case, workflow, rules, units, sees)
        if not accused.intersection(units.lineage(unit))
        for grant in grants
    )


def _grants(
    case: Case, workflow: Workflow, rules: Rulebook, units: UnitTree, sees: Callable[[RolePart], bool]
) -> Iterator[tuple[UnitId, Iterable[str]]]:
    for part in workflow.roles.values():
        if part.bound != "grant" or not sees(part):
            continue
        unit = case.unit if part.in_ == "case_unit" else case.lead_unit
        if unit is not None:
            for above in units.lineage(unit) if part.inherited else (unit,):
                yield above, part.of
    for child in case.newest_children:
        for part in rules.newest(child.workflow).roles.values():
            if part.bound == "grant" and part.sees and not part.inherited:
                yield child.unit, part.of
