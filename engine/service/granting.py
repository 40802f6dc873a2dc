"""Giving and ending grants: who may, to whom, for how long, and what no person may hold together. Knows no HTTP.

Nobody grants to himself. Of the system's, the security's and the audit's administration nobody holds two (三权分立,
GB/T 22239-2019 8.1.4.3), unless the installation says that it is a small one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.access.directory import GrantRow, Person, Surroundings
from engine.access.staff_roles import StaffRoles
from engine.case.actors import Actor
from engine.case.identity import PersonId, RootId, UnitId
from engine.case.scope import SHANGHAI
from engine.errors import FormInvalid, InputRefused, NotFound, NotPermitted
from engine.service.desk import Desk
from engine.service.organisation import grantable_roles
from engine.service.plain import AddGrant, RemoveGrant
from engine.service.typed import backward, day_typed, field_problem, wrong_days
from engine.text import Text

FIELDS: Final = ("person", "role", "unit", "from_on", "until_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """Somebody who gives, ends or reads grants; ``small`` is what the installation says of itself."""

    root: RootId
    person: PersonId
    actor: Actor
    staff: StaffRoles
    small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A grant as it was typed: a login name or id, a role by id or title, a unit by code, name or id, days as
    ``2026-09-15``, both included, "" for none."""

    person: str
    role: str
    unit: str
    from_on: str = ""
    until_on: str = ""


def demand_reading(giver: Giver) -> None:
    """Raise NotPermitted for whoever may not even read who holds which grants."""
    if not giver.staff.reads_some_grants(giver.actor):
        raise NotPermitted(
            Text(
                "授权由安全管理员管理、审计管理员查阅，您没有此权限",
                "The security administrator looks after grants, the audit administrator reads them; you may not",
            )
        )


def grants_seen(desk: Desk, giver: Giver) -> Sequence[GrantRow]:
    """Return the grants in the units of which somebody may read them, by person, role, unit and first day."""
    units = units_read(desk, giver)
    return [grant for grant in desk.reads.all_grants(giver.root) if grant.unit in units]


def units_read(desk: Desk, giver: Giver) -> frozenset[UnitId]:
    """Return the units of which somebody reads the grants; raises NotPermitted for whoever reads none."""
    demand_reading(giver)
    there = desk.reads.surroundings(giver.root)
    return frozenset(unit for unit in there.units if giver.staff.reads_grants(giver.actor, unit, there.tree))


def give(desk: Desk, giver: Giver, wish: Wish) -> GrantRow:
    """Give a grant, or give one another end, and return it.

    Raises:
        FormInvalid: names every field that is wrong.
        NotPermitted: it would be given to oneself, or in a unit where one gives none.
        InputRefused: the person would belong to two administrations.
    """
    there = desk.reads.surroundings(giver.root)
    grant = _wished(desk, giver, wish, there)
    _demand_giving(giver, grant.unit, there)
    _refuse_own(desk, giver, grant.person)
    refuse_two_administrations(giver.staff, desk.reads.grants_of(giver.root, [grant.person]), grant, small=giver.small)
    desk.office.write([AddGrant(grant, by=giver.person)])
    return grant


def end(desk: Desk, giver: Giver, held: GrantRow) -> None:
    """Take a grant back, from now on. One's own may be given up too.

    Raises:
        NotFound: there is no such grant where the giver looks after them.
        NotPermitted: the giver only reads.
        InputRefused: nobody would be left who gives grants.
    """
    there = desk.reads.surroundings(giver.root)
    if not giver.staff.reads_grants(giver.actor, held.unit, there.tree) or held not in desk.reads.grants_of(
        giver.root, [held.person]
    ):
        raise NotFound(Text("没有这项授权", "There is no such grant"))
    _demand_giving(giver, held.unit, there)
    if _gives(giver.staff, held) and held.unit == UnitId(giver.root) and not _others_give(desk, giver, held):
        raise InputRefused(
            Text("这是最后一名安全管理员，须先授权他人", "This is the last security administrator; grant another first")
        )
    desk.office.write([RemoveGrant(held, by=giver.person)])


def refuse_two_administrations(
    staff: StaffRoles, held: Iterable[GrantRow], grant: GrantRow, *, small: bool = False
) -> None:
    """Raise InputRefused where a person would belong to two administrations at a time."""
    wanted = staff.administration_of(grant.role)
    for other in held if wanted and not small else ():
        known = staff.administration_of(other.role)
        if known and known != wanted and _overlap(grant, other):
            titles = staff.titles()
            raise InputRefused(
                Text(
                    f"系统、安全、审计三类管理员须由不同的人担任：此人已是{titles[other.role].zh}",
                    "System, security and audit administration belong to different people: "
                    f"this person is {titles[other.role].en} already",
                )
            )


def together(staff: StaffRoles, grants: Iterable[GrantRow], on: date) -> Mapping[PersonId, frozenset[str]]:
    """Return who belongs to two or three administrations on a day, and to which."""
    found: dict[PersonId, set[str]] = {}
    for grant in grants:
        administration = staff.administration_of(grant.role)
        if administration and holds_on(grant, on):
            found.setdefault(grant.person, set()).add(administration)
    return {person: frozenset(several) for person, several in found.items() if len(several) > 1}


def holds_on(grant: GrantRow, on: date) -> bool:
    """Return whether a grant holds on a day; both its days belong to it."""
    return (grant.from_on is None or grant.from_on <= on) and (grant.until_on is None or grant.until_on >= on)


def today(desk: Desk) -> date:
    """Return the day it is in Shanghai."""
    return desk.office.now().astimezone(SHANGHAI).date()


def _wished(desk: Desk, giver: Giver, wish: Wish, there: Surroundings) -> GrantRow:
    person = _person(desk, giver.root, wish.person.strip())
    roles = grantable_roles(desk.world(giver.root).rules)
    role, unit = roles.get(wish.role.strip()), there.unit_called(wish.unit.strip())
    days = {"from_on": wish.from_on, "until_on": wish.until_on}
    problems = [*wrong_days(days), *backward(days, "from_on", "until_on")]
    if person is None:
        problems.append(field_problem("person", "没有这个人员，请填写登录名", "There is nobody of that login name"))
    if role is None:
        problems.append(field_problem("role", "没有这个角色", "There is no such role"))
    if unit is None:
        problems.append(field_problem("unit", "没有这个单位", "There is no such unit"))
    if problems or person is None or role is None or unit is None:
        raise FormInvalid(sorted(problems, key=lambda problem: FIELDS.index(problem.path)))
    return GrantRow(
        root=giver.root,
        person=person.id,
        role=role,
        unit=unit.id,
        from_on=day_typed(wish.from_on),
        until_on=day_typed(wish.until_on),
    )


def _person(desk: Desk, root: RootId, called: str) -> Person | None:
    account = desk.reads.account(called)
    known = PersonId(called) if account is None or account.root != root else account.person
    found = desk.reads.persons(root, [known]).get(known)
    return found if found is not None and found.active else None


def _demand_giving(giver: Giver, unit: UnitId, there: Surroundings) -> None:
    if not giver.staff.gives_grants(giver.actor, unit, there.tree):
        raise NotPermitted(
            Text("您不能在该单位授权或收回授权", "You may not give or end grants in this unit"),
            roles=[role.id for role in giver.staff.roles.values() if role.grants == "gives"],
        )


def _refuse_own(desk: Desk, giver: Giver, person: PersonId) -> None:
    """Refuse grants to oneself, and to the one in whose place one gives."""
    on = today(desk)
    stands_for = {
        each.principal
        for each in desk.reads.deputations(giver.root, giver.person)
        if each.deputy == giver.person
        and (each.from_on is None or each.from_on <= on)
        and (each.until_on is None or each.until_on >= on)
    }
    if person == giver.person or person in stands_for:
        raise NotPermitted(
            Text(
                "任何人不得给自己或自己所代理的人授权",
                "Nobody grants anything to himself, or to whom he stands in for",
            )
        )


def _others_give(desk: Desk, giver: Giver, held: GrantRow) -> bool:
    on = today(desk)
    return any(
        _gives(giver.staff, grant) and grant != held and grant.unit == held.unit and holds_on(grant, on)
        for grant in desk.reads.all_grants(giver.root)
    )


def _gives(staff: StaffRoles, grant: GrantRow) -> bool:
    return grant.role in staff.roles and staff.roles[grant.role].grants == "gives"


def _overlap(one: GrantRow, other: GrantRow) -> bool:
    begins_late = one.from_on is not None and other.until_on is not None and one.from_on > other.until_on
    ends_early = one.until_on is not None and other.from_on is not None and one.until_on < other.from_on
    return not (begins_late or ends_early)
