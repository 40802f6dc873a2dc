"""A SQLite file carried over to PostgreSQL: every row of every table, in the order of keys, and both held side by side.

What is there already is known by its keys, so that whoever begins again goes on behind the last row. The marks by which
nobody works with half a database, or with the one that was left, stand in ``upgrade``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import BindParameter, Column, ColumnElement, Table, func, literal_column, select, tuple_

from engine.errors import InputRefused, StorageUnavailable
from engine.storage import directory_tables, notice_tables, tables
from engine.storage.columns import metadata
from engine.storage.compiled import POSTGRES, SQLITE, Compiler, Record, Statement, bind
from engine.storage.postgres_connection import Connection, connect_to_write
from engine.storage.sqlite_connection import connect_to_read
from engine.storage.urls import postgres_url
from engine.text import Text

ROWS_AT_ONCE: Final = 5_000
"""Rows of one transaction: what an interruption asks for again."""
WORDS: Final = "found_words"
"""The index of words has a form of its own on each database and is made anew on the other side."""
WAITING: Final = {("found", "version"): 0}
"""What is written in place of what stands in the file: no case is indexed yet."""
_NUMBERS_FOLLOW: Final = (
    "SELECT setval('found_n', greatest((SELECT coalesce(max(n), 0) FROM found), 1), EXISTS (SELECT FROM found))"
)

assert directory_tables.unit.metadata is tables.cases.metadata is notice_tables.notice.metadata is metadata

Progress = Callable[[int, int | None], None]
"""Told how many rows are done, and of how many."""


class Moving:
    """A file that nobody writes, and the database that takes it over; both stay open until ``close``."""

    def __init__(self, path: Path, url: str) -> None:
        """Connect to both.

        Raises:
            StorageUnavailable: one of them cannot be reached, or the file holds a table that we do not know.
        """
        self._source = connect_to_read(path)
        try:
            self._target: Connection = connect_to_write(postgres_url(url))
        except BaseException:
            self._source.close()
            raise
        self.tables = [_Moved(table) for _name, table in sorted(metadata.tables.items())]

    def close(self) -> None:
        """Give both connections up."""
        self._source.close()
        self._target.close()

    def rows_there(self) -> dict[str, int]:
        """Return how many rows each table of the target holds, those without any left out."""
        with self._said():
            counts = {one.name: self._target.execute(one.count_there.sql).fetchone() for one in self.tables}
            self._target.rollback()
        return {name: row[0] for name, row in counts.items() if row is not None and row[0]}

    def rows_here(self) -> int:
        """Return how many rows there are to carry over.

        Raises:
            InputRefused: the file holds a table that is none of ours, whose rows would be left behind.
        """
        known = {one.name for one in self.tables} | {"alembic_version"}
        with self._said():
            found = self._source.execute(_TABLES).fetchall()
            unknown = [name for (name,) in found if name not in known and not name.startswith((WORDS, "sqlite_"))]
            if unknown:
                raise InputRefused(
                    Text(
                        f"库中有不属于本系统的表：{'、'.join(unknown)}，请先移走",
                        f"The file holds tables that are none of ours: {', '.join(unknown)}; take them out first",
                    )
                )
            return sum(self._source.execute(one.count_here.sql).fetchone()[0] for one in self.tables)

    def has_taken_over(self) -> bool:
        """Return whether the target holds the file's last case, whatever came after it there."""
        with self._said():
            last = self._source.execute(_LAST_CASE.sql).fetchone()
            found = None if last is None else self._target.execute(_THIS_CASE.sql, last).fetchone()
            self._target.rollback()
        return last is None or found is not None

    def carry(self, progress: Progress) -> int:
        """Carry over what is not there yet, table by table; return how many rows that were."""
        whole, there = self.rows_here(), sum(self.rows_there().values())
        done = there
        progress(done, whole)
        for one in self.tables:
            with self._said():
                for rows in self._missing(one):
                    self._put(one, rows)
                    done += len(rows)
                    progress(done, whole)
        with self._said():
            self._target.execute(_NUMBERS_FOLLOW)
            self._target.commit()
        return done - there

    def unequal(self, progress: Progress) -> list[Text]:
        """Hold both side by side, row by row; return of each table the first row that differs."""
        whole, done, found = self.rows_here(), 0, list[Text]()
        for one in self.tables:
            with self._said(), self._target.cursor(name="all_rows") as there:
                there.itersize = ROWS_AT_ONCE
                there.execute(one.all_there.sql)
                here = map(one.as_there, self._source.execute(one.all_here.sql))
                for row, other in zip_longest(here, there):
                    if row != other:
                        found.append(one.told(row, other))
                        break  # behind a row too many every further one would differ
                    done += 1
                    if done % ROWS_AT_ONCE == 0:
                        progress(done, whole)
            with self._said():
                self._target.rollback()
        progress(done, whole)
        return found

    def _missing(self, one: _Moved) -> Iterator[Sequence[Record]]:
        """Yield the rows behind the last one that is there, some thousand at a time."""
        last = self._target.execute(one.last_there.sql).fetchone()
        self._target.rollback()
        while True:
            if last is None:
                rows = self._source.execute(one.first_here.sql).fetchall()
            else:
                key = {f"k{place}": value for place, value in enumerate(last)}
                rows = self._source.execute(one.next_here.sql, one.next_here.arguments(key)).fetchall()
            if not rows:
                return
            yield rows
            last = one.key_of(rows[-1])

    def _put(self, one: _Moved, rows: Sequence[Record]) -> None:
        with self._target.cursor() as cursor, cursor.copy(one.copy) as copy:
            for row in rows:
                copy.write_row(one.as_there(row))
        self._target.commit()

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Say what an error of either database means."""
        try:
            yield
        except psycopg.DataError as error:
            raise InputRefused(
                Text(
                    "有一项内容 PostgreSQL 不能保存（例如空字符），请联系开发者",
                    "PostgreSQL cannot hold one of the values, as a NUL in a text; tell the developers",
                )
            ) from error
        except (psycopg.Error, sqlite3.Error) as error:
            raise StorageUnavailable from error


class _Moved:
    """What is said about one table to either database; columns in the order of the table, rows in that of its key."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        self._columns = list(table.columns)
        key: list[Column[Any]] = list(table.primary_key.columns)
        self._key = [self._columns.index(column) for column in key]
        self._waiting = [
            (place, WAITING[table.name, column.name])
            for place, column in enumerate(self._columns)
            if (table.name, column.name) in WAITING
        ]
        rows = select(*self._columns).order_by(*key)
        behind: list[BindParameter[Any]] = [bind(f"k{place}", column.type) for place, column in enumerate(key)]
        some = rows.limit(_SOME).offset(_NONE)

        def said(compiler: Compiler, statement: Any) -> Statement:
            return compiler.compile(statement)

        self.first_here = said(SQLITE, some)
        self.next_here = said(SQLITE, some.where(tuple_(*key) > tuple_(*behind)))
        self.all_here, self.all_there = said(SQLITE, rows), said(POSTGRES, rows)
        last = select(*key).order_by(*(column.desc() for column in key)).limit(_ONE).offset(_NONE)
        self.last_there = said(POSTGRES, last)
        counted = select(func.count()).select_from(table)
        self.count_here, self.count_there = said(SQLITE, counted), said(POSTGRES, counted)
        names = sql.SQL(", ").join(sql.Identifier(column.name) for column in self._columns)
        self.copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)

    def as_there(self, row: Record) -> Record:
        """Return a row of the file as the other database is to hold it."""
        if not self._waiting:
            return row
        values = list(row)
        for place, value in self._waiting:
            values[place] = value
        return tuple(values)

    def key_of(self, row: Record) -> Record:
        return tuple(row[place] for place in self._key)

    def told(self, row: Record | None, other: Record | None) -> Text:
        """Say where two rows differ, by their key: what stands in them may be nobody's business."""
        key = " ".join(map(str, self.key_of(row if row is not None else other or ())))
        if row is None:
            return Text(f"{self.name} {key}：目标库多出的行", f"{self.name} {key}: not in the file")
        if other is None:
            return Text(f"{self.name} {key}：目标库缺少的行", f"{self.name} {key}: missing in the target")
        return Text(f"{self.name} {key}：两边不一致", f"{self.name} {key}: differs")


_SOME: Final[ColumnElement[int]] = literal_column(str(ROWS_AT_ONCE))
_ONE: Final[ColumnElement[int]] = literal_column("1")
_NONE: Final[ColumnElement[int]] = literal_column("0")
_LAST_CASE: Final = SQLITE.compile(
    select(tables.cases.c.id).order_by(tables.cases.c.root.desc(), tables.cases.c.id.desc()).limit(_ONE).offset(_NONE)
)
_THIS_CASE: Final = POSTGRES.compile(select(_ONE).where(tables.cases.c.id == bind("id")))
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
