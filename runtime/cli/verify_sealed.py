"""The part of ``banjie verify`` about what is sealed: files of checkpoints, keys, every organisation's tree, and what
witnesses add."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.case.identity import RootId
from engine.errors import BanjieError, InputRefused, SealingStopped
from engine.ledger.notes import KeyType, VerifierKey, parse_verifier_key
from engine.service.ports import Reads
from engine.service.sealing_cosigned import CosignatureVerification, verify_cosignatures
from engine.service.tree_findings import Anchor, TreeFinding, TreeRule, anchor_of, contradiction
from engine.service.tree_walk import Key, Progress
from engine.service.verify_tree import TreeVerification, verify_tree
from engine.text import Text
from runtime.cli.witness_told import SeenLast, seen_last
from runtime.clock import Clock, WallClock
from runtime.settings import Settings
from runtime.signer.child import known_key, last_note
from runtime.witness.configured import witness_keys, witnesses_of

SETTLE_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.2


RECEIPTS: Final = "/receipts"
"""How the name of every key of receipts ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody holds against the ledger: checkpoints from elsewhere, two that should agree, keys."""

    anchors: tuple[Anchor, ...]
    pair: tuple[Anchor, Anchor] | None
    key: VerifierKey | None
    receipt_keys: tuple[VerifierKey, ...] = ()
    witnesses: tuple[VerifierKey, ...] = ()

    @property
    def all(self) -> tuple[Anchor, ...]:
        """Every checkpoint that was given."""
        return (*self.anchors, *(self.pair or ()))


@dataclass(slots=True)
class SealedLook:
    """What was found of all organisations: of their trees, of what witnesses added, and who of those did not answer."""

    findings: list[TreeFinding] = field(default_factory=list)
    trees: list[TreeVerification] = field(default_factory=list)
    cosigned: list[CosignatureVerification] = field(default_factory=list)
    troubles: list[SeenLast] = field(default_factory=list)


def wanted(
    anchors: Sequence[Path],
    pair: tuple[Path, Path] | None,
    keys: Sequence[str] = (),
    witnesses: Sequence[str] = (),
) -> Wanted:
    """Read what was given on the command line; a key of receipts is known by its name.

    Raises:
        InputRefused: a file is no signed checkpoint or cannot be read, a key is none, or there are two of the log.
    """
    both = None if pair is None else (_anchor(pair[0]), _anchor(pair[1]))
    given = [_of_kind(key, KeyType.NOTE) for key in keys]
    log = [key for key in given if not key.name.endswith(RECEIPTS)]
    if len(log) > 1:
        raise InputRefused(Text("账册的验证密钥只能给一把", "Give one verifier key of the ledger, not several"))
    return Wanted(
        anchors=tuple(map(_anchor, anchors)),
        pair=both,
        key=log[0] if log else None,
        receipt_keys=tuple(key for key in given if key.name.endswith(RECEIPTS)),
        witnesses=tuple(dict.fromkeys(_of_kind(key, KeyType.COSIGNATURE) for key in witnesses)),
    )


def sealed_findings(
    settings: Settings, reads: Reads, roots: Iterable[RootId], clock: Clock, given: Wanted, *, progress: Progress
) -> SealedLook:
    """Verify the trees of these organisations, the tables themselves, and the checkpoints that were given.

    The signer and the declared witnesses are asked for the last head they know, which is held against the tree like a
    checkpoint that somebody has kept. ``progress`` is told how many leaves and entries of a tree are behind it.
    """
    look = SealedLook()
    if given.pair is not None and (against := contradiction(*given.pair)) is not None:
        look.findings.append(against)
    placed = set[str]()
    key = log_key(settings, given.key)
    witnesses = witnesses_of(settings)
    declared = tuple(dict.fromkeys((*given.witnesses, *witness_keys(settings))))
    for root in roots:
        _settle(reads, root)
        with reads.tree_view(root) as view:
            origins = {tree.origin for tree in view.trees() if isinstance(tree.origin, str)}
        placed |= origins
        anchors = [anchor for anchor in given.all if anchor.checkpoint.origin in origins]
        anchors += _signers_own(settings, sorted(origins), look.findings)
        for seen in seen_last(witnesses, sorted(origins), key):
            if seen.anchor is not None:
                anchors.append(seen.anchor)
            else:
                look.troubles.append(seen)
        done = verify_tree(reads, root, key=key, anchors=anchors, times=isinstance(clock, WallClock), progress=progress)
        cosigned = verify_cosignatures(reads, root, declared)
        look.trees.append(done)
        look.cosigned.append(cosigned)
        look.findings += [*done.findings, *cosigned.findings]
    for anchor in given.all:
        if anchor.checkpoint.origin not in placed:
            name, origin = anchor.name, anchor.checkpoint.origin
            text = Text(f"数据库中没有 {name} 所属的账册 {origin}", f"{name} is of {origin}, which is not here")
            look.findings.append(TreeFinding(rule=TreeRule.ROOT, text=text))
    schema = reads.schema()
    look.findings += [TreeFinding(rule=TreeRule.SCHEMA, text=text) for text in schema.problems]
    look.findings += [
        TreeFinding(rule=TreeRule.SCHEMA, text=Text(f"数据库文件：{one}", f"database file: {one}"))
        for one in reads.damage()
    ]
    return look


def _settle(reads: Reads, root: RootId) -> None:
    """Wait a little where leaves were just added and their checkpoint is on its way; one that never comes is found."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        tree, row = reads.newest_tree(root), reads.newest_checkpoint(root)
        covered = 0 if tree is None else tree.first + (row.size if row is not None and row.year == tree.year else 0)
        if reads.sealed(root) == covered:
            return
        time.sleep(LOOK_SECONDS)


def _signers_own(settings: Settings, origins: Sequence[str], findings: list[TreeFinding]) -> list[Anchor]:
    """Return the last heads of the signer itself: a database older than them was restored."""
    anchors = []
    for origin in origins:
        try:
            note = last_note(settings, origin)
            if note is not None:
                anchors.append(anchor_of(f"签名程序 signer {origin}", note))
        except SealingStopped:
            continue  # away, or on another host: doctor says so, and what it signed stands in the checkpoints
        except InputRefused as refusal:
            findings.append(TreeFinding(rule=TreeRule.SIGNATURE, text=refusal.text))
    return anchors


def log_key(settings: Settings, given: VerifierKey | None) -> Key:
    """Return what gives the key of an origin: the one given, for every year, else the signer's as it stands here."""
    if given is None:
        return known_key(settings)
    return lambda origin: VerifierKey(name=origin, kind=given.kind, public=given.public)


def _of_kind(text: str, kind: KeyType) -> VerifierKey:
    """Return a key that was given; one of the other kind is no key where this one is meant."""
    key = parse_verifier_key(text.strip())
    if key.kind is not kind:
        raise InputRefused(
            Text(
                "账册和回执的密钥用 --key 给出，见证的密钥用 --witness 给出",
                "Keys of the ledger and of receipts are given with --key, those of witnesses with --witness",
            )
        )
    return key


def _anchor(path: Path) -> Anchor:
    from runtime.mailed_notes import note_in

    try:
        return anchor_of(path.name, note_in(path.read_bytes()))
    except OSError as error:
        raise InputRefused(Text(f"读不到文件 {path}", f"The file {path} cannot be read")) from error
    except BanjieError as refusal:
        raise InputRefused(
            Text(f"{path} 不是签名检查点：{refusal.text.zh}", f"{path} is no signed checkpoint: {refusal.text.en}")
        ) from refusal
