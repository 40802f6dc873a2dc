"""What ``banjie doctor`` says of the daily mail of the checkpoint: whether it goes, and whether anybody gets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from engine.case.codec import instant
from engine.case.identity import RootId
from engine.service.anchoring import anchor_day, anchorings
from engine.service.looks import Look
from engine.service.ports import Reads
from engine.text import Text
from runtime.channels import MAIL, configured
from runtime.cli.looking import asked
from runtime.clock import Clock
from runtime.settings import Settings

MISSED: Final = timedelta(days=1)
"""The mail of today may still be on its way; that of yesterday is not any more."""
_ADVICE: Final = Text(
    "启动 banjie serve（或 banjie work），在“任务”中查看原因；收件人见 BANJIE_ANCHOR_MAIL，"
    "审计人员须在个人通知设置中填写邮箱",
    "Start banjie serve, or banjie work, and look at its jobs; recipients are those of BANJIE_ANCHOR_MAIL and auditors "
    "who have set a mail address",
)


def anchor_looks(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Yield when a checkpoint was last mailed; nothing where there is no mail, or nothing sealed for a day."""
    if MAIL not in configured(settings):
        return
    now = clock.now()
    for look in asked(settings, lambda reads: [_look(reads, root, now) for root in reads.roots()]) or ():
        if look is not None:
            yield look


def _look(reads: Reads, root: RootId, now: datetime) -> Look | None:
    told = anchorings(reads, root, now)
    if not told:
        first = next(iter(reads.checkpoints(root, after=0, limit=1)), None)
        if first is None or now - instant(first.at) <= MISSED:
            return None
        text = Text("从未寄出过账册检查点", "No checkpoint of the ledger was ever mailed")
        return Look(name="anchors", text=text, advice=_ADVICE)
    last = told[0]
    text = Text(
        f"最近寄出的账册检查点：{last.day}，{last.recipients} 人",
        f"Checkpoint last mailed for {last.day}, to {last.recipients} recipient(s)",
    )
    return Look(name="anchors", text=text, advice=None if last.day >= anchor_day(now) - MISSED else _ADVICE)
