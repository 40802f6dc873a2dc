"""Reading rosters: lines by their keys, who holds them, and how many of a roster were reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, exists, func, literal_column, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.expression import ClauseElement

from engine.case.identity import CaseId, RootId
from engine.case.rosters import KnownLine, Pair, Slot
from engine.service.roster_ports import CoverageAsk, CoverageCount, CoverageLine, HeldLine, NamedLine
from engine.storage.compiled import Compiler, Fetches, Pool, Statement, Values, at_most, bind
from engine.storage.roster_tables import roster_line, roster_reach
from engine.storage.sight import Sees, Sight, Visibility

_ONE: Final[ColumnElement[int]] = literal_column("1")
_NONE: Final[ColumnElement[int]] = literal_column("0")


class _Lookups:
    """The questions for keys, compiled once for each database."""

    def __init__(self, compiler: Compiler) -> None:
        line, reach = roster_line.c, roster_reach.c
        self.lines = compiler.compile(
            select(line.key, line.case, line.name).where(
                line.root == bind("root"), line.roster == bind("roster"), compiler.among(line.key, "keys")
            )
        )
        self.held = compiler.compile(
            select(reach.key, reach.case, reach.unit, reach.day).where(
                reach.root == bind("root"),
                reach.reach == bind("reach"),
                reach.slot == bind("slot"),
                compiler.among(reach.key, "keys"),
            )
        )

    @staticmethod
    @cache
    def of(compiler: Compiler) -> _Lookups:
        """Return the questions for a database."""
        return _Lookups(compiler)


def lines_of(compiler: Compiler, source: Fetches, root: RootId, pairs: Collection[Pair]) -> Mapping[Pair, KnownLine]:
    """Return those of the lines that stand on their rosters."""
    by_roster: dict[str, list[str]] = defaultdict(list)
    for roster, key in pairs:
        by_roster[roster].append(key)
    return {
        (roster, row[0]): KnownLine(CaseId(row[1]), row[2])
        for roster, keys in by_roster.items()
        for row in source.fetch(_Lookups.of(compiler).lines, root=root, roster=roster, keys=keys)
    }


def held_of(compiler: Compiler, source: Fetches, root: RootId, slots: Collection[Slot]) -> Mapping[Slot, HeldLine]:
    """Return what cases hold of these."""
    by_slot: dict[tuple[str, str], list[str]] = defaultdict(list)
    for reach, key, slot in slots:
        by_slot[reach, slot].append(key)
    return {
        (reach, row[0], slot): HeldLine(CaseId(row[1]), row[2], row[3])
        for (reach, slot), keys in by_slot.items()
        for row in source.fetch(_Lookups.of(compiler).held, root=root, reach=reach, slot=slot, keys=keys)
    }


class _Shape(NamedTuple):
    """What a statement about a coverage is put together from; the values come with each question."""

    sees: Sees
    among: int
    has: int
    is_reached: bool
    is_split: bool


class RosterReads:
    """The part of ``Reads`` that is about rosters."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._compiler, self._pool = compiler, pool
        self._who = Visibility(compiler, pool)
        self._counts: dict[_Shape, Statement] = {}
        self._lines: dict[tuple[_Shape, bool, bool], Statement] = {}
        self._twice: dict[Sees, Statement] = {}
        self._names_of: dict[tuple[Sees, str], Statement] = {}

    def roster_lines(self, root: RootId, pairs: Collection[Pair]) -> Mapping[Pair, KnownLine]:
        return lines_of(self._compiler, self._pool, root, pairs)

    def roster_held(self, root: RootId, slots: Collection[Slot]) -> Mapping[Slot, HeldLine]:
        return held_of(self._compiler, self._pool, root, slots)

    def roster_named(
        self, root: RootId, principals: Sequence[str] | None, roster: str, *, called: str | None, limit: int
    ) -> Sequence[NamedLine]:
        sees, values = self._who.seen_by(root, principals)
        more: dict[str, Values] = {} if called is None else {"called": called}
        statement = self._naming(sees, "all" if called is None else "called")
        return self._lines_named(statement, values | more | {"root": root, "roster": roster, "limit": limit})

    def roster_seen(
        self, root: RootId, principals: Sequence[str] | None, roster: str, keys: Collection[str]
    ) -> Sequence[NamedLine]:
        sees, values = self._who.seen_by(root, principals)
        more: dict[str, Values] = {"keys": list(keys), "limit": len(keys)}
        return self._lines_named(self._naming(sees, "keys"), values | more | {"root": root, "roster": roster})

    def _lines_named(self, statement: Statement, values: Mapping[str, Values]) -> list[NamedLine]:
        return [NamedLine(row[0], row[1]) for row in self._pool.fetch(statement, **values)]

    def _naming(self, sees: Sees, which: str) -> Statement:
        statement = self._names_of.get((sees, which))
        if statement is None:
            line, within = roster_line.c, func.instr if self._compiler.is_sqlite else func.strpos
            narrowed: list[ColumnElement[bool]] = []
            if which == "called":
                called = bind("called", Text())
                narrowed = [or_(line.key == called, within(line.name, called) > literal_column("0"))]
            elif which == "keys":
                narrowed = [self._compiler.among(line.key, "keys")]
            statement = self._names_of[sees, which] = self._compiler.compile(
                lambda: at_most(
                    select(line.key, line.name)
                    .where(
                        line.root == bind("root"),
                        line.roster == bind("roster"),
                        *narrowed,
                        *self._who.condition(sees, line.case),
                    )
                    .order_by(line.key),
                    bind("limit"),
                )
            )
        return statement

    def coverage_counts(
        self, root: RootId, principals: Sequence[str] | None, ask: CoverageAsk
    ) -> Sequence[CoverageCount]:
        shape, values = self._asked(root, principals, ask)
        statement = self._counts.get(shape)
        if statement is None:
            statement = self._counts[shape] = self._compiler.compile(lambda: self._count(shape))
        return [CoverageCount._make(row) for row in self._pool.fetch(statement, root=root, **values)]

    def coverage_twice(self, root: RootId, principals: Sequence[str] | None, ask: CoverageAsk) -> int:
        if ask.reach is None:
            return 0
        sees, values = self._who.each_for(root, principals)
        statement = self._twice.get(sees)
        if statement is None:
            again = roster_reach.c
            statement = self._twice[sees] = self._compiler.compile(
                lambda: select(func.count()).where(
                    again.root == bind("root"),
                    again.reach == bind("reach"),
                    again.excused == literal_column("1"),
                    again.planned == literal_column("0"),
                    again.day >= bind("from_day"),
                    again.day <= bind("until_day"),
                    *self._who.condition(sees, again.case),
                )
            )
        values |= {"reach": ask.reach, "from_day": ask.from_day, "until_day": ask.until_day}
        return int(self._pool.fetch(statement, root=root, **values)[0][0])

    def coverage_lines(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        ask: CoverageAsk,
        *,
        covered: bool,
        units: Sequence[str] | None,
        after: str,
        limit: int,
    ) -> Sequence[CoverageLine]:
        shape, values = self._asked(root, principals, ask)
        kind = (shape, covered, units is not None)
        statement = self._lines.get(kind)
        if statement is None:
            statement = self._lines[kind] = self._compiler.compile(lambda: self._list(*kind))
        more: dict[str, Values] = {} if units is None else {"units": list(units)}
        rows = self._pool.fetch(statement, root=root, after=after, limit=limit, **more, **values)
        return [CoverageLine(row[0], row[1], row[2], CaseId(row[3]), row[4]) for row in rows]

    def _asked(
        self, root: RootId, principals: Sequence[str] | None, ask: CoverageAsk
    ) -> tuple[_Shape, dict[str, Values]]:
        sees, values = self._who.seen_by(root, principals)
        values["roster"] = ask.roster
        for name, facets in (("among", ask.among), ("has", ask.has)):
            for place, (facet, codes) in enumerate(facets):
                values[f"{name}{place}"], values[f"{name}{place}_of"] = list(codes), self._path(facet)
        if ask.reach is not None:
            values |= {"reach": ask.reach, "from_day": ask.from_day, "until_day": ask.until_day}
        if ask.by is not None:
            values["by"] = self._path(ask.by)
        return _Shape(sees, len(ask.among), len(ask.has), ask.reach is not None, ask.by is not None), values

    def _count(self, shape: _Shape) -> ClauseElement:
        line = roster_line.c
        value = self._facet("by") if shape.is_split else literal_column("NULL")
        covered = self._has(shape) if not shape.is_reached else line.key.in_(_keys(is_planned=False))
        covered = _is_reached() if shape.is_reached and shape.sees.sight is Sight.FEW else covered
        planned = line.key.in_(_keys(is_planned=True)) if shape.is_reached else line.key.is_(None)
        each = (
            select(line.unit, value.label("value"), _one(covered).label("covered"), _one(planned).label("planned"))
            .where(*self._on_roster(shape))
            .subquery("each_line")
        )
        of = each.c
        return select(
            of.unit,
            of.value,
            func.count(),
            func.sum(of.covered),
            func.sum(of.planned * (literal_column("1") - of.covered)),
        ).group_by(of.unit, of.value)

    def _list(self, shape: _Shape, covered: bool, in_units: bool) -> ClauseElement:
        line = roster_line.c
        condition = _is_reached() if shape.is_reached else self._has(shape)
        within = [self._compiler.among(line.unit, "units")] if in_units else []
        value = self._facet("by") if shape.is_split else literal_column("NULL")
        return at_most(
            select(line.key, line.name, line.unit, line.case, value)
            .where(*self._on_roster(shape), *within, line.key > bind("after"), condition if covered else ~condition)
            .order_by(line.key),
            bind("limit"),
        )

    def _on_roster(self, shape: _Shape) -> list[ColumnElement[bool]]:
        line = roster_line.c
        return [
            line.root == bind("root"),
            line.roster == bind("roster"),
            *(self._compiler.among(self._facet(f"among{n}_of"), f"among{n}") for n in range(shape.among)),
            *self._who.condition(shape.sees, line.case),
        ]

    def _has(self, shape: _Shape) -> ColumnElement[bool]:
        # A line that says nothing of a facet does not have it: no null may make the whole answer neither yes nor no.
        said = (func.coalesce(self._facet(f"has{n}_of"), literal_column("''")) for n in range(shape.has))
        return and_(*(self._compiler.among(one, f"has{n}") for n, one in enumerate(said)))

    def _facet(self, name: str) -> ColumnElement[str]:
        """Return the value of a facet, whose path is a parameter; null where a line has none, or holds no JSON."""
        facets = roster_line.c.facets
        if self._compiler.is_sqlite:
            return func.json_extract(facets, bind(name, Text()))
        return func.jsonb_extract_path_text(cast(facets, postgresql.JSONB), bind(name, Text()))

    def _path(self, facet: str) -> str:
        return f"$.{facet}" if self._compiler.is_sqlite else facet


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return 1 where a condition holds, else 0."""
    return case((condition, _ONE), else_=_NONE)


def _keys(*, is_planned: bool) -> Select[str]:
    """Return the keys that were reached, or are planned: gone through once, where every line is asked about."""
    reach = roster_reach.c
    within = and_(reach.day >= bind("from_day"), reach.day <= bind("until_day"))
    return select(reach.key).where(
        reach.root == bind("root"),
        reach.reach == bind("reach"),
        reach.planned == literal_column("1" if is_planned else "0"),
        or_(reach.day.is_(None), within) if is_planned else within,
    )


def _is_reached() -> ColumnElement[bool]:
    """Return whether a line was reached: looked up for each, where few lines are asked about."""
    return exists(_keys(is_planned=False).where(roster_reach.c.key == roster_line.c.key))
