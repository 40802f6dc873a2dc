"""Whether somebody is kept from any case at all: who is not shares what was counted with all of the same posts."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_recused_principal", "recused", ["root", "principal"])
