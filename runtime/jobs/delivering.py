"""The jobs that bring notices out of the house: one kind for each channel, and those that look after what they leave.

The rows are the truth. ``reconcile`` finds what nobody was asked to do, ends what has found no way out, and says so;
``purge`` forgets what was settled long ago.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from engine.case.codec import instant, microseconds
from engine.case.identity import RootId
from engine.service.jobs import Jobs
from engine.service.notice_ports import WaitingChannel
from engine.service.notice_times import SETTLED_KEPT, UNCONFIGURED_MAX, WAITING_MAX
from engine.service.notice_writes import EndWaiting, ForgetDeliveries
from runtime.jobs.port import Report

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from notifications.dispatcher import Dispatcher
    from runtime.channels import Outlets

_LOG = logging.getLogger(__name__)
NOT_CONFIGURED: Final = "channel not configured"
NO_WAY_OUT: Final = "could not be offered to the channel in time"
FORGOTTEN_AT_ONCE: Final = 1000
"""Deliveries deleted in one transaction, which live commands wait for."""

Dispatchers = Mapping[str, "Dispatcher"]


def kind_of(channel: str) -> str:
    """Return the kind of the job that delivers by a channel."""
    return f"deliver:{channel}"


def dispatchers_of(desk: Desk, outlets: Outlets) -> Dispatchers:
    """Return a dispatcher for each configured channel; it keeps in mind how often addresses were spoken to."""
    if not outlets.channels:
        return {}
    from notifications.dispatcher import Dispatcher
    from notifications.phrasing import Phrasing

    phrasing = Phrasing(
        office=desk.office, reads=desk.reads, sealer=desk.sealer, world=desk.world, page_of=outlets.page_of
    )
    return {
        name: Dispatcher(phrasing=phrasing, channel=channel, random=secrets.token_bytes)
        for name, channel in outlets.channels.items()
    }


def deliver(desk: Desk, dispatcher: Dispatcher) -> Report:
    """Send one batch of each organisation; more is left as long as there was anything to take."""
    done, more = 0, False
    for root in desk.reads.roots():
        if dispatcher.is_due(root):
            sent = dispatcher.run(root)
            done, more = done + sent.sent, more or sent.taken > 0
            if sent.held:
                _LOG.warning("%s deliveries could not be offered to %s now", sent.held, dispatcher.channel.name)
    return Report(done=done, more=more)


def ask_for_deliveries(desk: Desk, jobs: Jobs, dispatchers: Dispatchers) -> int:
    """Ask for the job of every channel that has something due; return how many."""
    asked = 0
    for name, dispatcher in dispatchers.items():
        if any(dispatcher.is_due(root) for root in desk.reads.roots()):
            jobs.schedule(kind_of(name))
            asked += 1
    return asked


def reconcile(desk: Desk, jobs: Jobs, dispatchers: Dispatchers, tell: str) -> Report:
    """Ask for whatever is due and end what has waited too long; ``tell`` is the kind that empties the outbox.

    A lease that has ended leaves its rows due. What is addressed to a channel that is not configured fails after a day,
    with the reason where everybody sees it who may see the delivery; till then ``banjie doctor`` tells of it.
    """
    asked = 0
    for root in desk.reads.roots():
        if desk.reads.pending_outbox(root, 1):
            jobs.schedule(tell)
            asked += 1
        _end_waiting(desk, root, dispatchers.keys())
    return Report(done=asked + ask_for_deliveries(desk, jobs, dispatchers))


def purge(desk: Desk) -> Report:
    """Forget deliveries settled more than 400 days ago, a bounded number of each organisation."""
    done, more = 0, False
    before = microseconds(desk.office.now() - SETTLED_KEPT)
    for root in desk.reads.roots():
        old = tuple(desk.reads.settled_before(root, before, FORGOTTEN_AT_ONCE))
        if old:
            desk.office.write([ForgetDeliveries(root=root, deliveries=old)])
        done, more = done + len(old), more or len(old) == FORGOTTEN_AT_ONCE
    return Report(done=done, more=more)


def _end_waiting(desk: Desk, root: RootId, configured: Iterable[str]) -> None:
    """Settle what no channel has taken in time, and warn of what waits for one that is not configured."""
    now = desk.office.now()
    for waiting in desk.reads.waiting_channels(root):
        if waiting.channel not in configured:
            _LOG.warning("%s deliveries wait for %s, which is not configured", waiting.deliveries, waiting.channel)
        end = _ended(root, waiting, now, is_configured=waiting.channel in configured)
        if instant(waiting.since) <= end.before:
            desk.office.write([end])


def _ended(root: RootId, waiting: WaitingChannel, now: datetime, *, is_configured: bool) -> EndWaiting:
    return EndWaiting(
        root=root,
        channel=waiting.channel,
        before=now - (WAITING_MAX if is_configured else UNCONFIGURED_MAX),
        at=now,
        state="given_up" if is_configured else "failed",
        reason=NO_WAY_OUT if is_configured else NOT_CONFIGURED,
    )
