"""Who may read a case, worked out when the case changes: the principals its reader rows name, and those an actor is.

A principal is ``person:<id>`` or ``role:<grant>@<unit>``. Inherited roles are written for every unit up the tree, so
that an actor is never more than a short list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from engine.access.directory import Moved
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import UnitId
from engine.case.secrecy import accused_units, is_strict, recused_people, without_place
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.parts import RolePart
from engine.definition.rulebook import Rulebook

REGISTER: Final = "register"
"""The principal of everybody who reads the public register: it stands on what was published, and on nothing else."""
_FOR, _HOME = "for:", "home:"
_Posts = tuple[UnitId, frozenset[str]]
"""A unit, and the principals who read by a post there."""


class _When(Enum):
    """When a role has to see a case, where it is not in one state: in all of them, or in some."""

    ALWAYS = auto()
    EVER = auto()


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

    Parties, holders of the definition's roles, the units it is assigned to, and the public register where it was
    published. Units complained about, here or in the
    parent, and all below them get none (XF Art.28; design: visibility).
    """
    workflow = definition.workflow
    roles = workflow.roles
    found = {
        f"person:{party.person}"
        for party in case.parties
        if party.role in roles and roles[party.role].sees_in(case.state)
    }
    if case.published:
        found.add(REGISTER)
    return _offices(case, definition, rules, units, parent, case.state) | found


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
    named = _posts(case, definition, rules, units, _When.EVER)
    return frozenset(above.union(*(principals for posts in named for _unit, principals in posts)))


def staff_of(
    case: Case, definition: Definition, rules: Rulebook, units: UnitTree, parent: Case | None = None
) -> frozenset[str]:
    """Return the principals who read the case because they work on it: by a post that sees it in every state.

    Parties are not among them, nor those before whom a case is put in some of its states only.
    """
    return _offices(case, definition, rules, units, parent, _When.ALWAYS)


def _offices(
    case: Case, definition: Definition, rules: Rulebook, units: UnitTree, parent: Case | None, when: str | _When
) -> frozenset[str]:
    accused = accused_units(case, parent)
    found = set[str]()
    for posts in _posts(case, definition, rules, units, when):
        for unit, principals in posts:
            if not accused or not accused.intersection(units.lineage(unit)):
                found |= principals
    return frozenset(found)


def _posts(
    case: Case, definition: Definition, rules: Rulebook, units: UnitTree, when: str | _When
) -> Iterator[Iterable[_Posts]]:
    yield _of_unit(definition, when, True, units.lineage(case.unit))
    if case.lead_unit is not None:
        yield _of_unit(definition, when, False, units.lineage(case.lead_unit))
    # Who handles a part of a case under a strict level sees that part, with the brief made for it, and no more.
    for child in () if is_strict(case, definition) else case.newest_children:
        for part in rules.newest(child.workflow).roles.values():
            if part.bound == "grant" and part.sees and not part.inherited:
                yield [(child.unit, frozenset(_role(grant, child.unit) for grant in part.of))]


@lru_cache(maxsize=4096)
def _of_unit(
    definition: Definition, when: str | _When, is_own: bool, lineage: tuple[UnitId, ...]
) -> tuple[_Posts, ...]:
    """Return who reads by a post all the cases of a unit, or all that it leads in, and in which unit the post is held:
    worked out once for many cases."""
    found: dict[UnitId, set[str]] = {}
    for part in definition.workflow.roles.values():
        if part.bound == "grant" and (part.in_ == "case_unit") is is_own and _sees(part, when):
            for above in part.held_in(lineage):
                found.setdefault(above, set()).update(_role(grant, above) for grant in part.of)
    return tuple((above, frozenset(principals)) for above, principals in found.items())


def _sees(part: RolePart, when: str | _When) -> bool:
    match when:
        case _When.ALWAYS:
            return part.sees is True
        case _When.EVER:
            return bool(part.sees)
        case state:
            return part.sees_in(state)


def recused_of(case: Case, parent: Case | None = None) -> frozenset[str]:
    """Return the principals who are to know nothing of the case, whatever roles they hold.

    Units complained about stand among them for those of their people who stand in for others.
    """
    units = frozenset(f"unit:{unit}" for unit in accused_units(case, parent))
    return units | frozenset(f"person:{person}" for person in recused_people(case, parent))


def _role(role: str, unit: str) -> str:
    return f"role:{role}@{unit}"
