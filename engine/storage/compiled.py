"""Statements written in SQLAlchemy Core, compiled once for a database and run on the driver's own connection.

Core is the source of every statement; building and caching its expressions on every call would cost more than the
database does. What runs them stands in ``sqlite_connection`` and ``postgres_connection``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVarTuple

from sqlalchemy import BindParameter, ColumnElement, Select, Table, Text, any_, bindparam, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.types import TypeEngine

Value = str | int | bytes | None
Values = Value | Sequence[Value] | Sequence[Sequence[Value]]
"""What a parameter may be: one value, several for ``among``, or on SQLite several rows as JSON."""
Record = tuple[Any, ...]
"""A row as the driver returns it. Its columns are those of the statement, which no type checker can follow."""

Core = ClauseElement | Callable[[], ClauseElement]

_MARK = "b_"
Columns = TypeVarTuple("Columns")


def bind(name: str, type_: TypeEngine[Any] | None = None) -> BindParameter[Any]:
    """Return the parameter of this name. It is marked inside, as Core keeps the names of columns for itself."""
    return bindparam(_MARK + name, type_=type_)


def at_most(statement: Select[*Columns], limit: ColumnElement[int]) -> Select[*Columns]:
    """Return the statement with a limit. The offset is spelt out, or SQLite's compiler would make it a parameter."""
    return statement.limit(limit).offset(literal_column("0"))


class Statement:
    """The text of a statement, and the names of its parameters in the order in which the driver takes them.

    It is compiled when it is first used: there are hundreds, and a command or a test uses few of them.
    ``prepare`` is what psycopg takes: False for a statement that PostgreSQL plans anew for the values of each call.
    """

    __slots__ = ("_compiled", "_lists_as_json", "names", "prepare", "sql")
    sql: str
    names: tuple[str, ...]

    def __init__(
        self, compiled: Callable[[], tuple[str, tuple[str, ...]]], *, lists_as_json: bool, prepare: bool | None = None
    ) -> None:
        self._compiled = compiled
        self._lists_as_json = lists_as_json
        self.prepare = prepare

    def __getattr__(self, name: str) -> object:
        # Asked only for what is not there: a statement that was used once costs nothing more.
        if name not in ("sql", "names"):
            raise AttributeError(name)
        self.sql, self.names = self._compiled()
        return getattr(self, name)

    def arguments(self, values: Mapping[str, Values]) -> tuple[Values, ...]:
        """Return the values in the order of the parameters; a name without a value is a defect (KeyError)."""
        given = [values[name] for name in self.names]
        several = json.dumps if self._lists_as_json else list
        return tuple(several(value) if isinstance(value, list | tuple) else value for value in given)


class Fetches(Protocol):
    """Whatever answers questions: the open write transaction, a pool, or a snapshot lent from it."""

    def fetch(self, statement: Statement, **values: Values) -> list[Record]:
        """Return all rows, seen at one moment."""


class Snapshot(Fetches, Protocol):
    """A connection on which everything is seen at one moment."""

    def stream(self, statement: Statement, **values: Values) -> Iterator[Record]:
        """Return the rows one by one; several may be on their way at once."""


class Runner(Fetches, Protocol):
    """The open write transaction."""

    def run(self, statement: Statement, **values: Values) -> int:
        """Return the number of rows changed."""


class Pool(Fetches, Protocol):
    """Connections that only read, lent to one thread at a time."""

    def stream(self, statement: Statement, **values: Values) -> Iterator[Record]:
        """Return the rows one by one, all seen at one moment; the connection stays lent until the last one."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Lend a connection on which everything asked for is seen at one moment."""

    def close(self) -> None:
        """Close every connection that is not lent; the others close when they come back."""


class Compiler:
    """Compiles Core statements for one kind of database."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.is_sqlite = dialect.name == "sqlite"

    def compile(
        self, statement: Core, columns: Sequence[str] | None = None, *, prepare: bool | None = None
    ) -> Statement:
        """Return the statement, to be compiled when it is first used.

        Args:
            statement: Core, or what builds it then; its parameters are made by ``bind``.
            columns: for an INSERT without values, the columns its rows hold.
            prepare: False where one plan cannot be good for all values, as with a rare word and a common one.
        """
        return Statement(lambda: self._compiled(statement, columns), lists_as_json=self.is_sqlite, prepare=prepare)

    def _compiled(self, statement: Core, columns: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
        built = statement if isinstance(statement, ClauseElement) else statement()
        compiled = built.compile(dialect=self.dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        names = compiled.positiontup or ()
        assert all(name.startswith(_MARK) or name in (columns or ()) for name in names), names
        return str(compiled), tuple(name.removeprefix(_MARK) for name in names)

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Return the condition that the column equals one of the values of a parameter that holds several."""
        if self.is_sqlite:
            values = func.json_each(bind(name, Text())).table_valued("value", name=name)
            return column.in_(select(values.c.value))
        return column == any_(bind(name, postgresql.ARRAY(Text())))

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that can say what to do on a conflict."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)


def _dialect(url: str, paramstyle: str) -> Dialect:
    """Return the dialect of a URL with positional parameters; the driver itself is not imported."""
    kind: Callable[..., Dialect] = make_url(url).get_dialect()
    return kind(paramstyle=paramstyle)


SQLITE = Compiler(_dialect("sqlite://", "qmark"))
POSTGRES = Compiler(_dialect("postgresql+psycopg://", "format"))
