"""Rosters: the lines of each, and which of them were spoken for or reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and their indexes. No procedure declared a roster before: there is nothing to fill in."""
    op.create_table(
        "roster_line",
        sa.Column("root", ID, nullable=False),
        sa.Column("roster", ID, nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("case", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("facets", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("root", "roster", "key", name="pk_roster_line"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_roster_line_case", "roster_line", ["root", "case"])
    op.create_table(
        "roster_reach",
        sa.Column("root", ID, nullable=False),
        sa.Column("reach", ID, nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("case", ID, nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("day", ID),
        sa.Column("slot", ID),
        sa.Column("planned", sa.SmallInteger, nullable=False),
        sa.Column("excused", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("root", "reach", "key", "case", "line", name="pk_roster_reach"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_roster_reach_case", "roster_reach", ["root", "case"])
    has_slot, is_planned = sa.text("slot IS NOT NULL"), sa.text("planned = 1")
    is_excused = sa.text("excused = 1")
    op.create_index(
        "uq_roster_reach_slot",
        "roster_reach",
        ["root", "reach", "slot", "key"],
        unique=True,
        sqlite_where=has_slot,
        postgresql_where=has_slot,
    )
    op.create_index(
        "ix_roster_reach_planned",
        "roster_reach",
        ["root", "reach", "key"],
        sqlite_where=is_planned,
        postgresql_where=is_planned,
    )
    op.create_index(
        "ix_roster_reach_excused",
        "roster_reach",
        ["root", "reach", "day"],
        sqlite_where=is_excused,
        postgresql_where=is_excused,
    )
