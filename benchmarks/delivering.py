"""Time deliveries: mails handed to an SMTP server on this machine, on SQLite; and what a worker uses without work."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.report import Results

PEOPLE: Final = 5_000
PER_SECOND_MIN: Final = 100.0
IDLE_PERCENT_MAX: Final = 3.0
SETTLING_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 20.0
PAGES: Final = "https://banjie.example"
CLOCK: Final = "2026-01-20T10:05:00+08:00"
"""Just after the one proposal is registered: later its deadlines would be work for the idle worker."""


def delivering(results: Results, *, people: int = PEOPLE) -> None:
    """Measure sending in a process of its own, to a server in another, and then an idle worker on what that left."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/delivered.db"
        server = [sys.executable, "-m", "benchmarks.delivering", "server"]
        with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as post:
            try:
                assert post.stdout is not None
                port = int(post.stdout.readline())
                command = [sys.executable, "-m", "benchmarks.delivering", url, str(port), str(people)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
                percent = _idle_percent(url, port)
            finally:
                post.terminate()
    rate = told["sent"] / told["seconds"]
    results.add(
        f"deliveries of {people:,} mails to a local SMTP server, SQLite",
        rate,
        "per s",
        f">= {PER_SECOND_MIN:g}",
        met=rate >= PER_SECOND_MIN and told["sent"] == people,
        note=f"{told['sent']:,.0f} sent in {told['seconds']:.1f} s, told of in {told['telling']:.1f} s",
    )
    results.at_most(
        f"banjie work without work, over {IDLE_SECONDS:g} s",
        percent,
        "% of a core",
        IDLE_PERCENT_MAX,
        "mail configured",
    )


def _idle_percent(url: str, port: int) -> float:
    """Return what share of a core ``banjie work`` uses while nothing is due."""
    environment = {**os.environ, **{f"BANJIE_{name}": value for name, value in _settings(url, port).items()}}
    banjie = Path(sys.executable).with_name("banjie")
    with subprocess.Popen([str(banjie), "work"], env=environment, stdout=subprocess.PIPE, text=True) as worker:
        try:
            assert worker.stdout is not None
            while "Ctrl-C" not in worker.stdout.readline():
                assert worker.poll() is None, "the worker runs"
            time.sleep(SETTLING_SECONDS)
            used, began = _used_seconds(worker.pid), time.monotonic()
            time.sleep(IDLE_SECONDS)
            return 100 * (_used_seconds(worker.pid) - used) / (time.monotonic() - began)
        finally:
            worker.terminate()
            worker.wait(60)


def _used_seconds(process: int) -> float:
    """Return the processor time of a process, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _settings(url: str, port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "CLOCK": CLOCK,
        "PAGES_URL": PAGES,
        "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(port),
        "MAIL_SECURITY": "plain",
        "MAIL_FROM": "banjie@union.example.cn",
    }


def serve() -> None:
    """Be a mail server that takes everything and keeps nothing; tell the port first."""
    from aiosmtpd.handlers import Sink
    from aiosmtpd.smtp import SMTP

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Sink(), hostname="localhost"), "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()

    asyncio.run(run())


def send(url: str, port: int, people: int) -> None:
    """Have one proposal registered that so many people are told of by mail; send, by the jobs of the product."""
    from runtime.jobs.delivering import kind_of
    from runtime.jobs.handlers import TELL, product_registry
    from runtime.jobs.leases import LeasedJobs
    from runtime.jobs.port import Registry
    from runtime.jobs.worker import Worker
    from runtime.settings import Settings
    from runtime.wiring import desk_of
    from tests.support.house import ROOT
    from tests.support.post_workers import an_office

    os.environ.update({f"BANJIE_{name}": value for name, value in _settings(url, port).items()})
    settings = Settings()
    with an_office(url, people):
        pass
    with desk_of(settings) as opened:
        assert len(opened.desk.reads.pending_outbox(ROOT, 1)) > 0, "there is something to tell of"
        jobs = LeasedJobs.open(url, opened.clock)
        every = product_registry(opened, jobs, settings)
        began = time.perf_counter()
        every.handlers[TELL]("")
        told = time.perf_counter()
        kind = kind_of("mail")
        Worker(jobs, Registry(handlers={kind: every.handlers[kind]}), opened.clock).run_due()
        ended = time.perf_counter()
        sent = sum(job.done for job in jobs.listed() if job.kind == kind)
        jobs.close()
    sys.stdout.write(json.dumps({"sent": sent, "seconds": ended - told, "telling": told - began}) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "server":
        serve()
    else:
        send(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
