"""What a batch says to the search of SQLite. FTS5 keeps no text: to take a row out it must be told its words again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Select, func, insert, literal_column, select, update
from sqlalchemy.sql.elements import ColumnElement

from engine.case.search_words import VERSION
from engine.service.rows import SearchRow
from engine.storage.compiled import bind
from engine.storage.search_tables import SQLITE_WORDS, found
from engine.storage.sqlite_statements import Many

MERGE_ALL: Final = "INSERT INTO found_words (found_words, rank) VALUES ('merge', -250)"
MERGE_SOME: Final = "INSERT INTO found_words (found_words, rank) VALUES ('merge', 250)"
"""Writes about so many pages; the first one counts all segments as one level, so that the last leaves a single one. A
word that was taken out stands in an older segment till then."""
MERGED_LEAST: Final = 2
"""Changes of a step that had something to merge."""

_THIS: Final[tuple[ColumnElement[bool], ...]] = (found.c.root == bind("root"), found.c.case == bind("case"))
_VERSION: Final[ColumnElement[int]] = literal_column(str(VERSION))
_NEXT: Final[Select[Any]] = select(func.coalesce(func.max(found.c.n), literal_column("0")) + literal_column("1"))

NUMBER: Final = Many(
    insert(found).values(
        root=bind("root", found.c.root.type),
        case=bind("case", found.c.case.type),
        n=_NEXT.scalar_subquery(),
        version=_VERSION,
    ),
    ("root", "case"),
)
# Only what was indexed with these tokens can be taken out by them; where it was not, nothing of it is there.
FORGET: Final = Many(
    insert(SQLITE_WORDS).from_select(
        ["found_words", "rowid", "words"],
        select(literal_column("'delete'"), found.c.n, bind("was")).where(*_THIS, found.c.version == _VERSION),
    ),
    ("was", "root", "case"),
)
KEEP: Final = Many(
    insert(SQLITE_WORDS).from_select(["rowid", "words"], select(found.c.n, bind("words")).where(*_THIS)),
    ("words", "root", "case"),
)
INDEXED: Final = Many(update(found).where(*_THIS).values(version=_VERSION), ("root", "case"))


def search_statements(rows: Sequence[SearchRow]) -> Iterator[tuple[Many, Sequence[tuple[Any, ...]]]]:
    """Yield what is to be run, each for some rows, in this order."""
    changed = [row for row in rows if row.was is not None]
    yield NUMBER, [(row.root, row.case) for row in rows if row.was is None]
    yield FORGET, [(row.was, row.root, row.case) for row in changed if row.was]
    yield KEEP, [(row.words, row.root, row.case) for row in rows if row.words]
    yield INDEXED, [(row.root, row.case) for row in changed]
