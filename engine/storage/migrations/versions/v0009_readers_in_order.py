"""The rows of a reader by due instant and case: the order of the overdue list, so that its first page is not sorted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Make the index anew. SQLite had the case behind it already, as part of the key."""
    op.drop_index("ix_reader_due", "reader")
    op.create_index(
        "ix_reader_due", "reader", ["root", "principal", "due_at", "case"], sqlite_where=DUE, postgresql_where=DUE
    )
