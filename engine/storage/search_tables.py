"""The tables of the search: which number a case has there, and pairs of cases that somebody has found not to be alike.

The words themselves stand in ``found_words``, which each database has in a form of its own and which only migrations
make: on SQLite an FTS5 table without content, whose rowid is the number; on PostgreSQL a table of number and tsvector
with a GIN index. What is searched is worked out from the cases and can be made anew at any time.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, Table, column, table

from engine.storage.columns import flag, ident, key, metadata, number

# ``n`` grows in the order in which cases came. ``version`` is that of the tokens a case is indexed with, 0 for none.
found = Table(
    "found",
    metadata,
    key("root"),
    key("case"),
    number("n"),
    flag("version"),
    sqlite_with_rowid=False,
)
# Followed by the version, so that what is not indexed yet is looked for without a case being touched.
Index("uq_found_n", found.c.n, found.c.version, unique=True)

# ``one`` comes before ``other``; the marks are those of their texts when somebody looked: other texts are another pair.
not_alike = Table(
    "not_alike",
    metadata,
    key("root"),
    key("one"),
    key("other"),
    ident("one_mark"),
    ident("other_mark"),
    ident("person"),
    number("at"),
    sqlite_with_rowid=False,
)
# Asked from either side of a pair.
Index("ix_not_alike_other", not_alike.c.root, not_alike.c.other)

SQLITE_WORDS: Final = table("found_words", column("found_words"), column("rowid"), column("words"))
"""The FTS5 table; the column of its own name takes commands."""
POSTGRES_WORDS: Final = table("found_words", column("n"), column("words"))
