"""Who holds a job, and where jobs are kept: takeovers, late answers, an upgrade, a database that is away."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa

from engine.errors import StorageUnavailable
from engine.service.jobs import JobNumber, JobState
from engine.storage.store import open_store
from engine.storage.urls import sqlite_path
from runtime.clock import SetClock, WallClock
from runtime.jobs.leases import Claim, LeasedJobs
from runtime.jobs.port import JobFailed, Registry, Report
from runtime.jobs.table import jobs_file, open_tables
from runtime.jobs.worker import Worker, working
from tests.support.jobs import waited_for

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NOON_MICROSECONDS = 1_772_424_000_000_000  # date -u -d 2026-03-02T04:00 +%s
OVER = timedelta(microseconds=-1)
"""A lease that has ended when it begins: as if its worker had not been heard of since."""
SOON = timedelta(milliseconds=20)
WAIT_SECONDS = 60
JOBS = 24
AT_ONCE = 6


@pytest.fixture
def jobs(any_database: str) -> Iterator[LeasedJobs]:
    """The jobs of an empty database, at noon."""
    opened = LeasedJobs.open(any_database, SetClock(NOON))
    yield opened
    opened.close()


def taken(jobs: LeasedJobs, worker: str, lease: timedelta) -> Sequence[Claim]:
    """Let a worker take what it can under a lease of this length."""
    jobs.lease = lease
    return jobs.claim(worker, ["look"], 10)


def test_a_job_is_taken_over_only_when_its_lease_is_over(jobs: LeasedJobs) -> None:
    number = jobs.schedule("look", "a")
    assert [claim.number for claim in taken(jobs, "one", timedelta(minutes=1))] == [number]
    assert taken(jobs, "other", timedelta(minutes=1)) == []
    # A worker that begins anew has another name and no claim to what an earlier one left.
    assert taken(jobs, "one", OVER) == []


def test_of_many_that_claim_at_once_each_job_goes_to_one(jobs: LeasedJobs) -> None:
    numbers = [jobs.schedule("look", str(place)) for place in range(JOBS)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        claims = list(threads.map(lambda turn: jobs.claim(f"worker {turn}", ["look"], 2), range(JOBS * 2)))
    assert sorted(claim.number for some in claims for claim in some) == numbers


def test_a_lease_that_is_renewed_goes_on(jobs: LeasedJobs) -> None:
    jobs.schedule("look", "a")
    claims = taken(jobs, "one", OVER)
    jobs.lease = timedelta(minutes=1)
    jobs.renew("one", claims)
    assert taken(jobs, "other", timedelta(minutes=1)) == []


def test_a_worker_that_stood_still_cannot_renew_or_end_what_another_has_taken_over(jobs: LeasedJobs) -> None:
    number = jobs.schedule("look", "a")
    (late,) = taken(jobs, "one", OVER)
    (current,) = taken(jobs, "other", OVER)
    jobs.lease = timedelta(minutes=1)
    jobs.renew("one", [late])
    assert jobs.finish(late, Report(done=1)) is False
    assert jobs.fail(late, JobFailed("late", permanent=True)) is False
    assert [(job.state, job.worker, job.reason) for job in jobs.listed()] == [(JobState.RUNNING, "other", None)]

    # Its lease was not renewed by the one that was late: a third may take it over.
    (third,) = taken(jobs, "one", timedelta(minutes=1))
    assert third.number == number
    assert jobs.finish(current, Report(done=1)) is False
    assert jobs.finish(third, Report(done=5)) is True
    assert [(job.state, job.done) for job in jobs.listed()] == [(JobState.DONE, 5)]


def test_a_job_cancelled_while_its_worker_died_is_over(jobs: LeasedJobs) -> None:
    number = jobs.schedule("look", "a")
    taken(jobs, "one", OVER)
    jobs.cancel(number)
    assert taken(jobs, "other", OVER) == []
    assert [job.state for job in jobs.listed()] == [JobState.CANCELLED]


def test_a_job_asked_for_again_while_its_worker_died_runs_after_the_takeover(jobs: LeasedJobs) -> None:
    number = jobs.schedule("look", "a")
    taken(jobs, "one", OVER)
    jobs.schedule("look", "a")
    (claim,) = taken(jobs, "other", timedelta(minutes=1))
    assert jobs.finish(claim, Report(done=1))
    assert [(job.number, job.state) for job in jobs.listed()] == [(number, JobState.DONE)]


STORED = {
    "sqlite": """
        CREATE TABLE job (
            number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL,
            single BOOLEAN NOT NULL, state TEXT NOT NULL, wish TEXT NOT NULL, due_at BIGINT NOT NULL,
            attempts INTEGER NOT NULL, claim BIGINT NOT NULL, worker TEXT, lease_until BIGINT, started_at BIGINT,
            ended_at BIGINT, done BIGINT NOT NULL, reason TEXT);
        CREATE UNIQUE INDEX job_single ON job (kind, subject) WHERE single AND state IN ('waiting', 'running');
        CREATE INDEX job_due ON job (state, due_at);
        CREATE TABLE job_period (kind TEXT NOT NULL PRIMARY KEY, slot BIGINT NOT NULL);
        """,
    "postgresql": """
        CREATE SCHEMA banjie_jobs;
        SET search_path = banjie_jobs;
        CREATE TABLE job (
            number BIGSERIAL NOT NULL PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL,
            single BOOLEAN NOT NULL, state TEXT NOT NULL, wish TEXT NOT NULL, due_at BIGINT NOT NULL,
            attempts INTEGER NOT NULL, claim BIGINT NOT NULL, worker TEXT, lease_until BIGINT, started_at BIGINT,
            ended_at BIGINT, done BIGINT NOT NULL, reason TEXT);
        CREATE UNIQUE INDEX job_single ON job (kind, subject) WHERE single AND state IN ('waiting', 'running');
        CREATE INDEX job_due ON job (state, due_at);
        CREATE TABLE job_period (kind TEXT NOT NULL PRIMARY KEY, slot BIGINT NOT NULL);
        """,
}
"""The tables as the first build made them."""
LEFT = """
    INSERT INTO job (kind, subject, single, state, wish, due_at, attempts, claim, worker, lease_until, done, reason)
    VALUES
        ('look', 'waiting', TRUE, 'waiting', '', :now, 0, 0, NULL, NULL, 0, NULL),
        ('look', 'tomorrow', TRUE, 'waiting', '', :now + 86400000000, 0, 0, NULL, NULL, 0, NULL),
        ('look', 'in backoff', TRUE, 'waiting', '', :now, 3, 3, 'host-1-old', NULL, 0, 'closed'),
        ('look', 'interrupted', TRUE, 'running', '', :now, 1, 1, 'host-1-old', :now, 400, NULL),
        ('look', 'asked again', TRUE, 'running', 'again', :now, 1, 1, 'host-1-old', :now, 0, NULL),
        ('dropped', '', TRUE, 'waiting', '', :now, 0, 0, NULL, NULL, 0, NULL),
        ('look', 'given up', TRUE, 'failed', '', :now, 9, 9, 'host-1-old', NULL, 0, 'closed')
    """
"""What its worker, killed for the upgrade, left behind."""


def test_an_upgraded_build_goes_on_with_the_jobs_another_build_left(any_database: str) -> None:
    path = sqlite_path(any_database)
    stored = sa.create_engine(any_database if path is None else f"sqlite:///{jobs_file(path)}", poolclass=sa.NullPool)
    with stored.begin() as connection:
        for statement in STORED[stored.dialect.name].split(";"):
            if statement.strip():
                connection.execute(sa.text(statement))
        connection.execute(sa.text(LEFT), {"now": NOON_MICROSECONDS})

    looked: list[str] = []

    def look(subject: str) -> Report:
        looked.append(subject)
        return Report(done=1)

    clock = SetClock(NOON)
    jobs = LeasedJobs.open(any_database, clock)
    worker = Worker(jobs, Registry(handlers={"look": look}), clock)
    try:
        worker.run_due()
        assert sorted(looked) == ["asked again", "in backoff", "interrupted", "waiting"]
        assert {job.subject: job.state for job in jobs.listed() if job.state is not JobState.DONE} == {
            "tomorrow": JobState.WAITING,
            "": JobState.WAITING,
            "given up": JobState.FAILED,
        }
        assert {job.subject: job.done for job in jobs.listed(JobState.DONE)}["interrupted"] == 401
        jobs.re_run(JobNumber(7))
        worker.run_due()
        assert looked[-1] == "given up"
    finally:
        jobs.close()


def test_the_tables_of_the_jobs_stand_apart_from_those_of_the_house(any_database: str) -> None:
    open_store(any_database, write=True).close()
    house = tables_of(any_database)
    open_tables(any_database).dispose()
    assert tables_of(any_database) == house
    path = sqlite_path(any_database)
    if path is None:
        assert tables_of(any_database, "banjie_jobs") == {"job", "job_period"}
    else:
        assert tables_of(f"sqlite:///{path}.jobs") - {"sqlite_sequence"} == {"job", "job_period"}
    # And again, with the schema and the tables there.
    open_tables(any_database).dispose()


def test_two_databases_in_one_folder_do_not_share_their_jobs(tmp_path: Path) -> None:
    one = LeasedJobs.open(f"sqlite:///{tmp_path / 'one.db'}", WallClock())
    other = LeasedJobs.open(f"sqlite:///{tmp_path / 'other.db'}", WallClock())
    one.schedule("look", "a")
    assert (len(one.listed()), len(other.listed())) == (1, 0)
    one.close()
    other.close()


def test_on_sqlite_what_was_committed_is_on_the_disk_and_no_log_is_shared(sqlite_database: str) -> None:
    engine = open_tables(sqlite_database)
    with engine.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
    assert settings == ["delete", 2, 10_000]
    # Whoever begins may write: two that read first and then both want to write would have to give up.
    other = sqlite3.connect(f"{sqlite_path(sqlite_database)}.jobs", timeout=0)
    with engine.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/nothing", "sqlite:////nowhere/at/all/banjie.db"], ids=["server", "folder"]
)
def test_jobs_that_cannot_be_reached_are_said_to_be_unavailable(url: str) -> None:
    with pytest.raises(StorageUnavailable):
        LeasedJobs.open(url, WallClock())


class Shaken(LeasedJobs):
    """Jobs whose database is away at some moments."""

    claims_refused = 0
    finishes_refused = 0

    def claim(self, worker: str, kinds: object, limit: int) -> Sequence[Claim]:
        if self.claims_refused:
            self.claims_refused -= 1
            raise StorageUnavailable
        return super().claim(worker, ["look"], limit)

    def finish(self, claim: Claim, report: Report) -> bool:
        if self.finishes_refused:
            self.finishes_refused -= 1
            raise StorageUnavailable
        return super().finish(claim, report)


def test_a_worker_goes_on_when_the_database_was_away_and_runs_again_what_it_could_not_note(
    any_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = Shaken.open(any_database, WallClock(), lease=timedelta(milliseconds=300))
    assert isinstance(jobs, Shaken)
    jobs.claims_refused, jobs.finishes_refused = 2, 1
    looked: list[str] = []

    def look(subject: str) -> Report:
        looked.append(subject)
        return Report(done=1)

    jobs.schedule("look", "a")
    with working(Worker(jobs, Registry(handlers={"look": look}), WallClock(), poll=SOON)):
        assert waited_for(lambda: jobs.counts() == {JobState.DONE: 1})
    jobs.close()
    assert looked == ["a", "a"]
    assert "the jobs cannot be reached now" in caplog.text
    assert "could not be noted" in caplog.text


def test_a_worker_beside_other_work_ends_with_it_after_what_was_begun(any_database: str) -> None:
    jobs = LeasedJobs.open(any_database, WallClock())
    begun, let_go = Event(), Event()

    def look(_subject: str) -> Report:
        begun.set()
        assert let_go.wait(WAIT_SECONDS)
        return Report(done=1)

    jobs.schedule("look", "a")
    with working(Worker(jobs, Registry(handlers={"look": look}), WallClock(), poll=SOON)) as worker:
        assert begun.wait(WAIT_SECONDS)
        worker.stop()
        jobs.schedule("look", "b")
        let_go.set()
    states = {job.subject: job.state for job in jobs.listed()}
    jobs.close()
    assert states == {"a": JobState.DONE, "b": JobState.WAITING}


def test_a_slow_job_does_not_keep_another_waiting(any_database: str) -> None:
    jobs = LeasedJobs.open(any_database, WallClock())
    other_ran = Event()

    def slow(_subject: str) -> Report:
        assert other_ran.wait(WAIT_SECONDS)
        return Report(done=1)

    def quick(_subject: str) -> Report:
        other_ran.set()
        return Report(done=1)

    jobs.schedule("slow")
    jobs.schedule("quick")
    with working(Worker(jobs, Registry(handlers={"slow": slow, "quick": quick}), WallClock(), poll=SOON)):
        assert waited_for(lambda: jobs.counts() == {JobState.DONE: 2})
    jobs.close()


def tables_of(url: str, schema: str | None = None) -> set[str]:
    """Return the names of the tables of a database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    names = set(sa.inspect(engine).get_table_names(schema=schema))
    engine.dispose()
    return names
