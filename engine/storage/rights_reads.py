"""Reading grants in units, who acts for whom, and what the ledger was told of rights."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Integer, LargeBinary, Select, Text, cast, or_, select

from engine.access.directory import Deputation, GrantRow
from engine.case.identity import PersonId, RootId, UnitId
from engine.ledger.streams import SYSTEM
from engine.service.rows import EntryRow
from engine.storage.compiled import Compiler, Pool, Record, Statement, Values, at_most, bind
from engine.storage.directory_tables import deputation, granting
from engine.storage.tables import ledger_entry

_ENTRY: Final = [ledger_entry.c[name] for name in EntryRow._fields]


class RightsReads:
    """The part of ``Reads`` that is about rights."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._compiler = compiler
        self._pool = pool
        self._facts: dict[tuple[int, bool], Statement] = {}
        compile_ = compiler.compile
        of_root = select(granting).where(granting.c.root == bind("root")).order_by(*granting.primary_key.columns)
        self._grants_of = compile_(of_root.where(compiler.among(granting.c.person, "persons")))
        self._grants_in = compile_(
            of_root.where(compiler.among(granting.c.unit, "units"), compiler.among(granting.c.role, "roles"))
        )
        self._deputations_of = compile_(
            lambda: (
                select(deputation)
                .where(deputation.c.root == bind("root"), compiler.among(deputation.c.principal, "principals"))
                .order_by(deputation.c.principal, deputation.c.deputy, deputation.c.from_on)
            )
        )

    def grants_of(self, root: RootId, persons: Collection[PersonId]) -> Sequence[GrantRow]:
        return [_grant(row) for row in self._pool.fetch(self._grants_of, root=root, persons=list(persons))]

    def grants_in(self, root: RootId, units: Collection[UnitId], roles: Collection[str]) -> Sequence[GrantRow]:
        rows = self._pool.fetch(self._grants_in, root=root, units=list(units), roles=list(roles))
        return [_grant(row) for row in rows]

    def deputations_of(self, root: RootId, principals: Collection[PersonId]) -> Sequence[Deputation]:
        rows = self._pool.fetch(self._deputations_of, root=root, principals=list(principals))
        return [_deputation(row) for row in rows]

    def facts(
        self,
        root: RootId,
        kinds: Collection[str],
        *,
        since: date,
        until: date,
        mentioning: str | None = None,
        limit: int,
    ) -> Sequence[EntryRow]:
        shape = (len(kinds), mentioning is not None)
        statement = self._facts.get(shape)
        if statement is None:
            statement = self._facts[shape] = self._compiler.compile(_facts(self._compiler, *shape))
        values: dict[str, Values] = {
            f"kind{place}": self._pattern(f'"type":"{kind}"') for place, kind in enumerate(sorted(kinds))
        }
        if mentioning is not None:
            values["mentioning"] = self._pattern(json.dumps(mentioning, ensure_ascii=False))
        # Names of streams begin with their day, so that a range of days is a range of the primary key.
        first, beyond = f"{SYSTEM}{since.isoformat()}", f"{SYSTEM}{(until + timedelta(days=1)).isoformat()}"
        rows = self._pool.fetch(statement, root=root, first=first, beyond=beyond, limit=limit, **values)
        return [entry for entry in map(EntryRow._make, rows) if json.loads(entry.body)["type"] in kinds]

    def _pattern(self, text: str) -> str | bytes:
        """Return the pattern of what contains a text; a sign with a meaning there lets more through, and no less."""
        pattern = f"%{text}%"
        return pattern if self._compiler.is_sqlite else pattern.encode()


def _facts(compiler: Compiler, kinds: int, mentioning: bool) -> Select[*tuple[object, ...]]:
    body: ColumnElement[str] | ColumnElement[bytes] = ledger_entry.c.body
    kind = LargeBinary()
    if compiler.is_sqlite:
        body, kind = cast(ledger_entry.c.body, Text), Text()  # type: ignore[assignment]  # LIKE compares texts there
    conditions = [or_(*(body.bool_op("LIKE")(bind(f"kind{place}", kind)) for place in range(kinds)))]
    if mentioning:
        conditions.append(body.bool_op("LIKE")(bind("mentioning", kind)))
    return at_most(
        select(*_ENTRY)
        .where(
            ledger_entry.c.root == bind("root"),
            ledger_entry.c.case >= bind("first"),
            ledger_entry.c.case < bind("beyond"),
            *conditions,
        )
        .order_by(ledger_entry.c.case.desc(), ledger_entry.c.seq.desc()),
        bind("limit", Integer()),
    )


def _grant(row: Record) -> GrantRow:
    return GrantRow(
        root=RootId(row[0]),
        person=PersonId(row[1]),
        role=row[2],
        unit=UnitId(row[3]),
        from_on=_day(row[4]),
        until_on=_day(row[5]),
    )


def _deputation(row: Record) -> Deputation:
    return Deputation(
        root=RootId(row[0]),
        deputy=PersonId(row[1]),
        principal=PersonId(row[2]),
        from_on=_day(row[3]),
        until_on=_day(row[4]),
        note=row[5],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
