"""Publications: versions of definitions and lists that are in force beside those of the workflows folder.

And the indexes by which the pages of administration list people page by page.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
LATER = sa.text("definition_version > 1")


def upgrade() -> None:
    """Make the table, and the index by which the cases under a later version are found. Nothing is published yet."""
    op.create_table(
        "publication",
        sa.Column("kind", IDENT, nullable=False),
        sa.Column("name", IDENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("hash", IDENT, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("by", IDENT, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "version", name=op.f("pk_publication")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_cases_version",
        "cases",
        ["root", "workflow", "definition_version"],
        sqlite_where=LATER,
        postgresql_where=LATER,
    )
    op.create_index("ix_person_named", "person", ["root", "name", "id", "login", "unit", "active"])
    op.create_index("ix_person_in", "person", ["root", "unit", "active"])
