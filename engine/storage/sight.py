"""Which cases a reader may see, as a condition of a statement; every statement about visible cases holds it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from sqlalchemy import ColumnElement, Text, any_, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from engine.case.identity import RootId
from engine.storage.compiled import Compiler, Pool, at_most, bind
from engine.storage.tables import reader

FEW: Final = 2_000


class Sight(Enum):
    """How a visible case is found: ALL is the system; who sees FEW is asked for his cases, who sees MANY for each."""

    ALL = "all"
    FEW = "few"
    MANY = "many"


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

    def sight(self, root: RootId, principals: Sequence[str] | None) -> Sight:
        """Return how the cases of these principals are best found."""
        if principals is None:
            return Sight.ALL
        seen = self._pool.fetch(self._some, root=root, principals=list(principals))[0][0]
        return Sight.MANY if seen > FEW else Sight.FEW

    def condition(self, sight: Sight, of: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """Return what to add to a WHERE so that only visible cases stay; parameters are ``root`` and ``principals``."""
        match sight:
            case Sight.ALL:
                return []
            case Sight.FEW:
                few = select(reader.c.case).where(self._of_principals())
                if self._compiler.is_sqlite:
                    return [of.in_(few)]
                return [of == any_(func.array(few.scalar_subquery(), type_=ARRAY(Text())))]
            case Sight.MANY:
                among_many = select(reader.c.case).where(reader.c.case == of, self._of_principals())
                return [exists(among_many if self._compiler.is_sqlite else among_many.offset(literal_column("0")))]

    def ordering(self, sight: Sight, by: ColumnElement[int]) -> ColumnElement[int]:
        """Return the instant to sort and page by: for FEW an expression that no index holds, as with it at hand SQLite
        would walk down that index instead of asking for the few."""
        return by + literal_column("0") if sight is Sight.FEW else by

    def _of_principals(self) -> ColumnElement[bool]:
        of_root: ColumnElement[bool] = reader.c.root == bind("root")
        return of_root & self._compiler.among(reader.c.principal, "principals")
