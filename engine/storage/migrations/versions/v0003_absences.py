"""Absences: why somebody acts for another; and the unread part of an inbox in the order in which it is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the note to deputations; those that are there have none. Make one index anew with more columns."""
    op.add_column("deputation", sa.Column("note", sa.Text, nullable=True))
    op.drop_index("ix_notice_unread", "notice")
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["root", "person", "at", "seq", "outbox"],
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
