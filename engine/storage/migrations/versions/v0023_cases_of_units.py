"""The cases that a unit ever had or led: found without looking at the spans of all others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

IS_OF_UNIT = "kind IN ('lead', 'unit') AND length(value) <= 100"


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_span_of_unit",
        "span",
        ["root", "value", "case"],
        sqlite_where=sa.text(IS_OF_UNIT),
        postgresql_where=sa.text(IS_OF_UNIT),
    )
