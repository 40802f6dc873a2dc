"""The table of drafts: forms that somebody has begun and not sent. Whose they are and of which form stands in marks."""

from __future__ import annotations

from sqlalchemy import Index, Table

from engine.storage.columns import key, metadata, number, octets

# ``who`` and ``id`` are keyed hashes: that somebody is writing a grievance is told by no row, nor by its key.
draft = Table(
    "draft",
    metadata,
    key("root"),
    key("who"),
    key("id"),
    number("expires_at"),
    octets("sealed"),
    sqlite_with_rowid=False,
)
Index("ix_draft_expires", draft.c.root, draft.c.expires_at)
