"""Deadlines on which a rung stands, in the order in which they are due: found without looking at all that runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

IS_RAISED = "state = 'running' AND rungs <> '[]'"


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_deadline_raised",
        "deadline",
        ["root", "state", "due_at", "case", "name"],
        sqlite_where=sa.text(IS_RAISED),
        postgresql_where=sa.text(IS_RAISED),
    )
