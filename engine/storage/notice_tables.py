"""The tables of notices: what was told of, the inbox of each person, deliveries by outside channels, preferences.

A row of ``outbox`` (in ``tables``) waits to be told; once it is, it moves to ``told`` in the same transaction that
writes the notices and deliveries it leads to.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Table, text

from engine.storage.columns import flag, ident, key, metadata, number, words
from engine.storage.directory_tables import granting

# ``reason`` says why nobody was told; NULL where somebody was, or where nobody was to be.
told = Table(
    "told",
    metadata,
    key("root"),
    key("outbox"),
    ident("case"),
    number("seq"),
    ident("kind"),
    ident("name"),
    number("at"),
    number("told_at"),
    number("people"),
    ident("reason", null=True),
    sqlite_with_rowid=False,
)
Index("ix_told_case", told.c.root, told.c.case, told.c.seq)

# The key makes it so that nobody is told the same thing twice.
notice = Table(
    "notice",
    metadata,
    key("root"),
    key("person"),
    key("outbox"),
    ident("case"),
    number("seq"),
    ident("kind"),
    ident("name"),
    ident("role"),
    ident("acting_for", null=True),
    number("at"),
    number("told_at"),
    number("read_at", null=True),
    number("acknowledged_at", null=True),
    sqlite_with_rowid=False,
)
Index("ix_notice_inbox", notice.c.root, notice.c.person, notice.c.at, notice.c.seq, notice.c.outbox)
Index(
    "ix_notice_unread",
    notice.c.root,
    notice.c.person,
    notice.c.at,
    notice.c.seq,
    notice.c.outbox,
    sqlite_where=text("read_at IS NULL"),
    postgresql_where=text("read_at IS NULL"),
)
Index("ix_notice_case", notice.c.root, notice.c.case, notice.c.seq)

# ``attempts`` counts takings, so that one that kills its worker each time ends too. ``lease`` names who holds the row
# until ``until_at``. ``bundle`` is "" for what goes alone, else the digest it goes with.
delivery = Table(
    "delivery",
    metadata,
    key("root"),
    key("id"),
    ident("outbox"),
    ident("person"),
    ident("channel"),
    words("address"),
    ident("language"),
    ident("case"),
    number("seq"),
    flag("urgent"),
    ident("bundle"),
    ident("state"),
    number("attempts"),
    number("due_at"),
    number("at"),
    ident("message_id"),
    ident("lease", null=True),
    number("until_at", null=True),
    ident("reason", null=True),
    number("settled_at", null=True),
    CheckConstraint("state IN ('queued', 'sent', 'failed', 'given_up')", name="state"),
    sqlite_with_rowid=False,
)
# What a dispatcher takes from, the one that waits longest first: what goes alone, and digests.
Index(
    "ix_delivery_due",
    delivery.c.root,
    delivery.c.channel,
    delivery.c.due_at,
    delivery.c.id,
    sqlite_where=text("state = 'queued' AND bundle = ''"),
    postgresql_where=text("state = 'queued' AND bundle = ''"),
)
Index(
    "ix_delivery_digest",
    delivery.c.root,
    delivery.c.channel,
    delivery.c.due_at,
    delivery.c.bundle,
    sqlite_where=text("state = 'queued' AND bundle <> ''"),
    postgresql_where=text("state = 'queued' AND bundle <> ''"),
)
Index(
    "ix_delivery_lease",
    delivery.c.root,
    delivery.c.lease,
    sqlite_where=text("lease IS NOT NULL"),
    postgresql_where=text("lease IS NOT NULL"),
)
# What was settled long ago, and what was sent within the last minute.
Index(
    "ix_delivery_settled",
    delivery.c.root,
    delivery.c.settled_at,
    delivery.c.id,
    sqlite_where=text("settled_at IS NOT NULL"),
    postgresql_where=text("settled_at IS NOT NULL"),
)
# Both "what was delivered about this case" and "is there an earlier one for the same person".
Index("ix_delivery_case", delivery.c.root, delivery.c.case, delivery.c.person, delivery.c.channel, delivery.c.seq)

# Quiet hours are minutes since midnight, Asia/Shanghai; both NULL where there are none.
preference = Table(
    "preference",
    metadata,
    key("root"),
    key("person"),
    key("channel"),
    words("address"),
    flag("active"),
    ident("digest"),
    number("quiet_from", null=True),
    number("quiet_until", null=True),
    ident("language"),
    CheckConstraint("digest IN ('none', 'daily')", name="digest"),
    CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
    sqlite_with_rowid=False,
)

# Who holds a post: asked for some roles at a time, where staff and delegates are tens of thousands.
Index("ix_granting_role", granting.c.root, granting.c.role, granting.c.unit)
