"""What the rest of the house knows of jobs: how to ask for one, what a handler answers, what a list of them shows.

A job is a hint. What is to be done stands as due rows in the main database; a handler looks there, does a batch, and
may run twice: after a crash, a lost connection, or a machine that stood still, the same job is run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

JobNumber = NewType("JobNumber", int)
LISTED_MAX = 200


class JobState(StrEnum):
    """Where a job rests. A job that failed and will be tried again is waiting, with the reason of its last failure."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a handler did: how many rows, and whether more is left; then it is called again at once."""

    done: int
    more: bool = False


Handler = Callable[[str], Report]
"""Does one batch for a subject. It may be called twice for the same rows, and by several workers one after another."""


class JobFailed(Exception):
    """A handler's way to say why it could not work, in words for the operator: no names, no text of a case.

    Other exceptions are told by their class and place only, as their messages may hold what nobody should read.
    """

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The handlers by kind (``sweep``, ``deliver:email``), and how often those run that run by themselves."""

    handlers: Mapping[str, Handler]
    intervals: Mapping[str, timedelta] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(self.intervals.keys() - self.handlers.keys())
        if unknown:
            raise ValueError(f"an interval without a handler: {', '.join(unknown)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as a list shows it. ``done`` counts rows over all its batches; ``worker`` is who has it or had it last;
    ``reason`` is that of the last failure, None after a success."""

    number: JobNumber
    kind: str
    subject: str
    state: JobState
    due_at: datetime
    attempts: int
    done: int
    reason: str | None
    worker: str | None
    started_at: datetime | None
    ended_at: datetime | None


class Jobs(Protocol):
    """Ask for jobs and look after them."""

    def schedule(
        self, kind: str, subject: str = "", *, due_at: datetime | None = None, dedupe: bool = True
    ) -> JobNumber:
        """Ask for a job, now or at an instant, and return its number.

        ``subject`` says which rows (an id, a slice; never personal data). With ``dedupe`` there is at most one job
        waiting or running for a kind and subject: a waiting one is kept, moved forward if it was due later, and one
        that is running runs once more. One that waits after a failure keeps its later turn.

        Raises:
            StorageUnavailable: the jobs cannot be written; the due rows are still there, a reconcile finds them.
        """

    def cancel(self, number: JobNumber) -> None:
        """Take back a job that waits; one that is running ends its batch and is not continued.

        Raises:
            NotFound: there is no job of this number waiting or running.
        """

    def re_run(self, number: JobNumber) -> None:
        """Let a job that is over run again, or one that waits run now, with all its attempts before it.

        Where the same kind and subject has another job under way already, that one runs now instead.

        Raises:
            NotFound: there is no job of this number, or it is running.
        """

    def listed(self, state: JobState | None = None, *, limit: int = LISTED_MAX) -> Sequence[Job]:
        """Return jobs, failed first, then running, waiting, done and cancelled, each newest first."""

    def counts(self) -> Mapping[JobState, int]:
        """Return how many jobs there are in each state; done and cancelled ones of the last days only."""
