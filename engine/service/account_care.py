"""Looking after the accounts of others: whose one sees, whose one resets, whose tokens one ends. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from engine.text import Text


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


def accounts_under(desk: Desk, staff: StaffRoles, carer: Carer) -> Sequence[AccountState]:
    """Return the accounts that somebody looks after, by login name."""
    there = desk.reads.surroundings(carer.root)
    cared = {unit for unit in there.units if staff.looks_after(carer.actor, unit, there.tree)}
    return [one for one in desk.reads.account_states(carer.root) if one.unit in cared]


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
