"""Indexes for a congress session's board, and for the units that handled what is of one category."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

LED = sa.text("lead_unit IS NOT NULL")


def upgrade() -> None:
    """Make the two indexes."""
    op.create_index(
        "ix_cases_board",
        "cases",
        ["root", "workflow", "congress_session", "state", "next_due_at", "id", "changed_at"],
    )
    op.create_index(
        "ix_cases_led",
        "cases",
        ["root", "workflow", "category", "opened_at", "id"],
        sqlite_where=LED,
        postgresql_where=LED,
    )
