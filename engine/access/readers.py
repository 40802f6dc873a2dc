"""Who may read a case, worked out when the case changes: the principals its reader rows name, and those an actor is.

A principal is ``person:<id>`` or ``role:<grant>@<unit>``. Inherited roles are written for every unit up the tree, so
that an actor is never more than a short list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from engine.access.directory import Moved
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import UnitId
from engine.case.secrecy import accused_units, is_strict, recused_people, without_place
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.parts import RolePart
from engine.definition.rulebook import Rulebook

_FOR, _HOME = "for:", "home:"


class Principals(NamedTuple):
    """The principals of an actor, apart: ``own``, and by whom they stand in for, those held only so.

    A case that names one of ``between`` as recused is not seen by them.
    """

    own: tuple[str, ...]
    deputed: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


def principals_of(actor: Actor) -> tuple[str, ...]:
    """Return the principals an actor is: the person, by name and by veil, whom the person stands for, and each role in
    its unit. What is held in another's place is marked so (``apart``)."""
    known = (actor.person, actor.acting_for, actor.veil)
    persons = [f"person:{person}" for person in known if person is not None]
    deputed = {(each.role, each.unit) for each in actor.deputed}
    roles = sorted(_role(grant.role, grant.unit) for grant in actor.grants if (grant.role, grant.unit) not in deputed)
    places = sorted(f"{_FOR}{each.principal}:{_role(each.role, each.unit)}" for each in actor.deputed)
    return (*persons, *roles, *places, *(f"{_HOME}{unit}" for unit in actor.home if places))


def roles_on(actor: Actor, case: Case, parent: Case | None = None) -> frozenset[str]:
    """Return the principals an actor is on one case, whether held for themselves or in another's place."""
    there = without_place(actor, case, parent)
    return frozenset(principals_of(replace(there, deputed=frozenset(), home=())))


def apart(principals: Iterable[str]) -> Principals:
    """Return principals with those held in another's place apart, by whose place it is."""
    own: list[str] = []
    places: dict[str, list[str]] = {}
    home: list[str] = []
    for principal in principals:
        if principal.startswith(_FOR):
            person, _, role = principal.removeprefix(_FOR).partition(":")
            places.setdefault(person, []).append(role)
        elif principal.startswith(_HOME):
            home.append(f"unit:{principal.removeprefix(_HOME)}")
        else:
            own.append(principal)
    deputed = ((tuple(roles), (f"person:{person}", *home)) for person, roles in places.items())
    return Principals(tuple(own), tuple(deputed))


def readers_of(
    case: Case, definition: Definition, rules: Rulebook, units: UnitTree, parent: Case | None = None
) -> frozenset[str]:
    """Return the principals who may read the case now.

    Parties, holders of the definition's roles, and the units it is assigned to. Units complained about, here or in the
    parent, and all below them get none (XF Art.28; design: visibility).
    """
    workflow = definition.workflow
    found = {f"person:{party.person}" for party in case.parties if workflow.roles[party.role].sees_in(case.state)}
    return _offices(case, definition, rules, units, parent, lambda part: part.sees_in(case.state)) | found


def overtaken_by(
    moves: Sequence[Moved], case: Case, definition: Definition, rules: Rulebook, units: UnitTree
) -> frozenset[str]:
    """Return principals whom rows may still name that were written before these moves of units, none where no unit of
    the case was moved: those above it then, and whoever a complaint has fallen on by the move."""
    own = {unit for unit in (case.unit, case.lead_unit, *(child.unit for child in case.children)) if unit is not None}
    lost = {above for move in moves if not own.isdisjoint(move.units) for above in move.lost}
    if not any(not own.isdisjoint(move.units) for move in moves):
        return frozenset()
    grants = {grant for part in definition.workflow.roles.values() if part.bound == "grant" for grant in part.of}
    above = {_role(grant, unit) for grant in grants for unit in lost}
    named = _grants(case, definition, rules, units, lambda part: bool(part.sees))
    return frozenset(above | {_role(grant, unit) for unit, of in named for grant in of})


def staff_of(
    case: Case, definition: Definition, rules: Rulebook, units: UnitTree, parent: Case | None = None
) -> frozenset[str]:
    """Return the principals who read the case because they work on it: by a post that sees it in every state.

    Parties are not among them, nor those before whom a case is put in some of its states only.
    """
    return _offices(case, definition, rules, units, parent, lambda part: part.sees is True)


def _offices(
    case: Case,
    definition: Definition,
    rules: Rulebook,
    units: UnitTree,
    parent: Case | None,
    sees: Callable[[RolePart], bool],
) -> frozenset[str]:
    accused = accused_units(case, parent)
    return frozenset(
        f"role:{grant}@{unit}"
        for unit, grants in _grants(case, definition, rules, units, sees)
        if not accused.intersection(units.lineage(unit))
        for grant in grants
    )


def _grants(
    case: Case, definition: Definition, rules: Rulebook, units: UnitTree, sees: Callable[[RolePart], bool]
) -> Iterator[tuple[UnitId, Iterable[str]]]:
    for part in definition.workflow.roles.values():
        if part.bound != "grant" or not sees(part):
            continue
        unit = case.unit if part.in_ == "case_unit" else case.lead_unit
        if unit is not None:
            for above in units.lineage(unit) if part.inherited else (unit,):
                yield above, part.of
    # Who handles a part of a case under a strict level sees that part, with the brief made for it, and no more.
    for child in () if is_strict(case, definition) else case.newest_children:
        for part in rules.newest(child.workflow).roles.values():
            if part.bound == "grant" and part.sees and not part.inherited:
                yield child.unit, part.of


def recused_of(case: Case, parent: Case | None = None) -> frozenset[str]:
    """Return the principals who are to know nothing of the case, whatever roles they hold.

    Units complained about stand among them for those of their people who stand in for others.
    """
    units = frozenset(f"unit:{unit}" for unit in accused_units(case, parent))
    return units | frozenset(f"person:{person}" for person in recused_people(case, parent))


def _role(role: str, unit: str) -> str:
    return f"role:{role}@{unit}"
