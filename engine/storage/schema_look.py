"""How the tables themselves look: whether they are those that the migrations make, with every trigger in its place.

An administrator who changes a row must first do away with its trigger; who forgets to put it back is seen here. On
SQLite every word is held against a database made anew; PostgreSQL is asked for the triggers and what they do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from engine.service.sealing_ports import SchemaLook
from engine.storage.compiled import Pool, Record, Statement
from engine.storage.upgrade import run_migrations
from engine.text import Text

KEPT: Final = ("checkpoint", "leaf", "ledger_entry", "tree")
_SQLITE: Final = (
    "SELECT type, name, sql FROM sqlite_master WHERE name <> 'alembic_version' AND name NOT LIKE 'sqlite_%' "
    "ORDER BY type, name"
)
_COLUMNS: Final = (
    "SELECT table_name, column_name, data_type FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name <> 'alembic_version' ORDER BY 1, 2"
)
_TRIGGERS: Final = (
    "SELECT t.tgname, c.relname, t.tgenabled::text || ' ' || p.prosrc FROM pg_trigger t "
    "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE NOT t.tgisinternal AND n.nspname = current_schema() ORDER BY 1"
)


class SchemaReads:
    """The part of ``Reads`` that looks at the tables themselves."""

    def __init__(self, pool: Pool, *, is_sqlite: bool) -> None:
        self._pool_of_schema = pool
        self._is_sqlite = is_sqlite

    def schema(self) -> SchemaLook:
        """Return what is wrong with the tables, and a hash of how they look."""
        if self._is_sqlite:
            found = self._ask(_SQLITE)
            return SchemaLook(_fingerprint(found), tuple(_on_sqlite(found)))
        triggers = self._ask(_TRIGGERS)
        return SchemaLook(_fingerprint([*self._ask(_COLUMNS), *triggers]), tuple(_on_postgres(triggers)))

    def damage(self) -> Sequence[str]:
        """Return what the database itself finds wrong with its file; PostgreSQL has no such question."""
        if not self._is_sqlite:
            return ()
        found = [str(row[0]) for row in self._ask("PRAGMA integrity_check(20)")]
        return () if found == ["ok"] else found

    def _ask(self, question: str) -> list[Record]:
        # No question for PostgreSQL holds a per cent sign, which its driver would read as a parameter.
        return self._pool_of_schema.fetch(Statement(lambda: (question, ()), lists_as_json=True))


def _on_sqlite(found: Sequence[Record]) -> list[Text]:
    # A file that somebody damaged may name a table by bytes.
    here, wanted = ({(str(row[0]), str(row[1])): _words(row[2]) for row in rows} for rows in (found, _made_anew()))
    problems = []
    for kind, name in sorted({*here, *wanted}):
        if here.get((kind, name)) != wanted.get((kind, name)):
            state_zh, state_en = "被改动", "was changed"
            if (kind, name) not in wanted:
                state_zh, state_en = "是多出的", "is not one of ours"
            elif (kind, name) not in here:
                state_zh, state_en = "缺失", "is missing"
            problems.append(Text(f"数据库结构：{kind} {name} {state_zh}", f"schema: {kind} {name} {state_en}"))
    return problems


def _on_postgres(triggers: Sequence[Record]) -> list[Text]:
    here = {row[0]: row[1:] for row in triggers}
    problems = []
    for table in KEPT:
        for act in ("change", "truncate"):
            name = f"{table}_refuses_{act}"
            on, does = here.get(name, ("", ""))
            if on != table or not does.startswith("O ") or "RAISE EXCEPTION" not in does:
                problems.append(
                    Text(f"数据库结构：触发器 {name} 缺失或停用", f"schema: no trigger {name}, or it is off")
                )
    return problems


@cache
def _made_anew() -> tuple[Record, ...]:
    """Return how a database looks that the migrations have just made."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        run_migrations(connection)
        found = tuple(tuple(row) for row in connection.exec_driver_sql(_SQLITE))
    engine.dispose()
    return found


def _fingerprint(rows: Sequence[Record]) -> str:
    text = "\n".join("\t".join(_words(part) for part in row) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()


def _words(statement: object) -> str:
    """Return a statement without the freedom of white space."""
    return re.sub(r"\s+", " ", str(statement)).strip()
