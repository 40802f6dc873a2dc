"""Reading what stands on a congress session's board, and who handled similar cases before; statements and no rules.

Whoever sees few cases is asked for these, as in ``sight``; for all others each state is walked down in its index as far
as is shown, so that a session with a million cases costs no more than one with a hundred.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from heapq import merge
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    desc,
    func,
    literal_column,
    select,
    tuple_,
)

from engine.case.identity import CaseId, RootId
from engine.service.board_ports import LAST, BoardFilter, BoardOrder, due_key, key_in
from engine.service.history_ports import SpanLine
from engine.service.ports import CaseLine, Page
from engine.storage.board_places import BY_DUE_KEY, BY_STATE_KEY, place_after, place_of
from engine.storage.case_reads import CaseReads, page_key
from engine.storage.compiled import Values, at_most, bind
from engine.storage.directory_tables import unit
from engine.storage.sight import Sees, Sight
from engine.storage.tables import cases, span

_LINE: Final = [cases.c[name] for name in CaseLine._fields if name != "provisional"]
_SORTED_KEY: Final = re.compile(r"([^\x00]{0,100})/([^./]{1,100})")


class _Key(NamedTuple):
    """By what a case stands in its state: the instant it is due first, and its id."""

    due_at: int | None
    case: str


class BoardReads(CaseReads):
    """The part of ``Reads`` that is about boards, beside that about cases."""

    def board_counts(
        self, root: RootId, principals: Sequence[str] | None, where: BoardFilter, *, limit: int
    ) -> Mapping[str, int]:
        sight, values = self._sight(root, principals)
        asked = self._narrowed(where)
        if sight.sight is Sight.FEW:
            statement = self._statement(
                ("board count of few", sight, frozenset(asked)),
                lambda: (
                    select(cases.c.state, func.count())
                    .where(*self._conditions(sight, asked), self._compiler.among(cases.c.state, "states"))
                    .group_by(cases.c.state)
                ),
            )
            rows = self._pool.fetch(statement, root=root, states=list(where.states), **values, **asked)
            return {row[0]: min(row[1], limit) for row in rows}
        statement = self._statement(
            ("board count", sight, frozenset(asked)),
            lambda: select(func.count()).select_from(
                at_most(
                    select(cases.c.id).where(*self._conditions(sight, asked), cases.c.state == bind("state")),
                    bind("limit", Integer()),
                ).subquery()
            ),
        )
        counted = {
            state: self._pool.fetch(statement, root=root, state=state, limit=limit, **values, **asked)[0][0]
            for state in where.states
        }
        return {state: count for state, count in counted.items() if count}

    def board_columns(
        self, root: RootId, principals: Sequence[str] | None, where: BoardFilter, *, limit: int
    ) -> Mapping[str, Sequence[CaseLine]]:
        sight, values = self._sight(root, principals)
        asked = self._narrowed(where)
        if sight.sight is Sight.FEW:
            statement = self._statement(
                ("board columns of few", sight, frozenset(asked)), lambda: self._first_of_each(sight, asked)
            )
            rows = self._pool.fetch(statement, root=root, states=list(where.states), limit=limit, **values, **asked)
            lines = _lines(rows)
        else:
            keys = [
                key
                for state in where.states
                for key in self._by_due(root, sight, {**values, **asked, "state": state}, asked, None, limit)
            ]
            lines = self._lines_of(root, keys)
        found: dict[str, list[CaseLine]] = {}
        for line in self._marked(root, lines):
            found.setdefault(line.state, []).append(line)
        return found

    def board_page(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        where: BoardFilter,
        order: BoardOrder,
        *,
        after: str | None,
        limit: int,
    ) -> Page:
        if where.ids is not None:
            return self._given_page(root, principals, where, order, after, limit)
        sight, values = self._sight(root, principals)
        match order:
            case BoardOrder.DUE:
                lines = self._lines_of(root, self._due_page(root, sight, values, where, after, limit + 1))
                keys = [due_key(line) for line in lines]
            case BoardOrder.STATE:
                lines, keys = self._state_page(root, sight, values, where, after, limit + 1)
            case BoardOrder.NUMBER | BoardOrder.UNIT:
                lines, keys = self._sorted_page(root, sight, values, where, order, after, limit + 1)
        following = keys[limit - 1] if len(lines) > limit else None
        return Page(self._marked(root, lines[:limit]), following)

    def _given_page(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        where: BoardFilter,
        order: BoardOrder,
        after: str | None,
        limit: int,
    ) -> Page:
        """Return a page of given cases: they are few, so each is asked whether it may be seen and no index is walked in
        its order; those by state or due instant are put in order here."""
        sight, values = self._visibility.each_for(root, principals)
        if order in (BoardOrder.NUMBER, BoardOrder.UNIT):
            lines, keys = self._sorted_page(root, sight, values, where, order, after, limit + 1)
            return Page(self._marked(root, lines[:limit]), keys[limit - 1] if len(lines) > limit else None)
        asked = self._narrowed(where)
        statement = self._statement(
            ("board given", sight, frozenset(asked)),
            lambda: select(*_LINE).where(*self._conditions(sight, asked), self._in_states(asked)),
        )
        rows = self._pool.fetch(statement, root=root, states=list(where.states), **values, **asked)
        begin = None if after is None else place_after(after, order, where.states)
        placed = sorted((place_of(line, order, where.states), line) for line in _lines(rows))
        left = [line for place, line in placed if begin is None or place > begin][: limit + 1]
        following = key_in(left[limit - 1], order, {}) if len(left) > limit else None
        return Page(self._marked(root, left[:limit]), following)

    def board_ids(
        self, root: RootId, principals: Sequence[str] | None, where: BoardFilter, *, limit: int
    ) -> Sequence[CaseId]:
        sight, values = self._sight(root, principals)
        return [CaseId(key.case) for key in self._due_page(root, sight, values, where, None, limit)]

    def changed_cases(
        self, root: RootId, principals: Sequence[str] | None, where: BoardFilter, *, since: int, limit: int
    ) -> Sequence[CaseId]:
        sight, values = self._sight(root, principals)
        asked = self._narrowed(where)
        statement = self._statement(
            ("board changed", sight, frozenset(asked)),
            lambda: at_most(
                select(cases.c.id).where(*self._conditions(sight, asked), cases.c.changed_at >= bind("since")),
                bind("limit", Integer()),
            ),
        )
        rows = self._pool.fetch(statement, root=root, since=since, limit=limit, **values, **asked)
        return sorted(CaseId(row[0]) for row in rows)

    def led_cases(
        self, root: RootId, principals: Sequence[str] | None, workflow: str, category: str, *, limit: int
    ) -> Sequence[CaseId]:
        sight, values = self._sight(root, principals)
        opened_at = self._visibility.ordering(sight, cases.c.opened_at)
        statement = self._statement(
            ("led", sight),
            lambda: at_most(
                select(cases.c.id)
                .where(
                    cases.c.root == bind("root"),
                    cases.c.workflow == bind("workflow"),
                    cases.c.category == bind("category"),
                    cases.c.lead_unit.is_not(None),
                    *self._visible(sight),
                )
                .order_by(desc(opened_at), desc(cases.c.id)),
                bind("limit", Integer()),
            ),
        )
        rows = self._pool.fetch(statement, root=root, workflow=workflow, category=category, limit=limit, **values)
        return [CaseId(row[0]) for row in rows]

    def spans_among(self, root: RootId, cases: Collection[CaseId], kinds: Collection[str]) -> Sequence[SpanLine]:
        among = self._compiler.among
        statement = self._statement(
            "spans among",
            lambda: (
                select(*(span.c[name] for name in SpanLine._fields))
                .where(span.c.root == bind("root"), among(span.c.case, "cases"), among(span.c.kind, "kinds"))
                .order_by(span.c.case, span.c.kind, span.c.seq)
            ),
        )
        rows = self._pool.fetch(statement, root=root, cases=list(cases), kinds=list(kinds))
        return [SpanLine(CaseId(row[0]), *row[1:]) for row in rows]

    def _narrowed(self, where: BoardFilter) -> dict[str, Values]:
        """Return what a filter asks for but for its states; a session of its own even where there is none."""
        asked: dict[str, Values] = {
            name: value
            for name, value in where._asdict().items()
            if name not in ("states", "congress_session") and value is not None
        }
        if where.congress_session is not None:
            asked["congress_session"] = where.congress_session
        return asked

    def _conditions(self, sight: Sees, asked: Mapping[str, Values]) -> list[ColumnElement[bool]]:
        session = _of_given(cases.c.congress_session, asked)
        here = session == bind("congress_session") if "congress_session" in asked else session.is_(None)
        names = asked.keys() & self._filters.keys() - {"congress_session"}
        return [cases.c.root == bind("root"), here, *(self._filters[n] for n in sorted(names)), *self._visible(sight)]

    def _in_states(self, asked: Mapping[str, Values]) -> ColumnElement[bool]:
        return self._compiler.among(_of_given(cases.c.state, asked), "states")

    def _first_of_each(self, sight: Sees, asked: Mapping[str, Values]) -> Select[*tuple[object, ...]]:
        undated = case((cases.c.next_due_at.is_(None), literal_column("1")), else_=literal_column("0"))
        place = func.row_number().over(partition_by=cases.c.state, order_by=[undated, cases.c.next_due_at, cases.c.id])
        numbered = (
            select(*_LINE, place.label("place"))
            .where(*self._conditions(sight, asked), self._compiler.among(cases.c.state, "states"))
            .subquery()
        )
        return (
            select(*(numbered.c[column.name] for column in _LINE))
            .where(numbered.c.place <= bind("limit", Integer()))
            .order_by(numbered.c.state, numbered.c.place)
        )

    def _due_page(
        self,
        root: RootId,
        sight: Sees,
        values: Mapping[str, Values],
        where: BoardFilter,
        after: str | None,
        limit: int,
    ) -> list[_Key]:
        asked = self._narrowed(where)
        if sight.sight is Sight.FEW:
            several = {**values, **asked, "states": list(where.states)}
            return self._by_due(root, sight, several, asked, after, limit)
        each = (
            self._by_due(root, sight, {**values, **asked, "state": state}, asked, after, limit)
            for state in where.states
        )
        return list(merge(*each, key=_due_order))[:limit]

    def _by_due(
        self,
        root: RootId,
        sight: Sees,
        values: Mapping[str, Values],
        asked: Mapping[str, Values],
        after: str | None,
        limit: int,
    ) -> list[_Key]:
        """Return the keys of the cases of one state, or of several, after a key: those that are due first."""
        parts = None if after is None else page_key(BY_DUE_KEY, after)
        found: list[_Key] = []
        for dated in (True, False):
            if len(found) == limit or (parts is not None and parts[0] is None and dated):
                continue
            is_continued = parts is not None and (parts[0] is not None) is dated
            given = dict(values)
            if parts is not None and is_continued:
                given["after_case"] = parts[1]
                if dated:
                    given["after_at"] = int(parts[0])
            statement = self._statement(
                ("board by due", sight, frozenset(asked), "state" in values, dated, is_continued),
                partial(self._of_states, sight, asked, "state" in values, dated=dated, after=is_continued),
            )
            rows = self._pool.fetch(statement, root=root, limit=limit - len(found), **given)
            found += [_Key(row[0], row[1]) for row in rows]
        return found

    def _lines_of(self, root: RootId, keys: Sequence[_Key]) -> list[CaseLine]:
        """Return the lines of these cases, in their order; one that is gone meanwhile is left out."""
        statement = self._statement(
            "board lines",
            lambda: select(*_LINE).where(cases.c.root == bind("root"), self._compiler.among(cases.c.id, "ids")),
        )
        rows = self._pool.fetch(statement, root=root, ids=[key.case for key in keys]) if keys else []
        found = {line.id: line for line in _lines(rows)}
        return [found[CaseId(key.case)] for key in keys if key.case in found]

    def _of_states(
        self, sight: Sees, asked: Mapping[str, Values], is_one: bool, *, dated: bool, after: bool
    ) -> Select[*tuple[object, ...]]:
        due_at = self._visibility.ordering(sight, cases.c.next_due_at)
        conditions = self._conditions(sight, asked)
        conditions.append(cases.c.state == bind("state") if is_one else self._compiler.among(cases.c.state, "states"))
        # The rows themselves are fetched once it is known which of them are shown: the keys stand in the index.
        statement = select(cases.c.next_due_at, cases.c.id).where(
            *conditions, cases.c.next_due_at.is_not(None) if dated else cases.c.next_due_at.is_(None)
        )
        if dated:
            if after:
                statement = statement.where(tuple_(due_at, cases.c.id) > tuple_(bind("after_at"), bind("after_case")))
            return at_most(statement.order_by(due_at, cases.c.id), bind("limit", Integer()))
        if after:
            statement = statement.where(cases.c.id > bind("after_case"))
        return at_most(statement.order_by(cases.c.id), bind("limit", Integer()))

    def _state_page(
        self,
        root: RootId,
        sight: Sees,
        values: Mapping[str, Values],
        where: BoardFilter,
        after: str | None,
        limit: int,
    ) -> tuple[list[CaseLine], list[str]]:
        asked = self._narrowed(where)
        begin, key = page_key(BY_STATE_KEY, after) if after is not None else (None, None)
        states = where.states[where.states.index(begin) :] if begin in where.states else where.states
        keys: list[_Key] = []
        for state in states:
            if len(keys) == limit:
                break
            of_state = {**values, **asked, "state": state}
            keys += self._by_due(root, sight, of_state, asked, key if state == begin else None, limit - len(keys))
        lines = self._lines_of(root, keys)
        return lines, [f"{line.state}/{due_key(line)}" for line in lines]

    def _sorted_page(
        self,
        root: RootId,
        sight: Sees,
        values: Mapping[str, Values],
        where: BoardFilter,
        order: BoardOrder,
        after: str | None,
        limit: int,
    ) -> tuple[list[CaseLine], list[str]]:
        asked = self._narrowed(where)
        given: dict[str, Values] = {**values, **asked, "states": list(where.states)}
        if after is not None:
            given["after_value"], given["after_case"] = page_key(_SORTED_KEY, after)
        statement = self._statement(
            ("board sorted", sight, frozenset(asked), order, after is not None),
            lambda: self._sorted(sight, asked, order, after=after is not None),
        )
        rows = self._pool.fetch(statement, root=root, limit=limit, **given)
        return _lines(row[1:] for row in rows), [f"{row[0]}/{row[1]}" for row in rows]

    def _sorted(
        self, sight: Sees, asked: Mapping[str, Values], order: BoardOrder, *, after: bool
    ) -> Select[*tuple[object, ...]]:
        by_number = order is BoardOrder.NUMBER
        value = func.coalesce(cases.c.number if by_number else unit.c.code, literal_column(f"'{LAST}'"))
        of_unit = and_(unit.c.root == cases.c.root, unit.c.id == func.coalesce(cases.c.lead_unit, cases.c.unit))
        source = cases if by_number else cases.outerjoin(unit, of_unit)
        statement = (
            select(value.label("value"), *_LINE)
            .select_from(source)
            .where(*self._conditions(sight, asked), self._in_states(asked))
        )
        if after:
            statement = statement.where(tuple_(value, cases.c.id) > tuple_(bind("after_value"), bind("after_case")))
        return at_most(statement.order_by(value, cases.c.id), bind("limit", Integer()))


def _lines(rows: Iterable[tuple[object, ...]]) -> list[CaseLine]:
    return [CaseLine._make((*row, False)) for row in rows]


def _of_given(column: ColumnElement[str], asked: Mapping[str, Values]) -> ColumnElement[str]:
    """Return a column, for given cases as an expression that no index holds: by what it knows of states and sessions
    SQLite would go through a whole session instead of asking for the few."""
    return column.concat(literal_column("''")) if "ids" in asked else column


def _due_order(key: _Key) -> tuple[bool, int, str]:
    return key.due_at is None, key.due_at or 0, key.case
