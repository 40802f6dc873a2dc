"""A careful hand that rewrites history: an entry, everything that is linked to it, its leaves, and the checkpoints,
signed anew with the log's own key where that was stolen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engine.ledger.canonical import canonical
from engine.ledger.chain import entry_hash
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint, parse_checkpoint, parse_note, signed_checkpoint
from runtime.signer.keeper import Keeper

Change = Callable[..., list[tuple[Any, ...]]]
Body = dict[str, Any]


def rewritten(change: Change, case: str, seq: int, edit: Callable[[Body], Any]) -> None:
    """Change one entry of a case, and every hash and leaf that follows from it."""
    prev: str | None = None
    for number, stored in change('SELECT seq, body FROM ledger_entry WHERE "case" = ? ORDER BY seq', case):
        body: Body = json.loads(bytes(stored))
        if number == seq:
            edit(body)
        if prev is not None:
            body["prev"] = prev
        data = canonical(body)
        digest = entry_hash(data)
        prev = digest.hex()
        change('UPDATE ledger_entry SET body = ?, hash = ? WHERE "case" = ? AND seq = ?', data, digest, case, number)
        change('UPDATE leaf SET hash = ? WHERE "case" = ? AND seq = ?', digest, case, number)
    change("UPDATE cases SET head = ? WHERE id = ?", prev, case)


def cut_off(change: Change, case: str, seq: int) -> None:
    """Take away an entry that is the newest of its case, with its leaf; the leaves behind it move up."""
    change('DELETE FROM ledger_entry WHERE "case" = ? AND seq = ?', case, seq)
    change('DELETE FROM private_value WHERE "case" = ? AND seq = ?', case, seq)
    for (gone,) in change('SELECT idx FROM leaf WHERE "case" = ? AND seq = ?', case, seq):
        change("DELETE FROM leaf WHERE idx = ?", gone)
        for (index,) in change("SELECT idx FROM leaf WHERE idx > ? ORDER BY idx", gone):
            change("UPDATE leaf SET idx = idx - 1 WHERE idx = ?", index)


def signed_anew(change: Change, keeper: Keeper) -> None:
    """Sign every checkpoint once more with the stolen key, over the leaves as they stand now."""
    leaves = [bytes(row[0]) for row in change("SELECT hash FROM leaf ORDER BY idx")]
    for n, size, note in change("SELECT n, size, note FROM checkpoint ORDER BY n"):
        origin = parse_checkpoint(parse_note(str(note).encode()).text).origin
        covered = min(size, len(leaves))
        point = Checkpoint(origin=origin, size=covered, root=Tree(leaves[:covered]).root())
        fresh = signed_checkpoint(point, keeper.key(origin), keeper._key.sign).encoded().decode()
        change("UPDATE checkpoint SET note = ?, size = ? WHERE n = ?", fresh, covered, n)
