"""The first tables: cases with all that a batch writes, the directory, logins, and the rules kept by hash."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make every table, its indexes, and the triggers that keep entries as they are."""
    _cases()
    _beside_cases()
    _directory()
    _logins()
    _rules()
    if op.get_bind().dialect.name == "sqlite":
        _entries_stay_on_sqlite()
    else:
        _entries_stay_on_postgres()


def _cases() -> None:
    _table(
        "cases",
        _key("root"),
        _key("id"),
        _ident("workflow"),
        _number("definition_version"),
        _ident("unit"),
        _ident("lead_unit", null=True),
        _ident("congress_session", null=True),
        _ident("state"),
        _ident("phase"),
        _ident("number", null=True),
        _words("subject", null=True),
        _ident("category", null=True),
        _ident("parent", null=True),
        _ident("merged_into", null=True),
        _number("version"),
        _number("seq"),
        _ident("head"),
        _number("opened_at"),
        _number("changed_at"),
        _number("next_due_at", null=True),
        _words("body"),
        sa.CheckConstraint("phase IN ('initial', 'active', 'final')", name=op.f("ck_cases_phase")),
        wide=True,
    )
    op.create_index("ix_cases_opened", "cases", ["root", "opened_at", "id"])
    op.create_index("uq_cases_workflow", "cases", ["root", "workflow", "id"], unique=True)
    _partial_index("ix_cases_number", "cases", ["root", "workflow", "number"], "number IS NOT NULL")


def _beside_cases() -> None:
    _table(
        "ledger_entry",
        _key("root"),
        _key("case"),
        _key_number("seq"),
        _octets("body"),
        _octets("hash"),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_ledger_entry_hash")),
        wide=True,
    )
    _table("unsealed", _key("root"), _key_number("at"), _key("case"), _key_number("seq"))
    _table(
        "private_value",
        _key("root"),
        _key("case"),
        _key_number("seq"),
        _key("path"),
        _ident("key"),
        _octets("ciphertext"),
    )
    _table(
        "span",
        _key("root"),
        _key("case"),
        _key("kind"),
        _key_number("seq"),
        _words("value"),
        _number("from_at"),
        _number("until_at", null=True),
        _number("until_seq", null=True),
        sa.CheckConstraint("(until_at IS NULL) = (until_seq IS NULL)", name=op.f("ck_span_until")),
    )
    _table(
        "deadline",
        _key("root"),
        _key("case"),
        _key("name"),
        _ident("state"),
        _number("started_at"),
        _number("due_at"),
        _ident("promised_on"),
        _ident("due_on"),
        _flag("provisional"),
        _words("rungs"),
        _number("rung_at", null=True),
        sa.CheckConstraint("state IN ('running', 'suspended', 'met', 'cancelled')", name=op.f("ck_deadline_state")),
    )
    _partial_index("ix_deadline_running", "deadline", ["root", "due_at", "case", "name"], "state = 'running'")
    _partial_index("ix_deadline_rung", "deadline", ["root", "rung_at", "case", "name"], "rung_at IS NOT NULL")
    _table("reader", _key("root"), _key("principal"), _key("case"), _number("due_at", null=True))
    _partial_index("ix_reader_due", "reader", ["root", "principal", "due_at"], "due_at IS NOT NULL")
    op.create_index("ix_reader_case", "reader", ["root", "case"])
    _table(
        "outbox",
        _key("root"),
        _key("id"),
        _ident("case"),
        _number("seq"),
        _ident("kind"),
        _ident("name"),
        _number("at"),
    )
    _table(
        "sweep",
        _key("root"),
        _number("at"),
        _ident("calendar"),
        _number("open"),
        _number("looked"),
        _number("raised"),
        _number("failed"),
    )
    _table("counter", _key("root"), _key("series"), _number("value"))
    _table(
        "idempotency",
        _key("root"),
        _key("actor"),
        _key("key"),
        _ident("request_hash"),
        _ident("case", null=True),
        _number("seq", null=True),
        _ident("hash", null=True),
        _number("at"),
    )


def _directory() -> None:
    _table(
        "unit",
        _key("root"),
        _key("id"),
        _ident("parent", null=True),
        _ident("code"),
        _words("title_zh"),
        _words("title_en"),
        _ident("from_on", null=True),
        _ident("until_on", null=True),
        _ident("successor", null=True),
    )
    _table(
        "person",
        _key("root"),
        _key("id"),
        _words("name"),
        _ident("login", null=True),
        _ident("unit", null=True),
        _flag("active"),
        sa.CheckConstraint("active IN (0, 1)", name=op.f("ck_person_active")),
    )
    _table(
        "granting",
        _key("root"),
        _key("person"),
        _key("role"),
        _key("unit"),
        _key("from_on"),
        _ident("until_on", null=True),
    )
    _table(
        "deputation",
        _key("root"),
        _key("deputy"),
        _key("principal"),
        _key("from_on"),
        _ident("until_on", null=True),
    )
    _table(
        "congress_session",
        _key("root"),
        _key("id"),
        _ident("unit"),
        _number("term"),
        _number("meeting"),
        _words("title_zh"),
        _words("title_en"),
        _ident("opens_on", null=True),
        _ident("closes_on", null=True),
        _ident("call_opens_on", null=True),
        _ident("call_closes_on", null=True),
        _ident("reply_due_on", null=True),
        _words("lists", null=True),
    )
    _table(
        "delegation",
        _key("root"),
        _key("congress_session"),
        _key("code"),
        _words("title_zh"),
        _words("title_en"),
        _words("members"),
    )
    _table("directory_epoch", _key("root"), _number("epoch"), _number("position"))


def _logins() -> None:
    _table("account", _key("login"), _ident("root"), _ident("person"), _ident("password_hash", null=True))
    op.create_index("uq_account_person", "account", ["root", "person"], unique=True)
    _table(
        "login",
        _key("token_hash"),
        _ident("root"),
        _ident("person"),
        _ident("kind"),
        _words("title"),
        _number("opened_at"),
        _number("expires_at"),
        sa.CheckConstraint("kind IN ('login', 'token')", name=op.f("ck_login_kind")),
    )
    op.create_index("ix_login_person", "login", ["root", "person"])
    _table("login_failure", _key("login"), _key_number("at"), _number("times"))
    op.create_index("ix_login_failure_at", "login_failure", ["at"])


def _rules() -> None:
    for name in ("definition", "list_version"):
        _table(name, _key("name"), _key_number("version"), _key("hash"), _words("text"))
    _table("calendar_notice", _key_number("year"), _key_number("position"), _words("text"))


def _entries_stay_on_sqlite() -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_entry_refuses_{act.lower()} BEFORE {act} ON ledger_entry "
            "BEGIN SELECT RAISE(ABORT, 'entries of the ledger stay as they are'); END"
        )


def _entries_stay_on_postgres() -> None:
    op.execute(
        "CREATE FUNCTION ledger_entry_stays() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'entries of the ledger stay as they are' USING ERRCODE = '55000'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entry_refuses_change BEFORE UPDATE OR DELETE ON ledger_entry "
        "FOR EACH ROW EXECUTE FUNCTION ledger_entry_stays()"
    )
    op.execute(
        "CREATE TRIGGER ledger_entry_refuses_truncate BEFORE TRUNCATE ON ledger_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_stays()"
    )


def _table(name: str, *parts: sa.Column[Any] | sa.CheckConstraint, wide: bool = False) -> None:
    """Make a table whose key is its columns made by ``_key`` and ``_key_number``, in order.

    A table of wide rows has a rowid on SQLite: without one, long rows would spill into pages of their own.
    """
    keys = [part.name for part in parts if isinstance(part, sa.Column) and part.info.get("key")]
    key = sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}"))
    op.create_table(name, *parts, key, sqlite_with_rowid=wide)


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, IDENT, nullable=False, info={"key": True})


def _key_number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False, info={"key": True})


def _ident(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, IDENT, nullable=null)


def _words(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=null)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.SmallInteger, nullable=False)


def _octets(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)
