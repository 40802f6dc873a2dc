"""Lists of people and of deputations, page by page, for houses of hundreds of thousands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Index, func, literal_column, or_, select, tuple_

from engine.access.directory import Deputation, Person
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.people_ports import DeputationKey, PersonKey
from engine.storage.compiled import Compiler, Pool, Record, Statement, at_most, bind
from engine.storage.directory_reads import person_of
from engine.storage.directory_tables import deputation, person

_FIRST: Final = PersonKey("", "")
_FIRST_DEPUTATION: Final = DeputationKey("", "", "")
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
            (searched, narrowed): _people(compiler, searched=searched, narrowed=narrowed)
            for searched in (False, True)
            for narrowed in (False, True)
        }
        self._people_in = compiler.compile(
            select(person.c.unit, func.count())
            .where(
                person.c.root == bind("root"),
                compiler.among(person.c.unit, "units"),
                person.c.active == literal_column("1"),
            )
            .group_by(person.c.unit)
        )
        of_root = deputation.c.root == bind("root")
        place = (deputation.c.deputy, deputation.c.principal, deputation.c.from_on)
        self._deputations_page = compiler.compile(
            at_most(
                select(deputation)
                .where(
                    of_root,
                    tuple_(*place) > tuple_(*(bind(column.name) for column in place)),
                    or_(deputation.c.until_on.is_(None), deputation.c.until_on >= bind("on")),
                )
                .order_by(*place),
                bind("limit"),
            )
        )

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

    def people_in(self, root: RootId, units: Collection[UnitId]) -> Mapping[UnitId, int]:
        found = self._people_pool.fetch(self._people_in, root=root, units=sorted(units))
        return {UnitId(unit): int(count) for unit, count in found}

    def deputations_page(
        self, root: RootId, on: date, *, after: DeputationKey | None = None, limit: int
    ) -> Sequence[Deputation]:
        place = (after or _FIRST_DEPUTATION)._asdict()
        found = self._people_pool.fetch(self._deputations_page, root=root, on=on.isoformat(), limit=limit, **place)
        return [_deputation(row) for row in found]


def _people(compiler: Compiler, *, searched: bool, narrowed: bool) -> Statement:
    place = (person.c.name, person.c.id)
    where: list[ColumnElement[bool]] = [
        person.c.root == bind("root"),
        tuple_(*place) > tuple_(*(bind(column.name) for column in place)),
    ]
    if searched:
        within = func.instr if compiler.is_sqlite else func.strpos
        named = (person.c.name, person.c.login)
        where.append(or_(*(within(column, bind("text")) > literal_column("0") for column in named)))
    if narrowed:
        where.append(compiler.among(person.c.unit, "units"))
    columns = (person.c.root, person.c.id, person.c.name, person.c.login, person.c.unit, person.c.active)
    return compiler.compile(at_most(select(*columns).where(*where).order_by(*place), bind("limit")))


def _deputation(row: Record) -> Deputation:
    return Deputation(
        root=RootId(row[0]),
        deputy=PersonId(row[1]),
        principal=PersonId(row[2]),
        from_on=date.fromisoformat(row[3]) if row[3] else None,
        until_on=date.fromisoformat(row[4]) if row[4] else None,
        note=row[5],
    )
