"""A worker: takes due jobs, runs their handlers on threads, renews its leases, and starts what runs by itself."""

from __future__ import annotations

import logging
import os
import socket
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Final
from uuid import uuid4

from engine.errors import BanjieError, StorageError
from engine.log_parts import belonging
from runtime.clock import Clock
from runtime.jobs.backoff import RETRIES_MAX
from runtime.jobs.leases import Claim, LeasedJobs
from runtime.jobs.port import JobFailed, Registry

_LOG = logging.getLogger(__name__)
AT_ONCE_MAX: Final = 8
"""Jobs run side by side: about as many as there are kinds, so that a slow channel keeps no other job waiting."""
POLL: Final = timedelta(seconds=1)
FORGETTING: Final = timedelta(hours=1)
RENEWALS_PER_LEASE: Final = 3
RUNS_MAX: Final = 10_000
WORKER_ENDED: Final = "the worker ended in mid-job, every time"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Worker:
    """Runs the jobs of a registry. Its name is new each time: what an earlier one left is taken over, not resumed."""

    def __init__(
        self,
        jobs: LeasedJobs,
        registry: Registry,
        clock: Clock,
        *,
        at_once_max: int = AT_ONCE_MAX,
        poll: timedelta = POLL,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._jobs = jobs
        self._registry = registry
        self._clock = clock
        self._at_once_max = at_once_max
        self._turn_seconds = min(poll, jobs.lease / RENEWALS_PER_LEASE).total_seconds()
        self._kinds = sorted(registry.handlers)
        self._slots: dict[str, int] = {}
        self._held: dict[int, Claim] = {}
        self._wake = threading.Event()
        self._stopping = False

    def serve(self) -> None:
        """Work until ``stop``; then finish what was begun, with its leases renewed, and return."""
        renew_at = forget_at = monotonic()
        with ThreadPoolExecutor(self._at_once_max, thread_name_prefix="job") as threads:
            while self._held or not self._stopping:
                # Cleared before looking: whatever comes while we look wakes us again.
                self._wake.clear()
                now = monotonic()
                try:
                    if now >= renew_at:
                        self._renew()
                        renew_at = now + self._jobs.lease.total_seconds() / RENEWALS_PER_LEASE
                    if not self._stopping:
                        self._begin(threads)
                        if now >= forget_at:
                            self._jobs.forget()
                            forget_at = now + FORGETTING.total_seconds()
                except StorageError as error:
                    _LOG.warning("the jobs cannot be reached now: %s", error.code)
                self._wake.wait(self._turn_seconds)

    def stop(self) -> None:
        """Let ``serve`` end at its next turn; from another thread, or from a signal's handler.

        It sets nothing but this: the handler may have interrupted ``serve`` inside the lock of its event.
        """
        self._stopping = True

    def wake(self) -> None:
        """Look for due jobs now and not at the next turn; from any thread."""
        self._wake.set()

    def run_due(self, at_most: int = RUNS_MAX) -> int:
        """Run whatever is due by the clock, one after another on this thread, until nothing is; return how many.

        For tests and simulations under a clock that is set; ``serve`` does the same for good. A batch counts as one.
        """
        self._start_periods()
        for count in range(at_most):
            claims = self._jobs.claim(self.name, self._kinds, 1) if self._kinds else ()
            if not claims:
                return count
            self._run(claims[0])
        return at_most

    def _begin(self, threads: ThreadPoolExecutor) -> None:
        self._start_periods()
        free = self._at_once_max - len(self._held)
        if not free or not self._kinds:
            return
        for claim in self._jobs.claim(self.name, self._kinds, free):
            self._held[claim.number] = claim
            threads.submit(self._run_held, claim)

    def _start_periods(self) -> None:
        """Schedule what runs by itself where a new slot has begun and no other worker was faster."""
        for kind, interval in self._registry.intervals.items():
            slot = (self._clock.now() - _EPOCH) // interval
            if self._slots.get(kind) != slot:
                self._jobs.take_slot(kind, slot)
                self._slots[kind] = slot

    def _renew(self) -> None:
        held = list(self._held.values())
        if held:
            self._jobs.renew(self.name, held)

    def _run_held(self, claim: Claim) -> None:
        try:
            self._run(claim)
        except StorageError as error:
            # What the job did stands; when its lease ends, a worker runs it once more.
            _LOG.warning("the end of job %s could not be noted: %s", claim.number, error.code)
        finally:
            del self._held[claim.number]
            self._wake.set()

    def _run(self, claim: Claim) -> None:
        with belonging(job=claim.number, kind=claim.kind):
            self._run_known(claim)

    def _run_known(self, claim: Claim) -> None:
        try:
            if claim.attempts > RETRIES_MAX + 1:
                raise JobFailed(WORKER_ENDED, permanent=True)
            report = self._registry.handlers[claim.kind](claim.subject)
        except JobFailed as failure:
            self._fail(claim, failure)
        except Exception as error:  # noqa: BLE001 - one bad job must not end the others; it is listed with its reason
            self._fail(claim, JobFailed(told(error)))
        else:
            self._jobs.finish(claim, report)

    def _fail(self, claim: Claim, failure: JobFailed) -> None:
        _LOG.warning("job %s of kind %s failed: %s", claim.number, claim.kind, failure.reason)
        self._jobs.fail(claim, failure)


def told(error: Exception) -> str:
    """Return what an operator is told of an error: its class, its code if it is one of ours, and where it arose.

    Its message stays out: it may repeat an address, a name or the text of a case.
    """
    name = f"{type(error).__name__} ({error.code})" if isinstance(error, BanjieError) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    return f"{name} at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else name


@contextmanager
def working(worker: Worker) -> Iterator[Worker]:
    """Let a worker work beside the block, on a thread of its own; after it, what was begun is finished first."""
    thread = threading.Thread(target=worker.serve, name="jobs")
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        worker.wake()
        thread.join()
