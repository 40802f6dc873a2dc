"""The part of ``banjie verify`` about what is sealed: files of checkpoints, the key, and every organisation's tree."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.case.identity import RootId
from engine.errors import BanjieError, InputRefused, SealingStopped
from engine.ledger.notes import VerifierKey, parse_verifier_key
from engine.service.ports import Reads
from engine.service.tree_findings import Anchor, TreeFinding, TreeRule, anchor_of, contradiction
from engine.service.tree_walk import Key
from engine.service.verify_tree import TreeVerification, verify_tree
from engine.text import Text
from runtime.cli.run import Run
from runtime.clock import Clock, WallClock
from runtime.settings import Settings
from runtime.signer.child import known_key, last_note

SETTLE_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody holds against the ledger: checkpoints from elsewhere, two that should agree, a key."""

    anchors: tuple[Anchor, ...]
    pair: tuple[Anchor, Anchor] | None
    key: VerifierKey | None

    @property
    def all(self) -> tuple[Anchor, ...]:
        """Every checkpoint that was given."""
        return (*self.anchors, *(self.pair or ()))


def wanted(anchors: Sequence[Path], pair: tuple[Path, Path] | None, key: str | None) -> Wanted:
    """Read what was given on the command line.

    Raises:
        InputRefused: a file is no signed checkpoint or cannot be read, or the key is none.
    """
    both = None if pair is None else (_anchor(pair[0]), _anchor(pair[1]))
    return Wanted(
        anchors=tuple(map(_anchor, anchors)), pair=both, key=None if key is None else parse_verifier_key(key.strip())
    )


def sealed_findings(
    run: Run, settings: Settings, reads: Reads, roots: Iterable[RootId], clock: Clock, given: Wanted
) -> tuple[list[TreeFinding], list[TreeVerification]]:
    """Verify the trees of these organisations, the tables themselves, and the checkpoints that were given."""
    findings: list[TreeFinding] = []
    if given.pair is not None and (against := contradiction(*given.pair)) is not None:
        findings.append(against)
    looked, placed = [], set[str]()
    for root in roots:
        _settle(reads, root)
        with reads.tree_view(root) as view:
            origins = {tree.origin for tree in view.trees() if isinstance(tree.origin, str)}
        placed |= origins
        anchors = [anchor for anchor in given.all if anchor.checkpoint.origin in origins]
        anchors += _signers_own(settings, sorted(origins), findings)
        with run.terminal.progress(Text("核验封存", "Verifying what is sealed")) as progressed:
            done = verify_tree(
                reads,
                root,
                key=_key(settings, given.key),
                anchors=anchors,
                times=isinstance(clock, WallClock),
                progress=lambda n, show=progressed: show(n, None),  # type: ignore[misc]  # each its own bar
            )
        looked.append(done)
        findings += done.findings
    for anchor in given.all:
        if anchor.checkpoint.origin not in placed:
            name, origin = anchor.name, anchor.checkpoint.origin
            text = Text(f"数据库中没有 {name} 所属的账册 {origin}", f"{name} is of {origin}, which is not here")
            findings.append(TreeFinding(rule=TreeRule.ROOT, text=text))
    schema = reads.schema()
    findings += [TreeFinding(rule=TreeRule.SCHEMA, text=text) for text in schema.problems]
    findings += [
        TreeFinding(rule=TreeRule.SCHEMA, text=Text(f"数据库文件：{one}", f"database file: {one}"))
        for one in reads.damage()
    ]
    return findings, looked


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


def _key(settings: Settings, given: VerifierKey | None) -> Key:
    """Return what gives the key of an origin: the one given, for every year, else the signer's as it stands here."""
    if given is None:
        return known_key(settings)
    return lambda origin: VerifierKey(name=origin, kind=given.kind, public=given.public)


def _anchor(path: Path) -> Anchor:
    try:
        return anchor_of(path.name, path.read_bytes())
    except OSError as error:
        raise InputRefused(Text(f"读不到文件 {path}", f"The file {path} cannot be read")) from error
    except BanjieError as refusal:
        raise InputRefused(
            Text(f"{path} 不是签名检查点：{refusal.text.zh}", f"{path} is no signed checkpoint: {refusal.text.en}")
        ) from refusal
