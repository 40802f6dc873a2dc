"""Which cases a reader may see, as a condition of a statement; every statement about visible cases holds it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, any_, exists, func, literal_column, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from engine.access.readers import apart
from engine.case.identity import RootId
from engine.storage.compiled import Compiler, Pool, Values, at_most, bind
from engine.storage.tables import reader, recused

FEW: Final = 2_000
_DEPUTED: Final = "deputed"
_BETWEEN: Final = "between"


class Sight(Enum):
    """How a visible case is found: ALL is the system; who sees FEW is asked for his cases, who sees MANY for each."""

    ALL = "all"
    FEW = "few"
    MANY = "many"


class Sees(NamedTuple):
    """How a reader's cases are found, and for how many people the reader stands in."""

    sight: Sight
    deputed: int = 0


class Visibility:
    """The condition for each sight, and which sight somebody has.

    SQLite runs a statement as it is written: walking down the newest cases finds the first page of somebody who sees
    most of them at once, but would go through a million cases for somebody who sees ten. PostgreSQL chooses by its
    statistics, which know nothing of what was imported a minute ago; an array and an OFFSET keep it to what is written.
    """

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._compiler = compiler
        self._pool = pool
        some = at_most(select(reader.c.case).where(self._of_principals()), literal_column(str(FEW + 1))).subquery()
        self._some = compiler.compile(select(func.count()).select_from(some))

    def seen_by(self, root: RootId, principals: Sequence[str] | None) -> tuple[Sees, dict[str, Values]]:
        """Return how the cases of these principals are best found, and the values that the condition asks for."""
        sees, values = self.each_for(principals)
        if principals is None:
            return sees, values
        everything = [
            principal for name, held in values.items() if not name.startswith(_BETWEEN) for principal in _listed(held)
        ]
        seen = self._pool.fetch(self._some, root=root, principals=everything)[0][0]
        return (sees if seen > FEW else sees._replace(sight=Sight.FEW)), values

    def each_for(self, principals: Sequence[str] | None) -> tuple[Sees, dict[str, Values]]:
        """Return the same for statements that ask of each case whether it may be seen."""
        if principals is None:
            return Sees(Sight.ALL), {}
        own, deputed = apart(principals)
        values: dict[str, Values] = {"principals": list(own)}
        for place, (roles, between) in enumerate(deputed):
            values[f"{_DEPUTED}{place}"], values[f"{_BETWEEN}{place}"] = list(roles), list(between)
        return Sees(Sight.MANY, len(deputed)), values

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
                    select(reader.c.case).where(self._of_principals()),
                    *(self._in_place(place) for place in range(sees.deputed)),
                )
                few = whole if sees.deputed else select(reader.c.case).where(self._of_principals())
                if self._compiler.is_sqlite:
                    return [of.in_(few), ~self._is_recused(of)]
                return [of == any_(func.array(few.scalar_subquery(), type_=ARRAY(Text()))), ~self._is_recused(of)]
            case Sight.MANY:
                among_many = [select(reader.c.case).where(reader.c.case == of, self._of_principals())]
                among_many += [self._in_place(place).where(reader.c.case == of) for place in range(sees.deputed)]
                if not self._compiler.is_sqlite:
                    among_many = [each.offset(literal_column("0")) for each in among_many]
                return [or_(*(exists(each) for each in among_many)), ~self._is_recused(of)]

    def _in_place(self, place: int) -> Select[str]:
        """Return the cases that are seen in another's place: not those from which that one, or the unit of who stands
        in, is kept."""
        return select(reader.c.case).where(
            reader.c.root == bind("root"),
            self._compiler.among(reader.c.principal, f"{_DEPUTED}{place}"),
            ~self._is_recused(reader.c.case, f"{_BETWEEN}{place}"),
        )

    def _is_recused(self, of: ColumnElement[str], names: str = "principals") -> ColumnElement[bool]:
        return exists(
            select(recused.c.case).where(
                recused.c.root == bind("root"),
                recused.c.case == of,
                self._compiler.among(recused.c.principal, names),
            )
        )

    def ordering(self, sees: Sees, by: ColumnElement[int]) -> ColumnElement[int]:
        """Return the instant to sort and page by: for FEW an expression that no index holds, as with it at hand SQLite
        would walk down that index instead of asking for the few."""
        return by + literal_column("0") if sees.sight is Sight.FEW else by

    def _of_principals(self) -> ColumnElement[bool]:
        of_root: ColumnElement[bool] = reader.c.root == bind("root")
        return of_root & self._compiler.among(reader.c.principal, "principals")


def _listed(held: Values) -> list[str]:
    assert isinstance(held, list), "principals are given as lists"
    return [str(each) for each in held]
