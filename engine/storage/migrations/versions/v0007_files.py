"""Files: uploads that wait for a step, and the files of cases."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table and its indexes. No case has files yet."""
    op.create_table(
        "attachment",
        _ident("root"),
        _ident("id"),
        _ident("case", null=True),
        _number("seq"),
        _ident("path", null=True),
        _ident("who", null=True),
        _number("expires_at"),
        _ident("mark", null=True),
        _ident("key"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        _ident("address"),
        sa.CheckConstraint(
            '("case" IS NULL) = (seq IS NULL) AND ("case" IS NULL) = (path IS NULL)', name=op.f("ck_attachment_taken")
        ),
        sa.PrimaryKeyConstraint("root", "id", name=op.f("pk_attachment")),
        sqlite_with_rowid=False,
    )
    _index("case", ["root", "case", "mark"], '"case" IS NOT NULL')
    _index("who", ["root", "who"], "who IS NOT NULL")
    _index("expires", ["root", "expires_at"], "expires_at IS NOT NULL")
    op.create_index("ix_attachment_address", "attachment", ["root", "address"])


def _index(name: str, columns: list[str], where: str) -> None:
    """Make an index of the rows that a condition holds for."""
    only = sa.text(where)
    op.create_index(f"ix_attachment_{name}", "attachment", columns, sqlite_where=only, postgresql_where=only)


def _ident(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, IDENT, nullable=null)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=True, autoincrement=False)
