"""A worker of long work as a process of its own, which is killed at a chosen place: run as a program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from unittest.mock import patch

from engine.service.bulk_moves import KIND, move_some
from engine.service.desk import Desk
from engine.service.long_work import LongWork, Outcome
from engine.service.long_work_waves import Wave, work_once
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import desk_of

PROJECT: Final = Path(__file__).parents[2]
BEFORE_MOVING, BEFORE_SETTLING, AFTER_SETTLING = "before moving", "before settling", "after settling"
PATIENCE_SECONDS: Final = 120


def killed_at(url: str, at: datetime, place: str, wave: int) -> int:
    """Let a worker work until it is killed at a place of its n-th wave; return the code it ended with."""
    program = [sys.executable, "-m", "tests.support.long_worker", url, at.isoformat(), place, str(wave)]
    return subprocess.run(program, cwd=PROJECT, check=False, timeout=PATIENCE_SECONDS).returncode


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _work(url: str, at: datetime, place: str, last: int) -> None:
    waves = 0
    settle = LongWork.settled

    def moving(desk: Desk, wave: Wave) -> Sequence[Outcome]:
        nonlocal waves
        waves += 1
        if waves == last and place == BEFORE_MOVING:
            _end()
        return move_some(desk, wave)

    def settling(*args: object) -> object:
        if waves == last and place == BEFORE_SETTLING:
            _end()
        return settle(*args)  # type: ignore[arg-type]  # what it was called with

    with desk_of(Settings(database_url=url), clock=SetClock(at)) as opened, patch.object(LongWork, "settled", settling):
        while work_once(opened.desk, {KIND: moving})[1]:
            if waves == last and place == AFTER_SETTLING:
                _end()


if __name__ == "__main__":
    _work(sys.argv[1], datetime.fromisoformat(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
