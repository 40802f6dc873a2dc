"""Who was told what about a case, as JSON: the same for the API and the command line. Addresses stand nowhere."""

from __future__ import annotations

from api.rendering import Json, text_json
from engine.case.codec import at_text, instant
from engine.definition.wording import title_of
from engine.service.notice_inbox import ToldLine, ToldOfCase, title_of_notice
from engine.service.notice_ports import CaseDelivery, ToldRow
from engine.service.notice_words import channel_title, inbox_state, set_aside_words


def told_json(told: ToldOfCase) -> Json:
    """Return everything told of about a case in the order of its entries, and what nobody could be told of."""
    return {
        "told": [_line_json(line, told) for line in told.lines],
        "set_aside": [_set_aside_json(row, told) for row in told.told if row.reason is not None],
    }


def _line_json(line: ToldLine, told: ToldOfCase) -> Json:
    notice, workflow = line.notice, told.definition.workflow
    return {
        "notice": notice.outbox,
        "seq": notice.seq,
        "title": text_json(title_of_notice(workflow, notice.kind, notice.name)),
        "person": line.person,
        "name": None if line.person is None else told.names.get(line.person),
        "role": {"id": notice.role, **text_json(title_of(notice.role, workflow.roles))},
        "acting_for": notice.acting_for,
        "acting_for_name": None if notice.acting_for is None else told.names.get(notice.acting_for),
        "at": at_text(instant(notice.at)),
        "told_at": at_text(instant(notice.told_at)),
        "state": inbox_state(notice),
        "read_at": _at(notice.read_at),
        "acknowledged_at": _at(notice.acknowledged_at),
        "deliveries": [_delivery_json(delivery) for delivery in line.deliveries],
    }


def _delivery_json(delivery: CaseDelivery) -> Json:
    return {
        "channel": delivery.channel,
        "channel_title": text_json(channel_title(delivery.channel)),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "due_at": at_text(instant(delivery.due_at)),
        "settled_at": _at(delivery.settled_at),
    }


def _set_aside_json(row: ToldRow, told: ToldOfCase) -> Json:
    return {
        "notice": row.outbox,
        "seq": row.seq,
        "title": text_json(title_of_notice(told.definition.workflow, row.kind, row.name)),
        "at": at_text(instant(row.at)),
        "reason": row.reason,
        **{f"reason_{language}": text for language, text in text_json(set_aside_words(row.reason or "")).items()},
    }


def _at(at: int | None) -> str | None:
    return None if at is None else at_text(instant(at))
