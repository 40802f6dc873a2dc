"""Looking after the house itself: its units, its people and its congress sessions. Knows no HTTP.

Whoever does it is told to the ledger with what was done. Nothing is ever deleted: a unit ends on a day and names who
succeeds it, a person is set inactive, so that old cases still know whom they are about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.access.directory import Person, Surroundings, Unit
from engine.access.operators import is_operator
from engine.access.staff_roles import StaffRoles
from engine.case.actors import Actor
from engine.case.identity import PersonId, RootId, UnitId
from engine.case.situation import CongressSession
from engine.errors import FieldProblem, FormInvalid, NotFound, NotPermitted
from engine.service.desk import Desk
from engine.service.organisation import person_id, session_id, session_title, unit_id
from engine.service.plain import AddPerson, AddSession, AddUnit
from engine.service.typed import backward, day_typed, field_problem, wrong_days
from engine.text import Text

NAME_MAX: Final = 100
CODE_MAX: Final = 40
ORDINAL_MAX: Final = 999
_CODE: Final = re.compile(rf"[\w.-]{{1,{CODE_MAX}}}")
_LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,59}")
SESSION_DAYS: Final = ("call_opens_on", "call_closes_on", "opens_on", "closes_on", "reply_due_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Somebody who looks after the house."""

    root: RootId
    person: PersonId
    actor: Actor
    staff: StaffRoles


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitWish:
    """A unit as it was typed: ``unit`` is the id of one that is there, "" for a new one; ``parent`` and ``successor``
    are ids, days are as ``2026-09-15``, "" for none."""

    unit: str = ""
    code: str = ""
    name: str = ""
    name_en: str = ""
    parent: str = ""
    from_on: str = ""
    until_on: str = ""
    successor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWish:
    """A person as typed: ``person`` is the id of somebody who is there, "" for a new one, who needs a login name."""

    person: str = ""
    login: str = ""
    name: str = ""
    unit: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWish:
    """A congress session as typed: the one of this unit, term and meeting is changed where it is there already."""

    unit: str = ""
    term: str = ""
    meeting: str = ""
    name: str = ""
    name_en: str = ""
    call_opens_on: str = ""
    call_closes_on: str = ""
    opens_on: str = ""
    closes_on: str = ""
    reply_due_on: str = ""


def keeps_house(actor: Actor, root: RootId, staff: StaffRoles) -> bool:
    """Return whether somebody looks after the house: the office at its top, or the system's administration there."""
    administers = {role for role, part in staff.roles.items() if part.administers == "system"}
    return is_operator(actor, root) or any(actor.holds(role, UnitId(root)) for role in administers)


def demand_keeper(keeper: Keeper) -> None:
    """Raise NotPermitted for everybody who does not look after the house."""
    if not keeps_house(keeper.actor, keeper.root, keeper.staff):
        raise NotPermitted(
            Text(
                "单位、人员、届次和日历由本级工会办公室或系统管理员管理，您没有此权限",
                "Units, people, sessions and calendars are looked after by the union office at the top or the system "
                "administrator; you may not",
            )
        )


def put_unit(desk: Desk, keeper: Keeper, wish: UnitWish) -> Unit:
    """Add a unit, or change one that is there, and return it.

    Raises:
        FormInvalid: names every field that is wrong.
        NotFound: the unit to change is not there.
    """
    demand_keeper(keeper)
    there = desk.reads.surroundings(keeper.root)
    known = _known_unit(there, wish.unit)
    unit = _unit(keeper.root, there, known, wish)
    desk.office.write([AddUnit(unit, by=keeper.person)])
    return unit


def put_person(desk: Desk, keeper: Keeper, wish: PersonWish) -> Person:
    """Add a person, or change one who is there, and return them. An account of theirs begins with a slip.

    Raises:
        FormInvalid: names every field that is wrong.
        NotFound: the person to change is not there.
    """
    demand_keeper(keeper)
    there = desk.reads.surroundings(keeper.root)
    known = _known_person(desk, keeper.root, wish.person)
    login, name = (known.login if known else wish.login.strip()), wish.name.strip()
    problems = [*_wrong_text("name", name)]
    if known is None:
        problems += _wrong_login(desk, login or "")
    unit = _meant(there, wish.unit)
    if unit is not None and unit not in there.units:
        problems.append(field_problem("unit", "没有这个单位", "There is no such unit"))
    if known is not None and known.id == keeper.person and not wish.active:
        problems.append(field_problem("active", "不能停用自己的账号", "You cannot set yourself inactive"))
    _refuse(problems)
    if known is None:
        person = Person(root=keeper.root, id=person_id(keeper.root, login or ""), name=name, login=login, unit=unit)
    else:
        person = replace(known, name=name, unit=unit, active=wish.active)
    desk.office.write([AddPerson(person, by=keeper.person)])
    return person


def put_session(desk: Desk, keeper: Keeper, wish: SessionWish) -> CongressSession:
    """Add a congress session, or change the one of this unit, term and meeting, and return it.

    Raises:
        FormInvalid: names every field that is wrong.
    """
    demand_keeper(keeper)
    there = desk.reads.surroundings(keeper.root)
    unit = UnitId(wish.unit or keeper.root)
    term, meeting = _ordinal(wish.term), _ordinal(wish.meeting)
    problems = [
        field_problem(name, f"应为 1 至 {ORDINAL_MAX} 的整数", f"A whole number from 1 to {ORDINAL_MAX}")
        for name, value in (("term", term), ("meeting", meeting))
        if value is None
    ]
    if unit not in there.units:
        problems.append(field_problem("unit", "没有这个单位", "There is no such unit"))
    for name in ("name", "name_en"):
        problems += _wrong_text(name, getattr(wish, name).strip(), required=False)
    typed = {name: getattr(wish, name) for name in SESSION_DAYS}
    problems += [
        *wrong_days(typed),
        *backward(typed, "call_opens_on", "call_closes_on"),
        *backward(typed, "opens_on", "closes_on"),
    ]
    _refuse(problems)
    assert term is not None and meeting is not None, "refused above"  # noqa: PT018 - one thought
    known = next((s for s in there.sessions.values() if (s.unit, s.term, s.meeting) == (unit, term, meeting)), None)
    title = session_title(term, meeting)
    name, name_en = wish.name.strip(), wish.name_en.strip()
    session = CongressSession(
        id=session_id(keeper.root, unit, term, meeting) if known is None else known.id,
        root=keeper.root,
        unit=unit,
        term=term,
        meeting=meeting,
        title=Text(name or title.zh, name_en or name or title.en),
        lists=None if known is None else known.lists,
        **{name: day_typed(text) for name, text in typed.items()},
    )
    desk.office.write([AddSession(session, by=keeper.person)])
    return session


def _unit(root: RootId, there: Surroundings, known: Unit | None, wish: UnitWish) -> Unit:
    code, name, name_en = wish.code.strip(), wish.name.strip(), wish.name_en.strip()
    typed = {"from_on": wish.from_on, "until_on": wish.until_on}
    until = day_typed(wish.until_on)
    problems = [*_wrong_text("name", name), *_wrong_text("name_en", name_en, required=False)]
    if known is None:
        problems += _wrong_code(there, code)
    parent = None if known is not None and known.id == UnitId(root) else _meant(there, wish.parent) or UnitId(root)
    problems += _wrong_place(there, known, parent)
    problems += [*wrong_days(typed), *backward(typed, "from_on", "until_on")]
    successor = _meant(there, wish.successor)
    if successor is not None and (successor not in there.units or (known is not None and successor == known.id)):
        problems.append(field_problem("successor", "承接单位须为另一个现有单位", "Choose another unit that is there"))
    if successor is not None and until is None:
        problems.append(
            field_problem("until_on", "有承接单位的，须填停用日期", "Say when it ends, as it has a successor")
        )
    if known is not None and known.id == UnitId(root) and until is not None:
        problems.append(field_problem("until_on", "顶级单位不能停用", "The top unit does not end"))
    _refuse(problems)
    return Unit(
        root=root,
        id=unit_id(root, code) if known is None else known.id,
        parent=parent,
        code=code if known is None else known.code,
        title=Text(name, name_en or name),
        from_on=day_typed(wish.from_on),
        until_on=until,
        successor=successor,
    )


def _meant(there: Surroundings, typed: str) -> UnitId | None:
    """Return the unit meant by an id or a code, None for nothing; what names no unit stays as it is."""
    typed = typed.strip()
    if not typed or UnitId(typed) in there.units:
        return UnitId(typed) if typed else None
    return next((unit.id for unit in there.units.values() if unit.code == typed), UnitId(typed))


def _known_unit(there: Surroundings, wanted: str) -> Unit | None:
    if not wanted:
        return None
    if UnitId(wanted) not in there.units:
        raise NotFound(Text("没有这个单位", "There is no such unit"))
    return there.units[UnitId(wanted)]


def _known_person(desk: Desk, root: RootId, wanted: str) -> Person | None:
    if not wanted:
        return None
    found = desk.reads.persons(root, [PersonId(wanted)]).get(PersonId(wanted))
    if found is None:
        raise NotFound(Text("没有这个人员", "There is no such person"))
    return found


def _wrong_code(there: Surroundings, code: str) -> Iterator[FieldProblem]:
    if _CODE.fullmatch(code) is None:
        yield field_problem(
            "code",
            f"编码为 1 至 {CODE_MAX} 个文字、字母、数字或 . _ -",
            f"A code has 1 to {CODE_MAX} letters, digits or . _ -",
        )
    elif any(unit.code == code for unit in there.units.values()):
        yield field_problem("code", "该编码已有单位使用，请另取编码", "Another unit has this code; choose another")


def _wrong_place(there: Surroundings, known: Unit | None, parent: UnitId | None) -> Iterator[FieldProblem]:
    if parent is not None and parent not in there.units:
        yield field_problem("parent", "没有这个上级单位", "There is no such unit above")
    elif known is not None and parent is not None and known.id in there.tree.lineage(parent):
        yield field_problem("parent", "不能置于自身或下级单位之下", "A unit cannot stand below itself")


def _wrong_login(desk: Desk, login: str) -> Iterator[FieldProblem]:
    if _LOGIN.fullmatch(login) is None:
        yield field_problem(
            "login",
            "登录名为 1 至 60 个字母、数字或 . _ @ -，以字母或数字开头",
            "A login name has 1 to 60 letters, digits or . _ @ - and begins with a letter or a digit",
        )
    elif desk.reads.account(login) is not None:
        yield field_problem("login", "该登录名已有人使用", "Somebody has this login name")


def _wrong_text(path: str, text: str, *, required: bool = True) -> Iterator[FieldProblem]:
    if required and not text:
        yield field_problem(path, "请填写", "Fill this in")
    elif len(text) > NAME_MAX:
        yield field_problem(path, f"不超过 {NAME_MAX} 字", f"At most {NAME_MAX} characters")


def _ordinal(text: str) -> int | None:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(ORDINAL_MAX))):
        return None
    return int(text) or None


def _refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise FormInvalid(problems)
