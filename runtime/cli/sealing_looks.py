"""What ``banjie doctor`` says of sealing: whether it keeps up, and whether the signer goes along with the database."""

from __future__ import annotations

from collections.abc import Iterator

from engine.case.identity import RootId
from engine.errors import BanjieError
from engine.ledger.notes import parse_checkpoint, parse_note
from engine.service.looks import Look
from engine.service.ports import Reads
from engine.service.sealing import late_sealing, peaks_of
from engine.service.sealing_due import due_since
from engine.text import Text
from runtime.cli.looking import asked
from runtime.clock import Clock
from runtime.settings import Settings
from runtime.signer.child import last_note

_BEHIND = Text(
    "启动 banjie serve（或 banjie work），或执行 banjie seal 查看原因",
    "Start banjie serve, or banjie work; banjie seal shows why it does not go on",
)


def sealing_looks(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Yield how far sealing is, and whether the signer has signed what the database holds."""

    def question(reads: Reads) -> list[Look]:
        try:
            return list(_looks(settings, reads, clock))
        except BanjieError as error:
            return [Look(name="signer", text=error.text, advice=_BEHIND)]

    yield from asked(settings, question) or ()


def _looks(settings: Settings, reads: Reads, clock: Clock) -> Iterator[Look]:
    roots = reads.roots()
    late = [text for root in roots if (text := late_sealing(due_since(reads, root), clock.now())) is not None]
    if late:
        yield Look(name="sealing", text=late[0], advice=_BEHIND)
    elif roots:
        entries = sum(reads.sealed(root) for root in roots)
        yield Look(name="sealing", text=Text(f"账册已封存 {entries} 条", f"{entries} entries of the ledger are sealed"))
    for root in roots:
        yield from _signer(settings, reads, root)


def _signer(settings: Settings, reads: Reads, root: RootId) -> Iterator[Look]:
    """Yield what is wrong between the signer's last head and the checkpoints of the database; it will then refuse."""
    tree, row = reads.newest_tree(root), reads.newest_checkpoint(root)
    if tree is None or row is None or row.year != tree.year:
        return
    note = last_note(settings, tree.origin)
    if note is None:
        yield Look(
            name="signer",
            text=Text("签名程序不认识这部账册", "The signer does not know this ledger"),
            advice=Text(
                "恢复原来的签名文件夹（见 BANJIE_SIGNER_FOLDER、BANJIE_SIGNER）",
                "Restore its folder; see BANJIE_SIGNER_FOLDER and BANJIE_SIGNER",
            ),
        )
        return
    head = parse_checkpoint(parse_note(note).text)
    kept = reads.checkpoint_of_size(root, tree.year, head.size)
    leaves = reads.sealed(root) - tree.first
    if head.size > leaves or (kept is not None and peaks_of(kept).root() != head.root):
        yield Look(
            name="signer",
            text=Text(
                f"签名程序签到第 {head.size} 条，与数据库中的 {leaves} 条不符",
                f"The signer has signed {head.size} entries, which are not the {leaves} of the database",
            ),
            advice=Text(
                "数据库可能来自旧备份或被改动：恢复更新的备份，再执行 banjie verify",
                "The database may be an older back-up, or was changed: restore a newer one, then run banjie verify",
            ),
            fatal=True,
        )
