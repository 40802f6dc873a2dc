"""Keeping drafts until they are sent, given up or over."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from engine.case.identity import RootId
from engine.service.draft_ports import DraftRow
from engine.storage.compiled import Compiler, Pool, Runner, bind
from engine.storage.draft_tables import draft

_OF_ROOT = draft.c.root == bind("root")
_OF_PERSON = (_OF_ROOT, draft.c.who == bind("who"))


class StoredDrafts:
    """Implements ``DraftWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._drafting = transaction
        rows = compiler.insert(draft)
        self._keep_draft = compiler.compile(
            rows.on_conflict_do_update(
                index_elements=list(draft.primary_key.columns),
                set_={"expires_at": rows.excluded.expires_at, "sealed": rows.excluded.sealed},
            ),
            DraftRow._fields,
        )
        self._no_old_drafts = compiler.compile(delete(draft).where(_OF_ROOT, draft.c.expires_at <= bind("at")))
        self._no_draft = compiler.compile(delete(draft).where(*_OF_PERSON, draft.c.id == bind("id")))
        self._no_drafts = compiler.compile(delete(draft).where(*_OF_PERSON))

    def keep_draft(self, row: DraftRow, at: int) -> None:
        self._drafting.run(self._no_old_drafts, root=row.root, at=at)
        self._drafting.run(self._keep_draft, **row._asdict())

    def drop_draft(self, root: RootId, who: str, id_: str) -> None:
        self._drafting.run(self._no_draft, root=root, who=who, id=id_)

    def drop_drafts(self, root: RootId, who: str) -> None:
        self._drafting.run(self._no_drafts, root=root, who=who)


class DraftReads:
    """The part of ``Reads`` that is about drafts."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._draft_pool = pool
        columns = [draft.c[name] for name in DraftRow._fields]
        self._drafts = compiler.compile(select(*columns).where(*_OF_PERSON, draft.c.expires_at > bind("at")))

    def drafts(self, root: RootId, who: str, at: int) -> Sequence[DraftRow]:
        rows = (DraftRow._make(row) for row in self._draft_pool.fetch(self._drafts, root=root, who=who, at=at))
        # SQLite keeps in a column what it was given: what is no bytes opens nothing.
        return [
            row._replace(sealed=bytes(row.sealed) if isinstance(row.sealed, bytes | memoryview) else b"")
            for row in rows
        ]
