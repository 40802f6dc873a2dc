"""Plain writes of the search: filling the index, emptying it, and pairs that are not alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Text, cast, delete, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql

from engine.case.search_words import VERSION
from engine.service.search_ports import IndexedWords, NotAlike
from engine.storage.compiled import Compiler, Runner, bind
from engine.storage.search_postgres import vector
from engine.storage.search_tables import POSTGRES_WORDS, SQLITE_WORDS, found, not_alike

_VERSION: Final[ColumnElement[int]] = literal_column(str(VERSION))
_NONE: Final[ColumnElement[int]] = literal_column("0")


class SearchStatements:
    """The statements, compiled once for each database."""

    def __init__(self, compiler: Compiler) -> None:
        compile_ = compiler.compile
        this = found.c.root == bind("root"), found.c.case == bind("case")
        mark = update(found).where(*this, found.c.version != _VERSION).values(version=_VERSION)
        self.mark = compile_(mark)
        if compiler.is_sqlite:
            words = select(found.c.n, bind("words")).where(*this)
            self.keep = compile_(insert(SQLITE_WORDS).from_select(["rowid", "words"], words))
            command = insert(SQLITE_WORDS).from_select(["found_words"], select(literal_column("'delete-all'")))
            self.empty = compile_(command)
        else:
            vectors = select(found.c.n, cast(bind("words", Text()), postgresql.TSVECTOR)).where(*this)
            added = postgresql.insert(POSTGRES_WORDS).from_select(["n", "words"], vectors)
            self.keep = compile_(
                added.on_conflict_do_update(index_elements=["n"], set_={"words": added.excluded.words})
            )
            self.empty = compile_(delete(POSTGRES_WORDS))
        self.wait = compile_(update(found).values(version=_NONE))
        pair = compiler.insert(not_alike)
        newer = {name: pair.excluded[name] for name in ("one_mark", "other_mark", "person", "at")}
        self.pair = compile_(
            pair.on_conflict_do_update(index_elements=list(not_alike.primary_key.columns), set_=newer),
            NotAlike._fields,
        )

    @staticmethod
    @cache
    def of(compiler: Compiler) -> SearchStatements:
        """Return the statements of a database."""
        return SearchStatements(compiler)


class StoredSearch:
    """The part of ``DirectoryWrites`` that is about the search, inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._search = SearchStatements.of(compiler)
        self._indexing = transaction
        self._as_vector = not compiler.is_sqlite

    def index_words(self, rows: Sequence[IndexedWords]) -> None:
        for row in rows:
            # Marked first: nobody else indexes it then, and what a step has indexed meanwhile is newer.
            if self._indexing.run(self._search.mark, root=row.root, case=row.case) and row.words:
                words = vector(row.words) if self._as_vector else row.words
                self._indexing.run(self._search.keep, root=row.root, case=row.case, words=words)

    def restart_index(self) -> None:
        self._indexing.run(self._search.empty)
        self._indexing.run(self._search.wait)

    def keep_not_alike(self, pair: NotAlike) -> None:
        self._indexing.run(self._search.pair, **pair._asdict())
