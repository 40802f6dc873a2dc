"""Accounts: what sessions and tokens are limited by, tries, one-time secrets and second factors."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add columns and tables. Sessions that are open stay so until they expire; tries of the last day are forgotten."""
    op.add_column("account", sa.Column("password_due_at", sa.BigInteger, nullable=True))
    op.add_column("login", sa.Column("used_at", sa.BigInteger, nullable=True))
    op.add_column("login", sa.Column("idle", sa.BigInteger, nullable=True))
    op.add_column("login", sa.Column("device", sa.Text, nullable=True))
    op.add_column("login", sa.Column("scope", IDENT, nullable=True))
    op.drop_index("ix_login_failure_at", "login_failure")
    op.drop_table("login_failure")
    _table("attempt", ("bucket", "at"), _ident("bucket"), _number("at"), _number("times"))
    op.create_index("ix_attempt_at", "attempt", ["at"])
    _table(
        "failed_login",
        ("root", "person", "hour_at"),
        _ident("root"),
        _ident("person"),
        _number("hour_at"),
        _number("times"),
    )
    _table(
        "one_time",
        ("secret_hash",),
        _ident("secret_hash"),
        _ident("root"),
        _ident("person"),
        _ident("purpose"),
        _number("made_at"),
        _number("expires_at"),
    )
    op.create_index("ix_one_time_person", "one_time", ["root", "person"])
    _table(
        "second_factor",
        ("root", "person"),
        _ident("root"),
        _ident("person"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        _number("enrolled_at", null=True),
        _number("last_step"),
    )
    whose = ("root", "person", "code_hash")
    _table("recovery_code", whose, *(_ident(name) for name in whose))


def _table(name: str, keys: tuple[str, ...], *columns: sa.Column[Any]) -> None:
    """Make a table that is kept in the order of its key."""
    key = sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}"))
    op.create_table(name, *columns, key, sqlite_with_rowid=False)


def _ident(name: str) -> sa.Column[Any]:
    return sa.Column(name, IDENT, nullable=False)


def _number(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=null, autoincrement=False)
