"""The tables of sealing: the trees, their leaves, the signed checkpoints, and what witnesses added to those.

Only ever added to: triggers, which stand in the migration, refuse any change of the first three. ``leaf.idx`` counts
through all trees of an organisation; ``tree.first`` is where a year's tree begins.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Table

from engine.storage.columns import ident, key, key_number, metadata, number, octets, words

tree = Table(
    "tree", metadata, key("root"), key_number("year"), number("first"), ident("origin"), sqlite_with_rowid=False
)

# ``at`` is the entry's own instant, so that the order of time can be verified without reading every entry.
leaf = Table(
    "leaf",
    metadata,
    key("root"),
    key_number("idx"),
    ident("case"),
    number("seq"),
    number("at"),
    octets("hash"),
    CheckConstraint("length(hash) = 32", name="hash"),
    sqlite_with_rowid=False,
)
Index("uq_leaf_entry", leaf.c.root, leaf.c.case, leaf.c.seq, unique=True)

# ``size`` counts the leaves of the year's tree; ``at`` is the newest instant among all entries covered so far, and
# ``peaks`` are the complete subtrees of the tree in hex: all three can be recomputed, and are.
checkpoint = Table(
    "checkpoint",
    metadata,
    key("root"),
    key_number("n"),
    number("year"),
    number("size"),
    number("at"),
    words("peaks"),
    words("note"),
    sqlite_with_rowid=False,
)

cosignature = Table(
    "cosignature", metadata, key("root"), key_number("n"), key("name"), words("line"), sqlite_with_rowid=False
)
