"""The kinds of jobs the product has: each with its handler, and its interval if it runs by itself."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.case.identity import RootId
from engine.case.secrecy import ANONYMOUS_HOURS
from engine.service.asked_counts import keep_asked
from engine.service.jobs import Jobs
from engine.service.kept_answers import JOB as FIGURES
from engine.service.long_work import JOB as LONG_WORK
from engine.service.long_work_waves import forget_over, work_once
from engine.service.papers_out import KIND as PAPERS_OUT
from runtime.channels import outlets
from runtime.jobs.anchoring import ANCHOR_EVERY, anchoring
from runtime.jobs.clearing import clear_over, clear_strays
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
from runtime.keys.shredding import finish_erasures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.service.desk import Desk
    from engine.service.long_work import Outcome
    from engine.service.long_work_waves import Kind, Wave
    from notifications.dispatcher import Dispatcher
    from runtime.settings import Settings
    from runtime.wiring import Opened

_LOG = logging.getLogger(__name__)
SWEEP: Final = "sweep"
SWEEP_EVERY: Final = timedelta(minutes=1)
TELL: Final = "tell"
TELL_EVERY: Final = timedelta(seconds=10)
DELIVER_EVERY: Final = timedelta(seconds=10)
RECONCILE: Final = "reconcile"
RECONCILE_EVERY: Final = timedelta(minutes=5)
ERASE: Final = "erase"
ERASE_EVERY: Final = timedelta(seconds=10)
KEYS: Final = "keys"
KEYS_EVERY: Final = timedelta(days=1)
PURGE: Final = "purge"
PURGE_EVERY: Final = timedelta(days=1)
FILES: Final = "files"
FILES_EVERY: Final = timedelta(hours=1)
RETENTION: Final = "retention"
RETENTION_EVERY: Final = timedelta(days=1)
WATCH: Final = "watch"
WATCH_EVERY: Final = timedelta(minutes=1)
READERS: Final = "readers"
READERS_EVERY: Final = timedelta(seconds=10)
LONG_WORK_EVERY: Final = timedelta(seconds=5)
SEARCH: Final = "search"
SEARCH_EVERY: Final = timedelta(hours=1)
RELEASE: Final = "release"
RELEASE_EVERY: Final = timedelta(hours=ANONYMOUS_HOURS)
"""Periods are counted from 1970, so that they end at the very boundaries to which anonymous entries are dated."""


def product_registry(opened: Opened, jobs: Jobs, settings: Settings) -> Registry:
    """Return the handlers on an open database; ``jobs`` is for those that ask for other jobs.

    A channel has a kind of its own, so that a slow one keeps no other waiting; one that is not configured has none.

    Raises:
        InputRefused: a channel is configured by half.
    """
    desk = opened.desk
    ways = outlets(settings)
    dispatchers, anchors = dispatchers_of(desk, ways), anchoring(desk, ways, settings)
    # A new kind: one line here, and one in intervals if it runs by itself.
    handlers: dict[str, Handler] = {
        SWEEP: lambda _subject: sweep_all(desk),
        TELL: lambda _subject: _told_and_asked(desk, jobs, dispatchers),
        RECONCILE: lambda _subject: reconcile(desk, jobs, dispatchers, TELL),
        PURGE: lambda _subject: _purged(desk),
        LONG_WORK: lambda _subject: work_on(desk, settings.workflows),
        RELEASE: lambda _subject: release_all(desk),
        WATCH: lambda _subject: watch_flushed(desk),
        READERS: lambda _subject: rewrite_all(desk),
        SEARCH: lambda _subject: index_some(desk),
        ERASE: lambda _subject: Report(done=finish_erasures(opened) + clear_over(opened)),
        FILES: lambda _subject: Report(done=clear_strays(opened.desk)),
        KEYS: lambda _subject: look_after_keys(opened),
        RETENTION: lambda _subject: retain(opened),
        FIGURES: lambda subject: keep_figures(desk, subject),
        **anchors,
        **{kind_of(name): _delivering(desk, one) for name, one in dispatchers.items()},
    }
    intervals: dict[str, timedelta] = {
        SWEEP: SWEEP_EVERY,
        TELL: TELL_EVERY,
        RECONCILE: RECONCILE_EVERY,
        PURGE: PURGE_EVERY,
        RELEASE: RELEASE_EVERY,
        WATCH: WATCH_EVERY,
        READERS: READERS_EVERY,
        LONG_WORK: LONG_WORK_EVERY,
        SEARCH: SEARCH_EVERY,
        ERASE: ERASE_EVERY,
        KEYS: KEYS_EVERY,
        FILES: FILES_EVERY,
        **({RETENTION: RETENTION_EVERY} if settings.retention == "apply" else {}),
        **dict.fromkeys(anchors, ANCHOR_EVERY),
        **dict.fromkeys(map(kind_of, dispatchers), DELIVER_EVERY),
    }
    return Registry(handlers=handlers, intervals=intervals)


def look_after_keys(opened: Opened) -> Report:
    """Begin a new epoch of keys once a day, and seal what is left from before there were any."""
    from runtime.keys.rotation import rotate
    from runtime.keys.sealing_old import seal_old

    done = seal_old(opened)
    if opened.keys.has_file:
        done += rotate(opened.keys.file).rewrapped
    return Report(done=done)


def retain(opened: Opened) -> Report:
    """Erase what has been kept for long enough; cases that were refused make the job a failure, and stay till then."""
    from engine.service.retention import apply

    desk, done, refused = opened.desk, 0, 0
    for root in desk.reads.roots():
        applied = apply(desk, root, lambda: finish_erasures(opened))
        done += applied.cases
        refused += len(applied.refused)
        for case, _text in applied.refused:
            _LOG.error("what is over of case %s was not erased", case)
    if refused:
        raise JobFailed(f"{refused} cases refused, the others are done; banjie retention --apply says why")
    return Report(done=done)


def sweep_all(desk: Desk) -> Report:
    """Sweep every organisation; cases set aside make the job a failure, told with their number, and are tried again."""
    from engine.service.sweep import sweep

    raised = failed = 0
    for root in desk.reads.roots():
        report = sweep(desk, root)
        raised += report.swept.raised
        failed += report.swept.failed
        for aside in report.set_aside:
            _LOG.error("the sweep set case %s aside: %s", aside.case, aside.error.code)
    if failed:
        raise JobFailed(f"{failed} cases set aside, the others are done; see the log")
    return Report(done=raised)


def release_all(desk: Desk) -> Report:
    """Put on record what anonymous people have sent since the last boundary."""
    from engine.service.deposits import DepositBox

    box = DepositBox(desk)
    return Report(done=sum(box.release(root).done for root in desk.reads.roots()))


def rewrite_all(desk: Desk) -> Report:
    """Write the readers of cases anew whose units were moved in the tree."""
    from engine.service.moved_units import rewrite_readers

    return Report(done=sum(rewrite_readers(desk, root) for root in desk.reads.roots()))


def work_on(desk: Desk, workflows: Path | None = None) -> Report:
    """Do a wave of the long work that somebody has asked for; more is left until nothing waits.

    ``workflows`` is the folder with the papers of the workflows; without it no papers are made.
    """
    from engine.service.long_work_kinds import KINDS

    papers: dict[str, Kind] = {} if workflows is None else {PAPERS_OUT: _papers_kind(workflows)}
    items, is_any = work_once(desk, {**KINDS, **papers})
    return Report(done=items, more=is_any)


def _papers_kind(workflows: Path) -> Kind:
    """Return the kind of long work that makes papers; what makes them is loaded when somebody asks for some."""

    def make(desk: Desk, wave: Wave) -> Sequence[Outcome]:
        from engine.service.papers_out import make_some
        from web.views.case_files import maker_of

        return make_some(desk, wave, maker_of(desk, workflows))

    return make


def _purged(desk: Desk) -> Report:
    forget_over(desk)
    return purge(desk)


def keep_figures(desk: Desk, subject: str) -> Report:
    """Count the figures that a page has asked for; the subject names the organisation and what was asked."""
    root, _space, asked = subject.rpartition(" ")
    return Report(done=int(keep_asked(desk, RootId(root), asked)))


def index_some(desk: Desk) -> Report:
    """Put cases into the index of words that are not in it yet, some thousand at a time."""
    from engine.service.search_filling import SLICE, SLICES_AT_ONCE, fill_index, is_of_other_tokens, restart_index

    if is_of_other_tokens(desk):
        restart_index(desk)
    done = fill_index(desk, slices_max=SLICES_AT_ONCE)
    return Report(done=done, more=done == SLICE * SLICES_AT_ONCE)


def watch_flushed(desk: Desk) -> Report:
    """Put on record who was turned away how often since the last one, so that the minute of a quiet hour ends too."""
    desk.watch.flush()
    return Report(done=0)


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
