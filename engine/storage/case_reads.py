"""Reading cases: one, several, pages of lists, the overdue list. What a reader may not see is never fetched.

The statements about deadlines stand in ``deadline_statements``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Integer, Select, func, literal_column, or_, select

from engine.case.case import Case
from engine.case.identity import CaseId, RootId
from engine.errors import InputRefused
from engine.service.case_rows import case_from
from engine.service.deadline_ports import DeadlineCount, DeadlineFilter
from engine.service.list_orders import Order
from engine.service.ports import CaseFilter, CaseLine, OverdueLine, Page
from engine.service.rows import CaseRow
from engine.storage.compiled import Compiler, Pool, Statement, Values, at_most, bind
from engine.storage.deadline_statements import counted_deadlines, listed_deadlines, provisional_deadlines
from engine.storage.ordered_cases import KEYS, key_of, key_values, listed_by_due, listed_by_number, listed_by_opening
from engine.storage.sight import Sees, Sight, Visibility
from engine.storage.tables import cases, deadline
from engine.text import Text

_OVERDUE_KEY: Final = re.compile(r"(-?[0-9]{1,18})\.([^.]{1,100})\.(.{1,100})", re.DOTALL)
_LINE: Final = [cases.c[name] for name in CaseLine._fields if name != "provisional"]
_OF_ROOT: Final[ColumnElement[bool]] = cases.c.root == bind("root")
_RUNGS: Final = frozenset({"on_rungs", "off_rungs"})
"""Of these an empty list says something else than that nothing is wanted."""


class CaseReads:
    """The part of ``Reads`` that is about cases. A list is compiled once for each combination of filters in use."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._compiler = compiler
        self._pool = pool
        self._visibility = Visibility(compiler, pool)
        self._statements: dict[Hashable, Statement] = {}
        self._filters = case_conditions(compiler)
        self._of_given = case_conditions(compiler, of_given=True)

    def case(self, root: RootId, case: CaseId, principals: Sequence[str] | None) -> Case | None:
        sight, values = self._visibility.each_for(root, principals)
        statement = self._statement(("case", sight), lambda: _row_of_case(self._visible(sight)))
        found = self._pool.fetch(statement, root=root, id=case, **values)
        return case_from(CaseRow._make(found[0])) if found else None

    def cases(self, root: RootId, cases: Collection[CaseId]) -> Sequence[Case]:
        statement = self._statement("cases", lambda: _rows_of_cases(self._compiler))
        return [case_from(CaseRow._make(row)) for row in self._pool.fetch(statement, root=root, ids=list(cases))]

    def visible_cases(
        self, root: RootId, cases: Collection[CaseId], principals: Sequence[str] | None
    ) -> Sequence[Case]:
        if principals is None:
            return self.cases(root, cases)
        sight, values = self._visibility.each_for(root, principals)
        statement = self._statement(
            ("visible", sight), lambda: _rows_of_cases(self._compiler).where(*self._visible(sight))
        )
        rows = self._pool.fetch(statement, root=root, ids=list(cases), **values)
        return [case_from(CaseRow._make(row)) for row in rows]

    def list_cases(
        self, root: RootId, principals: Sequence[str] | None, where: CaseFilter, *, after: str | None, limit: int
    ) -> Page:
        assert where.text is None, "words are looked for by the service"
        sight, values = self._sight(root, principals)
        asked = {name: value for name, value in where._asdict().items() if name in self._filters and value is not None}
        if after is not None:
            asked |= key_values(where.order, page_key(KEYS[where.order], after))
        names = frozenset(asked)
        statement = self._statement(
            ("list", sight, names, where.children, where.order),
            lambda: self._listed(sight, names, where, after=after is not None),
        )
        rows = self._pool.fetch(statement, root=root, limit=limit + 1, **values, **asked)
        lines = self._marked(root, [CaseLine._make((*row, False)) for row in rows[:limit]])
        return Page(lines, key_of(lines[-1], where.order) if lines and len(rows) > limit else None)

    def _listed(
        self, sight: Sees, names: frozenset[str], where: CaseFilter, *, after: bool
    ) -> Select[*tuple[object, ...]]:
        filters = self._filters if where.ids is None else self._of_given
        conditions = [_OF_ROOT, *(filters[name] for name in sorted(names & filters.keys()))]
        if not where.children:
            conditions.append(cases.c.parent.is_(None))
        # Of given cases these are asked for, and no index is walked in its order.
        begins = sight if where.ids is None else sight._replace(sight=Sight.FEW)
        match where.order:
            case Order.OPENED:
                by = self._visibility.ordering(begins, cases.c.opened_at)
                return listed_by_opening([*self._visible(sight), *conditions], by, after=after)
            case Order.DUE:
                # PostgreSQL begins with the cases; SQLite would load each of them before it asks whether it is seen.
                of = deadline.c.case if self._compiler.is_sqlite else cases.c.id
                by = self._visibility.ordering(begins, deadline.c.due_at)
                return listed_by_due([*self._visibility.condition(sight, of), *conditions], by, after=after)
            case Order.NUMBER:
                return listed_by_number(
                    [*self._visible(sight), *conditions], after=after, of_few=begins.sight is Sight.FEW
                )

    def count_cases(
        self, root: RootId, principals: Sequence[str] | None, workflow: str, *, newest: int | None = None
    ) -> Mapping[str, int]:
        sight, values = self._sight(root, principals)
        if newest is None:
            statement = self._statement(("count", sight), lambda: _count(self._visible(sight)))
        else:
            statement = self._statement(("count newest", sight), lambda: _count_newest(self._visible(sight)))
            values["limit"] = newest
        return {row[0]: row[1] for row in self._pool.fetch(statement, root=root, workflow=workflow, **values)}

    def overdue(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        *,
        before: int,
        after: str | None,
        limit: int,
        where: DeadlineFilter = DeadlineFilter(),  # noqa: B008  # a tuple that does not change
    ) -> tuple[Sequence[OverdueLine], str | None]:
        if where.names is not None and len(where.names) > 1:
            # Deadlines of one name stand in an index in the order of the list, those of several do not.
            each = (
                self.overdue(
                    root, principals, before=before, after=after, limit=limit, where=where._replace(names=(name,))
                )
                for name in dict.fromkeys(where.names)
            )
            return _one_page(list(each), limit)
        # The first page of the whole list is what everybody opens; it is found without looking at how many one sees.
        first = principals is not None and after is None and where == DeadlineFilter()
        # Of given cases each is asked whether it may be seen, and no index is walked in its order.
        by_case = first or where.ids is not None
        sight, values = self._visibility.each_for(root, principals) if by_case else self._sight(root, principals)
        begins = sight._replace(sight=Sight.FEW) if by_case else sight
        names = self._filtered(where, values)
        if after is not None:
            at, case, name = page_key(_OVERDUE_KEY, after)
            values.update(after_at=int(at), after_case=case, after_name=name)
        # PostgreSQL begins with the cases; SQLite would load each of them before it asks whether it is seen.
        of = deadline.c.case if first or self._compiler.is_sqlite else cases.c.id
        statement = self._statement(
            ("overdue", sight, names, after is not None, first),
            lambda: listed_deadlines(
                self._compiler,
                [self._visibility.first_due(sight, of)] if first else self._visibility.condition(sight, of),
                self._visibility.ordering(begins, deadline.c.due_at),
                names,
                _LINE,
                after=after is not None,
                by_case=by_case,
            ),
        )
        rows = self._pool.fetch(statement, root=root, before=before, limit=limit + 1, **values)
        lines = [
            OverdueLine(CaseLine._make((*row[7:], False)), row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6])
            for row in rows[:limit]
        ]
        marked = self._marked(root, [line.case for line in lines])
        lines = [line._replace(case=case) for line, case in zip(lines, marked, strict=True)]
        return lines, lines[-1].key if lines and len(rows) > limit else None

    def overdue_counts(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        *,
        before: int,
        late: int,
        limit: int,
        where: DeadlineFilter,
    ) -> Sequence[DeadlineCount]:
        sight, values = self._sight(root, principals)
        names = self._filtered(where, values)
        statement = self._statement(
            ("overdue counts", sight, names),
            lambda: counted_deadlines(
                self._compiler,
                self._visibility.condition(sight, deadline.c.case),
                self._visibility.ordering(sight, deadline.c.due_at),
                names,
            ),
        )
        rows = self._pool.fetch(statement, root=root, before=before, late=late, limit=limit, **values)
        return [DeadlineCount(row[0], bool(row[1]), row[2]) for row in rows]

    def case_by_field(self, root: RootId, workflow: str, number: str) -> CaseId | None:
        statement = self._statement("number", _by_number)
        found = self._pool.fetch(statement, root=root, workflow=workflow, number=number)
        return CaseId(min(found)[0]) if found else None

    def cases_numbered(self, root: RootId, workflow: str, numbers: Collection[str]) -> Sequence[CaseLine]:
        statement = self._statement("numbered", lambda: _numbered(self._compiler))
        rows = self._pool.fetch(statement, root=root, workflow=workflow, numbers=list(numbers))
        return [CaseLine._make((*row, False)) for row in rows]

    def _sight(self, root: RootId, principals: Sequence[str] | None) -> tuple[Sees, dict[str, Values]]:
        return self._visibility.seen_by(root, principals)

    def _filtered(self, where: DeadlineFilter, values: dict[str, Values]) -> frozenset[str]:
        """Add what a filter asks for to the values of a statement, and return the names of its conditions."""
        asked: dict[str, Values] = {
            name: value
            for name, value in where._asdict().items()
            if value is not None and (value != () or name not in _RUNGS)
        }
        if where.names is not None and len(where.names) == 1:
            del asked["names"]
            asked["named"] = where.names[0]
        names = set(asked)
        if where.on_rungs == ():
            names.add("no_rungs")
        for name in names & _RUNGS:
            asked[name] = [mark for rung in getattr(where, name) for mark in (f'"{rung}"', f'"{rung}#')]
        values.update(asked)
        return frozenset(names)

    def _marked(self, root: RootId, lines: Sequence[CaseLine]) -> tuple[CaseLine, ...]:
        """Return the lines, those marked whose next due date is provisional as their clocks say; asked at once."""
        due = [line.id for line in lines if line.next_due_at is not None]
        if not due:
            return tuple(lines)
        statement = self._statement("provisional", lambda: provisional_deadlines(self._compiler))
        found = {(row[0], row[1]) for row in self._pool.fetch(statement, root=root, ids=due)}
        return tuple(line._replace(provisional=(line.id, line.next_due_at) in found) for line in lines)

    def _visible(self, sight: Sees) -> list[ColumnElement[bool]]:
        return self._visibility.condition(sight, cases.c.id)

    def _statement(self, shape: Hashable, build: Callable[[], Select[*tuple[object, ...]]]) -> Statement:
        """Return the statement of this shape, compiled at its first use; two threads may compile the same one."""
        found = self._statements.get(shape)
        if found is None:
            found = self._statements[shape] = self._compiler.compile(build())
        return found


def _one_page(
    pages: Sequence[tuple[Sequence[OverdueLine], str | None]], limit: int
) -> tuple[Sequence[OverdueLine], str | None]:
    """Return the first lines of several pages as one page, with the key of the next one."""
    lines = sorted(
        (line for page, _following in pages for line in page),
        key=lambda line: (line.due_at, line.case.id, line.deadline),
    )
    more = len(lines) > limit or any(following is not None for _page, following in pages)
    return lines[:limit], lines[limit - 1].key if more else None


def case_conditions(compiler: Compiler, *, of_given: bool = False) -> Mapping[str, ColumnElement[bool]]:
    """Return the condition of each field of ``CaseFilter`` that has one; a unit's cases are also those it leads.

    ``of_given``: for statements about given cases. Then no index of a session is to be walked for them.
    """
    session = cases.c.congress_session
    return {
        "workflow": cases.c.workflow == bind("workflow"),
        "states": compiler.among(cases.c.state, "states"),
        "phase": cases.c.phase == bind("phase"),
        "unit": or_(cases.c.unit == bind("unit"), cases.c.lead_unit == bind("unit")),
        "congress_session": (_by_no_index(session) if of_given else session) == bind("congress_session"),
        "category": cases.c.category == bind("category"),
        "ids": compiler.among(cases.c.id, "ids"),
    }


def _by_no_index(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a column as an expression that no index holds: without having counted any rows, SQLite would rather walk
    down an index of it than look up each of a few cases."""
    return column.concat(literal_column("''"))


def _row_of_case(visible: list[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    columns = [cases.c[name] for name in CaseRow._fields]
    return select(*columns).where(_OF_ROOT, cases.c.id == bind("id"), *visible)


def _rows_of_cases(compiler: Compiler) -> Select[*tuple[object, ...]]:
    columns = [cases.c[name] for name in CaseRow._fields]
    return select(*columns).where(_OF_ROOT, compiler.among(cases.c.id, "ids")).order_by(cases.c.id)


def _count(visible: list[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    of_workflow = cases.c.workflow == bind("workflow")
    return select(cases.c.state, func.count()).where(_OF_ROOT, of_workflow, *visible).group_by(cases.c.state)


def _count_newest(visible: list[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    """Return the statement that counts as many as the limit says; ids grow with time, and lead to them by an index."""
    of_workflow = cases.c.workflow == bind("workflow")
    newest = select(cases.c.state).where(_OF_ROOT, of_workflow, *visible).order_by(cases.c.id.desc())
    some = at_most(newest, bind("limit", Integer())).subquery("some")
    return select(some.c.state, func.count()).group_by(some.c.state)


def _by_number() -> Select[*tuple[object, ...]]:
    # Not sorted: SQLite would then rather go through the whole workflow in the order of ids than ask for the number.
    of_workflow = cases.c.workflow == bind("workflow")
    return select(cases.c.id).where(_OF_ROOT, of_workflow, cases.c.number == bind("number"))


def _numbered(compiler: Compiler) -> Select[*tuple[object, ...]]:
    of_workflow = cases.c.workflow == bind("workflow")
    return select(*_LINE).where(_OF_ROOT, of_workflow, compiler.among(cases.c.number, "numbers"))


def page_key(form: re.Pattern[str], key: str) -> Sequence[str]:
    """Return the parts of the key of a next page.

    Raises:
        InputRefused: it is none of ours.
    """
    found = form.fullmatch(key)
    if found is None:
        raise InputRefused(Text("翻页标记有误，请从第一页重新查看", "Not the key of a page; begin with the first"))
    return found.groups()
