"""People by what they are called, and those of a unit: read by an index, so many at most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, func, literal_column, select

from engine.access.directory import Person
from engine.case.identity import RootId, UnitId
from engine.storage.compiled import Compiler, Pool, Statement, Values, at_most, bind
from engine.storage.directory_reads import person_of
from engine.storage.directory_tables import person

_COLUMNS: Final = (person.c.root, person.c.id, person.c.name, person.c.login, person.c.unit, person.c.active)


class CalledReads:
    """Implements ``engine.service.called_ports.CalledReads``."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._called_pool = pool
        within = func.instr if compiler.is_sqlite else func.strpos
        # Of a text that is no column no index is searched: not all of a large unit is gone through for a name.
        beside = compiler.among(func.coalesce(person.c.unit, literal_column("''")), "units")
        named = compiler.among(person.c.name, "names")
        holds = within(person.c.name, bind("text")) > literal_column("0")
        self._active = {False: _people(compiler), True: _of_unit(compiler)}
        self._named = {False: _people(compiler, named), True: _people(compiler, named, beside)}
        self._with = {False: _people(compiler, holds), True: _people(compiler, holds, beside)}

    def active_people(self, root: RootId, *, unit: UnitId | None = None, limit: int) -> Sequence[Person]:
        asked = self._active[unit is not None]
        return [person_of(row) for row in self._called_pool.fetch(asked, root=root, unit=unit, limit=limit)]

    def people_named(
        self, root: RootId, names: Collection[str], *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]:
        return self._found(self._named, root, units, limit, names=sorted(names))

    def people_with(
        self, root: RootId, text: str, *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]:
        return self._found(self._with, root, units, limit, text=text)

    def _found(
        self,
        asked: dict[bool, Statement],
        root: RootId,
        units: Collection[UnitId] | None,
        limit: int,
        **values: Values,
    ) -> list[Person]:
        """Return whom one of two statements finds, with units to be in or without."""
        narrowed = {} if units is None else {"units": sorted(units)}
        rows = self._called_pool.fetch(asked[units is not None], root=root, limit=limit, **values, **narrowed)
        return [person_of(row) for row in rows]


def _people(compiler: Compiler, *where: ColumnElement[bool]) -> Statement:
    of_root = (person.c.root == bind("root"), person.c.active == literal_column("1"))
    return compiler.compile(
        lambda: at_most(select(*_COLUMNS).where(*of_root, *where).order_by(person.c.name, person.c.id), bind("limit"))
    )


def _of_unit(compiler: Compiler) -> Statement:
    """Return the question for the people of one unit, who are looked for by unit and joined by their ids.

    Left to itself, SQLite would go through the names of a whole house for the few of a unit, as they stand in order.
    """
    there = person.alias("there")
    name = func.coalesce(person.c.name, literal_column("''"))
    found = (
        select(*_COLUMNS)
        .select_from(there)
        .join(person, and_(person.c.root == there.c.root, person.c.id == there.c.id))
        .where(there.c.root == bind("root"), there.c.unit == bind("unit"), there.c.active == literal_column("1"))
        .order_by(name, person.c.id)
    )
    return compiler.compile(at_most(found, bind("limit")))
