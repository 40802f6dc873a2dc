"""Writing about sealing: a few statements in the open transaction of a plain write."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Integer,
    Table,
    TableValuedAlias,
    Text,
    and_,
    cast,
    delete,
    func,
    literal_column,
    select,
    tuple_,
)

from engine.case.identity import RootId
from engine.errors import StorageUnavailable
from engine.ledger.chain import entry_hash
from engine.service.sealing_ports import CheckpointRow, CosignatureRow, QueueKey
from engine.storage.compiled import Compiler, Runner, at_most, bind
from engine.storage.sealing_tables import checkpoint, cosignature, leaf, tree
from engine.storage.tables import ledger_entry, unsealed

_NOTHING: Final[ColumnElement[int]] = literal_column("0")
_ONE: Final[ColumnElement[int]] = literal_column("1")
_GIVEN: Final = ("at", "case", "seq", "idx")
"""What a row of the list of entries to be sealed holds, in order."""


class StoredSealing:
    """Implements ``SealingWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._sealing = SealingStatements.of(compiler)
        self._sealer = transaction

    def seal_entries(self, root: RootId, after: QueueKey, upto: QueueKey) -> None:
        self._lock(root)
        waiting = self._sealer.fetch(
            self._sealing.waiting,
            root=root,
            **{f"after_{name}": value for name, value in after._asdict().items()},
            **{f"upto_{name}": value for name, value in upto._asdict().items()},
        )
        # The leaf takes the hash from the entry's row; here it is seen to be that of the bytes.
        whole = [row[:3] for row in waiting if entry_hash(bytes(row[3])) == row[4]]
        if not whole:
            return
        given = [(*key, idx) for idx, key in enumerate(whole, start=self._next(root))]
        if self._sealing.one_by_one:
            for row in given:
                self._sealer.run(self._sealing.seal, root=root, **dict(zip(_GIVEN, row, strict=True)))
                self._sealer.run(self._sealing.take, root=root, **dict(zip(_GIVEN, row, strict=True)))
            return
        rows = json.dumps(given, ensure_ascii=False)
        self._sealer.run(self._sealing.seal, root=root, rows=rows)
        self._sealer.run(self._sealing.take, root=root, rows=rows)

    def begin_tree(self, root: RootId, year: int, origin: str, closed: int | None) -> bool:
        self._lock(root)
        say, fetch = self._sealing, self._sealer.fetch
        trees, newest, first = fetch(say.newest_tree, root=root), fetch(say.newest, root=root), self._next(root)
        if trees and trees[0][0] >= year:
            return False
        covered = (newest[0][0], trees[0][1] + newest[0][1]) if trees and newest else (None, 0)
        if covered != (closed, first):
            raise StorageUnavailable
        self._sealer.run(say.tree, root=root, year=year, first=first, origin=origin)
        return True

    def keep_checkpoint(self, row: CheckpointRow) -> None:
        self._sealer.run(self._sealing.checkpoint, **row._asdict())

    def keep_cosignature(self, row: CosignatureRow) -> None:
        self._sealer.run(self._sealing.cosignature, **row._asdict())

    def _lock(self, root: RootId) -> None:
        """Let nobody else seal this organisation till the end of the transaction; on SQLite nobody else writes."""
        if self._sealing.lock is not None:
            self._sealer.fetch(self._sealing.lock, name=f"banjie seal {root}")

    def _next(self, root: RootId) -> int:
        return int(self._sealer.fetch(self._sealing.next, root=root)[0][0])


class SealingStatements:
    """One attribute for each statement."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self.one_by_one = compiler.is_sqlite
        compile_ = compiler.compile
        one = func.hashtextextended(bind("name", Text()), _NOTHING)
        self.lock = None if compiler.is_sqlite else compile_(select(func.pg_advisory_xact_lock(one)))
        self.next = compile_(
            select(func.coalesce(func.max(leaf.c.idx), literal_column("-1")) + _ONE).where(leaf.c.root == bind("root"))
        )
        key = (unsealed.c.at, unsealed.c.case, unsealed.c.seq)
        entry = and_(*(ledger_entry.c[name] == unsealed.c[name] for name in ("root", "case", "seq")))
        self.waiting = compile_(
            select(*key, ledger_entry.c.body, ledger_entry.c.hash)
            .join_from(unsealed, ledger_entry, entry)
            .where(
                unsealed.c.root == bind("root"),
                tuple_(*key) > tuple_(*(bind(f"after_{name}") for name in QueueKey._fields)),
                tuple_(*key) <= tuple_(*(bind(f"upto_{name}") for name in QueueKey._fields)),
            )
            .order_by(*key)
        )
        self.seal, self.take = compile_(self._seal()), compile_(self._take())
        self.tree, self.checkpoint, self.cosignature = map(self._keep, (tree, checkpoint, cosignature))
        one_row: ColumnElement[int] = literal_column("1", Integer())
        self.newest_tree = compile_(
            at_most(
                select(tree.c.year, tree.c.first).where(tree.c.root == bind("root")).order_by(tree.c.year.desc()),
                one_row,
            )
        )
        self.newest = compile_(
            at_most(
                select(checkpoint.c.n, checkpoint.c.size)
                .where(checkpoint.c.root == bind("root"))
                .order_by(checkpoint.c.n.desc()),
                one_row,
            )
        )

    @classmethod
    @cache
    def of(cls, compiler: Compiler) -> SealingStatements:
        """Return the statements for a kind of database."""
        return cls(compiler)

    def _given(self) -> tuple[TableValuedAlias | None, dict[str, ColumnElement[Any]]]:
        """Return the entries to be sealed as a table, and its columns by name.

        On SQLite there is no table but one row of parameters: it is asked without a journey, and would not see that a
        list is short where the ledger is long.
        """
        if self.one_by_one:
            return None, {name: bind(name, Text() if name == "case" else BigInteger()) for name in _GIVEN}
        table = func.json_array_elements(cast(bind("rows", Text()), JSON)).table_valued("value", name="given")
        return table, {
            name: cast(literal_column(f"given.value ->> {place}"), Text if name == "case" else BigInteger)
            for place, name in enumerate(_GIVEN)
        }

    def _seal(self) -> Any:
        given, columns = self._given()
        entry = ledger_entry.c
        rows = select(entry.root, columns["idx"], entry.case, entry.seq, columns["at"], entry.hash).where(
            entry.root == bind("root"), entry.case == columns["case"], entry.seq == columns["seq"]
        )
        if given is not None:
            rows = rows.select_from(ledger_entry, given)
        return self._compiler.insert(leaf).from_select(list(leaf.c.keys()), rows)

    def _take(self) -> Any:
        given, columns = self._given()
        key = [getattr(unsealed.c, name) for name in QueueKey._fields]
        gone = delete(unsealed).where(unsealed.c.root == bind("root"))
        if given is None:
            return gone.where(*(column == columns[column.name] for column in key))
        asked = select(*(columns[name] for name in QueueKey._fields)).select_from(given)
        return gone.where(tuple_(*key).in_(asked))

    def _keep(self, table: Table) -> Any:
        """Return an INSERT that leaves a row with the same key as it is."""
        return self._compiler.compile(self._compiler.insert(table).on_conflict_do_nothing(), list(table.c.keys()))
