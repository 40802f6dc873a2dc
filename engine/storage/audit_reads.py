"""Reading the ledger as auditors walk through it, the states that cases passed, and the cases a sample is drawn from.

Entries have no index of their own by time: what is sealed stands in the order in which it was sealed, which is the
order of time but for what was written late, and what waits stands by its instant. Both are walked by key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, and_, exists, literal_column, select, tuple_

from engine.case.identity import CaseId, RootId
from engine.service.audit_ports import Drawn, FoundEntry, StateSpan
from engine.service.sealing_ports import QueueKey
from engine.storage.compiled import Compiler, Pool, Record, Statement, Values, at_most, bind
from engine.storage.sealing_tables import leaf
from engine.storage.sight import Sees, Visibility
from engine.storage.tables import cases, ledger_entry, span, unsealed

_LIMIT: Final = "limit"
_STATE: Final[ColumnElement[str]] = literal_column("'state'")
_Made = Callable[[Sees, Sequence[ColumnElement[bool]]], Select[*tuple[object, ...]]]


class AuditReads:
    """The part of ``Reads`` that auditing needs."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._audit_pool = pool
        self._audit = _AuditStatements(compiler, Visibility(compiler, pool))

    def sealed_before(self, root: RootId, idx: int, limit: int) -> Sequence[FoundEntry]:
        found = self._audit_pool.fetch(self._audit.sealed, root=root, before=idx, limit=limit)
        return [FoundEntry._make(row) for row in found]

    def waiting_before(self, root: RootId, key: QueueKey, limit: int) -> Sequence[FoundEntry]:
        found = self._audit_pool.fetch(
            self._audit.waiting, root=root, limit=limit, **{f"before_{name}": each for name, each in _named(key)}
        )
        return [FoundEntry(None, *row) for row in found]

    def place_of_instant(self, root: RootId, at: int) -> int:
        low, high = 0, int(self._audit_pool.fetch(self._audit.last, root=root)[0][0] or 0)
        while low < high:
            middle = (low + high) // 2
            found = self._audit_pool.fetch(self._audit.instant, root=root, idx=middle)
            if found and found[0][0] < at:
                low = middle + 1
            else:
                high = middle
        return low

    def places_of(self, root: RootId, case: CaseId) -> Mapping[int, int]:
        return {int(seq): int(idx) for seq, idx in self._audit_pool.fetch(self._audit.places, root=root, case=case)}

    def states_passed(
        self, root: RootId, principals: Sequence[str] | None, where: Drawn, *, limit: int
    ) -> Sequence[StateSpan]:
        statement, values = self._audit.passed(root, principals, where)
        found = self._audit_pool.fetch(statement, limit=limit, **values)
        return [_state_span(row) for row in found]

    def all_states_passed(self, root: RootId, principals: Sequence[str] | None, where: Drawn) -> Iterator[StateSpan]:
        statement, values = self._audit.all_passed(root, principals, where)
        return map(_state_span, self._audit_pool.stream(statement, **values))

    def ids_drawn_from(
        self, root: RootId, principals: Sequence[str] | None, where: Drawn, *, limit: int
    ) -> Sequence[CaseId]:
        statement, values = self._audit.drawn(root, principals, where)
        return [CaseId(row[0]) for row in self._audit_pool.fetch(statement, limit=limit, **values)]


class _AuditStatements:
    """The questions, compiled once each; those about cases once for each combination of filters in use."""

    def __init__(self, compiler: Compiler, visibility: Visibility) -> None:
        self._compiler, self._visibility = compiler, visibility
        self._made: dict[Hashable, Statement] = {}
        entry, root = ledger_entry.c, bind("root")
        of_leaf = and_(entry.root == leaf.c.root, entry.case == leaf.c.case, entry.seq == leaf.c.seq)
        self.sealed = compiler.compile(
            lambda: at_most(
                select(leaf.c.idx, leaf.c.at, leaf.c.case, leaf.c.seq, entry.body, entry.hash)
                .join_from(leaf, ledger_entry, of_leaf)
                .where(leaf.c.root == root, leaf.c.idx < bind("before", BigInteger()))
                .order_by(leaf.c.idx.desc()),
                bind(_LIMIT, Integer()),
            )
        )
        key = (unsealed.c.at, unsealed.c.case, unsealed.c.seq)
        of_queue = and_(entry.root == unsealed.c.root, entry.case == unsealed.c.case, entry.seq == unsealed.c.seq)
        self.waiting = compiler.compile(
            lambda: at_most(
                select(*key, entry.body, entry.hash)
                .join_from(unsealed, ledger_entry, of_queue)
                .where(
                    unsealed.c.root == root,
                    tuple_(*key) < tuple_(*(bind(f"before_{name}") for name in QueueKey._fields)),
                )
                .order_by(*(column.desc() for column in key)),
                bind(_LIMIT, Integer()),
            )
        )
        newest = select(leaf.c.idx).where(leaf.c.root == root).order_by(leaf.c.idx.desc())
        self.last = compiler.compile(
            lambda: select(at_most(newest, literal_column("1", Integer())).scalar_subquery() + literal_column("1"))
        )
        self.instant = compiler.compile(lambda: select(leaf.c.at).where(leaf.c.root == root, leaf.c.idx == bind("idx")))
        self.places = compiler.compile(
            lambda: select(leaf.c.seq, leaf.c.idx).where(leaf.c.root == root, leaf.c.case == bind("case"))
        )

    def passed(
        self, root: RootId, principals: Sequence[str] | None, where: Drawn
    ) -> tuple[Statement, dict[str, Values]]:
        """Return the question for the states of cases, the newest case first, and its values."""

        def made(sees: Sees, conditions: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
            by = self._visibility.ordering(sees, cases.c.opened_at)
            return at_most(_passed(conditions).order_by(by.desc(), cases.c.id, span.c.seq), bind(_LIMIT, Integer()))

        return self._filtered("passed", root, principals, where, made)

    def all_passed(
        self, root: RootId, principals: Sequence[str] | None, where: Drawn
    ) -> tuple[Statement, dict[str, Values]]:
        """Return the question for the states of all cases, in the order in which they lie, and its values."""

        def made(_sees: Sees, conditions: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
            return _passed(conditions).order_by(cases.c.id, span.c.seq)

        return self._filtered("all passed", root, principals, where, made)

    def drawn(
        self, root: RootId, principals: Sequence[str] | None, where: Drawn
    ) -> tuple[Statement, dict[str, Values]]:
        """Return the question for the ids of cases, and its values."""

        def made(_sees: Sees, conditions: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
            return at_most(select(cases.c.id).where(*conditions).order_by(cases.c.id), bind(_LIMIT, Integer()))

        return self._filtered("drawn", root, principals, where, made)

    def _filtered(
        self, kind: str, root: RootId, principals: Sequence[str] | None, where: Drawn, made: _Made
    ) -> tuple[Statement, dict[str, Values]]:
        sees, values = self._visibility.seen_by(root, principals)
        asked = {name: value for name, value in where._asdict().items() if value is not None}
        known = (kind, sees, frozenset(asked))
        statement = self._made.get(known)
        if statement is None:
            conditions = [
                cases.c.root == bind("root"),
                *(self._condition(name) for name in sorted(asked)),
                *self._visibility.condition(sees, cases.c.id),
            ]
            statement = self._made[known] = self._compiler.compile(made(sees, conditions))
        given = {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}
        return statement, {"root": root, **values, **given}

    def _condition(self, name: str) -> ColumnElement[bool]:
        match name:
            case "opened_from":
                return cases.c.opened_at >= bind(name, BigInteger())
            case "opened_until":
                return cases.c.opened_at < bind(name, BigInteger())
            case "units":
                return self._compiler.among(cases.c.unit, name)
            case _:
                return cases.c[name] == bind(name)


def _named(key: QueueKey) -> Sequence[tuple[str, str | int]]:
    return list(key._asdict().items())


def _passed(conditions: Sequence[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    stated = span.alias("stated")
    undated = exists(
        select(stated.c.case).where(
            stated.c.root == cases.c.root,
            stated.c.case == cases.c.id,
            stated.c.kind == literal_column("'stated'"),
            stated.c.value == literal_column("'undated'"),
        )
    )
    of_case = and_(span.c.root == cases.c.root, span.c.case == cases.c.id, span.c.kind == _STATE)
    wanted = (cases.c.id, cases.c.opened_at, span.c.seq, span.c.value, span.c.from_at, undated)
    return select(*wanted).join_from(cases, span, of_case).where(*conditions)


def _state_span(row: Record) -> StateSpan:
    return StateSpan(CaseId(row[0]), row[1], row[2], row[3], row[4], bool(row[5]))
