"""The tables of rosters: the lines of each, and which of them cases have spoken for or reached.

Both are worked out from the cases, one by one, and verified against the ledger like everything beside them.
"""

from __future__ import annotations

from sqlalchemy import Index, Table, text

from engine.storage.columns import flag, ident, key, key_number, metadata, words

# ``key`` is what other cases name a line by. ``facets`` is JSON, each value as text, true and false too.
roster_line = Table(
    "roster_line",
    metadata,
    key("root"),
    key("roster"),
    key("key"),
    ident("case"),
    words("name"),
    ident("unit"),
    words("facets"),
    sqlite_with_rowid=False,
)
Index("ix_roster_line_case", roster_line.c.root, roster_line.c.case)

# ``reach`` is the workflow and its reach, ``line`` the row of its table in which the key stands. Of those with a
# ``slot`` there is one for each key: what two cases ask for at the same moment is given to one of them.
roster_reach = Table(
    "roster_reach",
    metadata,
    key("root"),
    key("reach"),
    key("key"),
    key("case"),
    key_number("line"),
    ident("unit"),
    ident("day", null=True),
    ident("slot", null=True),
    flag("planned"),
    flag("excused"),
    sqlite_with_rowid=False,
)
Index("ix_roster_reach_case", roster_reach.c.root, roster_reach.c.case)
Index(
    "uq_roster_reach_slot",
    roster_reach.c.root,
    roster_reach.c.reach,
    roster_reach.c.slot,
    roster_reach.c.key,
    unique=True,
    sqlite_where=text("slot IS NOT NULL"),
    postgresql_where=text("slot IS NOT NULL"),
)
# The few lines that are planned, among the many that were reached.
Index(
    "ix_roster_reach_planned",
    roster_reach.c.root,
    roster_reach.c.reach,
    roster_reach.c.key,
    sqlite_where=text("planned = 1"),
    postgresql_where=text("planned = 1"),
)
# What was reached once more with a reason is counted apart.
Index(
    "ix_roster_reach_excused",
    roster_reach.c.root,
    roster_reach.c.reach,
    roster_reach.c.day,
    sqlite_where=text("excused = 1"),
    postgresql_where=text("excused = 1"),
)
