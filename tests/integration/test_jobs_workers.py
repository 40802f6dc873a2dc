"""Workers as processes: each row once, a killed one replaced, slots taken once, a quiet end, and an idle hour."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from engine.service.jobs import JobState
from engine.storage.urls import sqlite_path
from runtime.clock import WallClock
from runtime.jobs.leases import LeasedJobs
from tests.support.jobs import Truth, ended, started, wait_until_working, waited_for, worker_process

DELIVERIES = 10_000
SLICES = 10
LEASE = timedelta(seconds=2)
TAKEN_OVER_WITHIN_SECONDS = 10.0
"""The lease, a turn of the other worker, and room for a busy machine."""
TICKS = 4
STARTED_AT_ONCE = 3
IDLE_SECONDS = 4.0
IDLE_PERCENT_MAX = 15.0


@pytest.fixture
def truth(any_database: str) -> Truth:
    """The tables of this test, beside the jobs."""
    return Truth(any_database)


@pytest.fixture
def jobs(any_database: str) -> Iterator[LeasedJobs]:
    """The jobs of this test, as another process asks for them."""
    opened = LeasedJobs.open(any_database, WallClock())
    yield opened
    opened.close()


def is_over(jobs: LeasedJobs) -> Callable[[], bool]:
    """Return the question whether no job waits or runs."""
    return lambda: not jobs.counts().keys() & {JobState.WAITING, JobState.RUNNING}


@pytest.mark.slow
def test_two_workers_deliver_each_of_10000_rows_once(any_database: str, truth: Truth, jobs: LeasedJobs) -> None:
    truth.make(DELIVERIES, SLICES)
    with worker_process(any_database, "deliver") as one, worker_process(any_database, "deliver") as other:
        for place in range(SLICES):
            jobs.schedule("deliver", str(place))
        assert waited_for(is_over(jobs))
        assert [ended(one), ended(other)] == [(0, ""), (0, "")]

    delivered = truth.noted("delivered")
    assert Counter(number for number, _process in delivered) == Counter(range(DELIVERIES))
    assert {process for _number, process in delivered} == {one.pid, other.pid}
    assert [job.done for job in jobs.listed(JobState.DONE)] == [DELIVERIES // SLICES] * SLICES


@pytest.mark.slow
def test_a_worker_killed_in_mid_job_is_replaced_by_the_other(any_database: str, truth: Truth, jobs: LeasedJobs) -> None:
    truth.make()
    with worker_process(any_database, "stall", lease=LEASE) as one:
        number = jobs.schedule("stall")
        assert waited_for(lambda: len(truth.noted("begun")) == 1)
        with worker_process(any_database, "stall", lease=LEASE) as other:
            one.send_signal(signal.SIGKILL)
            one.wait()
            killed_at = monotonic()
            assert waited_for(is_over(jobs), TAKEN_OVER_WITHIN_SECONDS)
            took_seconds = monotonic() - killed_at

    assert truth.noted("ended") == [(0, other.pid)]
    (job,) = jobs.listed()
    assert (job.number, job.state, job.done) == (number, JobState.DONE, 1)
    assert took_seconds < TAKEN_OVER_WITHIN_SECONDS


@pytest.mark.slow
def test_a_job_longer_than_the_lease_is_left_to_a_worker_that_lives(
    any_database: str, truth: Truth, jobs: LeasedJobs
) -> None:
    truth.make()
    lease = timedelta(seconds=1)
    with (
        worker_process(any_database, "slow", lease=lease),
        worker_process(any_database, "slow", lease=lease),
    ):
        jobs.schedule("slow", "3")
        assert waited_for(is_over(jobs))

    assert len(truth.noted("begun")) == 1
    assert jobs.listed()[0].state is JobState.DONE


@pytest.mark.slow
def test_what_runs_by_itself_runs_once_per_slot_with_two_workers(
    any_database: str, truth: Truth, jobs: LeasedJobs
) -> None:
    truth.make()
    with worker_process(any_database, "tick"), worker_process(any_database, "tick"):
        assert waited_for(lambda: len(truth.noted("tick")) >= TICKS)
        ran = len(truth.noted("tick"))
        listed = jobs.listed()

    slots = Counter(int(job.due_at.timestamp()) for job in listed)
    assert ran >= TICKS
    assert set(slots.values()) == {1}


@pytest.mark.slow
def test_a_worker_told_to_end_keeps_what_it_has_begun_until_it_is_done(
    any_database: str, truth: Truth, jobs: LeasedJobs
) -> None:
    truth.make()
    lease = timedelta(seconds=1)
    with worker_process(any_database, "slow", lease=lease) as one:
        jobs.schedule("slow", "3")
        assert waited_for(lambda: len(truth.noted("begun")) == 1)
        with worker_process(any_database, "slow", lease=lease):
            assert ended(one) == (0, "")
            assert is_over(jobs)()

    assert truth.noted("begun") == truth.noted("ended") == [(0, one.pid)]


@pytest.mark.slow
def test_an_idle_worker_uses_little_of_a_core_and_opens_nothing(any_database: str, truth: Truth) -> None:
    truth.make()
    with worker_process(any_database, "deliver", "stall", "slow", "fail") as one:
        assert waited_for(lambda: used_seconds(one) > 0)
        used_before, looked_at = used_seconds(one), monotonic()
        with pytest.raises(subprocess.TimeoutExpired):
            one.wait(IDLE_SECONDS)
        percent = 100 * (used_seconds(one) - used_before) / (monotonic() - looked_at)
        sockets = [link for link in links(one) if link.startswith("socket:")]

    assert percent < IDLE_PERCENT_MAX
    # On SQLite there is nobody to talk to; on PostgreSQL only the server, by one connection.
    assert len(sockets) <= (0 if sqlite_path(any_database) is not None else 1)


@pytest.mark.slow
def test_several_workers_may_make_the_tables_at_once(any_database: str) -> None:
    with ExitStack() as running:
        starting = [running.enter_context(started(any_database, "deliver")) for _ in range(STARTED_AT_ONCE)]
        for worker in starting:
            wait_until_working(worker)
        assert [ended(worker) for worker in starting] == [(0, "")] * STARTED_AT_ONCE


def used_seconds(process: subprocess.Popen[str]) -> float:
    """Return the processor time of a process, user and system."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def links(process: subprocess.Popen[str]) -> list[str]:
    """Return what the open descriptors of a process point to."""
    return [str(descriptor.readlink()) for descriptor in Path(f"/proc/{process.pid}/fd").iterdir()]
