"""The statements of ``directory_writes``, compiled once for each kind of database."""

from __future__ import annotations

from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Table, delete, func, insert, literal_column, or_, select, update

from engine.storage.compiled import Compiler, Statement, bind
from engine.storage.directory_tables import (
    account,
    calendar_notice,
    congress_session,
    definition,
    delegation,
    deputation,
    directory_epoch,
    granting,
    list_version,
    person,
    unit,
)
from engine.storage.tables import counter, ledger_entry, outbox, sweep, unsealed

_NOTHING: Final[ColumnElement[int]] = literal_column("0")
_ONE: Final[ColumnElement[int]] = literal_column("1")


class DirectoryStatements:
    """One attribute for each statement; those called after a table write one row of it."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self.unit, self.person, self.session = self._upsert(unit), self._upsert(person), self._upsert(congress_session)
        self.grant, self.deputation = self._upsert(granting), self._upsert(deputation)
        self.delegation, self.counter = self._upsert(delegation), self._upsert(counter)
        self.definition, self.list_version = self._keep(definition), self._keep(list_version)
        self.notice, self.account = self._insert(calendar_notice), self._insert(account)
        self.first_epoch = self._keep(directory_epoch)
        self.entry, self.unsealed, self.sweep = self._insert(ledger_entry), self._insert(unsealed), self._upsert(sweep)
        self.to_be_told = self._insert(outbox)
        of_stream = (ledger_entry.c.root == bind("root"), ledger_entry.c.case == bind("case"))
        self.end_of_stream = compiler.compile(
            select(ledger_entry.c.seq, ledger_entry.c.hash).where(
                *of_stream,
                ledger_entry.c.seq == select(func.max(ledger_entry.c.seq)).where(*of_stream).scalar_subquery(),
            )
        )

        compile_ = compiler.compile
        epoch = directory_epoch.c.epoch
        self.next_epoch = compile_(
            update(directory_epoch).where(directory_epoch.c.root == bind("root")).values(epoch=epoch + _ONE)
        )
        self.next_epoch_of_all = compile_(update(directory_epoch).values(epoch=epoch + _ONE))
        self.next_position = compile_(select(func.coalesce(func.max(directory_epoch.c.position), _NOTHING) + _ONE))
        self.notices = compile_(select(calendar_notice.c.text).where(calendar_notice.c.year == bind("year")))
        self.roots = compile_(select(directory_epoch.c.root).order_by(directory_epoch.c.root))
        self.all_notices = compile_(
            select(calendar_notice.c.year, calendar_notice.c.text).order_by(*calendar_notice.primary_key.columns)
        )
        self.definitions, self.lists = (
            compile_(select(kept.c.name, kept.c.version, kept.c.hash).order_by(*kept.primary_key.columns))
            for kept in (definition, list_version)
        )
        self.no_grant = compile_(
            delete(granting).where(*(column == bind(column.name) for column in granting.primary_key.columns))
        )
        self.no_deputation = compile_(
            delete(deputation).where(*(column == bind(column.name) for column in deputation.primary_key.columns))
        )
        self._accounts(compiler)

    @staticmethod
    @cache
    def of(compiler: Compiler) -> DirectoryStatements:
        """Return the statements for a database, compiled at the first call."""
        return DirectoryStatements(compiler)

    def _accounts(self, compiler: Compiler) -> None:
        compile_, columns = compiler.compile, account.c
        of_person = (columns.root == bind("root"), columns.person == bind("person"))
        self.login_of = compile_(select(columns.login).where(*of_person))
        self.account_called = compile_(select(columns.person).where(columns.login == bind("login")))
        self.no_account = compile_(delete(account).where(*of_person))
        self.rename_account = compile_(update(account).where(*of_person).values(login=bind("login")))

    def _insert(self, table: Table) -> Statement:
        return self._compiler.compile(insert(table), list(table.c.keys()))

    def _keep(self, table: Table) -> Statement:
        """Return an INSERT that leaves a row with the same key as it is."""
        return self._compiler.compile(self._compiler.insert(table).on_conflict_do_nothing(), list(table.c.keys()))

    def _upsert(self, table: Table) -> Statement:
        """Return an INSERT that replaces a row with the same key, and changes nothing if it is equal already."""
        rows = self._compiler.insert(table)
        others = [column.name for column in table.c if not column.primary_key]
        replace = rows.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: rows.excluded[name] for name in others},
            where=or_(*(table.c[name].is_distinct_from(rows.excluded[name]) for name in others)),
        )
        return self._compiler.compile(replace, list(table.c.keys()))
