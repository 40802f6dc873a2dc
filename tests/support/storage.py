"""Cases and rows to store, stores to keep them in, and answers to "what stands in that table?". Decides nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg

from engine.case.case import Case, Pins
from engine.case.identity import CaseId, RootId, UnitId
from engine.definition.parts import Phase
from engine.service.case_rows import case_row
from engine.service.ports import Conflict, WriteStore
from engine.service.rows import BatchRows, CaseRow, CounterRow, DeadlineRow, EntryRow, ReaderRow
from engine.storage.columns import metadata
from engine.storage.store import Store, open_store
from engine.storage.urls import postgres_url, sqlite_path

ROOT = RootId("root-1")
OTHER_ROOT = RootId("root-2")
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@contextmanager
def opened(url: str, *, write: bool = True) -> Iterator[Store]:
    """Open a store for the length of a block."""
    store = open_store(url, write=write)
    try:
        yield store
    finally:
        store.close()


def writes_of(store: Store) -> WriteStore:
    """Return the writing side of a store that was opened to write."""
    assert store.writes is not None
    return store.writes


def write(store: Store, rows: BatchRows) -> None:
    """Write rows in a transaction of their own."""
    with writes_of(store).begin() as transaction:
        transaction.write(rows)


def a_case(name: str, *, root: RootId = ROOT, **parts: Any) -> Case:
    """Return a case of the workflow proposal in the state filed, with whatever is given otherwise."""
    plain: dict[str, Any] = {
        "root": root,
        "id": CaseId(name),
        "workflow": "proposal",
        "definition_version": 1,
        "pins": Pins(definition="d" * 64, lists={"categories": "l" * 64}, calendar="c" * 64),
        "unit": UnitId("union-office"),
        "congress_session": None,
        "state": "filed",
        "phase": Phase.ACTIVE,
        "opened_at": MORNING,
        "changed_at": MORNING,
        "version": 1,
        "seq": 1,
        "head": "0" * 64,
    }
    return Case(**{**plain, **parts})


def a_row(name: str, *, root: RootId = ROOT, number: str | None = None, subject: str | None = None,
          category: str | None = None, **columns: Any) -> CaseRow:  # fmt: skip
    """Return the row of such a case, single columns replaced."""
    return case_row(a_case(name, root=root), number=number, subject=subject, category=category)._replace(**columns)


def a_deadline(case: str, name: str = "reply", *, due_at: int = 100, **columns: Any) -> DeadlineRow:
    """Return a running deadline."""
    return DeadlineRow(
        root=ROOT,
        case=case,
        name=name,
        state="running",
        started_at=1,
        due_at=due_at,
        promised_on="2026-06-01",
        due_on="2026-06-02",
        provisional=0,
        rungs="[]",
        rung_at=None,
    )._replace(**columns)


def an_entry(case: str, seq: int, body: bytes = b"{}", *, root: RootId = ROOT) -> EntryRow:
    """Return an entry with the hash of its bytes."""
    return EntryRow(root, case, seq, body, hashlib.sha256(body).digest())


def readers(principal: str, *cases: str, root: RootId = ROOT, due_at: int | None = None) -> list[ReaderRow]:
    """Return the rows that let a principal see cases, all due first at the same instant."""
    return [ReaderRow(root, principal, case, due_at) for case in cases]


def table(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Return what a query finds, asked on a connection of its own."""
    path = sqlite_path(url)
    if path is not None:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(postgres_url(url)) as connection:
        return connection.execute(statement).fetchall()


def all_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of the product."""
    return {name: table(url, f'SELECT * FROM "{name}"') for name in metadata.tables}


def change(url: str, statement: str) -> None:
    """Change something behind the store's back, on a connection of its own."""
    path = sqlite_path(url)
    if path is not None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()
        return
    with psycopg.connect(postgres_url(url)) as postgres:
        postgres.execute(statement.encode())


def ids(rows: Sequence[Any]) -> list[str]:
    """Return the ids of cases or lines, in their order."""
    return [row.id for row in rows]


def count_up(url: str, times: int) -> list[int]:
    """Issue numbers of one series, again whenever the database asks for it; meant for a process of its own."""
    issued: list[int] = []
    with opened(url) as store:
        while len(issued) < times:
            try:
                with writes_of(store).begin() as transaction:
                    number = transaction.counters(ROOT, ["receipt"])["receipt"] + 1
                    transaction.write(BatchRows(counters=[CounterRow(ROOT, "receipt", number)]))
            except Conflict:
                continue
            issued.append(number)
    return issued
