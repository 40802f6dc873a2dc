"""Cases that are over, of one workflow: walked down from the newest along the index that holds no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Select, literal_column

from engine.case.identity import RootId
from engine.service.archive_ports import ArchiveFilter
from engine.service.list_orders import Order
from engine.service.ports import CaseLine, Page
from engine.storage.case_reads import case_conditions, page_key
from engine.storage.compiled import Compiler, Pool, Statement, Values, bind
from engine.storage.ordered_cases import KEYS, key_of, key_values, listed_by_opening
from engine.storage.sight import Sees, Sight, Visibility
from engine.storage.tables import cases

# Spelt out and not a parameter: only so does the partial index of cases that are over apply.
_OVER: Final = cases.c.phase == literal_column("'final'")


class ArchiveReads:
    """The part of ``Reads`` that is about the archive. A list is compiled once for each combination of filters."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._archive_compiler = compiler
        self._archive_pool = pool
        self._archive_visibility = Visibility(compiler, pool)
        self._archived: dict[tuple[Sees, frozenset[str], bool], Statement] = {}
        self._archive_conditions = _conditions(compiler, of_given=False)
        self._conditions_of_given = _conditions(compiler, of_given=True)

    def archived_cases(
        self, root: RootId, principals: Sequence[str] | None, where: ArchiveFilter, *, after: str | None, limit: int
    ) -> Page:
        sees, values = self._archive_visibility.seen_by(root, principals)
        assert where.text is None, "words are looked for by the service"
        asked: dict[str, Values] = {name: value for name, value in where._asdict().items() if value is not None}
        names = frozenset(asked)
        if after is not None:
            asked |= key_values(Order.OPENED, page_key(KEYS[Order.OPENED], after))
        shape = (sees, names, after is not None)
        statement = self._archived.get(shape)
        if statement is None:
            built = self._built(sees, names, after=after is not None)
            statement = self._archived[shape] = self._archive_compiler.compile(built)
        rows = self._archive_pool.fetch(statement, root=root, limit=limit + 1, **values, **asked)
        lines = tuple(CaseLine._make((*row, False)) for row in rows[:limit])
        return Page(lines, key_of(lines[-1], Order.OPENED) if lines and len(rows) > limit else None)

    def _built(self, sees: Sees, names: frozenset[str], *, after: bool) -> Select[*tuple[object, ...]]:
        # Of given cases these are asked for, and no index is walked.
        of_given = "ids" in names
        filters = self._conditions_of_given if of_given else self._archive_conditions
        conditions = [
            cases.c.root == bind("root"),
            _OVER,
            *(filters[name] for name in sorted(names)),
            *self._archive_visibility.condition(sees, cases.c.id),
        ]
        begins = sees._replace(sight=Sight.FEW) if of_given else sees
        return listed_by_opening(conditions, self._archive_visibility.ordering(begins, cases.c.opened_at), after=after)


def _conditions(compiler: Compiler, *, of_given: bool) -> Mapping[str, ColumnElement[bool]]:
    opened_at = cases.c.opened_at + literal_column("0") if of_given else cases.c.opened_at
    return {
        **case_conditions(compiler, of_given=of_given),
        "from_at": opened_at >= bind("from_at", BigInteger()),
        "until_at": opened_at < bind("until_at", BigInteger()),
    }
