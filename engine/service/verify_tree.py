"""Verifies what is sealed: leaves against entries, every checkpoint and anchor against the leaves, the order of time.

It goes once through the leaves, once through the entries, and keeps neither. As ``verify``, it trusts nothing that the
tables hold: whatever stands there ends in a finding, never in an exception.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from engine.case.codec import microseconds
from engine.case.identity import RootId
from engine.ledger.chain import INSTANT
from engine.service.sealing_ports import LeafPlace, Place, SealingReads, TreeView, Waiting
from engine.service.tree_findings import Anchor, Found, TreeFinding, TreeRule
from engine.service.tree_walk import STEP, Key, Progress, TreeWalk


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeVerification:
    """What was looked at and found; ``waiting`` entries are not sealed yet, ``signed`` says whether every key was
    known by which checkpoints are signed."""

    leaves: int
    checkpoints: int
    waiting: int
    signed: bool
    findings: tuple[TreeFinding, ...]


def verify_tree(
    reads: SealingReads,
    root: RootId,
    *,
    key: Key,
    anchors: Sequence[Anchor] = (),
    times: bool = True,
    progress: Progress = lambda _done: None,
) -> TreeVerification:
    """Verify what is sealed of one organisation, as it stands at one moment.

    Args:
        reads: where it is read.
        root: the organisation.
        key: gives the key that signs an origin; None where it is not known, and signatures are not looked at.
        anchors: checkpoints kept elsewhere; one of another ledger is a finding.
        times: whether the order of time is looked at; not where the clock is set by hand.
        progress: told how many leaves, and after them entries, have been looked at so far.
    """
    found = Found()
    with reads.tree_view(root) as view:
        walk = TreeWalk(view, found, key, anchors, times=times, progress=progress)
        walk.go()
        waiting = _Places(view, found, lambda done: progress(walk.at + done)).go()
    return TreeVerification(
        leaves=walk.at, checkpoints=walk.seen, waiting=waiting, signed=walk.signed, findings=found.all()
    )


class _Places:
    """Goes through all entries, all leaves and all that waits, the three of them in the order of chains."""

    def __init__(self, view: TreeView, found: Found, progress: Progress) -> None:
        self._view = view
        self._found = found
        self._progress = progress
        self._sealed = _Beside(view.leaves_by_entry(), self._leaf_of_nothing)
        self._queue = _Beside(view.queue(), self._waits_for_nothing)

    def go(self) -> int:
        """Look at every entry, and return how many wait to be sealed."""
        waiting = 0
        for done, place in enumerate(self._view.places(), start=1):
            if done % STEP == 0:
                self._progress(done)
            leaves, queued = self._sealed.of(place), self._queue.of(place)
            for leaf in leaves:
                self._leaf(place, leaf)
            for one in queued:
                self._same_instant(place, one.at, TreeRule.QUEUE)
            if len(leaves) + len(queued) != 1:
                self._not_once(place, len(leaves), len(queued))
            waiting += len(queued)
        self._sealed.end()
        self._queue.end()
        return waiting

    def _leaf(self, place: Place, leaf: LeafPlace) -> None:
        self._same_instant(place, leaf.at, TreeRule.LEAF)
        if leaf.hash != place.hash:
            self._add(TreeRule.LEAF, place, "的叶子与其哈希不符", "its leaf is not its hash")

    def _not_once(self, place: Place, leaves: int, queued: int) -> None:
        if not leaves and not queued:
            self._add(TreeRule.LOST, place, "既未封存也不在待封存队列中", "it is neither sealed nor waiting to be")
        elif leaves and queued:
            self._add(TreeRule.TWICE, place, "已封存又在待封存队列中", "it is sealed, and waits to be")
        else:
            self._add(TreeRule.TWICE, place, "在叶子或待封存队列中重复", "it is sealed twice, or waits twice")

    def _same_instant(self, place: Place, at: object, rule: TreeRule) -> None:
        if at != _instant(place.head):
            self._add(rule, place, "封存所记时刻与内容不符", "its instant is not that of its body")

    def _leaf_of_nothing(self, leaf: LeafPlace) -> None:
        case, seq, idx = f"{leaf.case!r:.60}", f"{leaf.seq!r:.20}", f"{leaf.idx!r:.20}"
        self._found.add(
            TreeRule.STRANGER,
            f"叶子 {idx} 所指的事项 {case} 第 {seq} 条不存在",
            f"leaf {idx}: there is no entry {seq} of case {case}",
        )

    def _waits_for_nothing(self, waits: Waiting) -> None:
        case, seq = f"{waits.case!r:.60}", f"{waits.seq!r:.20}"
        self._found.add(
            TreeRule.QUEUE,
            f"待封存队列中的事项 {case} 第 {seq} 条不存在",
            f"the queue names entry {seq} of case {case}, which is not there",
        )

    def _add(self, rule: TreeRule, place: Place, zh: str, en: str) -> None:
        case, seq = f"{place.case!s:.60}", f"{place.seq!s:.20}"
        self._found.add(rule, f"事项 {case} 第 {seq} 条{zh}", f"case {case}, entry {seq}: {en}")


OfEntry = TypeVar("OfEntry", LeafPlace, Waiting)


class _Beside(Generic[OfEntry]):
    """Rows in the order of the entries they belong to; one that is passed over without its entry is told."""

    def __init__(self, rows: Iterator[OfEntry], told: Callable[[OfEntry], None]) -> None:
        self._rows: Iterator[OfEntry] = rows
        self._told: Callable[[OfEntry], None] = told
        self._next: OfEntry | None = next(rows, None)

    def of(self, place: Place) -> Sequence[OfEntry]:
        """Return the rows of an entry; entries are asked for in their order."""
        found: list[OfEntry] = []
        while (row := self._next) is not None:
            if (row.case, row.seq) == (place.case, place.seq):  # as it nearly always is
                found.append(row)
            elif _order(row.case, row.seq) < _order(place.case, place.seq):
                self._told(row)
            else:
                break
            self._next = next(self._rows, None)
        return found

    def end(self) -> None:
        """Tell of all that is left."""
        while self._next is not None:
            self._told(self._next)
            self._next = next(self._rows, None)


_HEAD: Final = re.compile(
    rb'\{(?:"acting_for":"[^"\\]*",)?"actor":"[^"\\]*","at":"(%s)"' % INSTANT.encode("ascii"),
)
"""How the canonical bytes of an entry begin: nothing of what stands before its instant was typed by anybody."""


def _instant(head: object) -> int | None:
    """Return the instant in the first bytes of an entry; None where they are not those of one."""
    match = _HEAD.match(head) if type(head) is bytes else None
    if match is None:
        return None
    try:
        return microseconds(datetime.fromisoformat(match[1].decode("ascii")))
    except ValueError:
        return None


def _order(case: object, seq: object) -> tuple[tuple[int, object], tuple[int, object]]:
    """Return what puts chains and places in the order of the database, whatever stands in the columns."""
    return _rank(case), _rank(seq)


def _rank(value: object) -> tuple[int, object]:
    if isinstance(value, str):
        return 2, value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return 3, value
    return (1, value) if isinstance(value, int | float) else (0, 0)
