"""Sealing: gives entries their place in the year's tree, and has its head signed by the signer.

It works in pieces, each of which is whole when it is committed: leaves first, then the checkpoint over them. Whatever
is interrupted goes on at the next run from what the tables say. One checkpoint follows the other closely, so that what
has to be shown to the signer stays small however much there is to seal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import quote

from pydantic import JsonValue

from engine.case.codec import instant, microseconds
from engine.case.identity import RootId
from engine.case.scope import SHANGHAI
from engine.errors import InputRefused, SealingStopped
from engine.ledger.merkle import Node, Peaks, consistency_proof, root_of
from engine.ledger.notes import Checkpoint, VerifierKey, opened, parse_checkpoint, parse_note
from engine.ledger.streams import Fact
from engine.service.office import Office
from engine.service.plain import RecordFact
from engine.service.sealing_ports import FIRST_KEY, CheckpointRow, QueueKey, SealingReads, TreeRow
from engine.service.sealing_writes import HEARTBEAT, SLOT, BeginTree, ClosedTree, KeepCheckpoint, SealEntries
from engine.text import Text

PIECE_ENTRIES: Final = 2_000
"""Sealed in one transaction; so many take well under the 50 ms after which live work would wait."""
COVERED_ENTRIES: Final = 20_000
"""After so many a checkpoint is made."""
LATE_AFTER: Final = timedelta(minutes=15)
"""Sealing is due every minute; an entry that has waited for so long is in nobody's proof."""
_EVER: Final = 2**62


class Signer(Protocol):
    """Who holds the log's key. It never sees the database: it is shown heads and proofs and remembers the last head.

    Each call raises SealingStopped when the signer cannot be reached, and says so.
    """

    def key(self, origin: str) -> VerifierKey:
        """Return the key by which it signs checkpoints of this origin."""

    def head(self, origin: str) -> Checkpoint | None:
        """Return the last head it signed, None when it has signed none."""

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> str:
        """Return the checkpoint as a signed note; the same again when it is the last head.

        Raises:
            SealingStopped: the proof does not show that the last head is still in this tree.
        """


@dataclass(slots=True, kw_only=True)
class Sealed:
    """What a run came to; ``aside`` are entries that are gone or whose hash is wrong: they stay in the queue."""

    entries: int = 0
    checkpoints: int = 0
    aside: list[QueueKey] = field(default_factory=list)


def seal(
    office: Office,
    reads: SealingReads,
    signer: Signer,
    root: RootId,
    *,
    origin: str = "banjie",
    progress: Callable[[int], None] = lambda _entries: None,
) -> Sealed:
    """Seal whatever waits of one organisation.

    Args:
        office: where it is written; its clock says which year's tree grows.
        reads: where it is read.
        signer: signs the checkpoints.
        root: the organisation.
        origin: how the origins of new trees begin.
        progress: told how many entries have been sealed so far.

    Raises:
        SealingStopped: the signer cannot be reached or refuses; what was sealed stays, the rest waits.
    """
    return _Sealing(office, reads, signer, root, origin, progress).run()


def origin_of(begin: str, root: RootId, year: int) -> str:
    """Return what the checkpoints of a year's tree are signed under.

    >>> origin_of("ledger.example.org", RootId("zdh"), 2026)
    'ledger.example.org/zdh/2026'
    """
    return f"{begin}/{quote(root, safe='')}/{year}"


def late_sealing(oldest: int | None, now: datetime) -> Text | None:
    """Return what to say when an entry has waited too long to be sealed, None while all is well."""
    if oldest is None or now - instant(oldest) <= LATE_AFTER:
        return None
    minutes = int((now - instant(oldest)).total_seconds() // 60)
    return Text(
        f"账册封存已落后 {minutes} 分钟，这期间的记录尚无签名检查点保护；请检查后台任务和签名程序",
        f"The ledger has not been sealed for {minutes} minutes: no signed checkpoint covers what was recorded since; "
        "look at the background work and at the signer",
    )


def heartbeat(office: Office, reads: SealingReads, root: RootId, *, schema: str, build: str) -> None:
    """Record how many checkpoints there are, and the newest one: none can be taken away unseen."""
    newest = reads.newest_checkpoint(root)
    if newest is None:
        return
    details: dict[str, JsonValue] = {
        "checkpoint": newest.n,
        "size": newest.size,
        "root": peaks_of(newest).root().hex(),
        "schema": schema,
        "build": build,
    }
    fact = Fact(type=HEARTBEAT, details=details)
    office.write([RecordFact(root=root, at=office.now(), fact=fact, slot=SLOT)])


def peaks_of(row: CheckpointRow) -> Peaks:
    """Return the complete subtrees that a checkpoint keeps.

    Raises:
        InputRefused: the column does not hold them.
    """
    try:
        return Peaks.of(row.size, [bytes.fromhex(one) for one in row.peaks.split()])
    except (ValueError, AttributeError) as error:
        raise InputRefused(Text("峰值不是十六进制", "the peaks are no hex")) from error


def proof_from(reads: SealingReads, root: RootId, tree: TreeRow, peaks: Peaks, size: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of a year with ``size`` leaves begins with the one that these peaks are of.

    It reads the leaves behind the old tree alone.
    """
    leaves = reads.leaves(root, tree.first + peaks.size, tree.first + size)
    return consistency_proof(peaks.size, size, _nodes(peaks, [leaf.hash for leaf in leaves]))


@dataclass(slots=True)
class _Sealing:
    """One run on its way."""

    office: Office
    reads: SealingReads
    signer: Signer
    root: RootId
    begin: str
    progress: Callable[[int], None]
    done: Sealed = field(default_factory=Sealed)

    def run(self) -> Sealed:
        now = self.office.now()
        year = now.astimezone(SHANGHAI).year
        tree = self.reads.newest_tree(self.root)
        if tree is None:
            if self.reads.oldest_queued(self.root) is None:
                return self.done
            tree = self._next_tree(year, None)
        elif tree.year < year:
            self._fill(tree, before=microseconds(datetime(year, 1, 1, tzinfo=SHANGHAI)))
            tree = self._next_tree(year, tree)
        self._fill(tree, before=_EVER)
        return self.done

    def _next_tree(self, year: int, last: TreeRow | None) -> TreeRow:
        """Begin the tree of a year, after the last one is covered to its end."""
        newest = None if last is None else self.reads.newest_checkpoint(self.root)
        closed = None
        if newest is not None:
            closed = ClosedTree(
                year=newest.year,
                n=newest.n,
                size=newest.size,
                root_hash=_trusted(newest).root().hex(),
                note=newest.note,
            )
        origin = origin_of(self.begin, self.root, year)
        self.office.write([BeginTree(root=self.root, at=self.office.now(), year=year, origin=origin, closed=closed)])
        tree = self.reads.newest_tree(self.root)
        assert tree is not None, "it was just begun"
        return tree

    def _fill(self, tree: TreeRow, *, before: int) -> None:
        """Seal what is older than an instant into a tree, with a checkpoint over all of it at the end."""
        self._cover(tree)
        after, uncovered = FIRST_KEY, 0
        while page := self.reads.queued(self.root, after=after, before=before, limit=PIECE_ENTRIES):
            self.office.write([SealEntries(root=self.root, after=after, upto=page[-1])])
            left = self.reads.queued(self.root, after=after, upto=page[-1], before=before, limit=PIECE_ENTRIES)
            aside = sorted(set(left) & set(page))
            self.done.aside += aside
            self.done.entries += len(page) - len(aside)
            self.progress(self.done.entries)
            after, uncovered = page[-1], uncovered + len(page)
            if uncovered >= COVERED_ENTRIES:
                self._cover(tree)
                uncovered = 0
        self._cover(tree)

    def _cover(self, tree: TreeRow) -> None:
        """Have a checkpoint over all leaves of the tree signed, and keep it.

        The signer may know more than the tables, when it signed and we ended before that was kept; or less, when its
        folder is older than the database.
        """
        row, peaks = self._newest(tree)
        leaves = self.reads.sealed(self.root) - tree.first
        head = self.signer.head(tree.origin)
        if head is None:
            if row is not None:
                raise SealingStopped(_unknown(tree.origin))
        elif head.size > leaves:
            raise SealingStopped(_older(head.size, leaves))
        elif head.size < peaks.size:
            self._catch_up(tree, head)
        elif head.size > peaks.size:
            row, peaks = self._signed(tree, row, peaks, head.size, ())
        elif head.root != peaks.root():
            raise SealingStopped(_FORKED)
        if leaves > peaks.size:
            self._signed(tree, row, peaks, leaves, proof_from(self.reads, self.root, tree, peaks, leaves))

    def _newest(self, tree: TreeRow) -> tuple[CheckpointRow | None, Peaks]:
        """Return the newest checkpoint of the tree and what it covers."""
        row = self.reads.newest_checkpoint(self.root)
        return (None, Peaks()) if row is None or row.year != tree.year else (row, _trusted(row))

    def _signed(
        self, tree: TreeRow, last: CheckpointRow | None, peaks: Peaks, size: int, proof: Sequence[bytes]
    ) -> tuple[CheckpointRow, Peaks]:
        """Have the tree of this size signed and keep that as the next checkpoint."""
        leaves = self.reads.leaves(self.root, tree.first + peaks.size, tree.first + size)
        grown = peaks.extended(leaf.hash for leaf in leaves)
        note = self._asked(tree, Checkpoint(origin=tree.origin, size=size, root=grown.root()), proof)
        # The newest of all trees: its number and its instant go on from year to year.
        newest = last or self.reads.newest_checkpoint(self.root)
        instants = [leaf.at for leaf in leaves]
        row = CheckpointRow(
            root=self.root,
            n=1 if newest is None else newest.n + 1,
            year=tree.year,
            size=size,
            at=max(instants) if newest is None else max(newest.at, *instants),
            peaks=" ".join(one.hex() for one in grown.hashes),
            note=note,
        )
        self.office.write([KeepCheckpoint(row)])
        self.done.checkpoints += 1
        return row, grown

    def _catch_up(self, tree: TreeRow, head: Checkpoint) -> None:
        """Let the signer sign again, in their order, the checkpoints that it does not remember."""
        known = self.reads.checkpoint_of_size(self.root, tree.year, head.size)
        if known is None or _trusted(known).root() != head.root:
            raise SealingStopped(_FORKED)
        while page := self.reads.checkpoints(self.root, after=known.n, limit=100):
            for row in page:
                proof = proof_from(self.reads, self.root, tree, _trusted(known), row.size)
                self._asked(tree, Checkpoint(origin=tree.origin, size=row.size, root=_trusted(row).root()), proof)
                known = row

    def _asked(self, tree: TreeRow, checkpoint: Checkpoint, proof: Sequence[bytes]) -> str:
        """Return the signed note, once it is seen to be what was asked for."""
        note = self.signer.sign(checkpoint, proof)
        try:
            opened(parse_note(note.encode()), [self.signer.key(tree.origin)])
            if parse_checkpoint(parse_note(note.encode()).text) == checkpoint:
                return note
        except InputRefused as refusal:
            raise SealingStopped(_NOT_ASKED) from refusal
        raise SealingStopped(_NOT_ASKED)


def _trusted(row: CheckpointRow) -> Peaks:
    """Return the complete subtrees of a checkpoint of ours; one without them is not as it was written."""
    try:
        return peaks_of(row)
    except InputRefused as refusal:
        raise SealingStopped(_FORKED) from refusal


def _nodes(peaks: Peaks, hashes: Sequence[bytes]) -> Node:
    """Return the nodes that a proof from a tree to the one grown from it needs: its peaks, and whole new subtrees."""
    known: dict[tuple[int, int], bytes] = {}
    start = 0
    for one in peaks.hashes:
        level = (peaks.size - start).bit_length() - 1
        known[level, start >> level] = one
        start += 1 << level

    def node(level: int, index: int) -> bytes:
        found = known.get((level, index))
        first = (index << level) - peaks.size
        return root_of(hashes[first : first + (1 << level)]) if found is None else found

    return node


def _unknown(origin: str) -> Text:
    return Text(
        f"签名程序不认识账册 {origin}：它的文件夹是新的或换过；请恢复原来的签名文件夹，"
        "或经核对后执行 banjie signer --adopt 检查点文件",
        f"The signer does not know the ledger {origin}: its folder is new or another one. Restore the folder, or after "
        "looking into it run banjie signer --adopt FILE with the newest checkpoint",
    )


def _older(signed: int, kept: int) -> Text:
    return Text(
        f"签名程序已签到第 {signed} 条，数据库中只有 {kept} 条：数据库是从旧备份恢复的，或记录被删改。"
        "请恢复更新的备份，并用 banjie verify --anchor 核对",
        f"The signer has signed {signed} entries, the database holds {kept}: it was restored from an older back-up, or "
        "entries were taken away. Restore a newer back-up and look with banjie verify --anchor",
    )


_FORKED: Final = Text(
    "数据库中的账册与签名程序最后签过的不是同一部：内容被改写或来自另一份拷贝。"
    "请恢复正确的备份，并用 banjie verify 核对",
    "The ledger in the database is not the one the signer signed last: it was rewritten, or is another copy. Restore "
    "the right back-up and look with banjie verify",
)
_NOT_ASKED: Final = Text(
    "签名程序的回答不是所要的签名检查点；请检查 BANJIE_SIGNER 指向何处",
    "The signer's answer is not the signed checkpoint that was asked for; see where BANJIE_SIGNER points",
)
