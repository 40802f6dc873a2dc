"""Workers as processes of their own, and a small table that tells what their jobs did. Run as a program it is a worker.

The handlers here are careless on purpose: they read what is due and note what they did in two transactions, so that two
runs of one job at the same time, which leases must prevent, leave two notes.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Final

import sqlalchemy as sa

from engine.storage.urls import sqlite_path
from runtime.clock import WallClock
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import JobFailed, Registry, Report
from runtime.jobs.worker import Worker

PROJECT: Final = Path(__file__).parents[2]
BATCH: Final = 200
PATIENCE_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.02
SENDING_SECONDS: Final = 0.05
"""What a batch takes on its way. Without it one worker never lets go of a SQLite file long enough for the other."""
AT_ONCE: Final = 2
"""Few, so that with two workers both have something to do."""
POLL: Final = timedelta(milliseconds=200)
TICK: Final = timedelta(seconds=1)

_METADATA: Final = sa.MetaData()
DUE: Final = sa.Table(
    "test_due",
    _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("slice", sa.Text, nullable=False),
)
NOTED: Final = sa.Table(
    "test_noted",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
)


class Truth:
    """The rows that are due, and what was noted about them, in the database of a test."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)
        if sqlite_path(url) is not None:
            sa.event.listen(self._engine, "connect", _lock_before_reading)
            sa.event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))

    def make(self, due: int = 0, slices: int = 1) -> None:
        """Make the tables, with so many rows due, spread over slices named 0, 1, …."""
        with self._engine.begin() as connection:
            _METADATA.create_all(connection)
            if due:
                rows = [{"number": number, "slice": str(number % slices)} for number in range(due)]
                connection.execute(sa.insert(DUE), rows)

    def open_of(self, of: str) -> Sequence[int]:
        """Return at most a batch of the rows of a slice that nobody has noted."""
        noted = sa.select(NOTED.c.number).where(NOTED.c.what == "delivered")
        statement = sa.select(DUE.c.number).where(DUE.c.slice == of, DUE.c.number.not_in(noted)).limit(BATCH)
        with self._engine.begin() as connection:
            return connection.scalars(statement).all()

    def note(self, what: str, numbers: Sequence[int] = (0,)) -> None:
        """Note that this process did something with these rows."""
        rows = [{"what": what, "number": number, "process": os.getpid()} for number in numbers]
        with self._engine.begin() as connection:
            connection.execute(sa.insert(NOTED), rows)

    def noted(self, what: str) -> Sequence[tuple[int, int]]:
        """Return the rows and processes of all notes of a kind, in order."""
        statement = sa.select(NOTED.c.number, NOTED.c.process).where(NOTED.c.what == what).order_by(NOTED.c.id)
        with self._engine.begin() as connection:
            return [(number, process) for number, process in connection.execute(statement)]


def _lock_before_reading(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=30000")


def handlers(truth: Truth) -> Registry:
    """The kinds of jobs of the tests: ``deliver`` a slice, ``tick`` by itself, ``stall`` once, ``slow``, ``fail``."""

    def deliver(of: str) -> Report:
        numbers = truth.open_of(of)
        time.sleep(SENDING_SECONDS)
        if numbers:
            truth.note("delivered", numbers)
        return Report(done=len(numbers), more=len(numbers) == BATCH)

    def tick(_subject: str) -> Report:
        truth.note("tick")
        return Report(done=1)

    def stall(_subject: str) -> Report:
        """Never end at the first attempt, as a job does whose process is killed; end at once at the second."""
        first = not truth.noted("begun")
        truth.note("begun")
        if first:
            time.sleep(PATIENCE_SECONDS)
        truth.note("ended")
        return Report(done=1)

    def slow(subject: str) -> Report:
        """Take the seconds that the subject says."""
        truth.note("begun")
        time.sleep(float(subject))
        truth.note("ended")
        return Report(done=1)

    def fail(_subject: str) -> Report:
        raise JobFailed("the post office is closed", permanent=True)

    known = {"deliver": deliver, "tick": tick, "stall": stall, "slow": slow, "fail": fail}
    return Registry(handlers=known, intervals={"tick": TICK})


@contextmanager
def started(url: str, *kinds: str, lease: timedelta = timedelta(seconds=2)) -> Iterator[subprocess.Popen[str]]:
    """Start a worker for some kinds of jobs as a process of its own; it is ended, by its id, after the block."""
    command = [sys.executable, "-m", "tests.support.jobs", url, str(lease.total_seconds()), *kinds]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def worker_process(url: str, *kinds: str, lease: timedelta = timedelta(seconds=2)) -> Iterator[subprocess.Popen[str]]:
    """Start a worker as ``started`` does, and wait until it works."""
    with started(url, *kinds, lease=lease) as process:
        wait_until_working(process)
        yield process


def wait_until_working(process: subprocess.Popen[str]) -> None:
    """Wait until a worker has said that it can be asked to end."""
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n", process.communicate(timeout=PATIENCE_SECONDS)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Ask a worker to end, wait until it has, and return its exit code and what it left on standard error."""
    process.send_signal(signal.SIGTERM)
    _out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, err


def waited_for(question: Callable[[], bool], within_seconds: float = PATIENCE_SECONDS) -> bool:
    """Return True as soon as the answer is yes, False when it was not in that time."""
    end = time.monotonic() + within_seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(LOOK_SECONDS)
    return question()


def main(url: str, lease_seconds: str, *kinds: str) -> None:
    """Be a worker until told to end."""
    clock = WallClock()
    jobs = LeasedJobs.open(url, clock, lease=timedelta(seconds=float(lease_seconds)))
    every = handlers(Truth(url))
    some = Registry(
        handlers={kind: every.handlers[kind] for kind in kinds},
        intervals={kind: length for kind, length in every.intervals.items() if kind in kinds},
    )
    worker = Worker(jobs, some, clock, at_once_max=AT_ONCE, poll=POLL)

    def leave(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, leave)
    sys.stdout.write("working\n")
    sys.stdout.flush()
    worker.serve()
    jobs.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
