"""The inboxes of the sample on its last day: everybody has read what is older than a week, as in an office at work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from engine.case.actors import Actor
from engine.case.codec import microseconds
from engine.case.identity import RootId
from engine.service.desk import Desk
from engine.service.notice_inbox import PAGE_MAX, Notices
from engine.service.notice_writes import ReadNotices
from engine.service.notices import expand_all
from runtime.demo.organisation import Cast

UNREAD_FOR: Final = timedelta(days=7)


def read_inboxes(desk: Desk, cast: Cast) -> None:
    """Tell people of everything that has happened, and let them have read what is old."""
    now = desk.office.now()
    expand_all(desk.office, desk.reads, desk.world(cast.root), cast.root)
    for actor in cast.actors.values():
        _read(desk, cast.root, actor, now)


def _read(desk: Desk, root: RootId, actor: Actor, now: datetime) -> None:
    old, after = [], None
    while True:
        page = Notices(desk.reads).inbox(root, actor, after=after, limit=PAGE_MAX, unread=True)
        old += [line.notice.outbox for line in page.lines if line.notice.at < microseconds(now - UNREAD_FOR)]
        after = page.next
        if after is None:
            break
    if old and actor.person is not None:
        desk.office.write([ReadNotices(root=root, person=actor.person, outbox=tuple(old), at=now)])
