"""What is true of all tables: the root leads, keys are plain, nothing is a float, entries stay as they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import psycopg
import pytest
from sqlalchemy import Float, Numeric, Table, UniqueConstraint

from engine.service import rows as service_rows
from engine.storage import directory_tables, tables
from engine.storage.columns import metadata
from engine.storage.directory_tables import COMMON_TO_ALL, LOOKED_UP_BEFORE_ROOT
from tests.support.storage import an_entry, change, opened, table, write

ALL = list(metadata.tables.values())
DECLARED = {
    "definition",
    "list_version",
    "calendar_notice",
    "publication",
    "account",
    "login",
    "attempt",
    "one_time",
    "linked_login",
}


def keys_and_indexes(of: Table) -> Iterable[list[str]]:
    """Return the columns of the primary key, of every unique constraint and of every index."""
    yield of.primary_key.columns.keys()
    for index in of.indexes:
        yield index.columns.keys()
    for constraint in of.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield constraint.columns.keys()


@pytest.mark.parametrize("of", [each for each in ALL if each.name not in DECLARED], ids=str)
def test_the_root_leads_every_key_and_index(of: Table) -> None:
    # The index of words knows a case by a number alone, that of its row.
    led = {columns[0] for columns in keys_and_indexes(of) if columns != ["n", "version"]}
    assert led == {"root"}


def test_only_the_declared_tables_are_without_a_root_in_front() -> None:
    assert COMMON_TO_ALL | LOOKED_UP_BEFORE_ROOT == DECLARED
    assert metadata.tables.keys() >= DECLARED


@pytest.mark.parametrize("of", ALL, ids=str)
def test_no_column_holds_a_number_with_a_fraction(of: Table) -> None:
    assert not [column.name for column in of.columns if isinstance(column.type, Float | Numeric)]


def test_all_tables_but_those_of_wide_rows_are_kept_in_the_order_of_their_key_on_sqlite() -> None:
    with_rowid = {of.name for of in ALL if of.dialect_options["sqlite"]["with_rowid"]}

    assert with_rowid == {"cases", "ledger_entry", "figures_kept", "long_work", "long_work_part"}


@pytest.mark.parametrize(
    ("of", "row"),
    [
        (tables.cases, service_rows.CaseRow),
        (tables.ledger_entry, service_rows.EntryRow),
        (tables.private_value, service_rows.PrivateRow),
        (tables.deadline, service_rows.DeadlineRow),
        (tables.reader, service_rows.ReaderRow),
        (tables.outbox, service_rows.OutboxRow),
        (tables.counter, service_rows.CounterRow),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_table_has_the_columns_of_its_row_in_their_order(of: Table, row: type[tuple[object, ...]]) -> None:
    assert tuple(of.columns.keys()) == row._fields  # type: ignore[attr-defined]  # every row is a NamedTuple


def test_no_name_collides_with_a_table_of_the_job_library() -> None:
    theirs = {"notifications", "queues", "streams", "workflow_status", "workflow_events", "operation_outputs"}

    assert not theirs & metadata.tables.keys()
    assert directory_tables.granting.name == "granting"  # GRANT is a word of SQL


@pytest.mark.parametrize(
    "attack",
    ["UPDATE ledger_entry SET body = hash", "DELETE FROM ledger_entry", "DELETE FROM ledger_entry WHERE seq = 2"],
)
def test_an_entry_is_neither_changed_nor_deleted(any_database: str, attack: str) -> None:
    with opened(any_database) as store:
        write(store, service_rows.BatchRows(entries=[an_entry("case-1", 1), an_entry("case-1", 2)]))
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.ObjectNotInPrerequisiteState), match="stay as they are"):
        change(any_database, attack)

    assert table(any_database, "SELECT seq, body FROM ledger_entry ORDER BY seq") == [(1, b"{}"), (2, b"{}")]


def test_the_entries_are_not_emptied_at_once(postgres_database: str) -> None:
    with opened(postgres_database), pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        change(postgres_database, "TRUNCATE ledger_entry")
