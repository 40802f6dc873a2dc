"""Drafts: forms that somebody has begun and not sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table and its index. Nobody has begun anything yet."""
    op.create_table(
        "draft",
        sa.Column("root", IDENT, nullable=False),
        sa.Column("who", IDENT, nullable=False),
        sa.Column("id", IDENT, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("root", "who", "id", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_draft_expires", "draft", ["root", "expires_at"])
