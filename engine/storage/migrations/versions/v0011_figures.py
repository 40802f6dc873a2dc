"""Kept figures: what was counted of a workflow as of an instant, so that a page need not count a million cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table; nothing is counted yet."""
    op.create_table(
        "figures_kept",
        sa.Column("root", IDENT, nullable=False),
        sa.Column("id", IDENT, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("until_at", sa.BigInteger, nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=True),
        sa.Column("kept_at", sa.BigInteger, nullable=True),
        sa.Column("body", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("root", "id", name=op.f("pk_figures_kept")),
    )
    op.create_index("ix_figures_kept_until", "figures_kept", ["root", "until_at"])
