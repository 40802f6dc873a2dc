"""Open polls: a box of ballots for each, and its one-time tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables. No procedure declared a poll before: there is nothing to fill in."""
    op.create_table(
        "poll",
        sa.Column("root", ID, nullable=False),
        sa.Column("case", ID, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("electors", sa.BigInteger, nullable=False),
        sa.Column("returned", sa.BigInteger, nullable=False),
        sa.Column("box", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("root", "case", "name", name="pk_poll"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "poll_token",
        sa.Column("root", ID, nullable=False),
        sa.Column("case", ID, nullable=False),
        sa.Column("poll", ID, nullable=False),
        sa.Column("token", ID, nullable=False),
        sa.Column("spent", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("root", "case", "poll", "token", name="pk_poll_token"),
        sqlite_with_rowid=False,
    )
    is_unspent = sa.text("spent = 0")
    op.create_index(
        "ix_poll_token_unspent",
        "poll_token",
        ["root", "token"],
        sqlite_where=is_unspent,
        postgresql_where=is_unspent,
    )
