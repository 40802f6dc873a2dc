"""Linked logins: who is known at the house's identity provider, and sessions whose second factor it vouched for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table, and the column beside sessions. Nobody is linked yet, and nothing was vouched for."""
    op.add_column("login", sa.Column("vouched_at", sa.BigInteger, nullable=True))
    op.create_table(
        "linked_login",
        sa.Column("mark", IDENT, nullable=False),
        sa.Column("root", IDENT, nullable=False),
        sa.Column("person", IDENT, nullable=False),
        sa.Column("issuer", IDENT, nullable=False),
        sa.Column("linked_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_linked_login")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_linked_login_person", "linked_login", ["root", "person"], unique=True)
