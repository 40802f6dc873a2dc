"""Holds a receipt against the ledger: whether its entry stands there unchanged, and which checkpoints show it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.case.identity import CaseId, RootId
from engine.errors import InputRefused
from engine.ledger.chain import entry_hash
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint, parse_checkpoint, parse_note
from engine.ledger.receipts import Deposit, Receipt
from engine.ledger.streams import is_stream
from engine.service.ports import Reads
from engine.service.rows import EntryRow
from engine.service.sealing_ports import CheckpointRow, TreeRow
from engine.service.tree_findings import Anchor

_ON_BOUNDARY: Final = re.compile(rb'"at":"\d{4}-\d\d-\d\dT(?:00|04|08|12|16|20):00:00\.000000Z"')


class Held(StrEnum):
    """What the ledger says to a receipt."""

    HERE = "here"
    WAITS = "waits"
    ELSEWHERE = "elsewhere"
    CHANGED = "changed"


class Shows(StrEnum):
    """What a checkpoint says of an entry."""

    IT = "it"
    NOT_YET = "not_yet"
    ANOTHER = "another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where an entry is sealed: its tree and its place in it from 0, the year's last checkpoint, and whether that, and
    each checkpoint that was given, show it."""

    tree: TreeRow
    index: int
    checkpoint: CheckpointRow | None = None
    shown: Shows = Shows.NOT_YET
    anchors: tuple[tuple[Anchor, Shows], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLook:
    """What was found: ``entry`` where it stands there, ``placed`` where it is sealed."""

    held: Held
    entry: EntryRow | None = None
    placed: Placed | None = None


def look_at_receipt(reads: Reads, told: Receipt | Deposit, anchors: Sequence[Anchor] = ()) -> ReceiptLook:
    """Hold what a receipt tells against the ledger, and the entry against checkpoints kept elsewhere.

    That somebody of this house signed the receipt is not asked. Goes once through the leaves.
    """
    root = RootId(told.ledger)
    if root not in set(reads.roots()):
        return ReceiptLook(held=Held.ELSEWHERE)
    if isinstance(told, Deposit):
        entry = _deposited(reads, root, told.command)
        if entry is None:
            return ReceiptLook(held=Held.WAITS if reads.deposit_count(root) else Held.CHANGED)
    else:
        rows = reads.entries(root, CaseId(told.case))
        entry = next((row for row in rows if row.seq == told.seq and entry_hash(row.body) == told.hash), None)
        if entry is None:
            return ReceiptLook(held=Held.CHANGED)
    return ReceiptLook(held=Held.HERE, entry=entry, placed=_placed(reads, root, entry, anchors))


def _deposited(reads: Reads, root: RootId, command: bytes) -> EntryRow | None:
    """Return the entry that carries a command.

    What anonymous people send is dated to a four-hour boundary. Of the entries there, some tell their command among
    the first bytes, which a view gives; of the cases of the others, the whole entries are read.
    """
    wanted, chains = f'"command":"{command.hex()}"'.encode(), dict[str, None]()
    with reads.tree_view(root) as view:
        for one in view.places():
            head = bytes(one.head)
            if wanted in head:
                chains = {one.case: None}
                break
            if _ON_BOUNDARY.search(head) and not is_stream(one.case):
                chains[one.case] = None
    for chain in chains:
        for row in reads.entries(root, CaseId(chain)):
            if wanted in row.body:
                return row
    return None


def _placed(reads: Reads, root: RootId, entry: EntryRow, anchors: Sequence[Anchor]) -> Placed | None:
    """Return where an entry is sealed, by the leaves themselves; None where it is not."""
    at, digest, hashes = None, entry_hash(entry.body), list[bytes]()
    with reads.tree_view(root) as view:
        trees = list(view.trees())
        last = {row.year: row for row in view.checkpoints()}
        for leaf in view.leaves():
            if leaf.hash == digest and (leaf.case, leaf.seq) == (entry.case, entry.seq):
                at = len(hashes)
            hashes.append(leaf.hash)
    tree = None if at is None else next((one for one in reversed(trees) if one.first <= at), None)
    if at is None or tree is None:
        return None
    end = min((one.first for one in trees if one.first > tree.first), default=len(hashes))
    whole, index = Tree(hashes[tree.first : end]), at - tree.first
    row = last.get(tree.year)
    own = None if row is None else _point(row)
    return Placed(
        tree=tree,
        index=index,
        checkpoint=row,
        shown=Shows.ANOTHER if own is None and row is not None else _shows(whole, index, own),
        anchors=tuple(
            (anchor, _shows(whole, index, anchor.checkpoint))
            for anchor in anchors
            if anchor.checkpoint.origin == tree.origin
        ),
    )


def _shows(tree: Tree, index: int, point: Checkpoint | None) -> Shows:
    if point is None or point.size <= index:
        return Shows.NOT_YET
    return Shows.IT if point.size <= tree.size and tree.root(point.size) == point.root else Shows.ANOTHER


def _point(row: CheckpointRow) -> Checkpoint | None:
    try:
        return parse_checkpoint(parse_note(row.note.encode()).text)
    except InputRefused:
        return None
