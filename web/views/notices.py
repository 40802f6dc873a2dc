"""Lines of the inbox: what one was told, the newest first."""

from __future__ import annotations

from dataclasses import dataclass

from engine.case.codec import instant
from engine.service.notice_ports import InboxLine
from engine.service.notice_recipients import announced
from engine.service.world import World
from web.shell import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """One notice as its person reads it. Without ``number`` the case is not theirs to see any more."""

    title: str
    address: str | None
    number: str
    subject: str
    at: str
    unread: bool


def notice_line(line: InboxLine, world: World, visit: Visit) -> NoticeLine:
    """Return the line of a notice."""
    words, notice = visit.words, line.notice
    announcement = None
    if line.workflow is not None and line.workflow in world.rules.names():
        announcement = announced(world.rules.newest(line.workflow), notice.kind, notice.name)
    seen = line.workflow is not None
    return NoticeLine(
        title=words.t("inbox_hidden") if announcement is None else words.say(announcement.title.text),
        address=f"/cases/{notice.case}" if seen else None,
        number=line.number or words.t("no_number"),
        subject=line.subject or words.t("no_subject"),
        at=words.instant(instant(notice.at)),
        unread=notice.read_at is None,
    )
