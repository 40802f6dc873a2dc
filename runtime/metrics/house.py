"""The numbers of the house, read when they are asked for: what waits, what failed, what is not yet sealed.

They are sums over the whole database: no organisation, unit, case or person is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from engine.case.codec import microseconds
from engine.service.jobs import JobState, known_kind
from runtime.committer import LocalOffice
from runtime.jobs.leases import LeasedJobs
from runtime.metrics.text import Family, Sample
from runtime.wiring import Opened

SECOND: Final = 1_000_000
DAY: Final = 24 * 60 * 60 * SECOND
JOB_STATES: Final = (JobState.WAITING, JobState.RUNNING, JobState.FAILED)


class HouseNumbers:
    """Reads the numbers of an opened database and of the jobs beside it."""

    def __init__(self, opened: Opened, jobs: LeasedJobs, *, version: str, database: str) -> None:
        self._opened = opened
        self._jobs = jobs
        self._build = (("version", version), ("database", database))

    def families(self) -> Iterator[Family]:
        """Yield the numbers; raises StorageUnavailable."""
        yield _one("banjie_build_info", "The version that runs; always 1.", Sample(value=1, labels=self._build))
        yield from self._of_the_committer()
        yield from self._of_jobs()
        yield from self._of_deliveries()
        yield from self._of_the_ledger()
        size = self._opened.store.reads.database_bytes()
        yield _one("banjie_database_bytes", "Size of the database, without files and jobs.", Sample(value=size))

    def _of_the_committer(self) -> Iterator[Family]:
        office = self._opened.desk.office
        if not isinstance(office, LocalOffice):
            return
        queues = [Sample(value=count, labels=(("queue", name),)) for name, count in office.queued().items()]
        yield _one("banjie_committer_queue_length", "Commands that wait for the writer of this process.", *queues)
        yield Family(
            name="banjie_committer_batch_commands",
            kind="histogram",
            told="Commands that this process carried out in one transaction.",
            samples=office.batches.samples(),
        )

    def _of_jobs(self) -> Iterator[Family]:
        counts: Counter[tuple[str, JobState]] = Counter()
        for (kind, state), count in self._jobs.counts_by_kind().items():
            counts[known_kind(kind), state] += count
        samples = [
            Sample(value=count, labels=(("kind", kind), ("state", state)))
            for (kind, state), count in sorted(counts.items())
            if state in JOB_STATES
        ]
        yield _one("banjie_jobs", "Background jobs that wait, run or failed, by kind.", *samples)

    def _of_deliveries(self) -> Iterator[Family]:
        reads, since = self._opened.store.reads, microseconds(self._opened.clock.now()) - DAY
        roots = reads.roots()
        waiting = sum(reads.deliveries_waiting(root) for root in roots)
        failed = sum(reads.deliveries_failed(root, since=since) for root in roots)
        yield _one("banjie_deliveries_waiting", "Messages that wait to be delivered.", Sample(value=waiting))
        told = "Deliveries that failed or were given up within the last 24 hours."
        yield _one("banjie_deliveries_failed_last_day", told, Sample(value=failed))

    def _of_the_ledger(self) -> Iterator[Family]:
        reads, now = self._opened.store.reads, microseconds(self._opened.clock.now())
        roots = reads.roots()
        unsealed = sum(reads.unsealed_count(root) for root in roots)
        yield _one("banjie_ledger_unsealed_entries", "Entries that no checkpoint covers yet.", Sample(value=unsealed))
        newest = [found.at for root in roots if (found := reads.newest_checkpoint(root)) is not None]
        if newest:
            told = "Age of the newest checkpoint, by its newest entry; of several organisations the oldest."
            yield _one("banjie_checkpoint_age_seconds", told, Sample(value=max(0, now - min(newest)) / SECOND))


def _one(name: str, told: str, *samples: Sample) -> Family:
    return Family(name=name, kind="gauge", told=told, samples=samples)
