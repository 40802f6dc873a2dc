"""What ``banjie doctor`` says of witnesses: whether they keep up, and whether they have seen the history that stands
here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.case.identity import RootId
from engine.errors import BanjieError, InputRefused
from engine.service.looks import Look
from engine.service.sealing import peaks_of
from engine.service.sealing_witnesses import ALARMS, TROUBLES, Trouble, late_witness, standings
from engine.text import Text
from runtime.cli.looking import asked
from runtime.cli.witness_told import SeenLast, seen_last, standing_told
from runtime.signer.child import known_key
from runtime.witness.configured import witness_keys, witnesses_of

if TYPE_CHECKING:
    from engine.service.ports import Reads
    from engine.service.sealing_ports import TreeRow
    from runtime.clock import Clock
    from runtime.settings import Settings

ASK_SECONDS = 5.0
_ADVICE = {
    Trouble.UNKNOWN: Text(
        "把 banjie signer --show-key 所示的密钥交给见证方登记",
        "Give its operator the key that banjie signer --show-key prints",
    ),
    Trouble.NONSENSE: Text("检查 BANJIE_WITNESSES 的地址和密钥", "Look at address and key in BANJIE_WITNESSES"),
}
_LATER = Text(
    "请与见证方核对网络和服务；封存不受影响，恢复后自动补上",
    "Look at the network and at its service; sealing goes on, and what lacks is asked for again",
)
_ALARM = Text(
    "保存好两方的检查点，立即告知审计人员，再执行 banjie verify",
    "Keep the checkpoints of both sides, tell the auditors at once, then run banjie verify",
)


def witness_looks(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Yield how every declared witness stands; nothing where none is declared."""
    try:
        keys, witnesses = witness_keys(settings), witnesses_of(settings, timeout_seconds=ASK_SECONDS)
    except InputRefused as error:
        advice = Text("改正该环境变量后重新启动", "Correct the variable and start anew")
        yield Look(name="witnesses", text=error.text, advice=advice, fatal=True)
        return
    if not keys:
        return
    trees = asked(settings, lambda reads: [(root, reads.newest_tree(root)) for root in reads.roots()]) or []
    begun = [(root, tree) for root, tree in trees if tree is not None]
    # Asked first and compared afterwards: meanwhile there may be more here than they have seen, and never less.
    seen = list(seen_last(witnesses, [tree.origin for _root, tree in begun], known_key(settings)))

    def question(reads: Reads) -> list[Look]:
        looks = [look for one in seen if (look := _seen(reads, one, begun)) is not None]
        troubled = {one.witness for one in seen if one.trouble is not None}
        for root in reads.roots():
            for standing in standings(reads, root, [key.name for key in keys if key.name not in troubled]):
                late = late_witness(standing, clock.now())
                looks.append(
                    Look(name="witnesses", text=standing_told(standing))
                    if late is None
                    else Look(name="witnesses", text=late, advice=_LATER)
                )
        return looks

    yield from asked(settings, question) or ()


def _seen(reads: Reads, one: SeenLast, begun: list[tuple[RootId, TreeRow]]) -> Look | None:
    """Return what is wrong between what a witness saw last and what stands here, None while nothing is."""
    trouble = one.trouble
    for root, tree in begun if one.anchor is not None else ():
        if tree.origin == one.origin:
            trouble = _against(reads, root, tree, one)
    if trouble is None:
        return None
    told = TROUBLES[trouble]
    return Look(
        name="witnesses",
        text=Text(f"见证主机 {one.witness}：{told.zh}", f"Witness {one.witness}: {told.en}"),
        advice=_ALARM if trouble in ALARMS else _ADVICE.get(trouble, _LATER),
        fatal=trouble in ALARMS,
    )


def _against(reads: Reads, root: RootId, tree: TreeRow, one: SeenLast) -> Trouble | None:
    """Hold the checkpoint of a witness against ours of the same size; that every leaf fits is for ``banjie verify``."""
    assert one.anchor is not None, "asked only where there is one"
    point = one.anchor.checkpoint
    if point.size > reads.sealed(root) - tree.first:
        return Trouble.AHEAD
    kept = reads.checkpoint_of_size(root, tree.year, point.size)
    try:
        return None if kept is not None and peaks_of(kept).root() == point.root else Trouble.FORKED
    except BanjieError:
        return Trouble.FORKED
