"""The jobs of a database, kept in a table: a worker holds a job by a lease that it renews; who stops loses it.

Every change of a running job names the claim it was taken under. A worker that stood still until another took over
changes nothing any more, whatever it answers.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from engine.case.codec import instant, microseconds
from engine.errors import NotFound
from engine.service.jobs import LISTED_MAX, Job, JobNumber, JobState
from engine.text import Text
from runtime.clock import Clock
from runtime.jobs.backoff import wait_after
from runtime.jobs.port import JobFailed, Report
from runtime.jobs.table import JOB, LIVE, PERIOD, DatabaseNow, open_tables, translated

_LOG = logging.getLogger(__name__)
LEASE: Final = timedelta(seconds=30)
"""A worker that has not been heard of for so long is taken for dead."""
DONE_KEPT: Final = timedelta(days=2)
FAILED_KEPT: Final = timedelta(days=60)
_AGAIN: Final = "again"
_CANCEL: Final = "cancel"
_ORDER: Final = (JobState.FAILED, JobState.RUNNING, JobState.WAITING, JobState.DONE, JobState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A job in the hands of a worker. ``count`` says the how-manieth claim of this job it is."""

    number: JobNumber
    count: int
    kind: str
    subject: str
    attempts: int


class LeasedJobs:
    """Implements ``Jobs``; and for workers: claim, renew, finish, fail."""

    def __init__(self, engine: sa.Engine, clock: Clock, *, lease: timedelta = LEASE) -> None:
        self._engine = engine
        self._clock = clock
        self.lease = lease
        self._insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert

    @classmethod
    def open(cls, url: str, clock: Clock, *, lease: timedelta = LEASE) -> LeasedJobs:
        """Open the jobs of the database with this URL.

        Raises:
            StorageUnavailable: they cannot be reached.
            InputRefused: the URL names no database that we know.
        """
        return cls(open_tables(url), clock, lease=lease)

    def close(self) -> None:
        self._engine.dispose()

    # What everybody may ask (the port).

    def schedule(
        self, kind: str, subject: str = "", *, due_at: datetime | None = None, dedupe: bool = True
    ) -> JobNumber:
        due = self._now() if due_at is None else microseconds(due_at)
        with self._transaction() as connection:
            return self._schedule(connection, kind, subject, due, single=dedupe)

    def cancel(self, number: JobNumber) -> None:
        running = JOB.c.state == JobState.RUNNING
        change = (
            sa.update(JOB)
            .where(JOB.c.number == number, JOB.c.state.in_([JobState.WAITING, JobState.RUNNING]))
            .values(
                state=sa.case((running, JOB.c.state), else_=JobState.CANCELLED),
                wish=sa.case((running, _CANCEL), else_=""),
                ended_at=sa.case((running, JOB.c.ended_at), else_=self._now()),
            )
        )
        with self._transaction() as connection:
            if connection.execute(change).rowcount == 0:
                raise NotFound(
                    Text(f"没有待执行或执行中的任务 {number}", f"There is no job {number} waiting or running")
                )

    def re_run(self, number: JobNumber) -> None:
        change = {"state": JobState.WAITING, "wish": "", "due_at": self._now(), "attempts": 0, "ended_at": None}
        with self._transaction() as connection:
            try:
                with connection.begin_nested():
                    changed = connection.execute(
                        sa.update(JOB).where(JOB.c.number == number, JOB.c.state != JobState.RUNNING).values(change)
                    ).rowcount
            except IntegrityError:
                # Another job of this kind and subject is under way: that one is to run at once.
                old = connection.execute(sa.select(JOB.c.kind, JOB.c.subject).where(JOB.c.number == number)).one()
                self._schedule(connection, old.kind, old.subject, self._now(), urgent=True)
                changed = 1
        if changed == 0:
            raise NotFound(
                Text(
                    f"没有可重新执行的任务 {number}（不存在，或正在执行）",
                    f"There is no job {number} to run again: it does not exist, or is running",
                )
            )

    def listed(self, state: JobState | None = None, *, limit: int = LISTED_MAX) -> Sequence[Job]:
        rank = sa.case(*((JOB.c.state == each, place) for place, each in enumerate(_ORDER)))
        statement = sa.select(JOB).order_by(rank, JOB.c.number.desc()).limit(limit)
        if state is not None:
            statement = statement.where(JOB.c.state == state)
        with self._transaction() as connection:
            return [_job(row) for row in connection.execute(statement)]

    def counts(self) -> Mapping[JobState, int]:
        with self._transaction() as connection:
            rows = connection.execute(sa.select(JOB.c.state, sa.func.count()).group_by(JOB.c.state))
            return {JobState(state): count for state, count in rows}

    def counts_by_kind(self) -> Mapping[tuple[str, JobState], int]:
        """Return how many jobs of each kind there are in each state."""
        with self._transaction() as connection:
            asked = sa.select(JOB.c.kind, JOB.c.state, sa.func.count()).group_by(JOB.c.kind, JOB.c.state)
            return {(kind, JobState(state)): count for kind, state, count in connection.execute(asked)}

    # What workers ask.

    def claim(self, worker: str, kinds: Collection[str], limit: int) -> Sequence[Claim]:
        """Take jobs of these kinds that are due, or whose worker has not been heard of, the longest due first."""
        free = sa.or_(
            sa.and_(JOB.c.state == JobState.WAITING, JOB.c.due_at <= self._now()),
            sa.and_(JOB.c.state == JobState.RUNNING, JOB.c.lease_until < DatabaseNow()),
        )
        with self._transaction() as connection:
            connection.execute(
                # Its worker is gone, and it was to be cancelled.
                sa.update(JOB)
                .where(JOB.c.state == JobState.RUNNING, JOB.c.lease_until < DatabaseNow(), JOB.c.wish == _CANCEL)
                .values(state=JobState.CANCELLED, wish="", ended_at=self._now())
            )
            numbers = connection.scalars(
                sa.select(JOB.c.number)
                .where(JOB.c.kind.in_(kinds), free)
                .order_by(JOB.c.due_at, JOB.c.number)
                .limit(limit)
                .with_for_update(skip_locked=True)
            ).all()
            if not numbers:
                return []
            taken = connection.execute(
                sa.update(JOB)
                .where(JOB.c.number.in_(numbers))
                .values(
                    state=JobState.RUNNING,
                    wish="",
                    worker=worker,
                    claim=JOB.c.claim + 1,
                    attempts=JOB.c.attempts + 1,
                    started_at=self._now(),
                    ended_at=None,
                    lease_until=DatabaseNow() + self._lease_microseconds(),
                )
                .returning(JOB.c.number, JOB.c.claim, JOB.c.kind, JOB.c.subject, JOB.c.attempts)
            ).all()
        claims = [
            Claim(
                number=JobNumber(row.number),
                count=row.claim,
                kind=row.kind,
                subject=row.subject,
                attempts=row.attempts,
            )
            for row in taken
        ]
        return sorted(claims, key=lambda claim: numbers.index(claim.number))

    def renew(self, worker: str, claims: Collection[Claim]) -> None:
        """Say that the worker is alive and still has these jobs; those another has taken over are left to it."""
        with self._transaction() as connection:
            connection.execute(
                sa.update(JOB)
                .where(
                    JOB.c.number.in_([claim.number for claim in claims]),
                    JOB.c.worker == worker,
                    JOB.c.state == JobState.RUNNING,
                )
                .values(lease_until=DatabaseNow() + self._lease_microseconds())
            )

    def finish(self, claim: Claim, report: Report) -> bool:
        """Note what a job did; with more left, or asked for once more meanwhile, it waits again.

        Return whether it was still this claim's to finish.
        """
        cancel = JOB.c.wish == _CANCEL
        again = sa.or_(JOB.c.wish == _AGAIN, sa.literal(report.more))
        state = sa.case((cancel, JobState.CANCELLED), (again, JobState.WAITING), else_=JobState.DONE)
        return self._end(
            claim,
            state=state,
            due_at=self._now() if report.more else JOB.c.due_at,
            attempts=0,
            reason=None,
            done=JOB.c.done + report.done,
        )

    def fail(self, claim: Claim, failure: JobFailed) -> bool:
        """Note why a job could not be done; it is tried again later unless that is in vain.

        Return whether it was still this claim's.
        """
        wait = None if failure.permanent else wait_after(claim.attempts)
        over = JobState.FAILED if wait is None else JobState.WAITING
        return self._end(
            claim,
            state=sa.case((JOB.c.wish == _CANCEL, JobState.CANCELLED), else_=over),
            due_at=JOB.c.due_at if wait is None else self._now() + wait // timedelta(microseconds=1),
            reason=failure.reason,
        )

    def take_slot(self, kind: str, slot: int) -> bool:
        """Schedule a job that runs by itself, unless some worker has done so for this slot; return whether we did."""
        with self._transaction() as connection:
            connection.execute(self._insert(PERIOD).values(kind=kind, slot=-1).on_conflict_do_nothing())
            taken = connection.execute(
                sa.update(PERIOD).where(PERIOD.c.kind == kind, PERIOD.c.slot < slot).values(slot=slot)
            ).rowcount
            if taken:
                # Urgent: what runs every minute anyway does not wait an hour because the database was away for one.
                self._schedule(connection, kind, "", self._now(), urgent=True)
        return taken == 1

    def forget(self) -> int:
        """Delete jobs that were over some days ago, failed ones after two months; return how many."""
        now = self._now()
        old = sa.or_(
            sa.and_(JOB.c.state.in_([JobState.DONE, JobState.CANCELLED]), JOB.c.ended_at < now - _whole(DONE_KEPT)),
            sa.and_(JOB.c.state == JobState.FAILED, JOB.c.ended_at < now - _whole(FAILED_KEPT)),
        )
        with self._transaction() as connection:
            return connection.execute(sa.delete(JOB).where(old)).rowcount

    def _schedule(
        self,
        connection: sa.Connection,
        kind: str,
        subject: str,
        due: int,
        *,
        single: bool = True,
        urgent: bool = False,
    ) -> JobNumber:
        """Insert a job, or move the one that is under way: only an urgent one before its turn after a failure."""
        new = self._insert(JOB).values(
            kind=kind,
            subject=subject,
            single=single,
            state=JobState.WAITING,
            wish="",
            due_at=due,
            attempts=0,
            claim=0,
            done=0,
        )
        running = JOB.c.state == JobState.RUNNING
        movable = sa.or_(running, JOB.c.attempts == 0, sa.literal(urgent))
        sooner = sa.and_(new.excluded.due_at < JOB.c.due_at, movable)
        # Of a running job the column still says when it was due itself.
        first_wish = sa.and_(running, JOB.c.wish != _AGAIN)
        statement = new.on_conflict_do_update(
            index_elements=[JOB.c.kind, JOB.c.subject],
            index_where=sa.text(LIVE),
            set_={
                "due_at": sa.case((sa.or_(first_wish, sooner), new.excluded.due_at), else_=JOB.c.due_at),
                "wish": sa.case((running, _AGAIN), else_=""),
            },
        ).returning(JOB.c.number)
        return JobNumber(connection.execute(statement).scalar_one())

    def _end(self, claim: Claim, **values: object) -> bool:
        with self._transaction() as connection:
            ended = connection.execute(
                sa.update(JOB)
                .where(JOB.c.number == claim.number, JOB.c.claim == claim.count, JOB.c.state == JobState.RUNNING)
                .values(wish="", lease_until=None, ended_at=self._now(), **values)
            ).rowcount
        if ended == 0:
            _LOG.warning("job %s of kind %s was taken over before it ended here", claim.number, claim.kind)
        return ended == 1

    def _now(self) -> int:
        return microseconds(self._clock.now())

    def _lease_microseconds(self) -> int:
        return _whole(self.lease)

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with translated(), self._engine.begin() as connection:
            yield connection


def _whole(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def _job(row: Any) -> Job:
    return Job(
        number=JobNumber(row.number),
        kind=row.kind,
        subject=row.subject,
        state=JobState(row.state),
        due_at=instant(row.due_at),
        attempts=row.attempts,
        done=row.done,
        reason=row.reason,
        worker=row.worker,
        started_at=None if row.started_at is None else instant(row.started_at),
        ended_at=None if row.ended_at is None else instant(row.ended_at),
    )
