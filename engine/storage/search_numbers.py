"""The numbers of cases that hold words, on PostgreSQL: from the newest rows, or from the index of words.

The server itself guesses how common a word is that its statistics do not know, and would walk through a million rows
for a word that stands nowhere. So the newest rows are looked at first, which is enough for a common word; then the
index is asked, for a bounded number of hits; only of a word that has more are the rows walked down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, Integer, Select, Text, cast, desc, func, select
from sqlalchemy import literal_column as literal
from sqlalchemy.dialects import postgresql

from engine.storage.compiled import Compiler, Pool, at_most, bind
from engine.storage.search_tables import POSTGRES_WORDS

WALKED: Final = 500
"""Rows that are looked at before the index is asked: as many as are read in half a millisecond."""
BOUNDED: Final = 2_000

_N: Final = POSTGRES_WORDS.c.n
_ASKED: Final = cast(bind("query", Text()), postgresql.TSQUERY)


class PostgresNumbers:
    """The statements, none of them prepared: one plan cannot be good for a rare word and a common one."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._pool = pool
        self._newest = compiler.compile(_newest, prepare=False)
        self._by_index = compiler.compile(_by_index, prepare=False)
        self._downwards = compiler.compile(_downwards, prepare=False)
        self._holding = compiler.compile(_holding)
        self._index_only = compiler.compile(
            lambda: select(
                *(
                    func.set_config(literal(f"'{name}'"), literal("'off'"), literal("true"))
                    for name in ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan")
                )
            )
        )

    def __call__(self, query: str, *, before: int, limit: int) -> list[int]:
        """Return the numbers below one of cases with these words, the newest first."""
        if limit <= WALKED:
            newest = [row[0] for row in self._pool.fetch(self._newest, query=query, before=before)]
            if len(newest) >= limit:
                return newest[:limit]
        with self._pool.snapshot() as moment:
            moment.fetch(self._index_only)
            found = moment.fetch(self._by_index, query=query, before=before, limit=max(BOUNDED, limit) + 1)
        if len(found) <= max(BOUNDED, limit):
            return sorted((row[0] for row in found), reverse=True)[:limit]
        return [row[0] for row in self._pool.fetch(self._downwards, query=query, before=before, limit=limit)]

    def holding(self, query: str, numbers: Sequence[int]) -> frozenset[int]:
        """Return those of the numbers whose rows hold these words."""
        return frozenset(row[0] for row in self._pool.fetch(self._holding, query=query, numbers=list(numbers)))


def _holding() -> Select[int]:
    several = func.unnest(bind("numbers", postgresql.ARRAY(BigInteger()))).table_valued("value", name="asked")
    asked = several.render_derived()
    # The OFFSET keeps each number looked up by itself: the index of words would be asked for all that hold them.
    of_words = select(POSTGRES_WORDS.c.words).where(asked.c.value == _N).offset(literal("0")).lateral("its")
    return (
        select(asked.c.value)
        .join_from(asked, of_words, literal("true"))
        .where(of_words.c.words.op("@@", is_comparison=True)(_ASKED))
    )


def _newest() -> Select[int]:
    below = POSTGRES_WORDS.c.n < bind("before", BigInteger())
    rows = at_most(
        select(_N.label("n"), POSTGRES_WORDS.c.words.label("words")).where(below).order_by(desc(_N)),
        literal(str(WALKED)),
    ).subquery("newest")
    return select(rows.c.n).where(rows.c.words.op("@@", is_comparison=True)(_ASKED)).order_by(desc(rows.c.n))


def _by_index() -> Select[int]:
    # By an expression, or the numbers' own index would be asked as well.
    below = _N + literal("0") < bind("before", BigInteger())
    return at_most(
        select(_N).where(POSTGRES_WORDS.c.words.op("@@", is_comparison=True)(_ASKED), below), bind("limit", Integer())
    )


def _downwards() -> Select[int]:
    held = POSTGRES_WORDS.c.words.op("@@", is_comparison=True)(_ASKED)
    return at_most(
        select(_N).where(held, POSTGRES_WORDS.c.n < bind("before", BigInteger())).order_by(desc(_N)),
        bind("limit", Integer()),
    )
