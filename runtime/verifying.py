"""Verifies a large ledger on all processors: each takes pieces of it, in a process and on a reader of its own."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final

from engine.case.identity import CaseId, RootId
from engine.service.verify import Verification, chunks_of, verify, verify_some
from runtime.settings import Settings
from runtime.wiring import Opened, open_desk

ALONE_UP_TO: Final = 20_000
"""So many entries one process has looked at before others have started."""
AHEAD: Final = 4
"""How many pieces wait for each process: enough to keep it busy, few enough to hold in memory."""


def verify_all(opened: Opened, settings: Settings, root: RootId, progress: Callable[[int], None]) -> Verification:
    """Verify one organisation's cases and streams; ``progress`` is told how many cases have been looked at so far."""
    desk = opened.desk
    workers = os.cpu_count() or 1
    if workers == 1 or desk.reads.count_entries(root) <= ALONE_UP_TO:
        return verify(desk.reads, desk.world(root).rules, root, desk.sealer, progress=progress)
    found = Verification()
    # Spawned, not forked: a connection to a database does not survive a fork.
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_open, initargs=(settings.model_dump(),)
    ) as pool:
        waiting: deque[Future[Verification]] = deque()
        for chunk in chunks_of(desk.reads.kept_ids(root)):
            waiting.append(pool.submit(_verified, root, chunk))
            if len(waiting) >= AHEAD * workers:
                found += waiting.popleft().result()
                progress(found.cases)
        while waiting:
            found += waiting.popleft().result()
            progress(found.cases)
    return found


_opened: Opened


def _open(settings: dict[str, object]) -> None:
    """Open the database for reading, once for the life of a process of the pool."""
    global _opened
    _opened = open_desk(Settings.model_validate(settings), write=False)


def _verified(root: RootId, chunk: list[CaseId]) -> Verification:
    desk = _opened.desk
    return verify_some(desk.reads, desk.world(root).rules, root, desk.sealer, chunk)
