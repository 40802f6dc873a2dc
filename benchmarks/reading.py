"""Sixteen clients read lists and cases while four write, against a ``banjie serve`` of its own on a loopback port.

Server and clients share the processors: a client writes the bytes of a request and reads the length of the answer, and
nothing else. People pause between two pages, programs do not; both are measured, and the goal is of the first.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.filled_house import CHAIR, build_house, token_of
from benchmarks.kept import HOME
from benchmarks.report import Results
from engine.case.identity import CaseId
from tests.support.house import PROPOSAL, ROOT, SESSION

READERS, WRITERS = 16, 4
SECONDS: Final = 30.0
REQUESTS_MAX: Final = 20_000
READING_MS_MAX: Final = 300.0
PAUSE_SECONDS: Final = 1.0
STARTED_WITHIN_SECONDS: Final = 300.0
STANDARD_CASES: Final = 20_000
LISTS: Final = ("/cases", "/cases?order=due", "/cases?workflow=proposal&phase=active", "/mine", "/overdue")


@dataclass(slots=True)
class Seen:
    """What the clients of one run saw: how long each answer took, and which were not as they should be."""

    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def reading(results: Results, cases: int) -> None:
    """Measure in a house of so many cases."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        url = f"sqlite:///{folder}/reading.db"
        real = build_house(url, cases)
        with _served(url, Path(folder)) as port:
            for address in (*LISTS, f"/cases/{real[0]}"):
                _warmed(port, address)
            for pause in (PAUSE_SECONDS, 0.0):
                seen = asyncio.run(_run(port, real, pause))
                _told(results, seen, cases, pause)


def _told(results: Results, seen: Seen, cases: int, pause: float) -> None:
    how = f"a pause of {pause:g} s after each answer" if pause else "no pause"
    name = f"{READERS} clients read while {WRITERS} write, {cases:,} cases, {how}"
    note = f"{len(seen.reads):,} reads, {len(seen.writes):,} writes; server and clients on {os.cpu_count()} cores"
    slowest = 1e3 * _percentile(seen.reads, 0.99)
    if pause:
        results.at_most(f"{name}: p99 of reads", slowest, "ms", READING_MS_MAX, note)
    else:
        results.add(f"{name}: p99 of reads", slowest, "ms", "", met=None, note=note)
    results.add(f"{name}: median of reads", 1e3 * _percentile(seen.reads, 0.5), "ms", "", met=None)
    results.add(f"{name}: p99 of writes", 1e3 * _percentile(seen.writes, 0.99), "ms", "", met=None)
    results.at_most(f"{name}: errors", len(seen.errors), "", 0, "; ".join(sorted(set(seen.errors))[:3]))


def _percentile(times: Sequence[float], share: float) -> float:
    """Return the time that so large a share of the answers did not exceed; infinite where there was no answer."""
    return sorted(times)[min(int(share * len(times)), len(times) - 1)] if times else float("inf")


async def _run(port: int, real: Sequence[CaseId], pause: float) -> Seen:
    """Let all clients go on until the time is over, or so many requests were made."""
    seen, until = Seen(), time.perf_counter() + SECONDS
    pages = [*LISTS, *(f"/cases/{case}" for case in real)]

    def goes_on() -> bool:
        return time.perf_counter() < until and len(seen.reads) + len(seen.writes) < REQUESTS_MAX

    async def client(number: int, *, writes: bool) -> None:
        # Not all at the same moment: they came one after the other.
        await asyncio.sleep(pause * number / (READERS + WRITERS))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        turn = 0
        while goes_on():
            if writes:
                request, expected = _opening(f"{time.time_ns()}-{number}"), 201
            else:
                # Half of what is read are lists.
                among = LISTS if turn % 2 else pages
                request, expected = _page(among[(number * 7 + turn) % len(among)]), 200
            turn += 1
            began = time.perf_counter()
            writer.write(request)
            status = await _answered(reader)
            (seen.writes if writes else seen.reads).append(time.perf_counter() - began)
            if status != expected:
                seen.errors.append(f"answered {status}")
            await asyncio.sleep(pause)
        writer.close()

    clients = [client(number, writes=number % 5 == 4) for number in range(READERS + WRITERS)]
    for outcome in await asyncio.gather(*clients, return_exceptions=True):
        if isinstance(outcome, BaseException):
            seen.errors.append(type(outcome).__name__)
    return seen


def _page(address: str) -> bytes:
    return (
        f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: banjie={token_of(CHAIR)}\r\n"
        "Accept-Encoding: gzip\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    ).encode()


def _opening(key: str) -> bytes:
    """Return the request that opens a proposal, under a key that was never used before."""
    asked = {"workflow": "proposal", "unit": ROOT, "congress_session": SESSION, "form": dict(PROPOSAL)}
    body = json.dumps(asked, ensure_ascii=False).encode()
    return (
        f"POST /api/cases HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token_of('shi')}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _answered(reader: asyncio.StreamReader) -> int:
    """Read one answer and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = re.search(rb"content-length: (\d+)", head)
    assert length is not None, head
    await reader.readexactly(int(length[1]))
    return int(head.split(maxsplit=2)[1])


@contextmanager
def _served(url: str, folder: Path) -> Iterator[int]:
    """Start ``banjie serve``; it is ended by its id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = {**os.environ, "BANJIE_DATABASE_URL": url, "BANJIE_SECOND_FACTOR": "offered"}
    command = [str(Path(sys.executable).with_name("banjie")), "serve", "--port", str(port)]
    with (
        (folder / "serve.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            began = time.perf_counter()
            while not _is_healthy(port):
                if process.poll() is not None or time.perf_counter() - began > STARTED_WITHIN_SECONDS:
                    raise RuntimeError(f"banjie serve did not answer: {(folder / 'serve.log').read_text()[-500:]}")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(60)


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _warmed(port: int, address: str) -> None:
    """Ask once before anything is measured; what is refused would be measured as quick."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{address}",
        headers={"Cookie": f"banjie={token_of(CHAIR)}", "Sec-Fetch-Site": "same-origin"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert answer.status == 200, f"{address} answered {answer.status}"
