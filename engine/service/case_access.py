"""Who holds which right on a case, and from where: grants, deputies, parties, recusals; and who has looked at it.

Those who work on the case and auditors read all of it; whoever filed it reads who looked at it, and who asked for their
name. Nobody who is recused reads any of it, nor learns that they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

from engine.access.directory import Deputation, GrantRow, Person
from engine.access.disclosure import disclosed
from engine.access.readers import principals_of, roles_on, staff_of
from engine.access.staff_roles import StaffRoles
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.codec import at_from
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.secrecy import (
    ACCUSED_PEOPLE,
    ACCUSED_UNITS,
    RECUSED_PEOPLE,
    RECUSING_FIELDS,
    accused_units,
    as_party,
    is_recused,
    is_strict,
    recused_people,
    without_place,
)
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.parts import Bind, Privacy, RolePart, Unbind
from engine.errors import CaseNotFound, NotPermitted
from engine.ledger.streams import ACCESS
from engine.service.desk import Desk
from engine.service.granting import holds_on, today
from engine.service.queries import TimelineLine
from engine.service.world import World
from engine.text import Text

HOLDERS_MAX: Final = 50
"""How many people of a role are listed; beyond it their number is said."""
BRIEF: Final = "brief"


class Audience(StrEnum):
    """STAFF work on the case, AUDITORS audit its unit, the OPENER filed it."""

    STAFF = "staff"
    AUDITORS = "auditors"
    OPENER = "opener"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody in a role; ``person`` is None where the reader may not know who.

    ``grant`` is where it comes from, None for parties; ``inherited``: it is held in a unit above. ``acting_for`` is the
    principal of a deputy, and ``deputation`` from when until when.
    """

    person: PersonId | None
    grant: GrantRow | None = None
    inherited: bool = False
    acting_for: PersonId | None = None
    deputation: Deputation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAccess:
    """A role of the case: who holds it now, up to which privacy they read, which moves they may make now.

    ``unit`` is that of a part of the case for those who handle it (``reads`` is then the brief). ``sees``: they may
    read the case in its state. ``count`` is the number of holders, of whom the first are listed.
    """

    role: str
    title: Text
    bound: Literal["party", "grant", "system", "code"]
    unit: UnitId | None
    sees: bool
    reads: Privacy | Literal["brief"]
    moves: tuple[str, ...]
    holders: tuple[Holder, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recusal:
    """A person or a unit kept from the case; ``why`` is what was written when they were named, as far as known."""

    person: PersonId | None
    unit: UnitId | None
    accused: bool
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How often somebody looked at the case on record, the first and the last time."""

    person: PersonId
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAccess:
    """Who holds which right on a case, as one reader may know it. ``openings`` are the moves about the identity."""

    case: Case
    definition: Definition
    audience: Audience
    roles: tuple[RoleAccess, ...] = ()
    recusals: tuple[Recusal, ...] = ()
    looks: tuple[Looks, ...] = ()
    openings: tuple[TimelineLine, ...] = ()
    people: Mapping[PersonId, Person] = field(default_factory=dict)

    @property
    def looks_are_kept(self) -> bool:
        """Whether looks at the case are recorded at all."""
        return is_strict(self.case, self.definition)


def case_access(desk: Desk, root: RootId, case_id: CaseId, actor: Actor, world: World, staff: StaffRoles) -> CaseAccess:
    """Return who holds which right on the case.

    Raises:
        CaseNotFound: there is no such case, or the reader may not see it and does not audit it.
        NotPermitted: the reader sees the case, but neither works on it nor filed it.
    """
    case, parent, audience = _as_read(desk, root, case_id, actor, world, staff)
    if audience is None:
        raise NotPermitted(
            Text(
                "权限情况只供承办、督办、审计人员和提出人本人查看",
                "Who holds which right is shown to those who work on the case, to auditors and to who filed it",
            )
        )
    definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    lines: Sequence[TimelineLine] = ()
    if audience is not Audience.AUDITORS:
        lines = desk.queries.timeline(root, case_id, actor, world)
    found = CaseAccess(
        case=case,
        definition=definition,
        audience=audience,
        looks=tuple(_looks(desk, root, case_id)),
        openings=tuple(line for line in lines if line.transition in _identity_moves(definition)),
    )
    if audience is not Audience.OPENER:
        known = disclosed(case, definition, actor, world.surroundings.tree)
        found = replace(
            found,
            roles=tuple(_roles(desk, case, definition, parent, world, known.nameless)),
            recusals=tuple(_recusals(case, parent, definition, lines, known.fields)),
        )
    wanted = {person for person in _people(found) if person is not None}
    return replace(found, people=desk.reads.persons(root, wanted))


def audience_of(
    desk: Desk, root: RootId, case_id: CaseId, actor: Actor, world: World, staff: StaffRoles
) -> Audience | None:
    """Return as what somebody may read of the rights on a case, None for not at all; raises CaseNotFound."""
    return _as_read(desk, root, case_id, actor, world, staff)[2]


def _as_read(
    desk: Desk, root: RootId, case_id: CaseId, actor: Actor, world: World, staff: StaffRoles
) -> tuple[Case, Case | None, Audience | None]:
    principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
    seen = desk.reads.case(root, case_id, principals)
    case = seen or next(iter(desk.reads.cases(root, [case_id])), None)
    if case is None:
        raise CaseNotFound
    parent = next(iter(desk.reads.cases(root, [case.parent])), None) if case.parent is not None else None
    definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    tree = world.surroundings.tree
    if seen is not None:
        works = staff_of(case, definition, world.rules, tree, parent)
        if principals is None or not works.isdisjoint(roles_on(actor, case, parent)):
            return case, parent, Audience.STAFF
        own = definition.workflow.opener_becomes
        if own is not None and as_party(actor, case).person in case.persons_in(own):
            return case, parent, Audience.OPENER
    if not is_recused(actor, case, parent):
        accused = accused_units(case, parent)
        here = without_place(actor, case, parent)
        clear = frozenset(grant for grant in here.grants if accused.isdisjoint(tree.lineage(grant.unit)))
        if staff.audits(replace(here, grants=clear), case.unit, tree):
            return case, parent, Audience.AUDITORS
    if seen is None:
        raise CaseNotFound
    return case, parent, None


def _roles(
    desk: Desk,
    case: Case,
    definition: Definition,
    parent: Case | None,
    world: World,
    nameless: frozenset[PersonId],
) -> Iterator[RoleAccess]:
    tree, workflow = world.surroundings.tree, definition.workflow
    posts: list[tuple[str, RolePart, UnitId | None]]
    posts = [(name, part, None) for name, part in workflow.roles.items() if part.sees is not False]
    posts += [] if is_strict(case, definition) else _handling(case, world)
    reach = {place: _reach(part, case, unit, tree) for place, (_name, part, unit) in enumerate(posts)}
    units = {unit for each in reach.values() for unit in each}
    asked = {role for _name, part, _unit in posts for role in part.of}
    on = today(desk)
    grants = [grant for grant in desk.reads.grants_in(case.root, units, asked) if holds_on(grant, on)]
    holding = _Holding(desk, case, parent, tree, on, grants)
    for place, (name, part, unit) in enumerate(posts):
        if part.bound == "grant":
            holders = list(holding.of(part, reach[place]))
        else:
            bound = dict.fromkeys(case.persons_in(name)) if unit is None else ()
            holders = [Holder(person=None if person in nameless else person) for person in bound]
        yield RoleAccess(
            role=name,
            title=part.title.text,
            bound=part.bound,
            unit=unit,
            sees=unit is not None or part.sees_in(case.state),
            reads=part.reads if unit is None else BRIEF,
            moves=() if unit is not None else tuple(_moves(name, case, definition)),
            holders=tuple(holders[:HOLDERS_MAX]),
            count=len(holders),
        )


def _handling(case: Case, world: World) -> list[tuple[str, RolePart, UnitId | None]]:
    """Return the posts of the units that handle parts of the case, as readers of it (see ``access.readers``)."""
    return [
        (name, part, child.unit)
        for child in case.newest_children
        for name, part in world.rules.newest(child.workflow).roles.items()
        if part.bound == "grant" and part.sees and not part.inherited
    ]


def _reach(part: RolePart, case: Case, unit: UnitId | None, tree: UnitTree) -> tuple[UnitId, ...]:
    """Return the units in which a grant fills a post, the nearest first."""
    if part.bound != "grant":
        return ()
    at = unit or (case.unit if part.in_ == "case_unit" else case.lead_unit)
    if at is None:
        return ()
    return tuple(part.held_in(tree.lineage(at)))


class _Holding:
    """Who holds grants on one case: those of recused people, and in units complained about, count for nothing."""

    def __init__(
        self, desk: Desk, case: Case, parent: Case | None, tree: UnitTree, on: date, grants: Iterable[GrantRow]
    ) -> None:
        accused, recused = accused_units(case, parent), recused_people(case, parent)
        self._grants = [
            grant for grant in grants if grant.person not in recused and accused.isdisjoint(tree.lineage(grant.unit))
        ]
        principals = {grant.person for grant in self._grants}
        found = desk.reads.deputations_of(case.root, principals) if principals else ()
        known = desk.reads.persons(case.root, principals | {each.deputy for each in found})
        active = {person for person, one in known.items() if one.active}
        self._grants = [grant for grant in self._grants if grant.person in active]
        self._deputies: dict[PersonId, list[Deputation]] = {}
        for each in found:
            deputy = known.get(each.deputy)
            if deputy is None or not deputy.active or deputy.id in recused or not _holds(each, on):
                continue
            if deputy.unit is None or accused.isdisjoint(tree.lineage(deputy.unit)):
                self._deputies.setdefault(each.principal, []).append(each)

    def of(self, part: RolePart, reach: Sequence[UnitId]) -> Iterator[Holder]:
        """Yield the holders of a post, the nearest unit first, each followed by those who stand in for them."""
        for place, unit in enumerate(reach):
            for grant in self._grants:
                if grant.unit == unit and grant.role in part.of:
                    yield Holder(person=grant.person, grant=grant, inherited=place > 0)
                    for each in self._deputies.get(grant.person, ()):
                        yield Holder(
                            person=each.deputy,
                            grant=grant,
                            inherited=place > 0,
                            acting_for=grant.person,
                            deputation=each,
                        )


def _holds(deputation: Deputation, on: date) -> bool:
    begun = deputation.from_on is None or deputation.from_on <= on
    return begun and (deputation.until_on is None or deputation.until_on >= on)


def _moves(role: str, case: Case, definition: Definition) -> Iterator[str]:
    for name, transition in definition.workflow.transitions.items():
        if role in transition.by and case.state in transition.from_:
            yield name


def _recusals(
    case: Case,
    parent: Case | None,
    definition: Definition,
    lines: Sequence[TimelineLine],
    readable: frozenset[str],
) -> Iterator[Recusal]:
    """Yield who is kept from the case, as far as the reader may read who is complained about."""
    for unit in sorted(accused_units(case, parent)) if ACCUSED_UNITS in readable else ():
        yield Recusal(person=None, unit=UnitId(unit), accused=True, why=_why(unit, definition, lines))
    accused = set(_named(case)) | (set() if parent is None else set(_named(parent)))
    for person in sorted(recused_people(case, parent)):
        if (ACCUSED_PEOPLE if person in accused else RECUSED_PEOPLE) in readable:
            why = _why(person, definition, lines)
            yield Recusal(person=PersonId(person), unit=None, accused=person in accused, why=why)


def _named(case: Case) -> Iterator[str]:
    named = case.data.get(ACCUSED_PEOPLE)
    yield from (str(one) for one in named) if isinstance(named, list) else ()


def _why(named: str, definition: Definition, lines: Sequence[TimelineLine]) -> str | None:
    """Return the text that stands in the newest entry that named somebody, beside the names."""
    for line in reversed(lines):
        given = (line.fields.get(name) for name in RECUSING_FIELDS)
        if any(isinstance(value, list) and named in value for value in given):
            part = definition.workflow.transitions.get(line.transition or "")
            texts = (line.fields.get(name) for name in (part.form if part is not None else ()))
            return next((text for text in texts if isinstance(text, str) and text), None)
    return None


def _looks(desk: Desk, root: RootId, case_id: CaseId) -> Iterator[Looks]:
    found: dict[PersonId, list[datetime]] = {}
    for entry in desk.reads.entries(root, CaseId(f"{ACCESS}{case_id}")):
        body = json.loads(entry.body)
        if body["type"] == "read" and "by" in body:
            found.setdefault(PersonId(body["by"]), []).append(at_from(body["at"]))
    for person, times in found.items():
        yield Looks(person=person, times=len(times), first_at=times[0], last_at=times[-1])


def _identity_moves(definition: Definition) -> frozenset[str]:
    """Return the moves by which the identity is asked for, opened, refused and closed again."""
    workflow = definition.workflow
    if workflow.identity is None:
        return frozenset()
    binding = {
        name: [effect for effect in part.effects if isinstance(effect, Bind | Unbind)]
        for name, part in workflow.transitions.items()
    }
    roles = {workflow.identity.opened_to}
    roles |= {
        effect.those_in
        for effects in binding.values()
        for effect in effects
        if isinstance(effect, Bind) and effect.role in roles and effect.those_in is not None
    }
    return frozenset(name for name, effects in binding.items() if any(effect.role in roles for effect in effects))


def _people(found: CaseAccess) -> Iterator[PersonId | None]:
    for role in found.roles:
        for holder in role.holders:
            yield holder.person
            yield holder.acting_for
    for recusal in found.recusals:
        yield recusal.person
    for look in found.looks:
        yield look.person
