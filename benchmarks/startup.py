"""From the start of ``banjie serve`` over a loaded sample to the first answer, and the memory it then holds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.report import Results

START_SECONDS_MAX = 5.0
MEMORY_MB_MAX = 200.0


def startup(results: Results) -> None:
    """Measure the second start: installed, and the sample already built."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "BANJIE_DATABASE_URL": f"sqlite:///{folder}/banjie.db"}
        _serve_until_answer(environment)
        seconds, megabytes = _serve_until_answer(environment)
    results.at_most("banjie serve to its first answer, sample loaded", seconds, "s", START_SECONDS_MAX)
    results.at_most("banjie serve, resident memory", megabytes, "MB", MEMORY_MB_MAX)


def _serve_until_answer(environment: dict[str, str]) -> tuple[float, float]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    banjie = Path(sys.executable).with_name("banjie")
    began = time.perf_counter()
    command = [str(banjie), "serve", "--sample", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while True:
                if process.poll() is not None or time.perf_counter() - began > 180:
                    raise RuntimeError("banjie serve did not answer")
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2) as answer:
                        assert answer.status == 200
                        break
                except OSError:
                    time.sleep(0.02)
            seconds = time.perf_counter() - began
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            return seconds, kilobytes / 1024
        finally:
            process.terminate()
            process.wait(20)
