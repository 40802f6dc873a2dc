"""Counting cases by where they rest, as the overview of supervision shows them; only what a reader may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, case, desc, func, literal_column, select

from engine.case.identity import CaseId, RootId
from engine.service.deadline_ports import DeadlineFilter
from engine.service.overview_ports import DeadlineGroup, OpenGroup, PartGroup, RaisedRung
from engine.storage.compiled import Compiler, Pool, Statement, Values, at_most, bind
from engine.storage.deadline_statements import grouped_deadlines
from engine.storage.notice_tables import notice
from engine.storage.sight import Sees, Visibility
from engine.storage.tables import cases

_MICROSECONDS_OF_A_DAY: Final[ColumnElement[int]] = literal_column("86400000000")
_ONE: Final[ColumnElement[int]] = literal_column("1")
_ZERO: Final[ColumnElement[int]] = literal_column("0")
_OF_ROOT: Final[ColumnElement[bool]] = cases.c.root == bind("root")
# Spelt out: only so do the partial indexes apply.
_OPEN: Final[ColumnElement[bool]] = cases.c.phase != literal_column("'final'")


class OverviewReads:
    """The part of ``Reads`` that is about the overview."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._overview_compiler = compiler
        self._overview_pool = pool
        self._overview_sight = Visibility(compiler, pool)
        self._overview_made: dict[Hashable, Statement] = {}
        self._overview_raised = compiler.compile(
            select(notice.c.case, notice.c.name, notice.c.at, notice.c.person, notice.c.role)
            .where(
                notice.c.root == bind("root"),
                compiler.among(notice.c.case, "cases"),
                notice.c.kind == literal_column("'rung'"),
            )
            .order_by(notice.c.case, notice.c.seq, notice.c.person)
        )

    def deadline_groups(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        *,
        before: int,
        late: int,
        near: int,
        where: DeadlineFilter,
    ) -> Sequence[DeadlineGroup]:
        sees, values = self._overview_sight.seen_by(root, principals)
        asked: dict[str, Values] = {name: value for name, value in where._asdict().items() if value not in (None, ())}
        names = frozenset(asked)
        statement = self._overview_statement(
            ("deadlines", sees, names),
            lambda: grouped_deadlines(self._overview_compiler, self._overview_visible(sees), names),
        )
        rows = self._overview_pool.fetch(statement, root=root, before=before, late=late, near=near, **values, **asked)
        return [DeadlineGroup._make((*row[:6], bool(row[6]), bool(row[7]), row[8])) for row in rows]

    def open_groups(self, root: RootId, principals: Sequence[str] | None, *, soon: int) -> Sequence[OpenGroup]:
        sees, values = self._overview_sight.seen_by(root, principals)
        statement = self._overview_statement(("open", sees), lambda: _open(self._overview_visible(sees)))
        rows = self._overview_pool.fetch(statement, root=root, soon=soon, **values)
        return [OpenGroup._make((*row[:4], bool(row[4]), *map(int, row[5:]))) for row in rows]

    def part_groups(self, root: RootId, principals: Sequence[str] | None) -> Sequence[PartGroup]:
        sees, values = self._overview_sight.seen_by(root, principals)
        statement = self._overview_statement(("parts", sees), lambda: _parts(self._overview_visible(sees)))
        return [PartGroup._make(row) for row in self._overview_pool.fetch(statement, root=root, **values)]

    def bounced(
        self, root: RootId, principals: Sequence[str] | None, states: Sequence[str], *, least: int, limit: int
    ) -> Sequence[tuple[CaseId, int]]:
        sees, values = self._overview_sight.seen_by(root, principals)
        statement = self._overview_statement(
            ("bounced", sees), lambda: _bounced(self._overview_compiler, self._overview_visible(sees))
        )
        rows = self._overview_pool.fetch(statement, root=root, ended=list(states), least=least, limit=limit, **values)
        return [(CaseId(row[0]), int(row[1])) for row in rows]

    def raised_rungs(self, root: RootId, cases: Collection[CaseId]) -> Sequence[RaisedRung]:
        rows = self._overview_pool.fetch(self._overview_raised, root=root, cases=list(cases))
        return [RaisedRung._make(row) for row in rows]

    def _overview_visible(self, sees: Sees) -> list[ColumnElement[bool]]:
        return self._overview_sight.condition(sees, cases.c.id)

    def _overview_statement(self, shape: Hashable, build: Callable[[], Select[*tuple[object, ...]]]) -> Statement:
        found = self._overview_made.get(shape)
        if found is None:
            found = self._overview_made[shape] = self._overview_compiler.compile(build())
        return found


def _open(visible: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    is_part = case((cases.c.parent.is_(None), _ZERO), else_=_ONE).label("is_part")
    due_soon = case((cases.c.next_due_at <= bind("soon", BigInteger()), _ONE), else_=_ZERO).label("due_soon")
    # Whole numbers on both databases: what Core makes of a division would not be.
    opened = cases.c.opened_at.op("/")(_MICROSECONDS_OF_A_DAY).label("opened_days")
    by = [cases.c.unit, cases.c.lead_unit, cases.c.workflow, cases.c.state]
    each = select(*by, is_part, opened, due_soon).where(_OF_ROOT, _OPEN, *visible).subquery("each_one")
    grouped = [each.c[column.name] for column in by] + [each.c.is_part]
    return select(*grouped, func.count(), func.sum(each.c.opened_days), func.sum(each.c.due_soon)).group_by(*grouped)


def _parts(visible: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    by = [cases.c.unit, cases.c.workflow, cases.c.state]
    return select(*by, func.count()).where(_OF_ROOT, cases.c.parent.is_not(None), *visible).group_by(*by)


def _bounced(compiler: Compiler, visible: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    place = cases.c.workflow.concat(literal_column("' '")).concat(cases.c.state)
    times = func.count().label("times")
    statement = (
        select(cases.c.parent, times)
        .where(_OF_ROOT, cases.c.parent.is_not(None), compiler.among(place, "ended"), *visible)
        .group_by(cases.c.parent)
        .having(func.count() >= bind("least", Integer()))
    )
    return at_most(statement.order_by(desc(times), cases.c.parent), bind("limit", Integer()))
