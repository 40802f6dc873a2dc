"""Verifies what witnesses have added: every stored cosignature by the declared keys; none yet is no finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.case.identity import RootId
from engine.errors import InputRefused
from engine.ledger.notes import VerifierKey, parse_note
from engine.service.sealing_ports import CheckpointRow, CosignatureRow, SealingReads
from engine.service.sealing_witnesses import Standing, signature_of, time_of
from engine.service.tree_findings import Found, TreeFinding, TreeRule


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignatureVerification:
    """What was looked at and found; ``strangers`` are cosignatures by keys that nobody declared, which say nothing."""

    findings: tuple[TreeFinding, ...]
    standings: tuple[Standing, ...]
    strangers: int


def verify_cosignatures(reads: SealingReads, root: RootId, witnesses: Sequence[VerifierKey]) -> CosignatureVerification:
    """Verify what witnesses have added to the checkpoints of an organisation.

    Args:
        reads: where it is read; whatever stands in the columns ends in a finding, never in an exception.
        root: the organisation.
        witnesses: the keys that count.
    """
    look = _Look(reads, root, witnesses)
    with reads.tree_view(root) as view:
        for row in view.cosignatures():
            look.at(row)
    newest = reads.newest_checkpoint(root)
    return CosignatureVerification(
        findings=look.found.all(),
        standings=() if newest is None else tuple(look.standing(key.name, newest) for key in witnesses),
        strangers=look.strangers,
    )


class _Look:
    def __init__(self, reads: SealingReads, root: RootId, witnesses: Sequence[VerifierKey]) -> None:
        self.found = Found()
        self.strangers = 0
        self._reads = reads
        self._root = root
        self._witnesses = witnesses
        self._last: CheckpointRow | None = None
        self._seen: dict[str, tuple[CheckpointRow, int | None]] = {}

    def at(self, row: CosignatureRow) -> None:
        """Look at one cosignature; they come by the number of their checkpoint."""
        zh, en = (
            f"检查点 {row.n!r:.20} 的联署 {row.name!r:.60}",
            f"cosignature {row.name!r:.60} of checkpoint {row.n!r:.20}",
        )
        signature, point = signature_of(row.line), self._checkpoint(row.n)
        if signature is None or signature.name != row.name:
            self.found.add(TreeRule.COLUMNS, f"{zh}不是其签名行", f"{en} is no signature line of it")
            return
        if point is None:
            self.found.add(TreeRule.COLUMNS, f"{zh}没有检查点", f"{en}: there is no such checkpoint")
            return
        key = next((key for key in self._witnesses if key.made(signature)), None)
        if key is None:
            self.strangers += 1
            return
        try:
            text = parse_note(point.note.encode()).text
        except (InputRefused, AttributeError, UnicodeEncodeError):
            return  # the checkpoint itself is a finding
        if key.verifies(text, signature):
            self._seen[key.name] = (point, time_of(row.line))
        else:
            self.found.add(TreeRule.SIGNATURE, f"{zh}不成立", f"{en} does not hold")

    def standing(self, name: str, newest: CheckpointRow) -> Standing:
        """Return how far a witness has come, by what holds."""
        point, at = self._seen.get(name, (None, None))
        after = 0 if point is None else point.n
        missing = self._reads.checkpoints(self._root, after=after, limit=1) if after < newest.n else ()
        return Standing(name=name, cosigned=point, at=at, missing=missing[0] if missing else None)

    def _checkpoint(self, n: object) -> CheckpointRow | None:
        if type(n) is not int or not 0 < n < 2**53:
            return None
        if self._last is None or self._last.n != n:
            found = self._reads.checkpoints(self._root, after=n - 1, limit=1)
            self._last = found[0] if found and found[0].n == n else None
        return self._last
