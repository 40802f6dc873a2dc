"""Reading what is sealed: the queue, the newest of everything, and all of it as it stands at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, Table, func, literal_column, or_, select, tuple_

from engine.case.identity import RootId
from engine.ledger.streams import SYSTEM
from engine.service.sealing_ports import (
    CheckpointRow,
    CosignatureRow,
    LeafPlace,
    LeafRow,
    Place,
    QueueKey,
    TreeRow,
    Waiting,
)
from engine.service.sweep_ports import SWEEP_SLOT
from engine.storage.compiled import Compiler, Pool, Snapshot, Statement, at_most, bind
from engine.storage.sealing_tables import checkpoint, cosignature, leaf, tree
from engine.storage.tables import ledger_entry, unsealed

HEAD_BYTES: Final = 240
"""Of an entry's bytes this many hold its instant: only actors stand before it."""
LAST_KEY: Final = QueueKey(2**62, "\U0010ffff", 2**62)
_ONE: Final[ColumnElement[int]] = literal_column("1", Integer())


class SealingReads:
    """The part of ``Reads`` that is about sealing."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._pool = pool
        compile_ = compiler.compile
        key = (unsealed.c.at, unsealed.c.case, unsealed.c.seq)
        self._queued = compile_(
            lambda: at_most(
                select(*key)
                .where(
                    unsealed.c.root == bind("root"),
                    tuple_(*key) > tuple_(*(bind(f"after_{name}") for name in QueueKey._fields)),
                    tuple_(*key) <= tuple_(*(bind(f"upto_{name}") for name in QueueKey._fields)),
                    unsealed.c.at < bind("before"),
                )
                .order_by(*key),
                bind("limit", Integer()),
            )
        )
        of_root = unsealed.c.root == bind("root")
        self._oldest = compile_(lambda: select(func.min(unsealed.c.at)).where(of_root))
        pressing = unsealed.c.case.not_like(literal_column(f"'{SYSTEM}%:{SWEEP_SLOT}'"))
        self._pressing = compile_(
            lambda: at_most(select(unsealed.c.at).where(of_root, pressing).order_by(unsealed.c.at), _ONE)
        )
        self._newest_tree = compile_(lambda: at_most(_of(tree).order_by(tree.c.year.desc()), _ONE))
        self._next = compile_(
            lambda: select(func.coalesce(func.max(leaf.c.idx), literal_column("-1"))).where(leaf.c.root == bind("root"))
        )
        self._leaves = compile_(
            lambda: _of(leaf).where(leaf.c.idx >= bind("start"), leaf.c.idx < bind("end")).order_by(leaf.c.idx)
        )
        self._newest = compile_(lambda: at_most(_of(checkpoint).order_by(checkpoint.c.n.desc()), _ONE))
        self._checkpoints = compile_(
            lambda: at_most(
                _of(checkpoint).where(checkpoint.c.n > bind("after")).order_by(checkpoint.c.n), bind("limit", Integer())
            )
        )
        self._of_size = compile_(
            lambda: at_most(
                _of(checkpoint)
                .where(checkpoint.c.year == bind("year"), checkpoint.c.size == bind("size"))
                .order_by(checkpoint.c.n),
                _ONE,
            )
        )
        self._cosignatures = compile_(
            lambda: _of(cosignature).where(cosignature.c.n == bind("n")).order_by(cosignature.c.name)
        )
        self._view = _ViewStatements(compiler)

    def queued(
        self, root: RootId, *, after: QueueKey, before: int, limit: int, upto: QueueKey | None = None
    ) -> Sequence[QueueKey]:
        found = self._pool.fetch(
            self._queued,
            root=root,
            before=before,
            limit=limit,
            **{f"after_{name}": value for name, value in after._asdict().items()},
            **{f"upto_{name}": value for name, value in (upto or LAST_KEY)._asdict().items()},
        )
        return [QueueKey._make(row) for row in found]

    def oldest_queued(self, root: RootId) -> int | None:
        found = self._pool.fetch(self._oldest, root=root)[0][0]
        return None if found is None else int(found)

    def oldest_pressing(self, root: RootId) -> int | None:
        found = self._pool.fetch(self._pressing, root=root)
        return int(found[0][0]) if found else None

    def newest_tree(self, root: RootId) -> TreeRow | None:
        found = self._pool.fetch(self._newest_tree, root=root)
        return TreeRow._make(found[0]) if found else None

    def sealed(self, root: RootId) -> int:
        return int(self._pool.fetch(self._next, root=root)[0][0]) + 1

    def leaves(self, root: RootId, start: int, end: int) -> Sequence[LeafRow]:
        return [LeafRow._make(row) for row in self._pool.fetch(self._leaves, root=root, start=start, end=end)]

    def newest_checkpoint(self, root: RootId) -> CheckpointRow | None:
        found = self._pool.fetch(self._newest, root=root)
        return CheckpointRow._make(found[0]) if found else None

    def checkpoints(self, root: RootId, *, after: int, limit: int) -> Sequence[CheckpointRow]:
        found = self._pool.fetch(self._checkpoints, root=root, after=after, limit=limit)
        return [CheckpointRow._make(row) for row in found]

    def checkpoint_of_size(self, root: RootId, year: int, size: int) -> CheckpointRow | None:
        found = self._pool.fetch(self._of_size, root=root, year=year, size=size)
        return CheckpointRow._make(found[0]) if found else None

    def cosignatures(self, root: RootId, n: int) -> Sequence[CosignatureRow]:
        return [CosignatureRow._make(row) for row in self._pool.fetch(self._cosignatures, root=root, n=n)]

    @contextmanager
    def tree_view(self, root: RootId) -> Iterator[StoredView]:
        with self._pool.snapshot() as snapshot:
            yield StoredView(self._view, snapshot, root)


class StoredView:
    """Implements ``TreeView`` on a lent connection."""

    def __init__(self, statements: _ViewStatements, snapshot: Snapshot, root: RootId) -> None:
        self._say = statements
        self._snapshot = snapshot
        self._root = root

    def trees(self) -> Sequence[TreeRow]:
        return [TreeRow._make(row) for row in self._snapshot.fetch(self._say.trees, root=self._root)]

    def leaves(self) -> Iterator[LeafRow]:
        return map(LeafRow._make, self._snapshot.stream(self._say.leaves, root=self._root))

    def checkpoints(self) -> Iterator[CheckpointRow]:
        return map(CheckpointRow._make, self._snapshot.stream(self._say.checkpoints, root=self._root))

    def cosignatures(self) -> Iterator[CosignatureRow]:
        return map(CosignatureRow._make, self._snapshot.stream(self._say.cosignatures, root=self._root))

    def places(self) -> Iterator[Place]:
        return map(Place._make, self._snapshot.stream(self._say.places, root=self._root))

    def leaves_by_entry(self) -> Iterator[LeafPlace]:
        return map(LeafPlace._make, self._snapshot.stream(self._say.by_entry, root=self._root))

    def queue(self) -> Iterator[Waiting]:
        return map(Waiting._make, self._snapshot.stream(self._say.queue, root=self._root))

    def head_facts(self) -> Iterator[tuple[str, int, bytes]]:
        return ((row[0], row[1], row[2]) for row in self._snapshot.stream(self._say.head_facts, root=self._root))


class _ViewStatements:
    """One attribute for each question."""

    def __init__(self, compiler: Compiler) -> None:
        def whole(table: Table) -> Statement:
            return compiler.compile(lambda: _of(table).order_by(*table.primary_key.columns))

        self.trees, self.leaves, self.checkpoints, self.cosignatures = map(whole, (tree, leaf, checkpoint, cosignature))
        # Three streams in one order, merged by who reads them: no database has to guess how to join them.
        entry, of_entry = ledger_entry.c, (ledger_entry.c.case, ledger_entry.c.seq)
        head = func.substr(entry.body, literal_column("1"), literal_column(str(HEAD_BYTES)))
        self.places = compiler.compile(
            lambda: select(*of_entry, entry.hash, head).where(entry.root == bind("root")).order_by(*of_entry)
        )
        of_leaf = (leaf.c.case, leaf.c.seq)
        self.by_entry = compiler.compile(
            lambda: (
                select(*of_leaf, leaf.c.idx, leaf.c.at, leaf.c.hash)
                .where(leaf.c.root == bind("root"))
                .order_by(*of_leaf)
            )
        )
        self.queue = compiler.compile(
            lambda: (
                select(unsealed.c.case, unsealed.c.seq, unsealed.c.at)
                .where(unsealed.c.root == bind("root"))
                .order_by(unsealed.c.case, unsealed.c.seq, unsealed.c.at)
            )
        )
        self.head_facts = compiler.compile(
            lambda: (
                select(*of_entry, entry.body)
                .where(
                    entry.root == bind("root"),
                    entry.case >= literal_column("'system:'"),
                    entry.case < literal_column("'system;'"),
                    or_(entry.case.like(literal_column("'%:900'")), entry.case.like(literal_column("'%:901'"))),
                )
                .order_by(*of_entry)
            )
        )


def _of(table: Table) -> Select[Any]:
    """Return all columns of an organisation's rows."""
    return select(*table.c).where(table.c.root == bind("root"))
