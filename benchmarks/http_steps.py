"""HTTP writes against a FastAPI hello on the same server, 16 keep-alive clients in this process."""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import Results
from benchmarks.stand import MOVES, REPLY, Workflow

ROUNDS = 5
CLIENTS = 16
REQUESTS = 1200
GOALS: dict[Workflow, float] = {"plain_steps": 0.40, "real_steps": 0.28}
Request = tuple[bytes, bytes]


def http_steps(results: Results) -> None:
    """Measure writes through the API against the hello, and tell the requests per second of each."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (port, token, cases):
        ratios: dict[Workflow, list[float]] = {"plain_steps": [], "real_steps": []}
        hellos: list[float] = []
        for number in range(ROUNDS + 1):
            hello = asyncio.run(_load(port, [_hello()] * REQUESTS, 200))
            seconds = {
                workflow: asyncio.run(_load(port, _moves(cases[workflow], workflow, number, token), 200))
                for workflow in ratios
            }
            if number:
                hellos.append(REQUESTS / hello)
                for workflow, took in seconds.items():
                    ratios[workflow].append(hello / took)
    for workflow, least in GOALS.items():
        name = f"HTTP write, 16 clients, {workflow.removesuffix('_steps')}, against FastAPI hello"
        results.ratio(name, ratios[workflow], hellos, least)
    results.add("FastAPI hello, requests per second", statistics.median(hellos), "1/s", "", met=None)


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, str, dict[str, list[str]]]]:
    """Start the stand's server as a process of its own; ended by its id."""
    port = _free_port()
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "benchmarks.http_server", str(folder), str(port), str(ready), str(REQUESTS)]
    with subprocess.Popen(command) as process:
        try:
            deadline = time.monotonic() + 120
            while not ready.exists() or not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the benchmark server did not start")
                time.sleep(0.1)
            told = json.loads(ready.read_text(encoding="utf-8"))
            yield port, told["token"], told["cases"]
        finally:
            process.terminate()
            process.wait(20)


def _hello() -> Request:
    return b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b""


def _moves(cases: Sequence[str], workflow: str, number: int, token: str) -> list[Request]:
    form = REPLY if workflow == "real_steps" else {}
    body = json.dumps({"transition": MOVES[number % 2], "form": form}, ensure_ascii=False).encode()
    return [
        (
            (
                f"POST /api/cases/{case}/transitions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
                f"Idempotency-Key: {number}-{case}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode(),
            body,
        )
        for case in cases
    ]


async def _load(port: int, requests: Sequence[Request], expected: int) -> float:
    """Send the requests from 16 keep-alive connections; return the seconds."""
    waiting = list(reversed(requests))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            head, body = waiting.pop()
            writer.write(head + body)
            status, answer = await _answer(reader)
            assert status == expected, answer
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return time.perf_counter() - began


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length"))
    return int(lines[0].split()[1]), await reader.readexactly(length)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
