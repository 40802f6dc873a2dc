"""Units, persons, grants, congress sessions and delegations from a workbook: what has to be written, or every row that
is wrong. It writes nothing itself, so nothing is ever half-written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from engine.access.directory import Delegation, GrantRow, Person, Unit
from engine.case.identity import PersonId, RootId, SessionId, UnitId
from engine.case.situation import CongressSession
from engine.definition.rulebook import Rulebook
from engine.errors import ImportRefused, InputRefused
from engine.service.importing.cells import day_of, number_of, parts_of, text_of, yes_or_no
from engine.service.organisation import (
    grantable_roles,
    organisation_called,
    person_id,
    root_id,
    session_id,
    session_title,
    unit_id,
)
from engine.service.organisation_sheets import TITLES, SheetKind, SheetRow, Workbook, read_workbook
from engine.service.plain import AddDelegation, AddGrant, AddPerson, AddSession, AddUnit, PlainWrite
from engine.service.ports import Reads
from engine.text import Text

Id = TypeVar("Id", UnitId, PersonId)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRead:
    """What a workbook says of one organisation.

    ``writes`` holds only what is new or changed; ``rows`` counts the rows of each sheet; ``unknown`` names the sheets,
    counted from 1, that were not recognised.
    """

    root: RootId
    writes: tuple[PlainWrite, ...]
    rows: Mapping[SheetKind, int]
    unknown: tuple[int, ...]


def read_organisation(reads: Reads, path: Path, *, wanted: str | None, rules: Rulebook) -> OrganisationRead:
    """Read a workbook against what is there already.

    Args:
        reads: the database.
        path: the workbook.
        wanted: code of the organisation, needed only when there are several or a further one is to be founded.
        rules: which roles may be granted.

    Raises:
        ImportRefused: the file cannot be read, or rows are wrong: ``rows`` of its details names every one of them.
        NotFound: the file names no top unit and it is not clear which organisation is meant.
    """
    workbook = read_workbook(path)
    reading = _Reading(workbook=workbook)
    reading.each(SheetKind.UNITS, reading.note_unit_row)
    root = reading.root(reads, wanted)
    if root is not None:
        reading.read_all(reads, root, grantable_roles(rules))
    if reading.wrong:
        raise ImportRefused(
            Text(
                f"{len(reading.wrong)} 行有误",
                f"{len(reading.wrong)} row(s) are wrong",
            ),
            rows=sorted(
                reading.wrong, key=lambda row: (list(SheetKind).index(SheetKind(str(row["sheet"]))), row["row"])
            ),
        )
    assert root is not None, "without one, a row was wrong"
    return OrganisationRead(
        root=root,
        writes=tuple(reading.writes),
        rows={kind: sum(1 for _row in workbook.of(kind)) for kind in SheetKind},
        unknown=workbook.unknown,
    )


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One pass over a workbook: what was made of its rows so far, and which rows are wrong."""

    workbook: Workbook
    writes: list[PlainWrite] = field(default_factory=list)
    wrong: list[dict[str, object]] = field(default_factory=list)
    codes: dict[str, SheetRow] = field(default_factory=dict)
    units: dict[str, set[UnitId]] = field(default_factory=dict)
    persons: dict[str, set[PersonId]] = field(default_factory=dict)
    sessions: dict[tuple[int, int], set[SessionId]] = field(default_factory=dict)

    def each(self, kind: SheetKind, take: Callable[[SheetRow], None]) -> None:
        """Take every row of a kind; a row that is refused is noted and the next one taken."""
        for row in self.workbook.of(kind):
            try:
                take(row)
            except InputRefused as refusal:
                self.note(row, refusal.text)

    def note(self, row: SheetRow, text: Text) -> None:
        title = TITLES[row.kind]
        self.wrong.append(
            {
                "sheet": str(row.kind),
                "row": row.number,
                "zh": f"{title.zh}表第 {row.number} 行：{text.zh}",
                "en": f"{title.en}, row {row.number}: {text.en}",
            }
        )

    def note_unit_row(self, row: SheetRow) -> None:
        code = _needed(row, "code", Text("编码", "code"))
        if code in self.codes:
            first = self.codes[code].number
            raise InputRefused(Text(f"编码“{code}”与第 {first} 行重复", f"code {code!r} also stands in row {first}"))
        self.codes[code] = row

    def root(self, reads: Reads, wanted: str | None) -> RootId | None:
        """Return the organisation the file is about: that of its top unit, or else the one wanted; None if wrong."""
        tops = [(code, row) for code, row in self.codes.items() if not text_of(row.cell("parent"))]
        for _code, row in tops[1:]:
            self.note(
                row, Text("只能有一个没有上级的单位，请填写“上级”", "only one unit has no parent; fill in the parent")
            )
        if not tops:
            return organisation_called(reads, wanted)
        code, row = tops[0]
        known = {reads.surroundings(root).units[UnitId(root)].code: root for root in reads.roots()}
        if code in known:
            return known[code]
        if known and wanted != code:
            there = "、".join(known)
            self.note(
                row,
                Text(
                    f"已有组织 {there}，请填写“上级”；要另建组织请加 --root {code}",
                    f"there is {there} already: fill in the parent, or add --root {code} to found another",
                ),
            )
            return None
        return root_id(code)

    def read_all(self, reads: Reads, root: RootId, roles: Mapping[str, str]) -> None:
        """Understand every row, in an order in which what a row refers to is known before it."""
        there = reads.surroundings(root)
        for unit in there.units.values():
            self._know_unit(unit)
        for code, row in self.codes.items():
            known = there.unit_called(code)
            top = not text_of(row.cell("parent"))
            own = known.id if known is not None else UnitId(root) if top else unit_id(root, code)
            names = (code, text_of(row.cell("name")), text_of(row.cell("name_en")))
            for name in filter(None, names):
                self.units.setdefault(name, set()).add(own)
        self.each(SheetKind.UNITS, lambda row: self._unit(row, root, there.units))
        self._refuse_cycles(there.units)
        self._persons(reads, root)
        held = set(reads.all_grants(root))
        self.each(SheetKind.GRANTS, lambda row: self._grant(row, root, roles, held))
        for session in there.sessions.values():
            self.sessions.setdefault((session.term, session.meeting), set()).add(session.id)
        self.each(SheetKind.SESSIONS, lambda row: self._session(row, root, there.sessions))
        self.each(SheetKind.DELEGATIONS, lambda row: self._delegation(row, root))

    def _know_unit(self, unit: Unit) -> None:
        for name in (unit.code, unit.title.zh, unit.title.en):
            self.units.setdefault(name, set()).add(unit.id)

    def _unit(self, row: SheetRow, root: RootId, there: Mapping[UnitId, Unit]) -> None:
        code = text_of(row.cell("code"))
        if self.codes.get(code) is not row:
            return
        name = _needed(row, "name", Text("名称", "name"))
        parent, successor = text_of(row.cell("parent")), text_of(row.cell("successor"))
        from_on, until_on = _period(row)
        unit = Unit(
            root=root,
            id=self._unit_called(code),
            parent=self._unit_called(parent) if parent else None,
            code=code,
            title=Text(name, text_of(row.cell("name_en")) or name),
            from_on=from_on,
            until_on=until_on,
            successor=self._unit_called(successor) if successor else None,
        )
        if there.get(unit.id) != unit:
            self.writes.append(AddUnit(unit))

    def _refuse_cycles(self, there: Mapping[UnitId, Unit]) -> None:
        """Note the units that are above themselves."""
        written = {write.unit.id: write.unit for write in self.writes if isinstance(write, AddUnit)}
        parents = {unit.id: unit.parent for unit in {**there, **written}.values()}
        for unit in written.values():
            above, seen = unit.parent, {unit.id}
            while above is not None and above not in seen:
                seen.add(above)
                above = parents.get(above)
            if above is not None:
                self.note(self.codes[unit.code], Text("上级单位成环", "the unit is above itself"))

    def _persons(self, reads: Reads, root: RootId) -> None:
        there = {person.id: person for person in reads.all_persons(root)}
        for person in there.values():
            self._know_person(person, "")
        taken: dict[str, int] = {}

        def take(row: SheetRow) -> None:
            login, number = text_of(row.cell("login")), text_of(row.cell("number"))
            if not (login or number):
                raise InputRefused(Text("请填写登录名或工号", "give a login or a staff number"))
            for known_as in filter(None, (login, number)):
                if known_as in taken:
                    first = taken[known_as]
                    raise InputRefused(
                        Text(f"“{known_as}”与第 {first} 行重复", f"{known_as!r} also stands in row {first}")
                    )
                taken[known_as] = row.number
            account = reads.account(login) if login else None
            if account is not None and account.root != root:
                raise InputRefused(Text(f"登录名“{login}”已被他人使用", f"the login {login!r} is taken"))
            unit = text_of(row.cell("unit"))
            active = yes_or_no(row.cell("active"))
            person = Person(
                root=root,
                id=account.person if account is not None else person_id(root, number or login),
                name=_needed(row, "name", Text("姓名", "name")),
                login=login or None,
                unit=self._unit_called(unit) if unit else None,
                active=active is not False,
            )
            self._know_person(person, number)
            if there.get(person.id) != person:
                self.writes.append(AddPerson(person))

        self.each(SheetKind.PERSONS, take)

    def _know_person(self, person: Person, number: str) -> None:
        for name in filter(None, (person.login, number, person.name)):
            self.persons.setdefault(name, set()).add(person.id)

    def _grant(self, row: SheetRow, root: RootId, roles: Mapping[str, str], held: set[GrantRow]) -> None:
        named = _needed(row, "role", Text("角色", "role"))
        if named not in roles:
            known = "、".join(sorted(set(roles.values())))
            raise InputRefused(Text(f"没有角色“{named}”，可用：{known}", f"there is no role {named!r}; use {known}"))
        from_on, until_on = _period(row)
        grant = GrantRow(
            root=root,
            person=self._person_called(_needed(row, "person", Text("登录名", "login"))),
            role=roles[named],
            unit=self._unit_called(_needed(row, "unit", Text("单位", "unit"))),
            from_on=from_on,
            until_on=until_on,
        )
        if grant not in held:
            held.add(grant)
            self.writes.append(AddGrant(grant))

    def _session(self, row: SheetRow, root: RootId, there: Mapping[SessionId, CongressSession]) -> None:
        term, meeting = _ordinals(row)
        unit = text_of(row.cell("unit"))
        held_in = self._unit_called(unit) if unit else UnitId(root)
        known = next((s for s in there.values() if (s.unit, s.term, s.meeting) == (held_in, term, meeting)), None)
        own = known.id if known is not None else session_id(root, held_in, term, meeting)
        name = text_of(row.cell("name"))
        title = session_title(term, meeting)
        session = CongressSession(
            id=own,
            root=root,
            unit=held_in,
            term=term,
            meeting=meeting,
            title=Text(name or title.zh, text_of(row.cell("name_en")) or name or title.en),
            opens_on=day_of(row.cell("opens_on")),
            closes_on=day_of(row.cell("closes_on")),
            call_opens_on=day_of(row.cell("call_opens_on")),
            call_closes_on=day_of(row.cell("call_closes_on")),
            reply_due_on=day_of(row.cell("reply_due_on")),
            lists=None if known is None else known.lists,
        )
        refuse_backward(session.call_opens_on, session.call_closes_on)
        refuse_backward(session.opens_on, session.closes_on)
        self.sessions.setdefault((term, meeting), set()).add(own)
        if known != session:
            self.writes.append(AddSession(session))

    def _delegation(self, row: SheetRow, root: RootId) -> None:
        term, meeting = _ordinals(row)
        sessions = self.sessions.get((term, meeting), set())
        if len(sessions) != 1:
            raise InputRefused(
                Text(
                    f"没有第{term}届第{meeting}次职代会，请先列入届次表",
                    f"there is no congress {term}, meeting {meeting}",
                )
            )
        code = _needed(row, "code", Text("编码", "code"))
        name = text_of(row.cell("name")) or code
        self.writes.append(
            AddDelegation(
                Delegation(
                    root=root,
                    congress_session=next(iter(sessions)),
                    code=code,
                    title=Text(name, text_of(row.cell("name_en")) or name),
                    members=tuple(self._person_called(member) for member in parts_of(row.cell("members"))),
                )
            )
        )

    def _unit_called(self, name: str) -> UnitId:
        return _only(self.units.get(name), name, Text("单位", "unit"))

    def _person_called(self, name: str) -> PersonId:
        return _only(self.persons.get(name), name, Text("人员", "person"))


def _only(found: Collection[Id] | None, name: str, what: Text) -> Id:
    if not found:
        raise InputRefused(Text(f"没有{what.zh}“{name}”", f"there is no {what.en} {name!r}"))
    if len(found) > 1:
        raise InputRefused(
            Text(
                f"有多个{what.zh}叫“{name}”，请改用编码或登录名", f"several are called {name!r}; give a code or a login"
            )
        )
    return next(iter(found))


def _needed(row: SheetRow, column: str, title: Text) -> str:
    value = text_of(row.cell(column))
    if not value:
        raise InputRefused(Text(f"请填写{title.zh}", f"the {title.en} is missing"))
    return value


def _ordinals(row: SheetRow) -> tuple[int, int]:
    term, meeting = number_of(row.cell("term")), number_of(row.cell("meeting"))
    if term is None or meeting is None or term < 1 or meeting < 1:
        raise InputRefused(Text("请填写届和次（从 1 起的整数）", "give term and meeting as whole numbers from 1"))
    return term, meeting


def _period(row: SheetRow) -> tuple[date | None, date | None]:
    from_on, until_on = day_of(row.cell("from_on")), day_of(row.cell("until_on"))
    refuse_backward(from_on, until_on)
    return from_on, until_on


def refuse_backward(from_on: date | None, until_on: date | None) -> None:
    """Raise InputRefused for a period that ends before it begins."""
    if from_on is not None and until_on is not None and until_on < from_on:
        raise InputRefused(Text(f"{until_on} 早于 {from_on}", f"{until_on} lies before {from_on}"))
