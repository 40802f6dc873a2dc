"""The login sessions and tokens of somebody else, seen and ended by the administration that guards tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.access.directory import Person
from engine.access.staff_roles import StaffRoles
from engine.case.codec import microseconds
from engine.case.identity import PersonId
from engine.errors import InputRefused, NotFound
from engine.ledger.streams import Fact
from engine.service.account_care import Carer, demand_token_guard
from engine.service.account_ports import LoginRow
from engine.service.account_writes import EndLogins
from engine.service.desk import Desk
from engine.service.plain import RecordFact
from engine.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginsOf:
    """What somebody is logged in by."""

    person: Person
    rows: Sequence[LoginRow]


def logins_of(desk: Desk, staff: StaffRoles, carer: Carer, person: str) -> LoginsOf:
    """Return by what somebody is logged in now, the newest first.

    Raises:
        NotPermitted: the one who asks does not guard tokens.
        NotFound: there is nobody of this id.
    """
    demand_token_guard(staff, carer.actor, carer.root)
    found = desk.reads.persons(carer.root, [PersonId(person)]).get(PersonId(person))
    if found is None:
        raise NotFound(Text("没有这个人员", "There is no such person"))
    return LoginsOf(person=found, rows=desk.reads.logins(carer.root, found.id, microseconds(desk.office.now())))


def end_logins_of(desk: Desk, staff: StaffRoles, carer: Carer, person: str) -> None:
    """End every session and token of somebody at once; raises as above, and InputRefused where there is none."""
    found = logins_of(desk, staff, carer, person)
    if not found.rows:
        raise InputRefused(
            Text("此人没有登录，也没有令牌，无须终止", "Not logged in, and no token: there is nothing to end")
        )
    tokens = sum(row.kind == "token" for row in found.rows)
    fact = Fact(
        type="logins_ended",
        details={"person": found.person.id, "sessions": len(found.rows) - tokens, "tokens": tokens},
        by=carer.person,
    )
    desk.office.write(
        [
            EndLogins(carer.root, found.person.id, tokens=True),
            RecordFact(root=carer.root, at=desk.office.now(), fact=fact),
        ]
    )
