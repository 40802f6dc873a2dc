"""Asking the search: hits by words, newest first, and which of them somebody may see. No text comes from here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, Text, any_, desc, func, select
from sqlalchemy import literal_column as literal
from sqlalchemy.dialects import postgresql

from engine.case.identity import CaseId, RootId
from engine.service.ports import CaseFilter
from engine.service.search_ports import Hit, NotAlike, Phrases, Standing
from engine.storage.case_reads import case_conditions
from engine.storage.compiled import Compiler, Pool, Statement, Values, at_most, bind
from engine.storage.search_numbers import PostgresNumbers
from engine.storage.search_postgres import query as postgres_query
from engine.storage.search_tables import SQLITE_WORDS, found, not_alike
from engine.storage.sight import Sees, Sight, Visibility
from engine.storage.tables import cases

_FOUND_OF_ROOT: Final[ColumnElement[bool]] = found.c.root == bind("root")
FEW_TO_SEARCH: Final = 12_000
"""Of so many visible cases all numbers are fetched (30 ms); who sees more sees one in a hundred of a million, and so
many hits are asked at most whether they may be seen until a page is full."""
_LAST: Final = "\U0010ffff"
"""Behind every text that goes on from the same beginning, byte by byte."""
_SEARCHED: Final = ("workflow", "states", "phase", "unit", "congress_session", "category")


class SearchReads:
    """The part of ``Reads`` that is about the search."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._searching = compiler
        self._searched = pool
        self._sight_of_hits = Visibility(compiler, pool, FEW_TO_SEARCH)
        self._narrowing = case_conditions(compiler, of_given=True)
        self._searches: dict[Hashable, Statement] = {}
        self._numbers_of_words = PostgresNumbers(compiler, pool)

    def search_hits(self, root: RootId, phrases: Phrases, *, before: int, limit: int) -> Sequence[Hit]:
        if self._searching.is_sqlite:
            statement = self._search_once("hits", _hits)
            query = self._search_query(phrases)
            rows = self._searched.fetch(statement, root=root, query=query, before=before, limit=limit)
            return [Hit(row[0], CaseId(row[1])) for row in rows]
        statement = self._search_once("hits of numbers", _hits_of_numbers)
        hits: list[Hit] = []
        while True:
            numbers = self.search_numbers(phrases, before=before, limit=limit)
            rows = self._searched.fetch(statement, root=root, numbers=numbers)
            hits += [Hit(row[0], CaseId(row[1])) for row in rows]
            if len(hits) >= limit or len(numbers) < limit:
                return hits[:limit]
            # Cases of other organisations have taken places.
            before = numbers[-1]

    def search_few(self, root: RootId, principals: Sequence[str] | None, *, before: int) -> Sequence[Hit] | None:
        sees, values = self._sight_of_hits.seen_by(root, principals)
        if sees.sight is not Sight.FEW:
            return None
        statement = self._search_once(("few", sees), lambda: _few(self._sight_of_hits.condition(sees, found.c.case)))
        rows = self._searched.fetch(statement, root=root, before=before, **values)
        return [Hit(row[0], CaseId(row[1])) for row in rows]

    def search_numbers(self, phrases: Phrases, *, before: int, limit: int) -> Sequence[int]:
        query = self._search_query(phrases)
        if not self._searching.is_sqlite:
            return self._numbers_of_words(query, before=before, limit=limit)
        statement = self._search_once("numbers", _numbers)
        return [row[0] for row in self._searched.fetch(statement, query=query, before=before, limit=limit)]

    def search_holding(self, phrases: Phrases, numbers: Sequence[int]) -> frozenset[int] | None:
        if self._searching.is_sqlite:
            return None
        return self._numbers_of_words.holding(self._search_query(phrases), numbers)

    def search_places(self, root: RootId, cases: Collection[CaseId]) -> Sequence[Hit]:
        statement = self._search_once("places", lambda: _places(self._searching))
        rows = self._searched.fetch(statement, root=root, ids=list(cases))
        return [Hit(row[0], CaseId(row[1])) for row in rows]

    def search_called(
        self, root: RootId, workflows: Sequence[str], beginning: str, *, since: str = "", limit: int
    ) -> Mapping[CaseId, str]:
        called: dict[CaseId, str] = {}
        statement = self._search_once("called", _called)
        first, last = max(beginning, since), beginning + _LAST
        for workflow in workflows:
            rows = self._searched.fetch(statement, root=root, workflow=workflow, first=first, last=last, limit=limit)
            called |= {CaseId(row[0]): row[1] for row in rows}
        return called

    def search_visible(
        self, root: RootId, principals: Sequence[str] | None, cases: Collection[CaseId], where: CaseFilter
    ) -> frozenset[CaseId]:
        # Of most hits somebody sees nothing: their rows in the wide table of cases are left alone.
        seen = list(cases) if principals is None else self._seen_of(root, principals, cases)
        asked: dict[str, Values] = {name: value for name in _SEARCHED if (value := getattr(where, name)) is not None}
        if not seen or (where.children and not asked):
            return frozenset(seen)
        names = frozenset(asked)
        statement = self._search_once(
            ("fitting", names, where.children), lambda: self._fitting(names, children=where.children)
        )
        rows = self._searched.fetch(statement, root=root, ids=seen, **asked)
        return frozenset(CaseId(row[0]) for row in rows)

    def _seen_of(self, root: RootId, principals: Sequence[str], cases: Collection[CaseId]) -> list[CaseId]:
        sees, values = self._sight_of_hits.each_for(root, principals)
        statement = self._search_once(("seen", sees), lambda: self._seen(sees))
        return [CaseId(row[0]) for row in self._searched.fetch(statement, root=root, ids=list(cases), **values)]

    def search_waiting(self, version: int, *, before: int, limit: int) -> Sequence[tuple[RootId, Hit]]:
        statement = self._search_once("waiting", _waiting)
        rows = self._searched.fetch(statement, version=version, before=before, limit=limit)
        return [(RootId(row[0]), Hit(row[1], CaseId(row[2]))) for row in rows]

    def search_is_filling(self, version: int) -> bool:
        oldest = self._searched.fetch(self._search_once("oldest", _oldest), limit=1)
        return bool(oldest) and oldest[0][0] != version

    def search_foreign(self, version: int) -> bool:
        statement = self._search_once("foreign", _foreign)
        return bool(self._searched.fetch(statement, version=version, limit=1))

    def search_standing(self, version: int) -> Standing:
        statement = self._search_once("standing", _standing)
        row = self._searched.fetch(statement, version=version)[0]
        return Standing(row[0], row[1])

    def not_alike(self, root: RootId, case: CaseId) -> Sequence[NotAlike]:
        statement = self._search_once("not alike", _pairs)
        return [NotAlike._make(row) for row in self._searched.fetch(statement, root=root, case=case)]

    def _seen(self, sees: Sees) -> Select[Any]:
        if self._searching.is_sqlite:
            several = func.json_each(bind("ids", Text())).table_valued("value", name="asked")
        else:
            ids = bind("ids", postgresql.ARRAY(Text()))
            several = func.unnest(ids).table_valued("value", name="asked").render_derived()
        return select(several.c.value).where(*self._sight_of_hits.condition(sees, several.c.value))

    def _fitting(self, names: frozenset[str], *, children: bool) -> Select[Any]:
        conditions = [self._narrowing[name] for name in sorted(names)]
        if not children:
            conditions.append(cases.c.parent.is_(None))
        among = self._searching.among(cases.c.id, "ids")
        return select(cases.c.id).where(cases.c.root == bind("root"), among, *conditions)

    def _search_query(self, phrases: Phrases) -> str:
        """Return phrases as the database asks them. Tokens are letters and digits; they are quoted all the same."""
        if self._searching.is_sqlite:
            return " AND ".join('"' + " ".join(phrase) + '"' for phrase in phrases)
        return postgres_query(phrases)

    def _search_once(self, shape: Hashable, build: Callable[[], Select[*tuple[Any, ...]]]) -> Statement:
        """Return the statement of this shape, compiled at its first use; two threads may compile the same one."""
        known = self._searches.get(shape)
        if known is None:
            known = self._searches[shape] = self._searching.compile(build())
        return known


def _numbers() -> Select[Any]:
    holds = SQLITE_WORDS.c.found_words.op("MATCH")(bind("query", Text()))
    below = SQLITE_WORDS.c.rowid < bind("before", BigInteger())
    return at_most(
        select(SQLITE_WORDS.c.rowid).where(holds, below).order_by(desc(SQLITE_WORDS.c.rowid)), bind("limit", Integer())
    )


def _hits() -> Select[Any]:
    n = SQLITE_WORDS.c.rowid
    holds = SQLITE_WORDS.c.found_words.op("MATCH")(bind("query", Text()))
    joined = select(n, found.c.case).join_from(SQLITE_WORDS, found, found.c.n == n)
    below = n < bind("before", BigInteger())
    return at_most(joined.where(holds, below, _FOUND_OF_ROOT).order_by(desc(n)), bind("limit", Integer()))


def _hits_of_numbers() -> Select[Any]:
    these = found.c.n == any_(bind("numbers", postgresql.ARRAY(BigInteger())))
    return select(found.c.n, found.c.case).where(these, _FOUND_OF_ROOT).order_by(desc(found.c.n))


def _places(compiler: Compiler) -> Select[Any]:
    return select(found.c.n, found.c.case).where(_FOUND_OF_ROOT, compiler.among(found.c.case, "ids"))


def _called() -> Select[Any]:
    number = cases.c.number
    between = number >= bind("first", number.type), number < bind("last", number.type)
    of_workflow = cases.c.root == bind("root"), cases.c.workflow == bind("workflow"), number.is_not(None)
    statement = select(cases.c.id, number).where(*of_workflow, *between).order_by(number)
    return at_most(statement, bind("limit", Integer()))


def _few(visible: list[ColumnElement[bool]]) -> Select[Any]:
    return (
        select(found.c.n, found.c.case)
        .where(_FOUND_OF_ROOT, found.c.n < bind("before", BigInteger()), *visible)
        # By an expression, or SQLite would go through all numbers in their order.
        .order_by(desc(found.c.n + literal("0")))
    )


def _waiting() -> Select[Any]:
    these = found.c.n < bind("before", BigInteger()), found.c.version != bind("version", Integer())
    return at_most(
        select(found.c.root, found.c.n, found.c.case).where(*these).order_by(desc(found.c.n)), bind("limit", Integer())
    )


def _oldest() -> Select[Any]:
    return at_most(select(found.c.version).order_by(found.c.n), bind("limit", Integer()))


def _foreign() -> Select[Any]:
    of_others = found.c.version != bind("version", Integer()), found.c.version != literal("0")
    return at_most(select(found.c.n).where(*of_others), bind("limit", Integer()))


def _standing() -> Select[int, int]:
    waiting = func.count().filter(found.c.version != bind("version", Integer()))
    return select(func.count(), waiting).select_from(found)


def _pairs() -> Select[Any]:
    columns = [not_alike.c[name] for name in NotAlike._fields]
    of_root, this = not_alike.c.root == bind("root"), bind("case", not_alike.c.one.type)
    return select(*columns).where(of_root, (not_alike.c.one == this) | (not_alike.c.other == this))
