"""Keeping the rows of files: uploads until a step takes them over, files of cases until they are erased."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select, update

from engine.case.identity import CaseId, RootId
from engine.service.file_ports import FileRow
from engine.storage.compiled import Compiler, Fetches, Pool, Runner, at_most, bind
from engine.storage.file_tables import attachment

_OF_ROOT = attachment.c.root == bind("root")
_COLUMNS = [attachment.c[name] for name in FileRow._fields]


def files_of(compiler: Compiler, fetches: Fetches, root: RootId, ids: Collection[str]) -> Sequence[FileRow]:
    """Return the rows with these ids, inside a write transaction or beside it."""
    statement = compiler.compile(lambda: select(*_COLUMNS).where(_OF_ROOT, compiler.among(attachment.c.id, "ids")))
    return [_row(row) for row in fetches.fetch(statement, root=root, ids=list(ids))]


class StoredFiles:
    """Implements ``FileWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._files = transaction
        self._keep_file = compiler.compile(
            compiler.insert(attachment).on_conflict_do_nothing(index_elements=["root", "id"]), FileRow._fields
        )
        self._give_files = compiler.compile(
            update(attachment)
            .where(
                _OF_ROOT,
                compiler.among(attachment.c.id, "ids"),
                attachment.c.who == bind("giver"),
                attachment.c.case.is_(None),
            )
            .values(who=bind("taker"), expires_at=bind("expires_at"))
        )
        self._drop_files = compiler.compile(
            delete(attachment).where(
                _OF_ROOT, compiler.among(attachment.c.id, "ids"), attachment.c.expires_at.is_not(None)
            )
        )

    def keep_file(self, row: FileRow) -> None:
        self._files.run(self._keep_file, **row._asdict())

    def give_files(self, root: RootId, ids: Collection[str], giver: str, taker: str, expires_at: int) -> None:
        self._files.run(self._give_files, root=root, ids=list(ids), giver=giver, taker=taker, expires_at=expires_at)

    def drop_files(self, root: RootId, ids: Collection[str]) -> None:
        self._files.run(self._drop_files, root=root, ids=list(ids))


class FileReads:
    """The part of ``Reads`` that is about files."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._file_compiler = compiler
        self._file_pool = pool
        self._marks = compiler.compile(
            lambda: select(attachment.c.id).where(
                _OF_ROOT,
                attachment.c.case == bind("case"),
                attachment.c.mark == bind("mark"),
                attachment.c.expires_at.is_(None),
            )
        )
        self._waiting_files = compiler.compile(
            lambda: select(func.count()).select_from(attachment).where(_OF_ROOT, attachment.c.who == bind("who"))
        )
        self._all_waiting = compiler.compile(
            lambda: select(func.count()).select_from(attachment).where(_OF_ROOT, attachment.c.who.is_not(None))
        )
        self._over = compiler.compile(
            lambda: at_most(
                select(*_COLUMNS)
                .where(_OF_ROOT, attachment.c.expires_at <= bind("before"))
                .order_by(attachment.c.expires_at),
                bind("most"),
            )
        )
        self._addresses = compiler.compile(
            lambda: select(attachment.c.address).where(_OF_ROOT, compiler.among(attachment.c.address, "addresses"))
        )

    def files(self, root: RootId, ids: Collection[str]) -> Sequence[FileRow]:
        return files_of(self._file_compiler, self._file_pool, root, ids) if ids else []

    def case_marks(self, root: RootId, case: CaseId, mark: str) -> Sequence[str]:
        return [str(row[0]) for row in self._file_pool.fetch(self._marks, root=root, case=case, mark=mark)]

    def files_waiting(self, root: RootId, who: str) -> int:
        return int(self._file_pool.fetch(self._waiting_files, root=root, who=who)[0][0])

    def uploads_waiting(self, root: RootId) -> int:
        return int(self._file_pool.fetch(self._all_waiting, root=root)[0][0])

    def files_over(self, root: RootId, before: int, limit: int) -> Sequence[FileRow]:
        return [_row(row) for row in self._file_pool.fetch(self._over, root=root, before=before, most=limit)]

    def file_addresses(self, root: RootId, addresses: Collection[str]) -> Collection[str]:
        rows = self._file_pool.fetch(self._addresses, root=root, addresses=list(addresses)) if addresses else []
        return {str(row[0]) for row in rows}


def _row(row: tuple[object, ...]) -> FileRow:
    found = FileRow._make(row)
    # SQLite keeps in a column what it was given: what is no bytes opens nothing.
    return found._replace(sealed=bytes(found.sealed) if isinstance(found.sealed, bytes | memoryview) else b"")
