"""The kinds of jobs the product has: each with its handler, and its interval if it runs by itself."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from runtime.jobs.port import Handler, JobFailed, Jobs, Registry, Report

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from runtime.wiring import Opened

_LOG = logging.getLogger(__name__)
SWEEP: Final = "sweep"
SWEEP_EVERY: Final = timedelta(minutes=1)
TELL: Final = "tell"
TELL_EVERY: Final = timedelta(seconds=10)


def product_registry(opened: Opened, _jobs: Jobs) -> Registry:
    """Return the handlers on an open database; ``jobs`` is for those that ask for other jobs, as reconcile does."""
    desk = opened.desk
    # A new kind: one line here, and one in intervals if it runs by itself.
    handlers: dict[str, Handler] = {SWEEP: lambda _subject: sweep_all(desk), TELL: lambda _subject: tell_all(desk)}
    intervals: dict[str, timedelta] = {SWEEP: SWEEP_EVERY, TELL: TELL_EVERY}
    return Registry(handlers=handlers, intervals=intervals)


def sweep_all(desk: Desk) -> Report:
    """Sweep every organisation; cases set aside make the job a failure, told with their number, and are tried again."""
    from engine.service.sweep import sweep

    raised = failed = 0
    for root in desk.reads.roots():
        report = sweep(desk, root)
        raised += report.swept.raised
        failed += report.swept.failed
        for aside in report.set_aside:
            _LOG.error("the sweep set case %s aside: %s", aside.case, aside.error.text.en)
    if failed:
        raise JobFailed(f"{failed} cases set aside, the others are done; see the log")
    return Report(done=raised)


def tell_all(desk: Desk) -> Report:
    """Bring what steps have to tell into the inboxes of those whom it concerns."""
    from engine.service.notices import expand_all

    told = 0
    for root in desk.reads.roots():
        told += expand_all(desk.office, desk.reads, desk.world(root), root).notices
    return Report(done=told)
