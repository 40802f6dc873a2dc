"""Looking after the accounts of others: whose one sees, whose one resets, whose tokens one ends. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.access.directory import Person, Surroundings
from engine.access.staff_roles import StaffRoles
from engine.case.actors import Actor
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId, UnitId
from engine.errors import NotFound, NotPermitted
from engine.service.account_ports import SLIP, AccountState
from engine.service.account_writes import RemoveSecondFactor
from engine.service.desk import Desk
from engine.service.own_account import told
from engine.service.people_ports import PersonKey
from engine.text import Text

ROWS_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Carer:
    """Somebody who looks after accounts."""

    root: RootId
    person: PersonId
    actor: Actor


def demand_carer(staff: StaffRoles, actor: Actor) -> None:
    """Raise NotPermitted for whoever looks after nobody's account."""
    if not staff.looks_after_some(actor):
        raise NotPermitted(
            Text("账号由工会办公室管理，您没有此权限", "Accounts are looked after by the union office; you may not")
        )


def demand_token_guard(staff: StaffRoles, actor: Actor, root: RootId) -> None:
    """Raise NotPermitted for whoever may not see and end the tokens of everybody."""
    if not staff.ends_tokens(actor, UnitId(root)):
        raise NotPermitted(
            Text(
                "令牌由安全管理员管理，您没有此权限",
                "The security administrator looks after tokens; you may not",
            )
        )


def cared_units(desk: Desk, staff: StaffRoles, carer: Carer, below: str = "") -> frozenset[UnitId]:
    """Return the units whose accounts somebody looks after, of those ``below`` a unit that is named by id or code."""
    there = desk.reads.surroundings(carer.root)
    at = next((one.id for one in there.units.values() if below in (one.id, one.code)), None) if below else None
    if below and at is None:
        return frozenset()
    return frozenset(
        unit
        for unit in there.units
        if (at is None or at in there.tree.lineage(unit)) and staff.looks_after(carer.actor, unit, there.tree)
    )


def account_rows(
    desk: Desk, carer: Carer, units: Collection[UnitId], *, text: str, waiting: bool, after: str, limit: int
) -> Sequence[AccountState]:
    """Return a page of the accounts of units, by name.

    ``after`` is the id of the last person before: no name stands in an address. One that is nobody begins anew.
    """
    last = desk.reads.persons(carer.root, [PersonId(after)]).get(PersonId(after)) if after else None
    place = None if last is None else PersonKey(last.name, last.id)
    return desk.reads.accounts_page(carer.root, units=units, text=text, waiting=waiting, after=place, limit=limit)


def waiting_in(desk: Desk, carer: Carer, units: Collection[UnitId]) -> list[Person]:
    """Return the people of units who have no password yet, by unit and name."""
    found: list[AccountState] = []
    place: PersonKey | None = None
    while rows := desk.reads.accounts_page(carer.root, units=units, waiting=True, after=place, limit=ROWS_AT_ONCE):
        found += rows
        place = PersonKey(rows[-1].name, rows[-1].person)
    known = desk.reads.persons(carer.root, [one.person for one in found])
    codes = {one.id: one.code for one in desk.reads.surroundings(carer.root).units.values()}
    people = [known[one.person] for one in found if one.person in known]
    return sorted(people, key=lambda one: (codes.get(one.unit or UnitId(""), ""), one.name, one.login or ""))


def slips_of(desk: Desk, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, int]:
    """Return until when the slip of each of these persons can be used, of those who have one that was not used."""
    return desk.reads.one_times_of(root, SLIP, persons, microseconds(desk.office.now()))


def slips_open(desk: Desk, root: RootId) -> Mapping[PersonId, int]:
    """Return until when each slip that was not used can be used."""
    return desk.reads.one_times(root, SLIP, microseconds(desk.office.now()))


def person_under(desk: Desk, staff: StaffRoles, carer: Carer, login: str) -> Person:
    """Return a person whose account somebody looks after; raises NotFound for any other, whether there or not."""
    account = desk.reads.account(login)
    found = None if account is None or account.root != carer.root else account.person
    somebody = None if found is None else desk.reads.persons(carer.root, [found]).get(found)
    there = desk.reads.surroundings(carer.root)
    if somebody is None or not _cares(staff, carer, somebody, there):
        raise NotFound(Text("您管理的账号中没有这个登录名", "There is no such login among the accounts you look after"))
    return somebody


def _cares(staff: StaffRoles, carer: Carer, somebody: Person, there: Surroundings) -> bool:
    unit = somebody.unit
    return (
        somebody.active
        and unit is not None
        and unit in there.units
        and staff.looks_after(carer.actor, unit, there.tree)
    )


def remove_factor_of(desk: Desk, carer: Carer, person: PersonId) -> None:
    """Take somebody's second factor away, who has lost it; their sessions end."""
    now = desk.office.now()
    desk.office.write(
        [
            RemoveSecondFactor(carer.root, person),
            told(carer.root, now, "second_factor_removed", person, by=carer.person),
        ]
    )
