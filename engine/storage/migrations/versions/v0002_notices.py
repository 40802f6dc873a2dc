"""Notices: what was told of, inboxes, deliveries and preferences."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and their indexes; nothing that is there changes but for one more index."""
    _told()
    _notice()
    _delivery()
    _preference()
    op.create_index("ix_granting_role", "granting", ["root", "role", "unit"])


def _told() -> None:
    _table(
        "told",
        ("root", "outbox"),
        _ident("case"),
        _number("seq"),
        _ident("kind"),
        _ident("name"),
        _number("at"),
        _number("told_at"),
        _number("people"),
        _ident("reason", null=True),
    )
    op.create_index("ix_told_case", "told", ["root", "case", "seq"])


def _notice() -> None:
    _table(
        "notice",
        ("root", "person", "outbox"),
        _ident("case"),
        _number("seq"),
        _ident("kind"),
        _ident("name"),
        _ident("role"),
        _ident("acting_for", null=True),
        _number("at"),
        _number("told_at"),
        _number("read_at", null=True),
        _number("acknowledged_at", null=True),
    )
    op.create_index("ix_notice_inbox", "notice", ["root", "person", "at", "seq", "outbox"])
    _partial_index("ix_notice_unread", "notice", ["root", "person"], "read_at IS NULL")
    op.create_index("ix_notice_case", "notice", ["root", "case", "seq"])


def _delivery() -> None:
    _table(
        "delivery",
        ("root", "id"),
        _ident("outbox"),
        _ident("person"),
        _ident("channel"),
        _words("address"),
        _ident("language"),
        _ident("case"),
        _number("seq"),
        sa.Column("urgent", sa.SmallInteger, nullable=False),
        _ident("bundle"),
        _ident("state"),
        _number("attempts"),
        _number("due_at"),
        _number("at"),
        _ident("message_id"),
        _ident("lease", null=True),
        _number("until_at", null=True),
        _ident("reason", null=True),
        _number("settled_at", null=True),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed', 'given_up')", name=op.f("ck_delivery_state")),
    )
    alone, together = "state = 'queued' AND bundle = ''", "state = 'queued' AND bundle <> ''"
    _partial_index("ix_delivery_due", "delivery", ["root", "channel", "due_at", "id"], alone)
    _partial_index("ix_delivery_digest", "delivery", ["root", "channel", "due_at", "bundle"], together)
    _partial_index("ix_delivery_lease", "delivery", ["root", "lease"], "lease IS NOT NULL")
    _partial_index("ix_delivery_settled", "delivery", ["root", "settled_at", "id"], "settled_at IS NOT NULL")
    op.create_index("ix_delivery_case", "delivery", ["root", "case", "person", "channel", "seq"])


def _preference() -> None:
    _table(
        "preference",
        ("root", "person", "channel"),
        _words("address"),
        sa.Column("active", sa.SmallInteger, nullable=False),
        _ident("digest"),
        _number("quiet_from", null=True),
        _number("quiet_until", null=True),
        _ident("language"),
        sa.CheckConstraint("digest IN ('none', 'daily')", name=op.f("ck_preference_digest")),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name=op.f("ck_preference_quiet")),
    )


def _table(name: str, keys: tuple[str, ...], *parts: sa.Column[Any] | sa.CheckConstraint) -> None:
    """Make a table that begins with the columns of its key and is kept in their order."""
    key = sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}"))
    op.create_table(name, *(_ident(column) for column in keys), *parts, key, sqlite_with_rowid=False)


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _ident(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, IDENT, nullable=null)


def _words(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=null)
