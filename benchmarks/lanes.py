"""Carries out the hunts of a campaign, two at a time, each in a process of its own.

What one hunt replaces, fills or breaks touches no other, and one that falls takes nothing with it. What is over is
handed on at once, so that whoever ends a campaign early keeps what it has found.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.hunting import Hunted, over_from
from benchmarks.report import Result, read_results

BESIDE: Final = 2
"""So many hunts run at once."""
HUNT_SECONDS_MAX: Final = 5_400
"""A hunt that takes longer is ended and counts as broken off."""
LONGEST: Final = (
    "canary",
    "tamper",
    "idor",
    "fuzz",
    "faults",
    "power",
    "cluster",
    "receipts",
    "memory",
    "dates",
    "matrix",
)
"""These begin first, so that none is left to run alone at the end."""
LOOK_SECONDS: Final = 0.2


@dataclass(slots=True)
class _Lane:
    """A hunt on its way: the process (the leader of a group of its own), where its results come, since when."""

    process: subprocess.Popen[bytes]
    output: Path
    began: float

    def over(self) -> bool:
        """Whether the process has ended, or has to be ended now."""
        return self.process.poll() is not None or time.monotonic() - self.began > HUNT_SECONDS_MAX


def carried_out(names: Sequence[str], command: Sequence[str], folder: Path) -> Generator[Hunted]:
    """Carry out hunts and yield each when it is over; what still runs when the caller leaves is ended.

    ``command`` is what carries one out, to which its name and ``--output FILE`` are added.
    """
    waiting = sorted(names, key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))
    lanes: dict[str, _Lane] = {}
    try:
        while waiting or lanes:
            while waiting and len(lanes) < BESIDE:
                name = waiting.pop(0)
                print(f"hunting: {name}", file=sys.stderr, flush=True)
                output = folder / f"{name}.json"
                process = subprocess.Popen([*command, name, "--output", str(output)], start_new_session=True)
                lanes[name] = _Lane(process, output, time.monotonic())
            time.sleep(LOOK_SECONDS)
            for name in [name for name, lane in lanes.items() if lane.over()]:
                _end(lanes[name])
                yield _result(name, lanes.pop(name))
    finally:
        for lane in lanes.values():
            _end(lane)


def _end(lane: _Lane) -> None:
    """End a hunt and every process it has started, all of which are of its group."""
    with suppress(ProcessLookupError):  # it has ended by itself, and so has all that it started
        os.killpg(lane.process.pid, signal.SIGKILL)
    lane.process.wait()


def _result(name: str, lane: _Lane) -> Hunted:
    """Return what a hunt wrote; one that wrote nothing has broken off."""
    if lane.output.exists():
        return over_from(name, read_results(lane.output))
    minutes = (time.monotonic() - lane.began) / 60
    ended = f"its process ended with {lane.process.returncode} after {minutes:.1f} min and wrote nothing"
    broken = Result(name=f"{name}: broken off", value=1, unit="", goal="0", met=False, command="", note=ended)
    return Hunted(name=name, rows=(broken,), minutes=minutes)
