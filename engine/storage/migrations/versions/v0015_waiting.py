"""What waits for somebody, state by state and in the order of what is due; parts by unit; deadlines by their name.

Each index is partial, so that lists which do not ask for it go on as they did: SQLite would else rather sort all cases
of a state than walk down the newest.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_cases_waiting": (
        "cases",
        ["root", "workflow", "state", "next_due_at", "id", "unit", "lead_unit", "phase"],
        "phase <> 'final'",
    ),
    "ix_cases_handled": (
        "cases",
        ["root", "lead_unit", "unit", "workflow", "state", "parent", "opened_at", "next_due_at", "id", "phase"],
        "phase <> 'final'",
    ),
    "ix_cases_parts": ("cases", ["root", "workflow", "state", "unit", "parent", "id"], "parent IS NOT NULL"),
    "ix_deadline_named": ("deadline", ["root", "name", "due_at", "case"], "state = 'running'"),
}


def upgrade() -> None:
    """Make the indexes."""
    for name, (table, columns, where) in INDEXES.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
