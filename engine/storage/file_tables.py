"""The table of files: uploads that wait for a step, and the files of cases; their content stands in a folder."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Table, text

from engine.storage.columns import ident, key, metadata, number, octets

attachment = Table(
    "attachment",
    metadata,
    key("root"),
    key("id"),
    ident("case", null=True),
    number("seq", null=True),
    ident("path", null=True),
    ident("who", null=True),
    number("expires_at", null=True),
    ident("mark", null=True),
    ident("key"),
    octets("sealed"),
    ident("address"),
    CheckConstraint('("case" IS NULL) = (seq IS NULL) AND ("case" IS NULL) = (path IS NULL)', name="taken"),
    sqlite_with_rowid=False,
)
Index(
    "ix_attachment_case",
    attachment.c.root,
    attachment.c.case,
    attachment.c.mark,
    sqlite_where=text('"case" IS NOT NULL'),
    postgresql_where=text('"case" IS NOT NULL'),
)
# What waits for a step, by whose it is, and what the clean-up looks at.
Index(
    "ix_attachment_who",
    attachment.c.root,
    attachment.c.who,
    sqlite_where=text("who IS NOT NULL"),
    postgresql_where=text("who IS NOT NULL"),
)
Index(
    "ix_attachment_expires",
    attachment.c.root,
    attachment.c.expires_at,
    sqlite_where=text("expires_at IS NOT NULL"),
    postgresql_where=text("expires_at IS NOT NULL"),
)
Index("ix_attachment_address", attachment.c.root, attachment.c.address)
