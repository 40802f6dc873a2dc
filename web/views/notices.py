"""Lines of the inbox: what one was told, the newest first, in whose place, and whether it is read and signed for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.case.codec import instant
from engine.service.house_notices import HOUSE, HOUSE_NOTICES
from engine.service.notice_inbox import InboxPage, title_of_notice
from engine.service.notice_ports import InboxLine
from engine.service.world import World
from web.shell import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """One notice as its person reads it. Without ``address`` the case is not theirs to see any more."""

    id: str
    title: str
    address: str | None
    number: str
    subject: str
    at: str
    unread: bool
    acknowledged: bool
    acting_for: str | None


def notice_lines(page: InboxPage, world: World, visit: Visit) -> Iterator[NoticeLine]:
    """Yield the lines of a page of an inbox."""
    words = visit.words
    for line in page.lines:
        notice = line.notice
        principal = None if notice.acting_for is None else page.principals.get(notice.acting_for)
        of_house = HOUSE_NOTICES.get(notice.name) if notice.kind == HOUSE else None
        address = None if line.workflow is None else f"/cases/{notice.case}"
        subject = line.subject or words.t("no_subject")
        yield NoticeLine(
            id=notice.outbox,
            title=_title(line, world, visit) if of_house is None else words.say(of_house.title),
            address=address if of_house is None else of_house.page,
            number=(line.number or words.t("no_number")) if of_house is None else "",
            subject=subject if of_house is None else words.say(of_house.subject),
            at=words.instant(instant(notice.at)),
            unread=notice.read_at is None,
            acknowledged=notice.acknowledged_at is not None,
            acting_for=_acting_for(notice.acting_for, principal, visit),
        )


def _title(line: InboxLine, world: World, visit: Visit) -> str:
    if line.workflow is None or line.workflow not in world.rules.names():
        return visit.words.t("inbox_hidden")
    return visit.words.say(title_of_notice(world.rules.newest(line.workflow), line.notice.kind, line.notice.name))


def _acting_for(principal: str | None, name: str | None, visit: Visit) -> str | None:
    if principal is None:
        return None
    return visit.words.t("inbox_acting_for_somebody") if name is None else visit.words.t("inbox_acting_for", name=name)
