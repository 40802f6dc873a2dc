"""The archive: cases that are over, by workflow and by congress session, in the order in which they were opened; and
which cases still keep something private, by what it is, for what is due for erasure.

The indexes of cases are partial, so that cases on their way write nothing here and lists that do not ask for the
archive go on as they did. The units stand in them to be looked at without loading a row, whose body is wide.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

IS_OVER = "phase = 'final'"
INDEXES = {
    "ix_cases_over": ["root", "workflow", "opened_at", "id", "unit", "lead_unit", "category"],
    "ix_cases_over_session": ["root", "workflow", "congress_session", "opened_at", "id"],
}


def upgrade() -> None:
    """Make the indexes."""
    for name, columns in INDEXES.items():
        op.create_index(name, "cases", columns, sqlite_where=sa.text(IS_OVER), postgresql_where=sa.text(IS_OVER))
    op.create_index("ix_private_value_path", "private_value", ["root", "path", "case"])
