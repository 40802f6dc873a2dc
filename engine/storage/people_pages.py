"""Lists of people and of deputations, page by page, for houses of hundreds of thousands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

from sqlalchemy import ColumnElement, Index, Select, and_, func, literal_column, or_, select, tuple_

from engine.access.directory import Deputation, Person
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.account_ports import AccountState
from engine.service.people_ports import DeputationKey, PersonKey
from engine.storage.account_tables import second_factor
from engine.storage.compiled import Compiler, Pool, Record, at_most, bind
from engine.storage.directory_reads import person_of
from engine.storage.directory_tables import account, deputation, person

UNITS_FEW: Final = 20
"""In so many units a page of accounts is looked for unit by unit, in more by name."""
_FIRST: Final = PersonKey("", "")
_FIRST_DEPUTATION: Final = DeputationKey("", "", "")
_PLACE: Final = (person.c.name, person.c.id)
# All that a line of the list shows stands in the index: a text is looked for in it without loading any row.
Index(
    "ix_person_named",
    person.c.root,
    person.c.name,
    person.c.id,
    person.c.login,
    person.c.unit,
    person.c.active,
)
Index("ix_person_in", person.c.root, person.c.unit, person.c.active)


class PeopleReads:
    """Implements ``engine.service.people_ports.PeopleReads``."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._people_pool = pool
        self._people = {
            (searched, narrowed): compiler.compile(partial(_people, compiler, searched=searched, narrowed=narrowed))
            for searched in (False, True)
            for narrowed in (False, True)
        }
        self._accounts_page = {
            (searched, waiting, few): compiler.compile(
                partial(_accounts, compiler, searched=searched, waiting=waiting, few=few)
            )
            for searched in (False, True)
            for waiting in (False, True)
            for few in (False, True)
        }
        self._people_in = compiler.compile(
            lambda: (
                select(person.c.unit, func.count())
                .where(
                    person.c.root == bind("root"),
                    compiler.among(person.c.unit, "units"),
                    person.c.active == literal_column("1"),
                )
                .group_by(person.c.unit)
            )
        )
        self._deputations_page = compiler.compile(_deputations)

    def people_page(
        self,
        root: RootId,
        *,
        text: str = "",
        units: Collection[UnitId] | None = None,
        after: PersonKey | None = None,
        limit: int,
    ) -> Sequence[Person]:
        asked = self._people[bool(text), units is not None]
        values = {"text": text, "units": sorted(units or ()), **(after or _FIRST)._asdict()}
        return [person_of(row) for row in self._people_pool.fetch(asked, root=root, limit=limit, **values)]

    def accounts_page(
        self,
        root: RootId,
        *,
        units: Collection[UnitId],
        text: str = "",
        waiting: bool = False,
        after: PersonKey | None = None,
        limit: int,
    ) -> Sequence[AccountState]:
        asked = self._accounts_page[bool(text), waiting, len(units) <= UNITS_FEW]
        values = {"text": text, "units": sorted(units), **(after or _FIRST)._asdict()}
        found = self._people_pool.fetch(asked, root=root, limit=limit, **values)
        return [AccountState(*row)._replace(has_password=bool(row[4])) for row in found]

    def people_in(self, root: RootId, units: Collection[UnitId]) -> Mapping[UnitId, int]:
        found = self._people_pool.fetch(self._people_in, root=root, units=sorted(units))
        return {UnitId(unit): int(count) for unit, count in found}

    def deputations_page(
        self, root: RootId, on: date, *, after: DeputationKey | None = None, limit: int
    ) -> Sequence[Deputation]:
        place = (after or _FIRST_DEPUTATION)._asdict()
        found = self._people_pool.fetch(self._deputations_page, root=root, on=on.isoformat(), limit=limit, **place)
        return [_deputation(row) for row in found]


def _people(compiler: Compiler, *, searched: bool, narrowed: bool) -> Select[*tuple[object, ...]]:
    where = _behind(compiler, searched=searched)
    if narrowed:
        where.append(compiler.among(person.c.unit, "units"))
    columns = (person.c.root, person.c.id, person.c.name, person.c.login, person.c.unit, person.c.active)
    return at_most(select(*columns).where(*where).order_by(*_PLACE), bind("limit"))


def _accounts(compiler: Compiler, *, searched: bool, waiting: bool, few: bool) -> Select[*tuple[object, ...]]:
    where = _behind(compiler, searched=searched)
    where.append(person.c.active == literal_column("1"))
    # The people of a few units are read and sorted. Of most units that would be the whole house: a text that is no
    # column, which no index is searched for, leaves the index by name there, which is read in its order.
    unit = person.c.unit if few else func.coalesce(person.c.unit, literal_column("''"))
    where.append(compiler.among(unit, "units"))
    if waiting:
        where.append(account.c.password_hash.is_(None))
    return at_most(
        select(
            person.c.id,
            account.c.login,
            person.c.name,
            person.c.unit,
            account.c.password_hash.is_not(None),
            account.c.password_due_at,
            second_factor.c.enrolled_at,
        )
        .select_from(person)
        .join(account, and_(account.c.root == person.c.root, account.c.person == person.c.id))
        .outerjoin(second_factor, and_(second_factor.c.root == person.c.root, second_factor.c.person == person.c.id))
        .where(*where)
        .order_by(*_PLACE),
        bind("limit"),
    )


def _deputations() -> Select[*tuple[object, ...]]:
    place = (deputation.c.deputy, deputation.c.principal, deputation.c.from_on)
    return at_most(
        select(deputation)
        .where(
            deputation.c.root == bind("root"),
            tuple_(*place) > tuple_(*(bind(column.name) for column in place)),
            or_(deputation.c.until_on.is_(None), deputation.c.until_on >= bind("on")),
        )
        .order_by(*place),
        bind("limit"),
    )


def _behind(compiler: Compiler, *, searched: bool) -> list[ColumnElement[bool]]:
    """Return the conditions of a page by name and id."""
    where: list[ColumnElement[bool]] = [
        person.c.root == bind("root"),
        tuple_(*_PLACE) > tuple_(*(bind(column.name) for column in _PLACE)),
    ]
    if searched:
        within = func.instr if compiler.is_sqlite else func.strpos
        named = (person.c.name, person.c.login)
        where.append(or_(*(within(column, bind("text")) > literal_column("0") for column in named)))
    return where


def _deputation(row: Record) -> Deputation:
    return Deputation(
        root=RootId(row[0]),
        deputy=PersonId(row[1]),
        principal=PersonId(row[2]),
        from_on=date.fromisoformat(row[3]) if row[3] else None,
        until_on=date.fromisoformat(row[4]) if row[4] else None,
        note=row[5],
    )
