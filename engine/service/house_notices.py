"""Notices about the house and not about a case: which facts of the ledger are told to whom, and where more is read.

Declared here as the notices of a case are in its definition; nothing else knows of any single one. They name nobody:
a message that leaves the house says only that there is something to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId, derived_id, ordered_id
from engine.case.scope import SHANGHAI
from engine.ledger.canonical import parse_canonical
from engine.ledger.streams import Fact
from engine.service.directory_facts import DEPUTATION_ENDED, DEPUTED
from engine.service.notice_recipients import Recipient
from engine.service.rows import EntryRow, OutboxRow
from engine.text import Text

HOUSE: Final = "house"
"""The kind of the rows of the outbox, and of the notices, that are about no case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseNotice:
    """What is told of a fact: to the persons whom its parts ``to`` name, but for whoever brought it about.

    ``page`` is where they read more. A fact whose day in ``until`` has passed when it is told is told as ``then``: it
    ends what another one began.
    """

    title: Text
    subject: Text
    template: str
    to: tuple[str, ...]
    page: str
    until: str | None = None
    then: str | None = None


_DEPUTATION: Final = Text("外出与代理", "Absence and substitute")
HOUSE_NOTICES: Final[Mapping[str, HouseNotice]] = {
    DEPUTED: HouseNotice(
        title=Text("代理登记通知", "A substitute is named"),
        subject=_DEPUTATION,
        template="house_deputed",
        to=("deputy", "principal"),
        page="/me/absence",
        until="until_on",
        then=DEPUTATION_ENDED,
    ),
    DEPUTATION_ENDED: HouseNotice(
        title=Text("代理结束通知", "The substitute stands in no more"),
        subject=_DEPUTATION,
        template="house_deputation_ended",
        to=("deputy", "principal"),
        page="/me/absence",
    ),
}


def to_be_told(root: RootId, stream: str, seq: int, at: datetime, fact: Fact) -> OutboxRow | None:
    """Return the row of the outbox for a fact at this place of a stream, None where nobody is told of it."""
    notice, name = HOUSE_NOTICES.get(fact.type), fact.type
    if notice is None:
        return None
    until = None if notice.until is None else fact.details.get(notice.until)
    if notice.then is not None and isinstance(until, str) and until < at.astimezone(SHANGHAI).date().isoformat():
        name = notice.then
    entry = ordered_id(at, derived_id(root, stream, seq))
    return OutboxRow(root, f"{entry}:{HOUSE}:{name}", stream, seq, HOUSE, name, microseconds(at))


def told_of(row: OutboxRow, entries: Sequence[EntryRow]) -> list[Recipient]:
    """Return whom a row tells: the persons that its fact names, each once, but not who brought it about."""
    notice = HOUSE_NOTICES.get(row.name)
    body = next((parse_canonical(entry.body) for entry in entries if entry.seq == row.seq), None)
    if notice is None or not isinstance(body, dict):
        return []
    details = body.get(str(body["type"]))
    named: Mapping[str, JsonValue] = details if isinstance(details, dict) else {}
    found: dict[str, Recipient] = {}
    for part in notice.to:
        person = named.get(part)
        if isinstance(person, str) and person != body.get("by"):
            found.setdefault(person, Recipient(PersonId(person), part))
    return list(found.values())
