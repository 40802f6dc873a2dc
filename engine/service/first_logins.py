"""The first login of thousands, and of the very first: activation slips, one-time links, the first administrator.

What is handed out works once, for a time, and is kept as a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from engine.access.codes import is_code, new_code, plain_code
from engine.access.directory import GrantRow, Person, Unit
from engine.access.password_rules import demand_good_password
from engine.access.passwords import hash_password, new_secret, secret_hash
from engine.access.throttle import tries
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId, UnitId
from engine.errors import FieldProblem, FormInvalid, InputRefused
from engine.ledger.streams import Fact
from engine.service.account_ports import FIRST, LINK, SLIP, OneTime
from engine.service.account_writes import (
    AddOneTime,
    EndLogins,
    ReturnTries,
    SetPassword,
    TakeTries,
    UseOneTime,
    used_up,
)
from engine.service.desk import Desk
from engine.service.logins import AccountRules, Visitor, code_hash, is_known, known_browser
from engine.service.organisation import person_id, root_id
from engine.service.own_account import Whose, told
from engine.service.plain import AddGrant, AddPerson, AddUnit, PlainWrite, RecordFact
from engine.text import Text

SLIP_DAYS: Final = 30
LINK_HOURS: Final = 24
SLIPS_AT_ONCE: Final = 200
NAME_CHARACTERS_MAX: Final = 100
_NOBODY: Final = (RootId(""), PersonId(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What stands on one slip; the code is here and nowhere else."""

    name: str
    login: str
    unit: Text
    code: str = field(repr=False)
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAdministrator:
    """What the first administrator types: who they are, and the house where there is none yet."""

    login: str
    name: str
    password: str = field(repr=False)
    unit_code: str = ""
    unit_name: str = ""


def make_slips(
    desk: Desk,
    root: RootId,
    persons: Sequence[Person],
    *,
    by: PersonId | None,
    reset: bool = False,
    progressed: Callable[[int, int], None] = lambda _done, _whole: None,
) -> Iterator[Slip]:
    """Yield a slip for each person with a login name; an earlier code of theirs ends.

    Args:
        desk: where they are kept.
        root: the organisation.
        persons: for whom.
        by: who has them made, None for a command.
        reset: the password that is there is no longer known or trusted: it, every session and every token end.
        progressed: told how many are done, of how many.
    """
    units = desk.reads.surroundings(root).units
    persons = [person for person in persons if person.login]
    for begin in range(0, len(persons), SLIPS_AT_ONCE):
        now = desk.office.now()
        until_at = now + timedelta(days=SLIP_DAYS)
        slips: list[Slip] = []
        writes: list[PlainWrite] = []
        some = persons[begin : begin + SLIPS_AT_ONCE]
        for person in some:
            unit = units.get(person.unit) if person.unit is not None else None
            code = new_code()
            if reset:
                writes += [
                    SetPassword(root, person.id, None),
                    EndLogins(root, person.id, tokens=True),
                    told(root, now, "password_set", person.id, by=by, way="reset"),
                ]
            hashed = code_hash(plain_code(code))
            writes.append(AddOneTime(OneTime(hashed, root, person.id, SLIP, microseconds(now), microseconds(until_at))))
            title = Text("", "") if unit is None else unit.title
            slips.append(Slip(name=person.name, login=person.login or "", unit=title, code=code, until_at=until_at))
        fact = Fact(type="slips_made", details={"people": [person.id for person in some]}, by=by)
        desk.office.write([*writes, RecordFact(root=root, at=now, fact=fact)])
        yield from slips
        progressed(begin + len(some), len(persons))


def activate(desk: Desk, login: str, code: str, password: str, visitor: Visitor) -> str:
    """Set the first password by an activation code, and return what lets the browser be known.

    Raises:
        FormInvalid: the password is not taken; said before anything is looked up.
        LoginRefused: wrong name or code, used, over, or tried too often; the same for a name that there is not.
    """
    login = login.strip()
    demand_good_password(password, login)
    now = desk.office.now()
    mark = desk.box.mark(f"login {login}")
    counted = tries("activate", mark, source=visitor.source, known=is_known(desk, visitor.known, login))
    desk.office.write([TakeTries(counted, now)])
    plain = plain_code(code)
    # Hashed before anything is known: a right name takes no longer than a wrong one.
    hashed = hash_password(password)
    found = desk.reads.one_time(code_hash(plain), microseconds(now)) if is_code(plain) else None
    account = desk.reads.account(login)
    if found is None or found.purpose != SLIP or account is None or account.person != found.person:
        raise used_up()
    _set(desk, found, SLIP, hashed, now, "slip", [ReturnTries(counted, now)])
    return known_browser(desk, login)


def make_link(desk: Desk, root: RootId, person: PersonId) -> str:
    """Return the secret of a link by which somebody sets a password, once and within a day."""
    return _kept(desk, root, person, LINK)


def link_holder(desk: Desk, secret: str) -> OneTime:
    """Return what a link is for; raises LoginRefused for one that is used or over, or never was."""
    found = desk.reads.one_time(secret_hash(secret), microseconds(desk.office.now()))
    if found is None or found.purpose not in (LINK, FIRST):
        raise used_up()
    return found


def password_by_link(desk: Desk, secret: str, password: str) -> None:
    """Set a password by a one-time link.

    Raises:
        LoginRefused: the link is used or over.
        FormInvalid: the password is not taken; the link can be used again.
    """
    found = link_holder(desk, secret)
    person = desk.reads.persons(found.root, [found.person]).get(found.person)
    if found.purpose != LINK or person is None or person.login is None:
        raise used_up()
    demand_good_password(password, person.login)
    _set(desk, found, LINK, hash_password(password), desk.office.now(), "link", [])


def first_link(desk: Desk) -> str | None:
    """Return the secret of the first administrator's link, None once somebody can log in; an earlier one ends."""
    for root in desk.reads.roots():
        if any(state.has_password for state in desk.reads.account_states(root)):
            return None
    return _kept(desk, *_NOBODY, FIRST)


def set_up(desk: Desk, rules: AccountRules, secret: str, typed: FirstAdministrator) -> Whose:
    """Make the first administrator, and the house where there is none; return whose account it is.

    Raises:
        LoginRefused: the link is used or over.
        FormInvalid: names every field that is wrong; the link can be used again.
    """
    found = link_holder(desk, secret)
    if found.purpose != FIRST:
        raise used_up()
    roots = desk.reads.roots()
    _demand_typed(typed, has_house=bool(roots))
    login = typed.login.strip()
    if desk.reads.account(login) is not None:
        text = Text(f"登录名“{login}”已被使用", f"The login name {login!r} is taken")
        raise FormInvalid([FieldProblem(path="login", text=text)])
    demand_good_password(typed.password, login)
    now = desk.office.now()
    root = roots[0] if roots else root_id(typed.unit_code.strip())
    top = UnitId(root)
    writes: list[PlainWrite] = [UseOneTime(found.secret_hash, FIRST, now)]
    if not roots:
        name = typed.unit_name.strip()
        code = typed.unit_code.strip()
        writes.append(AddUnit(Unit(root=root, id=top, parent=None, code=code, title=Text(name, name))))
    person = person_id(root, login)
    writes.append(AddPerson(Person(root=root, id=person, name=typed.name.strip(), login=login, unit=top)))
    for role in rules.staff.of_first_administrator():
        writes.append(AddGrant(GrantRow(root=root, person=person, role=role, unit=top)))
    writes.append(SetPassword(root, person, hash_password(typed.password)))
    writes.append(told(root, now, "password_set", person, by=person, way="link"))
    desk.office.write(writes)
    return Whose(root, person)


def people_of(desk: Desk, root: RootId, unit: UnitId) -> list[Person]:
    """Return the active persons with a login name of a unit and of those below it, by unit and name."""
    there = desk.reads.surroundings(root)
    below = {one for one in there.units if unit in there.tree.lineage(one)}
    found = [one for one in desk.reads.all_persons(root) if one.active and one.login and one.unit in below]
    codes = {one.id: one.code for one in there.units.values()}
    return sorted(found, key=lambda one: (codes.get(one.unit or UnitId(""), ""), one.name, one.login or ""))


def _set(
    desk: Desk, found: OneTime, purpose: str, hashed: str, now: datetime, way: str, more: Sequence[PlainWrite]
) -> None:
    desk.office.write(
        [
            UseOneTime(found.secret_hash, purpose, now),
            SetPassword(found.root, found.person, hashed),
            told(found.root, now, "password_set", found.person, by=found.person, way=way),
            *more,
        ]
    )


def _kept(desk: Desk, root: RootId, person: PersonId, purpose: str) -> str:
    secret, now = new_secret(), desk.office.now()
    until_at = now + timedelta(hours=LINK_HOURS)
    row = OneTime(secret_hash(secret), root, person, purpose, microseconds(now), microseconds(until_at))
    desk.office.write([AddOneTime(row)])
    return secret


def _demand_typed(typed: FirstAdministrator, *, has_house: bool) -> None:
    asked = {"login": typed.login, "name": typed.name}
    if not has_house:
        asked |= {"unit_code": typed.unit_code, "unit_name": typed.unit_name}
    wrong = Text(
        f"请填写，不超过 {NAME_CHARACTERS_MAX} 字",
        f"Fill this in, on one line of at most {NAME_CHARACTERS_MAX} characters",
    )
    problems = [
        FieldProblem(path=path, text=wrong)
        for path, value in asked.items()
        if not 0 < len(value.strip()) <= NAME_CHARACTERS_MAX or not value.isprintable()
    ]
    if problems:
        raise FormInvalid(problems)


def refuse_nobody(persons: Sequence[Person]) -> None:
    """Raise InputRefused where there is nobody to make a slip for."""
    if not persons:
        raise InputRefused(Text("没有需要发放的人员", "There is nobody to make a slip for"))
