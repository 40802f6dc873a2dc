"""What may be wrong with what is sealed: the rules by their ids, findings, and checkpoints that others have kept."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from engine.case.identity import CaseId
from engine.ledger.notes import Checkpoint, Note, parse_checkpoint, parse_note
from engine.text import Text

FINDINGS_MAX: Final = 50
"""Of one rule no more are told one by one: who rewrote everything is found by the first of them."""


class TreeRule(StrEnum):
    """What must hold of the tree, and of what stands beside the cases; the ids that ``banjie verify`` prints."""

    GAP = "M1"
    LOST = "M2"
    TWICE = "M3"
    LEAF = "M4"
    STRANGER = "M5"
    QUEUE = "M6"
    SIGNATURE = "S1"
    SHRUNK = "S2"
    ROOT = "S3"
    UNCOVERED = "S4"
    NUMBER = "S5"
    COLUMNS = "S6"
    HEARTBEAT = "S7"
    RECEIPT = "R1"
    TIME = "T1"
    SCHEMA = "D1"
    HOUSE = "P4"
    FILE = "F1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFinding:
    """One broken rule."""

    rule: TreeRule
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A signed checkpoint that somebody else has kept, and what they call it."""

    name: str
    note: Note
    checkpoint: Checkpoint


def anchor_of(name: str, data: bytes) -> Anchor:
    """Return an anchor from the bytes of its file.

    Raises:
        InputRefused: they are no signed checkpoint.
    """
    note = parse_note(data)
    return Anchor(name=name, note=note, checkpoint=parse_checkpoint(note.text))


def contradiction(first: Anchor, second: Anchor) -> TreeFinding | None:
    """Return what two checkpoints show of themselves: two roots of one size are two histories."""
    one, two = first.checkpoint, second.checkpoint
    if (one.origin, one.size) != (two.origin, two.size) or one.root == two.root:
        return None
    return TreeFinding(
        rule=TreeRule.ROOT,
        text=Text(
            f"{first.name} 与 {second.name} 大小同为 {one.size} 而根不同：曾向不同的人出示不同的账册",
            f"{first.name} and {second.name} have {one.size} entries and different roots: two histories were shown",
        ),
    )


def receipt_finding(stored: bytes | None, hash_: bytes, case: CaseId, seq: int) -> TreeFinding | None:
    """Return what is wrong where a receipt names an entry: it must be there, and be the one the receipt tells of."""
    if stored == hash_:
        return None
    text = Text(
        f"回执所记的事项 {case} 第 {seq} 条不在账册中或已被改写",
        f"the entry {seq} of case {case} that the receipt tells of is gone or was rewritten",
    )
    return TreeFinding(rule=TreeRule.RECEIPT, text=text)


@dataclass(slots=True)
class Found:
    """Findings, at most so many of one rule."""

    told: list[TreeFinding] = field(default_factory=list)
    counts: dict[TreeRule, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, rule: TreeRule, zh: str, en: str) -> None:
        self.counts[rule] += 1
        if self.counts[rule] <= FINDINGS_MAX:
            self.told.append(TreeFinding(rule=rule, text=Text(zh, en)))

    def all(self) -> tuple[TreeFinding, ...]:
        more = [
            TreeFinding(rule=rule, text=Text(f"同类问题另有 {n - FINDINGS_MAX} 处", f"{n - FINDINGS_MAX} more of this"))
            for rule, n in self.counts.items()
            if n > FINDINGS_MAX
        ]
        return (*self.told, *more)
