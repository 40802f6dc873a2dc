"""The tables of open polls: a box of ballots for each, and its one-time tokens. Both are empty while none is open.

No column holds a time or a person, and no row holds a single ballot: all of a poll lie in one value, in the order of
their text. On PostgreSQL every row also carries the transaction that wrote it; were each ballot a row, it could be
matched with the token that was spent in the same transaction.
"""

from __future__ import annotations

from sqlalchemy import Index, Table, text

from engine.storage.columns import flag, key, metadata, number, words

poll = Table(
    "poll",
    metadata,
    key("root"),
    key("case"),
    key("name"),
    number("electors"),
    number("returned"),
    words("box"),
    sqlite_with_rowid=False,
)

poll_token = Table(
    "poll_token",
    metadata,
    key("root"),
    key("case"),
    key("poll"),
    key("token"),
    flag("spent"),
    sqlite_with_rowid=False,
)
# Which polls wait for somebody is asked with the tokens that the person has in all open polls.
Index(
    "ix_poll_token_unspent",
    poll_token.c.root,
    poll_token.c.token,
    sqlite_where=text("spent = 0"),
    postgresql_where=text("spent = 0"),
)
