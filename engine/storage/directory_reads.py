"""Reading units, sessions, persons, grants, logins and the rules kept by hash."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import CompoundSelect, and_, literal_column, null, or_, select, union

from engine.access.directory import Deputation, GrantRow, Moved, Person, Surroundings, Unit
from engine.case.actors import Deputed, Grant
from engine.case.identity import PersonId, RootId, SessionId, UnitId
from engine.case.situation import CongressSession
from engine.service.account_ports import Account
from engine.service.moved_units import unit_move
from engine.service.rights_ports import Rights
from engine.storage.compiled import Compiler, Fetches, Pool, Record, bind
from engine.storage.directory_tables import (
    account,
    calendar_notice,
    congress_session,
    definition,
    deputation,
    directory_epoch,
    granting,
    list_version,
    person,
    unit,
)
from engine.storage.moved_units import MOVES, moves_statement
from engine.text import Text


class SurroundingsReader:
    """Reads what situations share, from inside a transaction as from a pool."""

    def __init__(self, compiler: Compiler) -> None:
        of_root = directory_epoch.c.root == bind("root")
        self._epoch = compiler.compile(lambda: select(directory_epoch.c.epoch).where(of_root))
        self._moves = compiler.compile(moves_statement)
        self._units = compiler.compile(lambda: select(unit).where(unit.c.root == bind("root")).order_by(unit.c.id))
        self._sessions = compiler.compile(
            lambda: (
                select(congress_session).where(congress_session.c.root == bind("root")).order_by(congress_session.c.id)
            )
        )

    def epoch(self, source: Fetches, root: RootId) -> int:
        """Return the epoch of the directory; 0 before anything was written to it."""
        found = source.fetch(self._epoch, root=root)
        return int(found[0][0]) if found else 0

    def read(self, source: Fetches, root: RootId) -> Surroundings:
        """Return units and sessions. The epoch is read first: whoever sees an old one looks again soon."""
        epoch = self.epoch(source, root)
        units = [_unit(row) for row in source.fetch(self._units, root=root)]
        sessions = [_session(row) for row in source.fetch(self._sessions, root=root)]
        waiting = [unit_move(*row) for row in source.fetch(self._moves, root=root, **MOVES)]
        moves = [Moved(frozenset(move.units), frozenset(move.lost)) for move in waiting]
        return Surroundings(
            root=root,
            epoch=epoch,
            units={unit.id: unit for unit in units},
            sessions={session.id: session for session in sessions},
            moves=tuple(moves),
        )


class DirectoryReads:
    """The part of ``Reads`` that is about people, units and rules."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._pool = pool
        self._surroundings = SurroundingsReader(compiler)
        compile_ = compiler.compile
        self._roots = compile_(
            lambda: (
                select(unit.c.root)
                .join(directory_epoch, directory_epoch.c.root == unit.c.root)
                .where(unit.c.parent.is_(None))
                .group_by(unit.c.root, directory_epoch.c.position)
                .order_by(directory_epoch.c.position, unit.c.root)
            )
        )
        self._definitions = compile_(lambda: select(definition).order_by(*definition.primary_key.columns))
        self._lists = compile_(lambda: select(list_version).order_by(*list_version.primary_key.columns))
        self._notices = compile_(lambda: select(calendar_notice).order_by(*calendar_notice.primary_key.columns))
        of_root = person.c.root == bind("root")
        self._persons = compile_(lambda: select(person).where(of_root, compiler.among(person.c.id, "persons")))
        self._all_persons = compile_(lambda: select(person).where(of_root).order_by(person.c.id))
        self._all_grants = compile_(
            lambda: select(granting).where(granting.c.root == bind("root")).order_by(*granting.primary_key.columns)
        )
        self._grants = compile_(_grants_on_a_day(named=False))
        self._rights = compile_(_grants_on_a_day(named=True))
        self._deputations = compile_(
            lambda: (
                select(deputation)
                .where(
                    deputation.c.root == bind("root"),
                    or_(deputation.c.principal == bind("person"), deputation.c.deputy == bind("person")),
                )
                .order_by(deputation.c.from_on, deputation.c.principal, deputation.c.deputy)
            )
        )
        self._account = compile_(
            lambda: (
                select(account.c.root, account.c.person, account.c.login, person.c.name, account.c.password_hash)
                .join(person, and_(person.c.root == account.c.root, person.c.id == account.c.person))
                .where(account.c.login == bind("login"), person.c.active == literal_column("1"))
            )
        )

    def roots(self) -> Sequence[RootId]:
        return [RootId(row[0]) for row in self._pool.fetch(self._roots)]

    def epoch(self, root: RootId) -> int:
        return self._surroundings.epoch(self._pool, root)

    def surroundings(self, root: RootId) -> Surroundings:
        return self._surroundings.read(self._pool, root)

    def definitions(self) -> Sequence[tuple[str, int, str, str]]:
        return [(row[0], row[1], row[2], row[3]) for row in self._pool.fetch(self._definitions)]

    def code_lists(self) -> Sequence[tuple[str, int, str, str]]:
        return [(row[0], row[1], row[2], row[3]) for row in self._pool.fetch(self._lists)]

    def notices(self) -> Sequence[tuple[int, str]]:
        """Return (year, text) of every notice kept, a corrected one after the one it corrects."""
        return [(row[0], row[2]) for row in self._pool.fetch(self._notices)]

    def persons(self, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, Person]:
        found = [person_of(row) for row in self._pool.fetch(self._persons, root=root, persons=list(persons))]
        return {somebody.id: somebody for somebody in found}

    def all_persons(self, root: RootId) -> Sequence[Person]:
        return [person_of(row) for row in self._pool.fetch(self._all_persons, root=root)]

    def grants(self, root: RootId, person: PersonId, on: date) -> frozenset[Grant]:
        found = self._pool.fetch(self._grants, root=root, person=person, on=on.isoformat())
        return frozenset(Grant(row[0], UnitId(row[1])) for row in found)

    def rights(self, root: RootId, person: PersonId, on: date) -> Rights:
        rows = self._pool.fetch(self._rights, root=root, person=person, on=on.isoformat())
        own = frozenset(Grant(row[0], UnitId(row[1])) for row in rows if row[2] is None)
        places = [Deputed(PersonId(row[2]), row[0], UnitId(row[1])) for row in rows if row[2] is not None]
        deputed = frozenset(each for each in places if Grant(each.role, each.unit) not in own)
        if not deputed:
            return Rights(own)
        somebody = self.persons(root, [person]).get(person)
        home = () if somebody is None or somebody.unit is None else self.surroundings(root).tree.lineage(somebody.unit)
        return Rights(own | {Grant(each.role, each.unit) for each in deputed}, deputed, home)

    def all_grants(self, root: RootId) -> Sequence[GrantRow]:
        return [
            GrantRow(root=row[0], person=row[1], role=row[2], unit=row[3], from_on=_day(row[4]), until_on=_day(row[5]))
            for row in self._pool.fetch(self._all_grants, root=root)
        ]

    def deputations(self, root: RootId, person: PersonId) -> Sequence[Deputation]:
        return [
            Deputation(
                root=RootId(row[0]),
                deputy=PersonId(row[1]),
                principal=PersonId(row[2]),
                from_on=_day(row[3]),
                until_on=_day(row[4]),
                note=row[5],
            )
            for row in self._pool.fetch(self._deputations, root=root, person=person)
        ]

    def account(self, login: str) -> Account | None:
        found = self._pool.fetch(self._account, login=login)
        return Account(*found[0]) if found else None


def _grants_on_a_day(*, named: bool) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the question for role and unit of somebody's grants and of those deputed to them, valid on a day.

    Both days of a period belong to it; an empty ``from_on`` sorts before every day. With ``named`` it also asks in
    whose place each is held, NULL for one's own.
    """
    on = bind("on")
    valid = and_(granting.c.from_on <= on, or_(granting.c.until_on.is_(None), granting.c.until_on >= on))
    columns = (granting.c.role, granting.c.unit)
    nobody, principal = ((null(),), (deputation.c.principal,)) if named else ((), ())
    own = select(*columns, *nobody).where(granting.c.root == bind("root"), granting.c.person == bind("person"), valid)
    deputed = (
        select(*columns, *principal)
        .select_from(deputation)
        .join(granting, and_(granting.c.root == deputation.c.root, granting.c.person == deputation.c.principal))
        .where(
            deputation.c.root == bind("root"),
            deputation.c.deputy == bind("person"),
            deputation.c.from_on <= on,
            or_(deputation.c.until_on.is_(None), deputation.c.until_on >= on),
            valid,
        )
    )
    return union(own, deputed)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _unit(row: Record) -> Unit:
    return Unit(
        root=RootId(row[0]),
        id=UnitId(row[1]),
        parent=None if row[2] is None else UnitId(row[2]),
        code=row[3],
        title=Text(row[4], row[5]),
        from_on=_day(row[6]),
        until_on=_day(row[7]),
        successor=None if row[8] is None else UnitId(row[8]),
    )


def person_of(row: Record) -> Person:
    """Return the person of a row: root, id, name, login, unit, active."""
    return Person(
        root=RootId(row[0]),
        id=PersonId(row[1]),
        name=row[2],
        login=row[3],
        unit=None if row[4] is None else UnitId(row[4]),
        active=bool(row[5]),
    )


def _session(row: Record) -> CongressSession:
    return CongressSession(
        root=RootId(row[0]),
        id=SessionId(row[1]),
        unit=UnitId(row[2]),
        term=row[3],
        meeting=row[4],
        title=Text(row[5], row[6]),
        opens_on=_day(row[7]),
        closes_on=_day(row[8]),
        call_opens_on=_day(row[9]),
        call_closes_on=_day(row[10]),
        reply_due_on=_day(row[11]),
        lists=None if row[12] is None else json.loads(row[12]),
    )
