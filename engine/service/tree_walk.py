"""One way through the leaves of an organisation: every checkpoint and every anchor is held against those before it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from engine.errors import InputRefused
from engine.ledger.merkle import Peaks, is_hash
from engine.ledger.notes import Note, VerifierKey, opened, parse_checkpoint, parse_note
from engine.service.anchoring import SENT
from engine.service.sealing_ports import CheckpointRow, LeafRow, TreeRow, TreeView
from engine.service.sealing_writes import HEARTBEAT, TREE_CLOSED
from engine.service.tree_findings import Anchor, Found, TreeRule
from engine.text import Text

TOLERANCE: Final = timedelta(minutes=5)
ROUNDED: Final = timedelta(hours=4)
"""Entries of anonymous complainants are rounded down to this and sealed at its next boundary."""
STEP: Final = 5_000
_TOLERANCE: Final = TOLERANCE // timedelta(microseconds=1)
_ROUNDED: Final = ROUNDED // timedelta(microseconds=1)

Key = Callable[[str], VerifierKey | None]
Progress = Callable[[int], None]


class TreeWalk:
    """A walk from the first leaf to the last; ``at`` is how many are behind it, ``seen`` how many checkpoints.

    ``signed`` says whether the key of every signature was known.
    """

    def __init__(
        self, view: TreeView, found: Found, key: Key, anchors: Sequence[Anchor], *, times: bool, progress: Progress
    ) -> None:
        self.at = self.seen = 0
        self.signed = True
        self._view = view
        self._found = found
        self._key = key
        self._times = times
        self._progress = progress
        self._trees = self._checked(view.trees())
        self._anchors = self._placed(anchors)
        self._leaves = view.leaves()
        self._peaks = Peaks()
        self._tree = 0
        self._newest: int | None = None
        self._dated: int | None = None
        self._floor: int | None = None
        self._first_leaves: dict[int, tuple[str, int]] = {}
        self._ends: dict[int, CheckpointRow] = {}
        self._beats, self._closings = self._facts()

    def go(self) -> None:
        """Go to the end of checkpoints, anchors and leaves."""
        last: CheckpointRow | None = None
        for row in self._view.checkpoints():
            self._checkpoint(row, last)
            last = row
        while self._anchors:
            self._anchor(*self._anchors.pop(0))
        while self._advance(self.at + STEP):
            pass
        self._all_covered()
        self._all_told()

    # Checkpoints and anchors.

    def _checkpoint(self, row: CheckpointRow, last: CheckpointRow | None) -> None:
        self.seen += 1
        zh, en = f"检查点 {row.n!r:.20}", f"checkpoint {row.n!r:.20}"
        if type(row.n) is not int or row.n != self.seen:
            self._found.add(TreeRule.NUMBER, f"{zh}：此处应为 {self.seen}", f"{en}: {self.seen} expected")
        tree = next((tree for tree in self._trees if tree.year == row.year), None)
        if tree is None or type(row.size) is not int:
            self._found.add(TreeRule.COLUMNS, f"{zh}的年份或大小不对", f"{en}: wrong year or size")
            return
        self._ends[tree.year] = row
        end = tree.first + row.size
        while self._anchors and self._anchors[0][0] <= end:
            self._anchor(*self._anchors.pop(0))
        smaller = last is not None and last.year == row.year and type(last.size) is int and row.size <= last.size
        if smaller or end < self.at:
            self._found.add(TreeRule.SHRUNK, f"{zh}没有比前一个大", f"{en} is no larger than the one before")
            return
        self._reach(end)
        self._floor = self._dated
        self._compare(row, tree, zh, en)

    def _compare(self, row: CheckpointRow, tree: TreeRow, zh: str, en: str) -> None:
        """Hold a checkpoint against the leaves before it, its columns against its note, its note against the key."""
        try:
            note = parse_note(row.note.encode())
            told = parse_checkpoint(note.text)
        except (InputRefused, AttributeError, UnicodeEncodeError):
            self._found.add(TreeRule.COLUMNS, f"{zh}不是签名检查点", f"{en} is no signed checkpoint")
            return
        peaks = " ".join(one.hex() for one in self._peaks.hashes)
        if (told.origin, told.size, peaks, self._newest) != (tree.origin, row.size, row.peaks, row.at):
            self._found.add(
                TreeRule.COLUMNS, f"{zh}的列与其签名文本或叶子不符", f"{en}: its columns are not its note's"
            )
        if self.at != tree.first + told.size or told.root != self._peaks.root():
            self._found.add(TreeRule.ROOT, f"{zh}的根与账册不符", f"{en}: its root is not that of the ledger")
        self._signature(note, told.origin, zh, en)
        for size, root, where in self._beats.pop(row.n, ()):
            if (size, root) != (told.size, told.root.hex()):
                self._found.add(TreeRule.HEARTBEAT, f"{zh}与{where.zh}不符", f"{en}: {where.en} says other")

    def _signature(self, note: Note, origin: str, zh: str, en: str) -> None:
        key = self._key(origin)
        if key is None:
            self.signed = False
            return
        try:
            opened(note, [key])
        except InputRefused as refusal:
            self._found.add(TreeRule.SIGNATURE, f"{zh}：{refusal.text.zh}", f"{en}: {refusal.text.en}")

    def _anchor(self, end: int, tree: TreeRow, anchor: Anchor) -> None:
        zh = en = anchor.name
        size = anchor.checkpoint.size
        self._signature(anchor.note, tree.origin, zh, en)
        self._reach(end)
        if self.at < end or self._trees[self._tree] != tree:
            kept = max(self.at - tree.first, 0)
            self._found.add(
                TreeRule.SHRUNK, f"{zh}有 {size} 条，账册只有 {kept} 条", f"{en} has {size} entries, the ledger {kept}"
            )
        elif anchor.checkpoint.root != self._peaks.root():
            self._found.add(TreeRule.ROOT, f"{zh}的根与账册不符", f"{en}: its root is not that of the ledger")

    # What must hold at the end.

    def _all_covered(self) -> None:
        """See that the last checkpoint of every year covers the whole of its tree."""
        if not self._trees:
            if self.at:
                self._found.add(TreeRule.UNCOVERED, f"{self.at} 条没有检查点", f"no checkpoint covers {self.at} leaves")
            return
        ends = [*(tree.first for tree in self._trees[1:]), self.at]
        for tree, end in zip(self._trees, ends, strict=True):
            last = self._ends.get(tree.year)
            missing = end - tree.first - (last.size if last is not None else 0)
            if missing > 0:
                self._found.add(
                    TreeRule.UNCOVERED,
                    f"{tree.year} 年有 {missing} 条没有检查点",
                    f"no checkpoint covers {missing} leaves of {tree.year}",
                )

    def _all_told(self) -> None:
        """See that no checkpoint that the ledger tells of is gone, and that each year tells how the last one ended."""
        for n, beats in self._beats.items():
            where = beats[0][2]
            self._found.add(
                TreeRule.HEARTBEAT,
                f"{where.zh}记有检查点 {n}，现已没有",
                f"{where.en} tells of checkpoint {n}, which is gone",
            )
        for before, tree in pairwise(self._trees):
            end = self._ends.get(before.year)
            told = self._closings.get(self._first_leaves.get(tree.year, ("", 0)), {})
            said = tuple(told.get(name) for name in ("year", "checkpoint", "size", "note"))
            if tree.first and (end is None or said != (end.year, end.n, end.size, end.note)):
                self._found.add(
                    TreeRule.HEARTBEAT,
                    f"{tree.year} 年第一条没有载明上一年最后的检查点",
                    f"the first entry of {tree.year} does not tell how the year before ended",
                )

    # The leaves.

    def _reach(self, end: int) -> None:
        while self.at < end and self._advance(min(end, self.at + STEP)):
            pass

    def _advance(self, end: int) -> bool:
        """Take leaves up to a place, and no further than the end of the tree; False when there are no more."""
        while self._tree + 1 < len(self._trees) and self.at >= self._trees[self._tree + 1].first:
            self._tree, self._peaks = self._tree + 1, Peaks()
        if self._tree + 1 < len(self._trees):
            end = min(end, self._trees[self._tree + 1].first)
        begun = self.at
        self._peaks = self._peaks.extended(self._taken(end))
        self._progress(self.at)
        return self.at > begun

    def _taken(self, end: int) -> Iterator[bytes]:
        """Yield the hashes of the next leaves, each looked at."""
        floor = self._floor
        while self.at < end:
            leaf = next(self._leaves, None)
            if leaf is None:
                return
            if leaf.idx != self.at:
                place = f"{leaf.idx!r:.20}"
                self._found.add(TreeRule.GAP, f"叶子 {place}：此处应为 {self.at}", f"leaf {place}: {self.at} expected")
            first = bool(self._trees) and self.at == self._trees[self._tree].first
            if first:
                self._first_leaves[self._trees[self._tree].year] = (leaf.case, leaf.seq)
            at = leaf.at
            if type(at) is not int:
                self._found.add(TreeRule.LEAF, f"叶子 {self.at} 没有时刻", f"leaf {self.at} has no instant")
            else:
                if floor is not None and self._times and at < floor - _TOLERANCE:
                    self._back_dated(leaf, floor)
                if self._newest is None or at > self._newest:
                    self._newest = at
                # What tells how the year before ended is sealed ahead of all that waits, however long it has waited.
                if (self._dated is None or at > self._dated) and not (first and self.at):
                    self._dated = at
            self.at += 1
            if is_hash(leaf.hash):
                yield leaf.hash
            else:
                self._found.add(TreeRule.LEAF, f"叶子 {self.at - 1} 没有哈希", f"leaf {self.at - 1} holds no hash")
                yield bytes(32)

    def _back_dated(self, leaf: LeafRow, floor: int) -> None:
        if leaf.at % _ROUNDED == 0 and leaf.at >= floor - _TOLERANCE - _ROUNDED:
            return
        self._found.add(
            TreeRule.TIME,
            f"事项 {leaf.case} 第 {leaf.seq} 条的时刻早于此前已封存的记录",
            f"case {leaf.case}, entry {leaf.seq} is dated before what was sealed earlier",
        )

    # What is known before.

    def _checked(self, trees: Sequence[TreeRow]) -> list[TreeRow]:
        """Return the trees that can be walked: the first begins at 0, each other behind the one before, which has a
        leaf at least."""
        good: list[TreeRow] = []
        for tree in trees:
            whole = type(tree.year) is int and type(tree.first) is int and isinstance(tree.origin, str)
            if not whole or (tree.first <= good[-1].first if good else tree.first):
                self._found.add(
                    TreeRule.COLUMNS, f"{tree.year!r:.20} 年的树不对", f"the tree {tree.year!r:.20} is wrong"
                )
            else:
                good.append(tree)
        return good

    def _placed(self, anchors: Sequence[Anchor]) -> list[tuple[int, TreeRow, Anchor]]:
        """Return the anchors by where they stand among the leaves."""
        placed = []
        for anchor in anchors:
            origin = anchor.checkpoint.origin
            tree = next((tree for tree in self._trees if tree.origin == origin), None)
            if tree is None:
                name = anchor.name
                self._found.add(
                    TreeRule.ROOT, f"账册中没有 {name} 所属的 {origin}", f"{name} is of {origin}, not of here"
                )
            else:
                placed.append((tree.first + anchor.checkpoint.size, tree, anchor))
        return sorted(placed, key=lambda one: one[0])

    def _facts(self) -> tuple[dict[int, list[tuple[int, str, Text]]], dict[tuple[str, int], dict[str, object]]]:
        """Return by checkpoint what heartbeats and records of mails say of it, and by entry what closed a tree."""
        beats: dict[int, list[tuple[int, str, Text]]] = defaultdict(list)
        closings: dict[tuple[str, int], dict[str, object]] = {}
        for case, seq, body in self._view.head_facts():
            beat = _fact(body, HEARTBEAT)
            if (fact := beat or _fact(body, SENT)) is not None:
                n, size, root = fact.get("checkpoint"), fact.get("size"), fact.get("root")
                zh, en = ("寄送记录", "record of mails") if beat is None else ("心跳", "heartbeat")
                if type(n) is int and type(size) is int and isinstance(root, str):
                    beats[n].append((size, root, Text(f"{zh} {case} #{seq} ", f"{en} {case} #{seq}")))
            elif (closed := _fact(body, TREE_CLOSED)) is not None:
                closings[case, seq] = closed
        return dict(beats), closings


def _fact(body: object, kind: str) -> dict[str, object] | None:
    """Return the part of an entry that tells a fact of this kind; None where it tells none."""
    if type(body) is not bytes or f'"{kind}":{{'.encode() not in body:
        return None
    try:
        entry = json.loads(body)
    except (ValueError, RecursionError):
        return None
    fact = entry.get(kind) if isinstance(entry, dict) else None
    return fact if isinstance(fact, dict) else None
