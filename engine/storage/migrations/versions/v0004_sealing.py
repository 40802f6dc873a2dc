"""Sealing: trees, leaves, checkpoints and cosignatures; triggers keep the first three as they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEPT = ("tree", "leaf", "checkpoint")


def upgrade() -> None:
    """Make the tables, the index by entry, and the triggers; what is there stays as it is and waits to be sealed."""
    _table("tree", ("root", "year"), _number("first"), _ident("origin"))
    _table(
        "leaf",
        ("root", "idx"),
        _ident("case"),
        _number("seq"),
        _number("at"),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_leaf_hash")),
    )
    op.create_index("uq_leaf_entry", "leaf", ["root", "case", "seq"], unique=True)
    _table(
        "checkpoint",
        ("root", "n"),
        _number("year"),
        _number("size"),
        _number("at"),
        _words("peaks"),
        _words("note"),
    )
    _table("cosignature", ("root", "n", "name"), _words("line"))
    if op.get_bind().dialect.name == "sqlite":
        _stay_on_sqlite()
    else:
        _stay_on_postgres()


def _stay_on_sqlite() -> None:
    for name in KEPT:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_refuses_{act.lower()} BEFORE {act} ON {name} "
                "BEGIN SELECT RAISE(ABORT, 'what is sealed stays as it is'); END"
            )


def _stay_on_postgres() -> None:
    op.execute(
        "CREATE FUNCTION sealed_stays() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'what is sealed stays as it is' USING ERRCODE = '55000'; END $$"
    )
    for name in KEPT:
        op.execute(
            f"CREATE TRIGGER {name}_refuses_change BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION sealed_stays()"
        )
        op.execute(
            f"CREATE TRIGGER {name}_refuses_truncate BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION sealed_stays()"
        )


def _table(name: str, key: tuple[str, ...], *parts: sa.Column[Any] | sa.CheckConstraint) -> None:
    """Make a table with a key of texts, or of numbers where the name says so."""
    keys = [_number(part) if part in ("year", "idx", "n") else _ident(part) for part in key]
    op.create_table(
        name, *keys, *parts, sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")), sqlite_with_rowid=False
    )


def _ident(name: str) -> sa.Column[Any]:
    return sa.Column(name, IDENT, nullable=False)


def _words(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)
