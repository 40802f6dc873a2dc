"""The kinds of jobs the product has: each with its handler, and its interval if it runs by itself."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.service.jobs import Jobs
from runtime.channels import outlets
from runtime.jobs.delivering import (
    Dispatchers,
    ask_for_deliveries,
    deliver,
    dispatchers_of,
    kind_of,
    purge,
    reconcile,
)
from runtime.jobs.port import Handler, JobFailed, Registry, Report

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from notifications.dispatcher import Dispatcher
    from runtime.settings import ChannelSettings
    from runtime.wiring import Opened

_LOG = logging.getLogger(__name__)
SWEEP: Final = "sweep"
SWEEP_EVERY: Final = timedelta(minutes=1)
TELL: Final = "tell"
TELL_EVERY: Final = timedelta(seconds=10)
DELIVER_EVERY: Final = timedelta(seconds=10)
RECONCILE: Final = "reconcile"
RECONCILE_EVERY: Final = timedelta(minutes=5)
PURGE: Final = "purge"
PURGE_EVERY: Final = timedelta(days=1)


def product_registry(opened: Opened, jobs: Jobs, settings: ChannelSettings) -> Registry:
    """Return the handlers on an open database; ``jobs`` is for those that ask for other jobs.

    A channel has a kind of its own, so that a slow one keeps no other waiting; one that is not configured has none.

    Raises:
        InputRefused: a channel is configured by half.
    """
    desk = opened.desk
    dispatchers = dispatchers_of(desk, outlets(settings))
    # A new kind: one line here, and one in intervals if it runs by itself.
    handlers: dict[str, Handler] = {
        SWEEP: lambda _subject: sweep_all(desk),
        TELL: lambda _subject: _told_and_asked(desk, jobs, dispatchers),
        RECONCILE: lambda _subject: reconcile(desk, jobs, dispatchers, TELL),
        PURGE: lambda _subject: purge(desk),
        **{kind_of(name): _delivering(desk, one) for name, one in dispatchers.items()},
    }
    intervals: dict[str, timedelta] = {
        SWEEP: SWEEP_EVERY,
        TELL: TELL_EVERY,
        RECONCILE: RECONCILE_EVERY,
        PURGE: PURGE_EVERY,
        **dict.fromkeys(map(kind_of, dispatchers), DELIVER_EVERY),
    }
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


def _told_and_asked(desk: Desk, jobs: Jobs, dispatchers: Dispatchers) -> Report:
    """Tell people, and have delivered at once what that has queued."""
    report = tell_all(desk)
    if report.done:
        ask_for_deliveries(desk, jobs, dispatchers)
    return report


def _delivering(desk: Desk, dispatcher: Dispatcher) -> Handler:
    return lambda _subject: deliver(desk, dispatcher)
