"""Which cases a reader may see, as a condition of a statement; every statement about visible cases holds it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    any_,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from engine.access.readers import apart
from engine.case.identity import RootId
from engine.service.moved_units import held_back, unit_move
from engine.storage.compiled import Compiler, Pool, Values, at_most, bind
from engine.storage.moved_units import MOVES, moves_statement
from engine.storage.tables import cases, reader, recused

FEW: Final = 2_000
_DEPUTED: Final = "deputed"
_BETWEEN: Final = "between"
_HELD: Final = "held"


class Sight(Enum):
    """How a visible case is found: ALL is the system; who sees FEW is asked for his cases, who sees MANY for each."""

    ALL = "all"
    FEW = "few"
    MANY = "many"


class Sees(NamedTuple):
    """How a reader's cases are found, and for how many people the reader stands in.

    ``held``: while the readers of a moved unit's cases are written anew, some of the rows do not count.
    """

    sight: Sight
    deputed: int = 0
    held: bool = False


class Visibility:
    """The condition for each sight, and which sight somebody has.

    SQLite runs a statement as it is written: walking down the newest cases finds the first page of somebody who sees
    most of them at once, but would go through a million cases for somebody who sees ten. PostgreSQL chooses by its
    statistics, which know nothing of what was imported a minute ago; an array and an OFFSET keep it to what is written.
    """

    def __init__(self, compiler: Compiler, pool: Pool, few: int | None = None) -> None:
        self._compiler = compiler
        self._pool = pool
        self._few_at_most = few
        most = (few or FEW) + 1
        self._some = compiler.compile(lambda: _count_of_some(compiler, most))
        self._moves = compiler.compile(moves_statement)

    def seen_by(self, root: RootId, principals: Sequence[str] | None) -> tuple[Sees, dict[str, Values]]:
        """Return how the cases of these principals are best found, and the values that the condition asks for."""
        sees, values = self.each_for(root, principals)
        if principals is None:
            return sees, values
        everything = [
            principal
            for name, held in values.items()
            if not name.startswith((_BETWEEN, _HELD))
            for principal in _listed(held)
        ]
        seen = self._pool.fetch(self._some, root=root, principals=everything)[0][0]
        return (
            sees if seen > (FEW if self._few_at_most is None else self._few_at_most) else sees._replace(sight=Sight.FEW)
        ), values

    def each_for(self, root: RootId, principals: Sequence[str] | None) -> tuple[Sees, dict[str, Values]]:
        """Return the same for statements that ask of each case whether it may be seen."""
        if principals is None:
            return Sees(Sight.ALL), {}
        own, deputed = apart(principals)
        values: dict[str, Values] = {"principals": list(own)}
        for place, (roles, between) in enumerate(deputed):
            values[f"{_DEPUTED}{place}"], values[f"{_BETWEEN}{place}"] = list(roles), list(between)
        moves = [unit_move(*row) for row in self._pool.fetch(self._moves, root=root, **MOVES)]
        held = held_back(moves, [*own, *(role for roles, _between in deputed for role in roles)]) if moves else None
        if held is not None:
            values |= {f"{_HELD}_{name}": list(several) for name, several in held._asdict().items()}
        return Sees(Sight.MANY, len(deputed), held is not None), values

    def condition(self, sees: Sees, of: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """Return what to add to a WHERE so that only visible cases stay; parameters are ``root`` and those that go
        with it.

        Who is recused from a case does not see it by any role, nor does anybody in their place.
        """
        match sees.sight:
            case Sight.ALL:
                return []
            case Sight.FEW:
                whole = union_all(
                    select(reader.c.case).where(*self._of_principals(sees)),
                    *(self._in_place(sees, place) for place in range(sees.deputed)),
                )
                few = whole if sees.deputed else select(reader.c.case).where(*self._of_principals(sees))
                if self._compiler.is_sqlite:
                    return [of.in_(few), ~self._is_recused(of)]
                return [of == any_(func.array(few.scalar_subquery(), type_=ARRAY(Text()))), ~self._is_recused(of)]
            case Sight.MANY:
                beside = self._beside_a_case(reader.c.principal)
                among_many = [select(reader.c.case).where(reader.c.case == of, *self._of_principals(sees, beside))]
                among_many += [
                    self._in_place(sees, place, beside).where(reader.c.case == of) for place in range(sees.deputed)
                ]
                if not self._compiler.is_sqlite:
                    among_many = [each.offset(literal_column("0")) for each in among_many]
                return [or_(*(exists(each) for each in among_many)), ~self._is_recused(of)]

    def first_due(self, sees: Sees, of: ColumnElement[str]) -> ColumnElement[bool]:
        """Return the condition that a case is one of those, ``limit`` of them, whose first deadline is due soonest.

        It is before the instant ``before``, and the case may be seen. The rows of each principal stand in the order of
        those instants, so that so many of each are looked at and no more, whoever sees ten cases or a million. The
        first page of a list by due instants lies on these cases; a later one need not, as a case may have further
        deadlines.
        """
        whose = [self._soonest(sees, "principals", "principals")]
        whose += [
            self._soonest(sees, f"{_DEPUTED}{place}", "principals", f"{_BETWEEN}{place}")
            for place in range(sees.deputed)
        ]
        each = union_all(*whose).subquery("soonest")
        first = at_most(
            select(each.c.case).group_by(each.c.case).order_by(func.min(each.c.due_at), each.c.case),
            bind("limit", Integer()),
        )
        if self._compiler.is_sqlite:
            return of.in_(first)
        return of == any_(func.array(first.scalar_subquery(), type_=ARRAY(Text())))

    def _soonest(self, sees: Sees, names: str, *recused_by: str) -> Select[str, int]:
        """Return, for each of the principals of a parameter, so many visible cases whose first deadline is due
        soonest."""
        rows = reader.alias("due")
        one = self._each_of(names)
        theirs = [
            rows.c.root == bind("root"),
            rows.c.principal == one.c.value,
            rows.c.due_at < bind("before", BigInteger()),
            *(~self._is_recused(rows.c.case, recusing) for recusing in recused_by),
            *self._standing(sees, rows),
        ]
        in_order = select(rows.c.case, rows.c.due_at).where(*theirs).order_by(rows.c.due_at, rows.c.case)
        soon = at_most(in_order.correlate(one), bind("limit", Integer()))
        if self._compiler.is_sqlite:
            # SQLite knows no LATERAL, and would rather walk through all cases than through the principals: rows made of
            # JSON depend on what stands before them.
            picked = soon.subquery("picked")
            several = select(func.json_group_array(func.json_array(picked.c.case, picked.c.due_at))).correlate(one)
            each = func.json_each(several.scalar_subquery()).table_valued("value", name="each")
            case, due_at = (func.json_extract(each.c.value, literal_column(f"'$[{n}]'")) for n in range(2))
            return select(case.label("case"), due_at.label("due_at")).select_from(one, each)
        beside = soon.lateral("soon")
        return select(beside.c.case, beside.c.due_at).select_from(one).join(beside, true())

    def _each_of(self, names: str) -> FromClause:
        """Return the principals of a parameter as rows with the column ``value``."""
        if self._compiler.is_sqlite:
            return func.json_each(bind(names, Text())).table_valued("value", name="one")
        several = bind(names, postgresql.ARRAY(Text()))
        return func.unnest(several).table_valued("value", name="one").render_derived()

    def _in_place(self, sees: Sees, place: int, principal: ColumnElement[str] = reader.c.principal) -> Select[str]:
        """Return the cases that are seen in another's place: not those from which that one, or the unit of who stands
        in, is kept."""
        return select(reader.c.case).where(
            reader.c.root == bind("root"),
            self._compiler.among(principal, f"{_DEPUTED}{place}"),
            ~self._is_recused(reader.c.case, f"{_BETWEEN}{place}"),
            *self._standing(sees, reader),
        )

    def _is_recused(self, of: ColumnElement[str], names: str = "principals") -> ColumnElement[bool]:
        return exists(
            select(recused.c.case).where(
                recused.c.root == bind("root"),
                recused.c.case == of,
                self._compiler.among(self._beside_a_case(recused.c.principal), names),
            )
        )

    def _standing(self, sees: Sees, rows: FromClause) -> list[ColumnElement[bool]]:
        """Return what keeps the reader rows out that a move of units has overtaken (``engine.service.moved_units``)."""
        if not sees.held:
            return []
        among = self._compiler.among
        moved = cases.alias("moved")
        of_moved_unit = exists(
            select(moved.c.id).where(
                moved.c.root == bind("root"),
                moved.c.id == rows.c.case,
                or_(among(moved.c.unit, f"{_HELD}_units"), among(moved.c.lead_unit, f"{_HELD}_units")),
            )
        )
        above = and_(among(rows.c.principal, f"{_HELD}_above"), of_moved_unit)
        below = and_(among(rows.c.principal, f"{_HELD}_below"), self._is_recused(rows.c.case, f"{_HELD}_accused"))
        return [~or_(above, below)]

    def ordering(self, sees: Sees, by: ColumnElement[int]) -> ColumnElement[int]:
        """Return the instant to sort and page by: for FEW an expression that no index holds, as with it at hand SQLite
        would walk down that index instead of asking for the few."""
        return by + literal_column("0") if sees.sight is Sight.FEW else by

    def _beside_a_case(self, principal: ColumnElement[str]) -> ColumnElement[str]:
        """Return the principal of a row of one case that is known, as an expression that no index holds on SQLite.

        It reads the few rows of the case in one go; for a column it would look up each principal of the reader by
        itself, which for somebody with eight of them made counts three times as slow.
        """
        return principal.concat(literal_column("''")) if self._compiler.is_sqlite else principal

    def _of_principals(
        self, sees: Sees, principal: ColumnElement[str] = reader.c.principal
    ) -> list[ColumnElement[bool]]:
        return [
            reader.c.root == bind("root"),
            self._compiler.among(principal, "principals"),
            *self._standing(sees, reader),
        ]


def _count_of_some(compiler: Compiler, most: int) -> Select[int]:
    """Return how many cases are seen by some principals, so many at most."""
    whose = reader.c.root == bind("root"), compiler.among(reader.c.principal, "principals")
    some = at_most(select(reader.c.case).where(*whose), literal_column(str(most))).subquery()
    return select(func.count()).select_from(some)


def _listed(held: Values) -> list[str]:
    assert isinstance(held, list), "principals are given as lists"
    return [str(each) for each in held]
