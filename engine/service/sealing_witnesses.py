"""Witnesses: other hosts that cosign checkpoints, so that nobody can show two histories under one key unseen.

A witness is asked after sealing, about the newest head of the tree that grows and the last one of the year before. It
keeps nobody waiting: what it has not cosigned yet is asked again later, and every page says so meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from engine.case.codec import instant, microseconds
from engine.case.identity import CaseId, RootId
from engine.errors import InputRefused
from engine.ledger.chain import entry_hash
from engine.ledger.merkle import Peaks
from engine.ledger.notes import Note, Signature, VerifierKey, cosigned_at, parse_note
from engine.service.jobs import Job
from engine.service.office import Office
from engine.service.ports import Reads
from engine.service.sealing import LATE_AFTER, peaks_of, proof_from
from engine.service.sealing_ports import FIRST_KEY, CheckpointRow, CosignatureRow, QueueKey, SealingReads, TreeRow
from engine.service.sealing_writes import KeepCosignature
from engine.service.sweep_ports import SWEEP_SLOT
from engine.text import Text

CLOCKS_APART: Final = timedelta(minutes=5)
"""So far the clock of a witness may be from ours; who holds entries against its time allows as much (rule T1)."""
FRESH: Final = timedelta(minutes=4)
"""What has waited for longer is sealed first, so that a witness's time never comes after entries it did not see."""
ROUNDS_MAX: Final = 3
LOOKED_BACK: Final = 60
"""So many checkpoints are looked at for the newest one that a witness cosigned."""
_PAGE: Final = 5_000
_STUCK_MAX: Final = 100


class Trouble(StrEnum):
    """Why a witness has not cosigned."""

    AWAY = "away"
    UNKNOWN = "unknown"
    AHEAD = "ahead"
    FORKED = "forked"
    CLOCK = "clock"
    NONSENSE = "nonsense"


TROUBLES: Final[Mapping[Trouble, Text]] = {
    Trouble.AWAY: Text("连接不上，稍后自动再试", "it cannot be reached, and is asked again"),
    Trouble.UNKNOWN: Text(
        "它不认识这部账册或其密钥，请其管理员登记账册的验证密钥",
        "it does not know this ledger or its key: have its operator add the verifier key",
    ),
    Trouble.AHEAD: Text(
        "它见过的记录比本数据库多：数据库来自旧备份，或另一份拷贝在用同一密钥签名；请用 banjie verify 核对",
        "it has seen more entries than stand here: the database is an older back-up, or another copy is signed with "
        "the same key; look with banjie verify",
    ),
    Trouble.FORKED: Text(
        "它拒绝联署：它见过的是另一份历史，记录被改写，或另一份拷贝在用同一密钥签名；请用 banjie verify 核对",
        "it refuses: it has seen another history. Entries were rewritten, or another copy is signed with the same key; "
        "look with banjie verify",
    ),
    Trouble.CLOCK: Text(
        "它的时钟与本机相差超过 5 分钟，其联署未予采用；请校准时钟",
        "its clock and ours are more than 5 minutes apart: its cosignature was not taken; set them right",
    ),
    Trouble.NONSENSE: Text(
        "它的回答无法采用：不合约定，或不是所声明密钥的签名；请检查 BANJIE_WITNESSES",
        "its answer cannot be used: not as agreed, or not signed by the key that was declared; see BANJIE_WITNESSES",
    ),
}
ALARMS: Final = frozenset({Trouble.AHEAD, Trouble.FORKED})
"""What no outage explains."""


def job_kind(name: str) -> str:
    """Return the kind of the job that asks a witness."""
    return f"witness:{name}"


def trouble_in(jobs: Iterable[Job], name: str) -> Trouble | None:
    """Return why a witness has not cosigned, by what its newest job failed with; None where that did not fail."""
    newest = max((job for job in jobs if job.kind == job_kind(name)), key=lambda job: job.number, default=None)
    reason = None if newest is None else newest.reason
    return next((trouble for trouble, told in TROUBLES.items() if told.en == reason), None)


class Witness(Protocol):
    """A witness as the log asks it. Whatever it answers is trusted for nothing but its own signature."""

    @property
    def key(self) -> VerifierKey:
        """The key by which it cosigns, as an operator has declared it."""

    def add(self, old: int, proof: Sequence[bytes], note: bytes) -> Signature | int | Trouble:
        """Ask it to cosign a checkpoint that extends the tree of ``old`` leaves.

        Returns:
            Its signature, not yet looked at; the size it knows where that is not ``old``; or why there is neither.
        """

    def newest(self, origin: str) -> Note | Trouble | None:
        """Return the newest checkpoint it has cosigned, not yet looked at; None where it has cosigned none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking a witness came to."""

    cosigned: int = 0
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a witness has come: the newest checkpoint that it cosigned and when, in seconds after 1970; None where
    it cosigned none of the last ``LOOKED_BACK``. ``missing`` is the first one after it, None where there is none."""

    name: str
    cosigned: CheckpointRow | None = None
    at: int | None = None
    missing: CheckpointRow | None = None


def ask_witness(office: Office, reads: Reads, root: RootId, witness: Witness) -> Asked:
    """Have a witness cosign whatever heads of an organisation it has not; nothing while entries still wait for long."""
    cosigned = 0
    if _waits(reads, root, office.now()):
        return Asked()
    for place, (tree, row) in enumerate(_heads(reads, root)):
        if not lacks(reads, root, row.n, witness.key.name):
            continue
        answer = _answer(reads, root, tree, row, witness)
        if isinstance(answer, Signature):
            answer = _seen(row, answer, witness.key, office.now())
        if isinstance(answer, Signature):
            line = answer.line.removesuffix("\n")
            office.write([KeepCosignature(CosignatureRow(root, row.n, witness.key.name, line))])
            cosigned += 1
        elif answer is not None and not (place and answer is Trouble.UNKNOWN):
            # A witness that was declared this year need not know the year before.
            return Asked(cosigned, answer)
    return Asked(cosigned)


def lacks(reads: SealingReads, root: RootId, n: int, name: str) -> bool:
    """Say whether a checkpoint has no cosignature by a witness of this name."""
    return all(one.name != name for one in reads.cosignatures(root, n))


def standings(reads: SealingReads, root: RootId, names: Sequence[str]) -> list[Standing]:
    """Return how far each witness has come, by their order; nothing before there is a checkpoint."""
    newest = reads.newest_checkpoint(root)
    if newest is None:
        return []
    wanted, found, after = set(names), dict[str, Standing](), dict[str, CheckpointRow]()
    rows = reads.checkpoints(root, after=max(0, newest.n - LOOKED_BACK), limit=LOOKED_BACK)
    for row in reversed(rows):
        lines = {one.name: one.line for one in reads.cosignatures(root, row.n) if one.name in wanted}
        for name, line in lines.items():
            found[name] = Standing(name=name, cosigned=row, at=time_of(line), missing=after.get(name))
        wanted -= lines.keys()
        if not wanted:
            break
        after.update(dict.fromkeys(wanted, row))
    return [found.get(name) or Standing(name=name, missing=after.get(name)) for name in names]


def late_witness(standing: Standing, now: datetime) -> Text | None:
    """Return what to say when a witness has not cosigned for too long, None while all is well."""
    if standing.missing is None or now - instant(standing.missing.at) <= LATE_AFTER:
        return None
    name = standing.name
    if standing.cosigned is None:
        return Text(
            f"见证主机 {name} 尚未联署任何检查点：仅凭它还不能发现账册被改写",
            f"The witness {name} has not cosigned: so far it would not show that the ledger was rewritten",
        )
    n = standing.cosigned.n
    return Text(
        f"见证主机 {name} 只联署到第 {n} 号检查点：此后的记录它还不能作证",
        f"The witness {name} has cosigned up to checkpoint {n}: it cannot vouch for what came later",
    )


def time_of(line: str) -> int | None:
    """Return when a stored cosignature says it was made, in seconds after 1970; None where it is none."""
    signature = signature_of(line)
    try:
        return None if signature is None else cosigned_at(signature)
    except InputRefused:
        return None


def signature_of(line: object) -> Signature | None:
    """Return the signature on a stored line, None where it is none."""
    if not isinstance(line, str) or "\n" in line:
        return None
    try:
        (signature,) = parse_note(f"\n\n{line}\n".encode()).signatures
    except (InputRefused, UnicodeEncodeError, ValueError):
        return None
    return signature


def _heads(reads: SealingReads, root: RootId) -> Iterator[tuple[TreeRow, CheckpointRow]]:
    """Yield the newest checkpoint with its tree, then the last one of the tree before."""
    newest = reads.newest_checkpoint(root)
    if newest is None:
        return
    with reads.tree_view(root) as view:
        trees = [tree for tree in view.trees() if tree.year <= newest.year]
    if not trees or trees[-1].year != newest.year:
        return
    yield trees[-1], newest
    for before in trees[-2:-1]:
        last = reads.checkpoint_of_size(root, before.year, trees[-1].first - before.first)
        if last is not None:
            yield before, last


def _answer(
    reads: SealingReads, root: RootId, tree: TreeRow, row: CheckpointRow, witness: Witness
) -> Signature | Trouble | None:
    """Ask until the witness and we agree on what it knows; None where somebody has asked about a newer head since."""
    old = _guess(reads, root, row, witness.key.name)
    for _ in range(ROUNDS_MAX):
        answer = witness.add(old, _proof(reads, root, tree, row, old), row.note.encode())
        if not isinstance(answer, int):
            return answer
        if answer == old:
            return Trouble.FORKED
        if answer > row.size:
            newer = reads.newest_checkpoint(root)
            return None if newer is not None and newer.n > row.n else Trouble.AHEAD
        old = answer
    return Trouble.NONSENSE


def _guess(reads: SealingReads, root: RootId, row: CheckpointRow, name: str) -> int:
    """Return the size that the witness most likely knows: of the checkpoint before, if it cosigned that."""
    before = reads.checkpoints(root, after=row.n - 2, limit=1) if row.n > 1 else ()
    if before and before[0].n == row.n - 1 and before[0].year == row.year and not lacks(reads, root, row.n - 1, name):
        return before[0].size
    return 0


def _proof(reads: SealingReads, root: RootId, tree: TreeRow, row: CheckpointRow, old: int) -> tuple[bytes, ...]:
    """Return the proof from the size the witness knows; most often that was a checkpoint of ours."""
    known = reads.checkpoint_of_size(root, tree.year, old)
    try:
        peaks = Peaks() if known is None else peaks_of(known)
    except InputRefused:
        peaks = Peaks()
    for start in range(peaks.size, old, _PAGE):
        leaves = reads.leaves(root, tree.first + start, tree.first + min(start + _PAGE, old))
        peaks = peaks.extended(leaf.hash for leaf in leaves)
    return proof_from(reads, root, tree, peaks, row.size)


def _seen(row: CheckpointRow, signature: Signature, key: VerifierKey, now: datetime) -> Signature | Trouble:
    """Return a cosignature that holds and was made now; one of another time would accuse honest entries for ever."""
    if not key.verifies(parse_note(row.note.encode()).text, signature):
        return Trouble.NONSENSE
    apart = abs(cosigned_at(signature) - now.timestamp())
    return Trouble.CLOCK if apart > CLOCKS_APART.total_seconds() else signature


def _waits(reads: Reads, root: RootId, now: datetime) -> bool:
    """Say whether something waits to be sealed for so long that a head without it is no longer the newest truth.

    What can never be sealed, because it is gone or altered, keeps no witness waiting; nor do sweeps, which wait longer
    and are in nobody's bundle.
    """
    before, oldest = microseconds(now - FRESH), reads.oldest_pressing(root)
    if oldest is None or oldest >= before:
        return False
    old = reads.queued(root, after=FIRST_KEY, before=before, limit=_STUCK_MAX)
    return any(not key.case.endswith(f":{SWEEP_SLOT}") and _can_be_sealed(reads, root, key) for key in old)


def _can_be_sealed(reads: Reads, root: RootId, key: QueueKey) -> bool:
    rows = reads.entries(root, CaseId(key.case))
    return any(row.seq == key.seq and entry_hash(row.body) == row.hash for row in rows)
