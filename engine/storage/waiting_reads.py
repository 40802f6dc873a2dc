"""Reading what waits for somebody: of those who see few cases by their readers, of others state by state.

For a reader of few, the rows that name one of the principals are joined with their cases. Who sees very many cases is
asked for each state by an index that holds the cases of a state in the order in which they are due.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    any_,
    case,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from engine.case.identity import CaseId, RootId
from engine.service.waiting_ports import END_OF_TIME, Place, Stretch, WaitingRow
from engine.storage.compiled import Compiler, Pool, Statement, Values, at_most, bind
from engine.storage.sight import Sees, Visibility
from engine.storage.tables import cases, reader

_ROW: Final = [cases.c[name] for name in WaitingRow._fields]
_OPEN: Final[list[ColumnElement[bool]]] = [
    cases.c.root == bind("root"),
    # Spelt out: only so does the partial index of open cases apply.
    cases.c.phase != literal_column("'final'"),
]


class WaitingReads:
    """The part of ``Reads`` that is about what waits for somebody."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._waiting_compiler = compiler
        self._waiting_pool = pool
        self._waiting_sight = Visibility(compiler, pool)
        self._waiting_shapes: dict[Hashable, Statement] = {}
        some = at_most(
            select(reader.c.case).where(reader.c.root == bind("root"), reader.c.principal == bind("principal")),
            bind("limit", Integer()),
        ).subquery()
        self._waiting_readable = compiler.compile(select(func.count()).select_from(some))

    def readable(self, root: RootId, principal: str, *, limit: int) -> int:
        return int(self._waiting_pool.fetch(self._waiting_readable, root=root, principal=principal, limit=limit)[0][0])

    def waiting_of(
        self, root: RootId, principals: Sequence[str], seen_by: Sequence[str], states: Sequence[str], *, limit: int
    ) -> Sequence[WaitingRow]:
        sees, values = self._waiting_sight.each_for(root, seen_by)
        statement = self._waiting_statement(
            ("of", sees), lambda: self._waiting_for(self._waiting_sight.condition(sees, cases.c.id))
        )
        rows = self._waiting_pool.fetch(
            statement, root=root, acting=list(principals), waiting=list(states), limit=limit, **values
        )
        return [WaitingRow._make(row) for row in rows]

    def waiting_in(
        self, root: RootId, place: Place, seen_by: Sequence[str] | None, stretch: Stretch, *, limit: int
    ) -> Sequence[WaitingRow]:
        since, case_id = stretch.since
        found: list[WaitingRow] = []
        if since < END_OF_TIME:
            asked = {"since": since, "after": case_id, "until": stretch.until}
            found = self._waiting_rows(root, place, seen_by, asked, limit=limit, is_dated=True)
        if stretch.until >= END_OF_TIME and len(found) < limit:
            asked = {"after": case_id if since >= END_OF_TIME else ""}
            found += self._waiting_rows(root, place, seen_by, asked, limit=limit - len(found), is_dated=False)
        return found

    def waiting_among(
        self, root: RootId, cases: Collection[CaseId], seen_by: Sequence[str] | None
    ) -> Sequence[WaitingRow]:
        sees, values = self._waiting_sight.each_for(root, seen_by)
        statement = self._waiting_statement(("among", sees), lambda: self._waiting_given(sees))
        rows = self._waiting_pool.fetch(statement, root=root, ids=list(cases), **values)
        return [WaitingRow._make(row) for row in rows]

    def waiting_counts(
        self, root: RootId, place: Place, seen_by: Sequence[str] | None, bounds: Sequence[int], *, limit: int
    ) -> Sequence[int]:
        sees, values, of_units = self._waiting_place(root, place, seen_by)
        shape = (sees, of_units, len(bounds))

        def there() -> list[ColumnElement[bool]]:
            return self._waiting_at(of_units, self._waiting_sight.condition(sees, cases.c.id))

        dated = self._waiting_statement(("counts", shape), lambda: _counts(there(), len(bounds)))
        undated = self._waiting_statement(("undated", shape), lambda: _undated(there()))
        asked: dict[str, Values] = {"root": root, "limit": limit, **values}
        limits: dict[str, Values] = {f"bound{n}": bound for n, bound in enumerate(bounds)}
        counted = self._waiting_pool.fetch(dated, **asked, **limits)[0]
        return [*(int(each or 0) for each in counted), int(self._waiting_pool.fetch(undated, **asked)[0][0])]

    def _waiting_rows(
        self,
        root: RootId,
        place: Place,
        seen_by: Sequence[str] | None,
        asked: dict[str, Any],
        *,
        limit: int,
        is_dated: bool,
    ) -> list[WaitingRow]:
        sees, values, of_units = self._waiting_place(root, place, seen_by)
        statement = self._waiting_statement(
            ("in", sees, of_units, is_dated),
            lambda: _listed(
                self._waiting_at(of_units, self._waiting_sight.condition(sees, cases.c.id)), is_dated=is_dated
            ),
        )
        rows = self._waiting_pool.fetch(statement, root=root, limit=limit, **values, **asked)
        return [WaitingRow._make(row) for row in rows]

    def _waiting_place(
        self, root: RootId, place: Place, seen_by: Sequence[str] | None
    ) -> tuple[Any, dict[str, Values], str | None]:
        sees, values = self._waiting_sight.each_for(root, seen_by)
        values |= {"workflow": place.workflow, "state": place.state}
        if place.units is None:
            return sees, values, None
        values["units"] = list(place.units)
        return sees, values, "lead_unit" if place.leads else "unit"

    def _waiting_at(self, of_units: str | None, visible: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
        """Return what the cases of a place meet."""
        found = [*_OPEN, cases.c.workflow == bind("workflow"), cases.c.state == bind("state"), *visible]
        return found if of_units is None else [*found, self._waiting_compiler.among(cases.c[of_units], "units")]

    def _waiting_for(self, visible: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
        mine = select(reader.c.case).where(
            reader.c.root == bind("root"), self._waiting_compiler.among(reader.c.principal, "acting")
        )
        is_mine = (
            cases.c.id.in_(mine)
            if self._waiting_compiler.is_sqlite
            else cases.c.id == any_(func.array(mine.scalar_subquery(), type_=ARRAY(Text())))
        )
        place = cases.c.workflow.concat(literal_column("' '")).concat(cases.c.state)
        return at_most(
            select(*_ROW).where(*_OPEN, is_mine, self._waiting_compiler.among(place, "waiting"), *visible),
            bind("limit", Integer()),
        )

    def _waiting_given(self, sees: Sees) -> Select[*tuple[object, ...]]:
        given = self._waiting_compiler.among(cases.c.id, "ids")
        return select(*_ROW).where(*_OPEN, given, *self._waiting_sight.condition(sees, cases.c.id))

    def _waiting_statement(self, shape: Hashable, build: Callable[[], Select[*tuple[object, ...]]]) -> Statement:
        found = self._waiting_shapes.get(shape)
        if found is None:
            found = self._waiting_shapes[shape] = self._waiting_compiler.compile(build())
        return found


def _listed(place: Sequence[ColumnElement[bool]], *, is_dated: bool) -> Select[*tuple[object, ...]]:
    statement = select(*_ROW).where(*place)
    if not is_dated:
        statement = statement.where(cases.c.next_due_at.is_(None), cases.c.id > bind("after"))
        return at_most(statement.order_by(cases.c.id), bind("limit", Integer()))
    key = tuple_(cases.c.next_due_at, cases.c.id)
    statement = statement.where(
        # The first of the two is what the index is entered by; SQLite does not see it in the pair.
        cases.c.next_due_at >= bind("since", BigInteger()),
        cases.c.next_due_at <= bind("until", BigInteger()),
        key > tuple_(bind("since", BigInteger()), bind("after")),
    )
    return at_most(statement.order_by(cases.c.next_due_at, cases.c.id), bind("limit", Integer()))


def _counts(place: Sequence[ColumnElement[bool]], bounds: int) -> Select[*tuple[object, ...]]:
    some = at_most(
        select(cases.c.next_due_at.label("due_at"))
        .where(*place, cases.c.next_due_at.is_not(None))
        .order_by(cases.c.next_due_at, cases.c.id),
        bind("limit", Integer()),
    ).subquery("some")
    one: ColumnElement[int] = literal_column("1")
    none: ColumnElement[int] = literal_column("0")
    up_to = [some.c.due_at <= bind(f"bound{n}", BigInteger()) for n in range(bounds)]
    columns = []
    for n in range(bounds + 1):
        whens = [(each, none) for each in up_to[:n]]
        columns.append(func.sum(case(*whens, (up_to[n], one), else_=none) if n < bounds else case(*whens, else_=one)))
    return select(*columns).select_from(some)


def _undated(place: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    some = at_most(
        select(cases.c.id).where(*place, cases.c.next_due_at.is_(None)).order_by(cases.c.id), bind("limit", Integer())
    ).subquery("some")
    return select(func.count()).select_from(some)
