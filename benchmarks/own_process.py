"""A command of the command line in a process of its own: how long it took, and the most memory it had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Final, NamedTuple

# What the system calls the most memory of a process counts what its parent had when it was forked.
_SCRIPT: Final = """
import json, sys, time
from pathlib import Path
from runtime.cli.main import app
began = time.perf_counter()
app(sys.argv[1:], standalone_mode=False)
took = time.perf_counter() - began
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
most = int(status["VmHWM"].split()[0]) / 1024
print(json.dumps({"seconds": took, "megabytes": most}))
"""


class Took(NamedTuple):
    """What a command cost, and what it printed before."""

    seconds: float
    megabytes: float
    said: str


def run_apart(*words: str, clock: str | None = None) -> Took:
    """Run ``banjie`` with these words, at an instant if one is given; raises CalledProcessError when it fails."""
    settings = os.environ if clock is None else {**os.environ, "BANJIE_CLOCK": clock}
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *words], capture_output=True, text=True, check=True, env=settings
    )
    *said, last = done.stdout.splitlines()
    told = json.loads(last)
    return Took(told["seconds"], told["megabytes"], "\n".join(said))
