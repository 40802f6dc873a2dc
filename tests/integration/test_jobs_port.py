"""What the port promises, on both databases, under a clock that stands still until it is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import NotFound
from engine.service.jobs import JobNumber, JobState
from runtime.clock import SetClock
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import Handler, JobFailed, Registry, Report
from runtime.jobs.worker import WORKER_ENDED, Worker

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AT_ONCE = 8

MakeWorker = Callable[..., Worker]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def jobs(any_database: str, clock: SetClock) -> Iterator[LeasedJobs]:
    """The jobs of an empty database."""
    opened = LeasedJobs.open(any_database, clock)
    yield opened
    opened.close()


@pytest.fixture
def worker(jobs: LeasedJobs, clock: SetClock) -> MakeWorker:
    """Make a worker with one handler for the kind ``look``, which runs by itself if an interval is given."""

    def make(handler: Handler, every: timedelta | None = None) -> Worker:
        intervals = {} if every is None else {"look": every}
        return Worker(jobs, Registry(handlers={"look": handler}, intervals=intervals), clock)

    return make


class Looker:
    """A handler that remembers its subjects, and answers what it was told to, then that it did one row."""

    def __init__(self, *answers: Report | Exception) -> None:
        self.subjects: list[str] = []
        self._answers = list(answers)

    def __call__(self, subject: str) -> Report:
        self.subjects.append(subject)
        answer = self._answers.pop(0) if self._answers else Report(done=1)
        if isinstance(answer, Exception):
            raise answer
        return answer


def state_of(jobs: LeasedJobs, number: JobNumber) -> JobState:
    """Return where a job rests."""
    return next(job.state for job in jobs.listed() if job.number == number)


def test_a_job_asked_for_twice_before_it_runs_is_one_job(jobs: LeasedJobs, worker: MakeWorker) -> None:
    first = jobs.schedule("look", "a")
    assert jobs.schedule("look", "a") == first
    assert jobs.schedule("look", "b") != first
    look = Looker()
    assert worker(look).run_due() == 2
    assert look.subjects == ["a", "b"]


def test_without_dedupe_each_request_is_a_job(jobs: LeasedJobs, worker: MakeWorker) -> None:
    numbers = {jobs.schedule("look", "a", dedupe=False) for _ in range(3)}
    assert len(numbers) == 3
    assert worker(Looker()).run_due() == 3


def test_a_job_over_is_not_the_same_as_one_asked_for_after_it(jobs: LeasedJobs, worker: MakeWorker) -> None:
    first = jobs.schedule("look", "a")
    worker(Looker()).run_due()
    assert jobs.schedule("look", "a") != first


def test_a_job_waits_until_it_is_due(jobs: LeasedJobs, clock: SetClock, worker: MakeWorker) -> None:
    jobs.schedule("look", "a", due_at=NOON + MINUTE)
    look = worker(Looker())
    clock.set(NOON + MINUTE - timedelta(microseconds=1))
    assert look.run_due() == 0
    clock.set(NOON + MINUTE)
    assert look.run_due() == 1


@pytest.mark.parametrize(("then", "due_at"), [(NOON, NOON), (NOON + 2 * MINUTE, NOON + MINUTE)])
def test_a_waiting_job_moves_forward_never_back(jobs: LeasedJobs, then: datetime, due_at: datetime) -> None:
    jobs.schedule("look", "a", due_at=NOON + MINUTE)
    jobs.schedule("look", "a", due_at=then)
    assert [job.due_at for job in jobs.listed()] == [due_at]


def test_the_longest_due_job_runs_first(jobs: LeasedJobs, worker: MakeWorker) -> None:
    for minutes, subject in ((1, "b"), (3, "a"), (2, "c")):
        jobs.schedule("look", subject, due_at=NOON - minutes * MINUTE)
    look = Looker()
    worker(look).run_due()
    assert look.subjects == ["a", "c", "b"]


def test_a_job_with_more_to_do_is_called_again_at_once_and_its_rows_are_added_up(
    jobs: LeasedJobs, worker: MakeWorker
) -> None:
    number = jobs.schedule("look", "a")
    assert worker(Looker(Report(done=200, more=True), Report(done=200, more=True), Report(done=7))).run_due() == 3
    (job,) = jobs.listed()
    assert (job.number, job.state, job.done) == (number, JobState.DONE, 407)


def test_a_job_asked_for_while_it_runs_runs_once_more(jobs: LeasedJobs, worker: MakeWorker) -> None:
    subjects: list[str] = []

    def handler(subject: str) -> Report:
        subjects.append(subject)
        if len(subjects) == 1:
            # Rows may have come due behind the batch that was read.
            assert {jobs.schedule("look", "a"), jobs.schedule("look", "a")} == {number}
        return Report(done=0)

    number = jobs.schedule("look", "a")
    assert worker(handler).run_due() == 2
    assert state_of(jobs, number) is JobState.DONE


def test_a_job_asked_for_at_an_instant_while_it_runs_waits_for_it(
    jobs: LeasedJobs, clock: SetClock, worker: MakeWorker
) -> None:
    later = NOON + 2 * MINUTE

    def handler(_subject: str) -> Report:
        if clock.now() == NOON:
            jobs.schedule("look", "a", due_at=later + MINUTE)
            jobs.schedule("look", "a", due_at=later)
        return Report(done=0)

    jobs.schedule("look", "a", due_at=NOON - MINUTE)
    looking = worker(handler)
    assert looking.run_due() == 1
    assert [(job.state, job.due_at) for job in jobs.listed()] == [(JobState.WAITING, later)]
    clock.set(later)
    assert looking.run_due() == 1


def test_a_failed_job_is_tried_eight_times_more_ever_later_then_listed_as_failed(
    jobs: LeasedJobs, clock: SetClock, worker: MakeWorker
) -> None:
    number = jobs.schedule("look", "a")
    failing = worker(Looker(*[JobFailed(f"closed {turn}") for turn in range(1, 10)]))
    waits = [2, 8, 32, 128, 512, 2048, 3600, 3600]  # seconds: each four times the one before, an hour at most
    for turn, seconds in enumerate(waits, start=1):
        assert failing.run_due() == 1
        (job,) = jobs.listed()
        assert (job.state, job.attempts, job.reason) == (JobState.WAITING, turn, f"closed {turn}")
        assert job.due_at - clock.now() == timedelta(seconds=seconds)
        clock.set(job.due_at - timedelta(microseconds=1))
        assert failing.run_due() == 0
        clock.set(job.due_at)
    assert failing.run_due() == 1
    (job,) = jobs.listed(JobState.FAILED)
    assert (job.number, job.attempts, job.reason, job.ended_at) == (number, 9, "closed 9", clock.now())
    assert failing.run_due() == 0

    jobs.re_run(number)
    assert failing.run_due() == 1
    (job,) = jobs.listed()
    assert (job.number, job.state, job.attempts, job.reason) == (number, JobState.DONE, 0, None)


def test_a_permanent_failure_is_not_tried_again(jobs: LeasedJobs, worker: MakeWorker) -> None:
    number = jobs.schedule("look", "a")
    assert worker(Looker(JobFailed("no such channel", permanent=True))).run_due() == 1
    assert state_of(jobs, number) is JobState.FAILED


def test_the_message_of_an_error_is_not_listed_as_it_may_hold_a_name(jobs: LeasedJobs, worker: MakeWorker) -> None:
    jobs.schedule("look", "a")
    worker(Looker(ValueError("no mailbox wang@example.org"))).run_due()
    (job,) = jobs.listed()
    assert job.reason is not None
    assert job.reason.startswith("ValueError at test_jobs_port.py:")
    assert "wang" not in job.reason


def test_a_failing_job_does_not_keep_others_from_running(jobs: LeasedJobs, worker: MakeWorker) -> None:
    for subject in ("a", "b", "c"):
        jobs.schedule("look", subject)
    look = Looker(Report(done=1), JobFailed("closed"))
    worker(look).run_due()
    assert look.subjects == ["a", "b", "c"]
    assert jobs.counts() == {JobState.DONE: 2, JobState.WAITING: 1}


def test_asking_again_does_not_shorten_the_wait_after_a_failure(
    jobs: LeasedJobs, clock: SetClock, worker: MakeWorker
) -> None:
    jobs.schedule("look", "a")
    failing = worker(Looker(JobFailed("closed")))
    failing.run_due()
    jobs.schedule("look", "a")
    assert failing.run_due() == 0
    clock.set(NOON + timedelta(seconds=2))
    assert failing.run_due() == 1


def test_running_a_waiting_job_again_runs_it_now(jobs: LeasedJobs, worker: MakeWorker) -> None:
    number = jobs.schedule("look", "a", due_at=NOON + MINUTE)
    jobs.re_run(number)
    assert worker(Looker()).run_due() == 1


def test_running_an_old_job_again_beside_a_new_one_runs_the_new_one(jobs: LeasedJobs, worker: MakeWorker) -> None:
    old = jobs.schedule("look", "a")
    worker(Looker(JobFailed("closed", permanent=True))).run_due()
    new = jobs.schedule("look", "a", due_at=NOON + MINUTE)
    jobs.re_run(old)
    assert worker(Looker()).run_due() == 1
    assert (state_of(jobs, old), state_of(jobs, new)) == (JobState.FAILED, JobState.DONE)


def test_a_cancelled_job_does_not_run(jobs: LeasedJobs, worker: MakeWorker) -> None:
    number = jobs.schedule("look", "a")
    jobs.cancel(number)
    assert worker(Looker()).run_due() == 0
    assert state_of(jobs, number) is JobState.CANCELLED
    jobs.re_run(number)
    assert worker(Looker()).run_due() == 1


@pytest.mark.parametrize("answer", [Report(done=1, more=True), Report(done=1), JobFailed("closed")])
def test_a_running_job_that_is_cancelled_ends_its_batch_and_no_more(
    jobs: LeasedJobs, worker: MakeWorker, answer: Report | JobFailed
) -> None:
    number = jobs.schedule("look", "a")

    def handler(_subject: str) -> Report:
        jobs.cancel(number)
        assert state_of(jobs, number) is JobState.RUNNING
        if isinstance(answer, JobFailed):
            raise answer
        return answer

    assert worker(handler).run_due() == 1
    assert state_of(jobs, number) is JobState.CANCELLED


def test_what_is_not_there_can_neither_be_cancelled_nor_run_again(jobs: LeasedJobs, worker: MakeWorker) -> None:
    done = jobs.schedule("look", "a")
    worker(Looker()).run_due()
    for change, number in ((jobs.cancel, done), (jobs.cancel, 99), (jobs.re_run, 99)):
        with pytest.raises(NotFound, match=str(number)):
            change(JobNumber(number))


def test_a_running_job_cannot_be_run_again_beside_itself(jobs: LeasedJobs) -> None:
    number = jobs.schedule("look", "a")
    jobs.claim("one", ["look"], 1)
    with pytest.raises(NotFound, match="is running"):
        jobs.re_run(number)


def test_a_kind_this_build_does_not_know_is_left_alone(jobs: LeasedJobs, worker: MakeWorker) -> None:
    number = jobs.schedule("newer")
    assert worker(Looker()).run_due() == 0
    assert state_of(jobs, number) is JobState.WAITING


def test_what_runs_by_itself_runs_once_per_slot_whoever_looks(
    jobs: LeasedJobs, clock: SetClock, worker: MakeWorker
) -> None:
    look = Looker()
    one, other, restarted = worker(look, MINUTE), worker(look, MINUTE), worker(look, MINUTE)
    assert [one.run_due(), other.run_due(), one.run_due()] == [1, 0, 0]
    clock.set(NOON + MINUTE - timedelta(microseconds=1))
    assert [one.run_due(), other.run_due(), restarted.run_due()] == [0, 0, 0]
    clock.set(NOON + MINUTE)
    assert [other.run_due(), one.run_due()] == [1, 0]
    # Slots that nobody saw are not made up for.
    clock.set(NOON + 10 * MINUTE)
    assert [one.run_due(), other.run_due()] == [1, 0]
    # A clock that was set back does not run a slot again.
    clock.set(NOON + MINUTE)
    assert [one.run_due(), other.run_due()] == [0, 0]


def test_of_many_that_take_a_slot_at_once_one_has_it(jobs: LeasedJobs) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for slot in (1, 2, 3):
            taken = list(threads.map(lambda _turn, slot=slot: jobs.take_slot("look", slot), range(AT_ONCE)))
            assert taken.count(True) == 1
    assert len(jobs.listed()) == 1


def test_what_runs_by_itself_runs_in_its_next_slot_even_after_failures(
    jobs: LeasedJobs, clock: SetClock, worker: MakeWorker
) -> None:
    failing = worker(Looker(JobFailed("a"), JobFailed("b"), JobFailed("c"), JobFailed("d")), MINUTE)
    for seconds in (0, 2, 10, 42):
        clock.set(NOON + timedelta(seconds=seconds))
        assert failing.run_due() == 1
    assert jobs.listed()[0].due_at == NOON + timedelta(seconds=42 + 128)
    clock.set(NOON + MINUTE)
    assert failing.run_due() == 1
    assert jobs.counts() == {JobState.DONE: 1}


def test_jobs_over_are_forgotten_after_some_days_failed_ones_after_two_months(
    jobs: LeasedJobs, clock: SetClock, worker: MakeWorker
) -> None:
    jobs.schedule("look", "a")
    failed = jobs.schedule("look", "b")
    worker(Looker(Report(done=1), JobFailed("closed", permanent=True))).run_due()
    waiting = jobs.schedule("look", "c", due_at=NOON + timedelta(days=90))
    clock.set(NOON + timedelta(days=2))
    assert jobs.forget() == 0
    clock.set(NOON + timedelta(days=2, microseconds=1))
    assert jobs.forget() == 1
    assert [job.number for job in jobs.listed()] == [failed, waiting]
    clock.set(NOON + timedelta(days=60, microseconds=1))
    assert jobs.forget() == 1
    assert [job.number for job in jobs.listed()] == [waiting]


def test_failed_jobs_are_listed_first_and_no_more_than_asked_for(jobs: LeasedJobs, worker: MakeWorker) -> None:
    done, failed = jobs.schedule("look", "a"), jobs.schedule("look", "b")
    worker(Looker(Report(done=1), JobFailed("closed", permanent=True))).run_due()
    waiting, newest = jobs.schedule("look", "c"), jobs.schedule("look", "d")
    assert [job.number for job in jobs.listed()] == [failed, newest, waiting, done]
    assert [job.number for job in jobs.listed(limit=2)] == [failed, newest]
    assert [job.number for job in jobs.listed(JobState.WAITING)] == [newest, waiting]


def test_a_job_that_ends_every_worker_is_given_up(any_database: str, clock: SetClock) -> None:
    jobs = LeasedJobs.open(any_database, clock, lease=timedelta(microseconds=-1))
    jobs.schedule("look", "a")
    for _turn in range(9):
        assert len(jobs.claim("one that is killed", ["look"], 1)) == 1
    look = Looker()
    Worker(jobs, Registry(handlers={"look": look}), clock).run_due()
    (job,) = jobs.listed()
    jobs.close()
    assert (job.state, job.reason, look.subjects) == (JobState.FAILED, WORKER_ENDED, [])
