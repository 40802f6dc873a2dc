"""Who was told what about a case: rows for those who work on it, the newest first, never with an address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from engine.case.codec import instant
from engine.definition.wording import title_of
from engine.service.notice_inbox import ToldLine, ToldOfCase, title_of_notice
from engine.service.notice_ports import CaseDelivery
from engine.service.notice_words import DELIVERY_STATES, channel_title, inbox_state, inbox_words, set_aside_words
from web.words import Words

ROWS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WayRow:
    """What became of a notice by one channel."""

    channel: str
    state: str
    tone: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRowView:
    """One person told of something; ``nobody`` says why there was none instead."""

    title: str
    at: str
    who: str = ""
    role: str = ""
    acting_for: str | None = None
    inbox: str = ""
    inbox_at: str = ""
    is_read: bool = False
    ways: tuple[WayRow, ...] = ()
    nobody: str | None = None


def told_rows(told: ToldOfCase, words: Words) -> list[ToldRowView]:
    """Return the newest rows, at most ``ROWS_MAX`` of them."""
    rows = [(line.notice.seq, _row(line, told, words)) for line in islice(reversed(told.lines), ROWS_MAX)]
    rows += list(islice(_set_aside(told, words), ROWS_MAX))
    return [row for _seq, row in sorted(rows, key=lambda pair: -pair[0])][:ROWS_MAX]


def _row(line: ToldLine, told: ToldOfCase, words: Words) -> ToldRowView:
    notice, workflow = line.notice, told.definition.workflow
    marked_at = notice.acknowledged_at or notice.read_at
    principal = None if notice.acting_for is None else told.names.get(notice.acting_for, notice.acting_for)
    return ToldRowView(
        title=words.say(title_of_notice(workflow, notice.kind, notice.name)),
        at=words.short_instant(instant(notice.told_at)),
        who=words.t("told_nameless") if line.person is None else told.names.get(line.person, line.person),
        role=words.say(title_of(notice.role, workflow.roles)),
        acting_for=None if principal is None else words.t("inbox_acting_for", name=principal),
        inbox=words.say(inbox_words(notice)),
        inbox_at="" if marked_at is None else words.short_instant(instant(marked_at)),
        is_read=inbox_state(notice) != "unread",
        ways=tuple(_way(delivery, words) for delivery in line.deliveries),
    )


def _way(delivery: CaseDelivery, words: Words) -> WayRow:
    at = delivery.due_at if delivery.settled_at is None else delivery.settled_at
    return WayRow(
        channel=words.say(channel_title(delivery.channel)),
        state=words.say(DELIVERY_STATES[delivery.state]),
        tone={"sent": "done", "failed": "late", "given_up": "late"}.get(delivery.state, ""),
        note=" · ".join(part for part in (words.short_instant(instant(at)), delivery.reason) if part),
    )


def _set_aside(told: ToldOfCase, words: Words) -> Iterator[tuple[int, ToldRowView]]:
    for row in reversed(told.told):
        if row.reason is not None:
            title = words.say(title_of_notice(told.definition.workflow, row.kind, row.name))
            nobody = words.t("told_nobody", reason=words.say(set_aside_words(row.reason)))
            yield row.seq, ToldRowView(title=title, at=words.short_instant(instant(row.told_at)), nobody=nobody)
