"""Recusals, and what anonymous people have sent until it is released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make both tables. Cases that are there name no persons, so nobody is recused yet."""
    op.create_table(
        "recused",
        sa.Column("root", IDENT, nullable=False),
        sa.Column("case", IDENT, nullable=False),
        sa.Column("principal", IDENT, nullable=False),
        sa.PrimaryKeyConstraint("root", "case", "principal", name=op.f("pk_recused")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deposit",
        sa.Column("root", IDENT, nullable=False),
        sa.Column("id", IDENT, nullable=False),
        sa.Column("who", IDENT, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("root", "id", name=op.f("pk_deposit")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_deposit_who", "deposit", ["root", "who"])
