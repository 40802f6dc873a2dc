"""What a handler of jobs is: what it is called with, what it answers, how it says that it could not work.

How a job is asked for and listed stands in ``engine.service.jobs``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta


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
