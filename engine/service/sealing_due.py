"""When what waits has to be sealed: at the next minute, but for what the sweeps alone leave every minute.

Each sweep tells that it looked. Were it sealed for that alone, a house in which nobody does anything would have 1,440
checkpoints a day signed and witnessed. So a sweep's entry waits until something else is sealed, or its time is up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from engine.case.codec import microseconds
from engine.case.identity import RootId
from engine.service.sealing_ports import SealingReads

QUIET_EVERY: Final = timedelta(minutes=15)
"""So long a sweep's entry may wait by itself."""
_QUIET: Final = QUIET_EVERY // timedelta(microseconds=1)


def due_since(reads: SealingReads, root: RootId) -> int | None:
    """Return the instant from which on something that waits is due to be sealed, None when nothing waits.

    In microseconds, as columns hold instants; it lies ahead where only sweeps' entries wait, and not for long.
    """
    oldest, pressing = reads.oldest_queued(root), reads.oldest_pressing(root)
    if oldest is None:
        return pressing
    return oldest + _QUIET if pressing is None else min(pressing, oldest + _QUIET)


def may_wait(reads: SealingReads, root: RootId, now: datetime) -> bool:
    """Say whether sealing can be left for later: only sweeps' entries wait, not for long, and nothing is half done."""
    due = due_since(reads, root)
    if due is None or due <= microseconds(now):
        return False
    tree, newest = reads.newest_tree(root), reads.newest_checkpoint(root)
    covered = 0 if tree is None else tree.first
    if tree is not None and newest is not None and newest.year == tree.year:
        covered += newest.size
    return reads.sealed(root) == covered
