"""Long work: what somebody has asked for and is done wave by wave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
LIVE = sa.text("state IN ('waiting', 'running')")


def upgrade() -> None:
    """Make the tables and their indexes. Nobody has asked for anything yet."""
    op.create_table(
        "long_work",
        sa.Column("root", IDENT, nullable=False),
        sa.Column("id", IDENT, nullable=False),
        sa.Column("who", IDENT, nullable=False),
        sa.Column("state", IDENT, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("turn_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("root", "id", name=op.f("pk_long_work")),
    )
    op.create_index("ix_long_work_who", "long_work", ["root", "who", "turn_at"])
    op.create_index("ix_long_work_expires", "long_work", ["root", "expires_at"])
    op.create_index(
        "ix_long_work_live", "long_work", ["root", "turn_at", "id"], sqlite_where=LIVE, postgresql_where=LIVE
    )
    op.create_table(
        "long_work_part",
        sa.Column("root", IDENT, nullable=False),
        sa.Column("work", IDENT, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("items", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.SmallInteger, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("root", "work", "number", name=op.f("pk_long_work_part")),
    )
