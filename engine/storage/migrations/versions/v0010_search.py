"""The search: a number for each case, the index of words, and pairs that are not alike.

Every case there is gets its number here, in the order of opening; its words are put into the index by the job
``search`` while work goes on, as that takes minutes where there are a million.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

NUMBER_CASES = (
    'INSERT INTO found (root, "case", n, version) '
    "SELECT root, id, row_number() OVER (ORDER BY opened_at, id), 0 FROM cases"
)
SQLITE_WORDS = (
    "CREATE VIRTUAL TABLE found_words USING fts5(words, content='', columnsize=0, detail=full, tokenize='ascii')"
)
"""Tokens hold no space and none of the signs at which ``ascii`` would cut; no word is cut but by ours."""


def upgrade() -> None:
    """Make the tables and number the cases."""
    op.create_table(
        "found",
        sa.Column("root", IDENT, nullable=False),
        sa.Column("case", IDENT, nullable=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("version", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("root", "case", name=op.f("pk_found")),
        sqlite_with_rowid=False,
    )
    op.execute(NUMBER_CASES)
    op.create_index("uq_found_n", "found", ["n", "version"], unique=True)
    op.create_table(
        "not_alike",
        sa.Column("root", IDENT, nullable=False),
        sa.Column("one", IDENT, nullable=False),
        sa.Column("other", IDENT, nullable=False),
        sa.Column("one_mark", IDENT, nullable=False),
        sa.Column("other_mark", IDENT, nullable=False),
        sa.Column("person", IDENT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("root", "one", "other", name=op.f("pk_not_alike")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_not_alike_other", "not_alike", ["root", "other"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE_WORDS)
        return
    op.execute("CREATE SEQUENCE found_n")
    op.execute("SELECT setval('found_n', (SELECT coalesce(max(n), 0) + 1 FROM found), false)")
    op.execute("CREATE TABLE found_words (n BIGINT CONSTRAINT pk_found_words PRIMARY KEY, words TSVECTOR NOT NULL)")
    op.execute("CREATE INDEX ix_found_words ON found_words USING gin (words)")
