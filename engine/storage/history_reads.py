"""Reading what stands beside the rows of cases: entries, private values, spans, deadlines, outcomes of keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import CompoundSelect, Select, Table, and_, func, select, union

from engine.case.identity import CaseId, RootId
from engine.service.history_ports import CaseFile, SpanLine, StoredPoll, StoredSpan
from engine.service.poll_ports import PollRow
from engine.service.ports import Outcome, Stored
from engine.service.roster_rows import RosterLineRow, RosterReachRow, RosterRows
from engine.service.rows import CaseRow, DeadlineRow, EntryRow, PrivateRow
from engine.storage.compiled import Compiler, Fetches, Pool, Record, Statement, bind
from engine.storage.poll_tables import poll, poll_token
from engine.storage.roster_tables import roster_line, roster_reach
from engine.storage.sight import Sees, Visibility
from engine.storage.tables import cases, deadline, idempotency, ledger_entry, private_value, span

SPANS_OF_AT_ONCE: Final = 50
"""The spans of so many cases are asked for in one question."""


class HistoryReads:
    """The part of ``Reads`` that is about the past of cases. It asks nobody for rights: the service does."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._pool = pool

        def of_case(table: Table, fields: tuple[str, ...]) -> Statement:
            return compiler.compile(
                lambda: (
                    select(*(table.c[name] for name in fields))
                    .where(table.c.root == bind("root"), table.c.case == bind("case"))
                    .order_by(*table.primary_key.columns)
                )
            )

        self._entries = of_case(ledger_entry, EntryRow._fields)
        self._privates = of_case(private_value, PrivateRow._fields)
        self._deadlines = of_case(deadline, DeadlineRow._fields)
        self._spans = of_case(span, SpanLine._fields)
        self._compiler, self._visibility = compiler, Visibility(compiler, pool)
        self._spans_among = compiler.compile(
            lambda: (
                select(*(span.c[name] for name in SpanLine._fields))
                .where(span.c.root == bind("root"), compiler.among(span.c.case, "cases"), span.c.from_at <= bind("at"))
                .order_by(span.c.case, span.c.kind, span.c.seq)
            )
        )
        self._spans_seen: dict[Sees, Statement] = {}
        self._kept_ids = compiler.compile(_kept_ids)
        self._files = _FileStatements(compiler)
        self._ids = compiler.compile(
            lambda: select(cases.c.id).where(cases.c.root == bind("root")).order_by(cases.c.id)
        )
        self._ids_of_workflow = compiler.compile(
            lambda: (
                select(cases.c.id)
                .where(cases.c.root == bind("root"), cases.c.workflow == bind("workflow"))
                .order_by(cases.c.id)
            )
        )
        found = idempotency.c
        self._outcome = compiler.compile(
            lambda: select(found.request_hash, found.case, found.seq, found.hash).where(
                found.root == bind("root"),
                found.actor == bind("actor"),
                found.key == bind("key"),
                found.hash.is_not(None),
            )
        )

    def entries(self, root: RootId, case: CaseId) -> Sequence[EntryRow]:
        return [EntryRow._make(row) for row in self._pool.fetch(self._entries, root=root, case=case)]

    def privates(self, root: RootId, case: CaseId) -> Sequence[PrivateRow]:
        return [PrivateRow._make(row) for row in self._pool.fetch(self._privates, root=root, case=case)]

    def deadlines(self, root: RootId, case: CaseId) -> Sequence[DeadlineRow]:
        return [DeadlineRow._make(row) for row in self._pool.fetch(self._deadlines, root=root, case=case)]

    def spans_of(self, root: RootId, case: CaseId) -> Sequence[SpanLine]:
        return [SpanLine._make(row) for row in self._pool.fetch(self._spans, root=root, case=case)]

    def spans_of_workflow(
        self, root: RootId, workflow: str, at: int, principals: Sequence[str] | None = None
    ) -> Iterator[SpanLine]:
        # Who sees few cases is asked for those; else every case of the workflow would be asked whether they see it.
        sees, values = self._visibility.seen_by(root, principals)
        statement = self._spans_seen.get(sees)
        if statement is None:
            visible = self._visibility.condition(sees, cases.c.id)
            statement = self._spans_seen[sees] = self._compiler.compile(_spans_of_workflow().where(*visible))
        return map(SpanLine._make, self._pool.stream(statement, root=root, workflow=workflow, at=at, **values))

    def spans_of_cases(self, root: RootId, at: int, cases: Sequence[CaseId]) -> Iterator[SpanLine]:
        # Of many at once PostgreSQL believes that they are most of the table, and reads all of it.
        for place in range(0, len(cases), SPANS_OF_AT_ONCE):
            some = list(cases[place : place + SPANS_OF_AT_ONCE])
            yield from map(SpanLine._make, self._pool.stream(self._spans_among, root=root, at=at, cases=some))

    def all_case_ids(self, root: RootId, workflow: str | None = None) -> Iterator[CaseId]:
        if workflow is None:
            rows = self._pool.stream(self._ids, root=root)
        else:
            rows = self._pool.stream(self._ids_of_workflow, root=root, workflow=workflow)
        return (CaseId(row[0]) for row in rows)

    def kept_ids(self, root: RootId) -> Iterator[CaseId]:
        return (CaseId(row[0]) for row in self._pool.stream(self._kept_ids, root=root))

    def case_files(self, root: RootId, cases: Sequence[CaseId]) -> Sequence[CaseFile]:
        with self._pool.snapshot() as snapshot:
            return self._files.read(snapshot, root, cases)

    def find_outcome(self, root: RootId, actor: str, key: str) -> Stored | None:
        found = self._pool.fetch(self._outcome, root=root, actor=actor, key=key)
        return Stored(found[0][0], Outcome(*found[0][1:])) if found else None


class _FileStatements:
    """One question for each table that holds something of a case, asked for many cases at once."""

    def __init__(self, compiler: Compiler) -> None:
        def of_cases(table: Table, fields: tuple[str, ...], column: str = "case") -> Statement:
            # The id of the case stands first: the rows are told apart by it.
            return compiler.compile(
                lambda: (
                    select(table.c[column].label("of_case"), *(table.c[name] for name in fields))
                    .where(table.c.root == bind("root"), compiler.among(table.c[column], "cases"))
                    .order_by(*table.primary_key.columns)
                )
            )

        self._rows = of_cases(cases, CaseRow._fields, "id")
        self._entries = of_cases(ledger_entry, EntryRow._fields)
        self._privates = of_cases(private_value, PrivateRow._fields)
        self._spans = of_cases(span, StoredSpan._fields)
        self._deadlines = of_cases(deadline, DeadlineRow._fields)
        self._roster_lines = of_cases(roster_line, RosterLineRow._fields)
        self._roster_reaches = of_cases(roster_reach, RosterReachRow._fields)
        self._polls = of_cases(poll, PollRow._fields)
        self._tokens = compiler.compile(
            lambda: (
                select(poll_token.c.case, poll_token.c.poll, func.count(), func.sum(poll_token.c.spent))
                .where(poll_token.c.root == bind("root"), compiler.among(poll_token.c.case, "cases"))
                .group_by(poll_token.c.case, poll_token.c.poll)
                .order_by(poll_token.c.case, poll_token.c.poll)
            )
        )

    def read(self, source: Fetches, root: RootId, cases: Sequence[CaseId]) -> Sequence[CaseFile]:
        """Return the files in the order asked for."""

        def grouped(statement: Statement) -> Mapping[str, Sequence[Record]]:
            groups: dict[str, list[Record]] = defaultdict(list)
            for row in source.fetch(statement, root=root, cases=list(cases)):
                groups[row[0]].append(row[1:])
            return groups

        rows, entries, privates = grouped(self._rows), grouped(self._entries), grouped(self._privates)
        spans, deadlines = grouped(self._spans), grouped(self._deadlines)
        lines, reaches = grouped(self._roster_lines), grouped(self._roster_reaches)
        polls, tokens = grouped(self._polls), grouped(self._tokens)
        return [
            CaseFile(
                case=case,
                row=CaseRow._make(rows[case][0]) if case in rows else None,
                entries=tuple(map(EntryRow._make, entries.get(case, ()))),
                privates=tuple(map(PrivateRow._make, privates.get(case, ()))),
                spans=tuple(map(StoredSpan._make, spans.get(case, ()))),
                deadlines=tuple(map(DeadlineRow._make, deadlines.get(case, ()))),
                rosters=RosterRows(
                    tuple(map(RosterLineRow._make, lines.get(case, ()))),
                    tuple(map(RosterReachRow._make, reaches.get(case, ()))),
                ),
                polls=_polls(polls.get(case, ()), tokens.get(case, ())),
            )
            for case in cases
        ]


def _polls(rows: Sequence[Record], tokens: Sequence[Record]) -> tuple[StoredPoll, ...]:
    """Return the polls of a case that have a row, tokens, or both."""
    known = {row.name: row for row in map(PollRow._make, rows)}
    counted = {name: (int(count), int(spent)) for name, count, spent in tokens}
    return tuple(
        StoredPoll(name, known.get(name), *counted.get(name, (0, 0))) for name in sorted(known.keys() | counted.keys())
    )


def _spans_of_workflow() -> Select[*tuple[object, ...]]:
    return (
        select(*(span.c[name] for name in SpanLine._fields))
        .join_from(cases, span, and_(span.c.root == cases.c.root, span.c.case == cases.c.id))
        .where(cases.c.root == bind("root"), cases.c.workflow == bind("workflow"), span.c.from_at <= bind("at"))
        .order_by(cases.c.id, span.c.kind, span.c.seq)
    )


def _kept_ids() -> CompoundSelect[tuple[str]]:
    tables = (ledger_entry, private_value, span, deadline, roster_line, roster_reach, poll, poll_token)
    of_cases = select(cases.c.id.label("id")).where(cases.c.root == bind("root"))
    beside = (select(table.c.case).where(table.c.root == bind("root")) for table in tables)
    return union(of_cases, *beside).order_by("id")
