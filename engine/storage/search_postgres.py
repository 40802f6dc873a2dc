"""What a batch says to the search of PostgreSQL, and how tokens are written there: vectors and queries as text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, cast, delete, func, literal_column, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from engine.case.search_words import VERSION
from engine.service.rows import SearchRow
from engine.storage.compiled import POSTGRES, bind
from engine.storage.postgres_statements import Many
from engine.storage.search_tables import POSTGRES_WORDS, found

POSITIONS_MAX: Final = 16_000
"""A vector knows no position beyond 16,383; from there on they are counted anew, and a phrase is found all the same."""
_VERSION: Final[ColumnElement[int]] = literal_column(str(VERSION))


def _rows(*names: str) -> Any:
    arrays = (bind(name, ARRAY(Text())) for name in names)
    return func.unnest(*arrays).table_valued(*names).render_derived(name="rows")


def _number() -> Many:
    rows = _rows("root", "case")
    numbered = select(rows.c.root, rows.c.case, func.nextval(literal_column("'found_n'")), _VERSION)
    return Many(
        POSTGRES.insert(found).from_select(["root", "case", "n", "version"], numbered).on_conflict_do_nothing(),
        ("root", "case"),
    )


def _keep() -> Many:
    rows = _rows("root", "case", "words")
    words = cast(rows.c.words, postgresql.TSVECTOR)
    vectors = select(found.c.n, words).join_from(
        rows, found, and_(found.c.root == rows.c.root, found.c.case == rows.c.case)
    )
    insert = postgresql.insert(POSTGRES_WORDS).from_select(["n", "words"], vectors)
    upsert = insert.on_conflict_do_update(index_elements=["n"], set_={"words": insert.excluded.words})
    return Many(upsert, ("root", "case", "words"))


def _forget() -> Many:
    rows = _rows("root", "case")
    its = select(found.c.n).join_from(rows, found, and_(found.c.root == rows.c.root, found.c.case == rows.c.case))
    return Many(delete(POSTGRES_WORDS).where(POSTGRES_WORDS.c.n.in_(its)), ("root", "case"))


def _indexed() -> Many:
    rows = _rows("root", "case")
    these = and_(found.c.root == rows.c.root, found.c.case == rows.c.case)
    return Many(update(found).where(these).values(version=_VERSION), ("root", "case"))


NUMBER: Final = _number()
KEEP: Final = _keep()
FORGET: Final = _forget()
INDEXED: Final = _indexed()


def search_statements(rows: Sequence[SearchRow]) -> Iterator[tuple[Many, Sequence[tuple[Any, ...]]]]:
    """Yield what is to be run, each for some rows, in this order."""
    yield NUMBER, [(row.root, row.case) for row in rows if row.was is None]
    yield FORGET, [(row.root, row.case) for row in rows if not row.words]
    yield KEEP, [(row.root, row.case, vector(row.words)) for row in rows if row.words]
    yield INDEXED, [(row.root, row.case) for row in rows if row.was is not None]


def vector(words: str) -> str:
    """Return tokens as the text of a tsvector. A token holds no quote and no backslash.

    >>> vector("食堂 堂食 食堂")
    "'食堂':1,3 '堂食':2"
    """
    places: dict[str, list[str]] = defaultdict(list)
    for at, token in enumerate(words.split(" ")):
        places[token].append(str(at % POSITIONS_MAX + 1))
    return " ".join(f"'{token}':{','.join(at)}" for token, at in places.items())


def query(phrases: Sequence[Sequence[str]]) -> str:
    """Return phrases, all of which must be there, as the text of a tsquery.

    >>> query([["夜班", "班食"], ["12"]])
    "('夜班' <-> '班食') & ('12')"
    """
    return " & ".join("(" + " <-> ".join(f"'{token}'" for token in phrase) + ")" for phrase in phrases)
