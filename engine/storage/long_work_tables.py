"""The tables of long work: what somebody has asked for, and its parts. Whose it is stands in marks, the rest sealed."""

from __future__ import annotations

from sqlalchemy import Index, Table, text

from engine.storage.columns import flag, ident, key, key_number, metadata, number, octets

_LIVE = text("state IN ('waiting', 'running')")

# With rowids: their rows are wide (``tables``).
long_work = Table(
    "long_work",
    metadata,
    key("root"),
    key("id"),
    ident("who"),
    ident("state"),
    number("total"),
    number("done"),
    number("skipped"),
    number("attempts"),
    number("turn_at"),
    number("expires_at"),
    octets("sealed"),
)
Index("ix_long_work_who", long_work.c.root, long_work.c.who, long_work.c.turn_at)
Index("ix_long_work_expires", long_work.c.root, long_work.c.expires_at)
Index(
    "ix_long_work_live",
    long_work.c.root,
    long_work.c.turn_at,
    long_work.c.id,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)

long_work_part = Table(
    "long_work_part",
    metadata,
    key("root"),
    key("work"),
    key_number("number"),
    number("items"),
    flag("settled"),
    number("done"),
    number("skipped"),
    octets("sealed"),
)
