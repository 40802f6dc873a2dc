"""Reading the tables beside the cases as verification looks at them: whole, and without trusting what stands there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from sqlalchemy import Table, func, literal_column, select

from engine.case.identity import RootId
from engine.service.file_ports import FileRow
from engine.service.house_ports import HOUSE_TABLES, RULE_TABLES, HouseRow
from engine.service.rows import PrivateRow
from engine.storage.columns import metadata
from engine.storage.compiled import Compiler, Pool, Snapshot, Statement, bind
from engine.storage.file_tables import attachment
from engine.storage.sealing_tables import checkpoint, leaf, tree
from engine.storage.tables import cases, deadline, ledger_entry, private_value, span, unsealed

NAMING_ROOTS: Final = (cases, ledger_entry, unsealed, private_value, span, deadline, leaf, tree, checkpoint, attachment)


class HouseReads:
    """The part of ``Reads`` that verification of the house and of files needs."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._house_pool = pool
        self._house = _HouseStatements.of(compiler)

    @contextmanager
    def house_view(self, root: RootId) -> Iterator[StoredHouse]:
        with self._house_pool.snapshot() as snapshot:
            yield StoredHouse(self._house, snapshot, root)

    def roots_kept(self) -> Collection[str]:
        """Each table is asked for the next name behind the last one, which takes a look into its key for each."""
        found = set[str]()
        for statement in self._house.next_roots:
            root: object = ""
            while (root := self._house_pool.fetch(statement, after=str(root))[0][0]) is not None:
                found.add(str(root))
        return found

    def files_of_cases(self, root: RootId) -> Sequence[FileRow]:
        return [FileRow._make(row) for row in self._house_pool.fetch(self._house.files, root=root)]

    def values_at(self, root: RootId, paths: Collection[str]) -> Iterator[PrivateRow]:
        found = self._house_pool.stream(self._house.values, root=root, paths=sorted(paths))
        return map(PrivateRow._make, found)


class StoredHouse:
    """Implements ``HouseView`` on a lent connection."""

    def __init__(self, statements: _HouseStatements, snapshot: Snapshot, root: RootId) -> None:
        self._say = statements
        self._snapshot = snapshot
        self._root = root

    def rows(self, table: str) -> Sequence[HouseRow]:
        columns, statement = self._say.tables[table]
        of_root = {"root": self._root} if table in HOUSE_TABLES else {}
        return [dict(zip(columns, row, strict=True)) for row in self._snapshot.fetch(statement, **of_root)]

    def told(self) -> Iterator[object]:
        return (row[0] for row in self._snapshot.stream(self._say.told, root=self._root))


class _HouseStatements:
    """One attribute for each question."""

    @staticmethod
    @cache
    def of(compiler: Compiler) -> _HouseStatements:
        """Return the statements for a database, compiled at the first call."""
        return _HouseStatements(compiler)

    def __init__(self, compiler: Compiler) -> None:
        def whole(table: Table) -> tuple[Sequence[str], Statement]:
            found = select(*table.c).order_by(*table.primary_key.columns)
            if table.name in HOUSE_TABLES:
                found = found.where(table.c.root == bind("root"))
            return [column.name for column in table.c], compiler.compile(found)

        self.tables = {name: whole(metadata.tables[name]) for name in (*HOUSE_TABLES, *RULE_TABLES)}
        self.next_roots = [
            compiler.compile(select(func.min(table.c.root)).where(table.c.root > bind("after")))
            for table in NAMING_ROOTS
        ]
        # Whatever the house is told of stands in the stream of slot 0 of its day.
        entry = ledger_entry.c
        self.told = compiler.compile(
            select(entry.body)
            .where(
                entry.root == bind("root"),
                entry.case >= literal_column("'system:'"),
                entry.case < literal_column("'system;'"),
                entry.case.like(literal_column("'%:0'")),
            )
            .order_by(entry.case, entry.seq)
        )
        self.files = compiler.compile(
            select(*(attachment.c[name] for name in FileRow._fields))
            .where(attachment.c.root == bind("root"), attachment.c.case.is_not(None))
            .order_by(attachment.c.id)
        )
        value = private_value.c
        self.values = compiler.compile(
            select(*(value[name] for name in PrivateRow._fields))
            .where(value.root == bind("root"), compiler.among(value.path, "paths"))
            .order_by(value.case, value.seq, value.path)
        )
