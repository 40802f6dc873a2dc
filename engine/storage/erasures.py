"""What erasing and sealing anew ask of the tables: the chain of a case in the open transaction, erasures that wait for
their keys to be destroyed, and values from before there were keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Integer, Table, delete, func, literal_column, select, update

from engine.case.identity import CaseId, RootId
from engine.service.erasing import EndedCases, Resealed
from engine.service.rows import EntryRow, OutboxRow, PrivateRow
from engine.service.steps import ERASED
from engine.storage.compiled import Compiler, Fetches, Pool, Runner, Statement, at_most, bind
from engine.storage.tables import cases, ledger_entry, outbox, private_value

SCRUBBED: Final = (
    "private_value",
    "cases",
    "span",
    "notice",
    "delivery",
    "attachment",
    "draft",
    "found_words",
    "long_work",
    "long_work_part",
    "poll",
    "poll_token",
)
"""The tables that may have held an erased value, or what somebody erased had begun to write."""
_NO_KEY: Final[ColumnElement[str]] = literal_column("''")
_FINAL: Final[ColumnElement[str]] = literal_column("'final'")
_ERASED: Final[ColumnElement[str]] = literal_column(f"'{ERASED}'")


class ErasureStatements:
    """The statements, compiled once for each database."""

    def __init__(self, compiler: Compiler) -> None:
        def of_case(table: Table, fields: tuple[str, ...]) -> Statement:
            return compiler.compile(
                select(*(table.c[name] for name in fields))
                .where(table.c.root == bind("root"), table.c.case == bind("case"))
                .order_by(*table.primary_key.columns)
            )

        self.entries = of_case(ledger_entry, EntryRow._fields)
        self.privates = of_case(private_value, PrivateRow._fields)
        of_root = outbox.c.root == bind("root")
        self.pending = compiler.compile(select(outbox).where(of_root, outbox.c.kind == _ERASED).order_by(outbox.c.id))
        self.count = compiler.compile(
            select(func.count()).select_from(ledger_entry).where(ledger_entry.c.root == bind("root"))
        )
        self.forget = compiler.compile(delete(outbox).where(of_root, compiler.among(outbox.c.id, "ids")))
        # One path at a time: its cases stand in their order in the index, and nothing is sorted.
        keeping = at_most(
            select(private_value.c.case)
            .distinct()
            .where(
                private_value.c.root == bind("root"),
                private_value.c.path == bind("path"),
                private_value.c.case > bind("after"),
            )
            .order_by(private_value.c.case),
            bind("limit", Integer()),
        ).subquery("looked")
        ended = (
            select(cases.c.id)
            .where(
                cases.c.root == bind("root"),
                cases.c.id == keeping.c.case,
                cases.c.workflow == bind("workflow"),
                cases.c.phase == _FINAL,
            )
            .exists()
        )
        self.keeping = compiler.compile(select(keeping.c.case, ended.label("ended")))
        whole = private_value.primary_key.columns
        limit = bind("limit", Integer())
        sealed = select(private_value.c.root).where(private_value.c.key != _NO_KEY)
        self.one_sealed = compiler.compile(at_most(sealed, limit))
        self.old = compiler.compile(
            at_most(
                select(*(private_value.c[name] for name in PrivateRow._fields))
                .where(private_value.c.root == bind("root"), private_value.c.key == _NO_KEY)
                .order_by(*whole),
                limit,
            )
        )
        # Only a row that still holds what was sealed: another process may have been faster, or have erased it.
        self.reseal = compiler.compile(
            update(private_value)
            .where(*(column == bind(column.name) for column in whole), private_value.c.key == _NO_KEY)
            .values(
                key=bind("new_key", private_value.c.key.type),
                ciphertext=bind("sealed", private_value.c.ciphertext.type),
            )
        )

    @staticmethod
    @cache
    def of(compiler: Compiler) -> ErasureStatements:
        """Return the statements of a database."""
        return ErasureStatements(compiler)


def chain_of(
    compiler: Compiler, source: Fetches, root: RootId, case: CaseId
) -> tuple[list[EntryRow], list[PrivateRow]]:
    """Return the entries and private values of a case as they are seen inside the open transaction."""
    say = ErasureStatements.of(compiler)
    entries = [EntryRow._make(row) for row in source.fetch(say.entries, root=root, case=case)]
    return entries, [PrivateRow._make(row) for row in source.fetch(say.privates, root=root, case=case)]


class ErasureReads:
    """The part of ``Reads`` that is about erasures and values from before there were keys."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._erasures = ErasureStatements.of(compiler)
        self._pool = pool

    def erasures_pending(self, root: RootId) -> Sequence[OutboxRow]:
        return [OutboxRow._make(row) for row in self._pool.fetch(self._erasures.pending, root=root)]

    def count_entries(self, root: RootId) -> int:
        return int(self._pool.fetch(self._erasures.count, root=root)[0][0])

    def has_sealed_values(self) -> bool:
        return bool(self._pool.fetch(self._erasures.one_sealed, limit=1))

    def ended_cases(self, root: RootId, workflow: str, paths: Sequence[str], *, after: str, limit: int) -> EndedCases:
        say, found = self._erasures.keeping, dict[CaseId, bool]()
        for path in paths:
            found.update(self._pool.fetch(say, root=root, workflow=workflow, path=path, after=after, limit=limit))
        # The first of all paths together are among the first of each.
        looked = sorted(found)[:limit]
        return EndedCases([case for case in looked if found[case]], looked[-1] if len(looked) == limit else None)

    def unsealed_values(self, root: RootId, limit: int) -> Sequence[PrivateRow]:
        return [PrivateRow._make(row) for row in self._pool.fetch(self._erasures.old, root=root, limit=limit)]


class StoredErasures:
    """The part of ``DirectoryWrites`` that is about erasures, inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._erasures = ErasureStatements.of(compiler)
        self._erasing = transaction

    def forget_erasures(self, root: RootId, ids: Sequence[str]) -> None:
        self._erasing.run(self._erasures.forget, root=root, ids=list(ids))

    def reseal_values(self, rows: Sequence[Resealed]) -> None:
        for row in rows:
            place: Mapping[str, str | int] = {"root": row.root, "case": row.case, "seq": row.seq, "path": row.path}
            self._erasing.run(self._erasures.reseal, **place, new_key=row.key, sealed=bytes.fromhex(row.ciphertext))
