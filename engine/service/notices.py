"""From the outbox to inboxes: rows become notices of persons and deliveries by outside channels, each exactly once.

Only what is committed stands in the outbox. A bounded number of rows is read, worked out and written in one plain write
that takes them off it; a row that another process took meanwhile is left out there. Where it stops, the next run goes
on. A row that cannot be worked out is set aside with its reason and keeps nothing else waiting.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from engine.access.directory import Person
from engine.case.case import Case
from engine.case.codec import instant, microseconds
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.scope import SHANGHAI
from engine.case.secrecy import recused_people
from engine.definition.compiled import Definition
from engine.errors import BanjieError
from engine.service.house_notices import HOUSE, told_of
from engine.service.notice_ports import DeliveryRow, NoticeReads, NoticeRow, Preference, ToldRow
from engine.service.notice_recipients import (
    Announcement,
    Recipient,
    accused_of,
    announced,
    recipients,
    roles_asked,
    veiled_in,
    with_deputies,
)
from engine.service.notice_times import due_at
from engine.service.notice_writes import TellPeople
from engine.service.office import Office
from engine.service.rows import OutboxRow
from engine.service.world import World

_LOG = logging.getLogger(__name__)

EXPANSION_MAX: Final = 200
"""Rows of the outbox told of in one transaction, which live commands wait for."""

NOBODY: Final = "nobody to tell"
UNKNOWN: Final = "not in the definition"
CASE_MISSING: Final = "no such case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """What a run came to. ``rows`` is 0 when nothing waited; ``set_aside`` are rows nobody could be told of."""

    rows: int
    notices: int
    deliveries: int
    set_aside: int


class _Pending(NamedTuple):
    """A row of the outbox with what is to be told of it, or why it cannot be; ``people`` where it is about no case."""

    row: OutboxRow
    case: Case | None = None
    parent: Case | None = None
    definition: Definition | None = None
    announcement: Announcement | None = None
    reason: str | None = None
    people: tuple[Recipient, ...] = ()


@dataclass(slots=True)
class _Writing:
    """The rows of one run."""

    told: list[ToldRow] = field(default_factory=list)
    notices: list[NoticeRow] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)


def expand_all(office: Office, reads: NoticeReads, world: World, root: RootId, *, runs_max: int = 1000) -> Expanded:
    """Tell of everything that waits, run by run."""
    rows = notices = deliveries = set_aside = 0
    for _run in range(runs_max):
        done = expand(office, reads, world, root)
        if not done.rows:
            break
        rows, notices = rows + done.rows, notices + done.notices
        deliveries, set_aside = deliveries + done.deliveries, set_aside + done.set_aside
    return Expanded(rows=rows, notices=notices, deliveries=deliveries, set_aside=set_aside)


def expand(office: Office, reads: NoticeReads, world: World, root: RootId, *, limit: int = EXPANSION_MAX) -> Expanded:
    """Tell of the oldest rows of an organisation's outbox.

    Args:
        office: writes; its clock says what day it is and when deliveries are due.
        reads: the outbox, cases and people.
        world: rules, calendar and units of the organisation.
        root: the organisation.
        limit: how many rows at most, but for those of the same millisecond as the last.
    """
    rows = reads.pending_outbox(root, limit)
    if not rows:
        return Expanded(rows=0, notices=0, deliveries=0, set_aside=0)
    now = office.now()
    pending = _pending(reads, world, root, rows)
    told = _recipients(reads, world, root, pending, now)
    wanted = _by_person(reads.preferences(root, sorted({one.person for some in told for one in some})))
    writing = _Writing()
    for one, people in zip(pending, told, strict=True):
        _write(writing, one, people, wanted, world, now)
    # One line for each notice and reason: after a day without a worker there may be hundreds of a kind.
    for (kind, name, reason), count in Counter((row.kind, row.name, row.reason) for row in writing.told).items():
        if reason is not None:
            # Nobody may be bound to a case any more who was asked to second it; a rung that nobody hears of is a gap.
            level = logging.INFO if reason == NOBODY and kind != "rung" else logging.WARNING
            _LOG.log(level, "nobody was told of %s %s (%s times): %s", kind, name, count, reason)
    office.write(
        [
            TellPeople(
                root=root,
                told=tuple(writing.told),
                notices=tuple(writing.notices),
                deliveries=tuple(writing.deliveries),
            )
        ]
    )
    return Expanded(
        rows=len(rows),
        notices=len(writing.notices),
        deliveries=len(writing.deliveries),
        set_aside=sum(1 for row in writing.told if row.reason is not None),
    )


def _pending(reads: NoticeReads, world: World, root: RootId, rows: Sequence[OutboxRow]) -> list[_Pending]:
    cases = {case.id: case for case in reads.cases(root, sorted({CaseId(row.case) for row in rows}))}
    missing = {case.parent for case in cases.values() if case.parent is not None} - cases.keys()
    if missing:
        cases.update((case.id, case) for case in reads.cases(root, sorted(missing)))
    return [_of_house(reads, row) if row.kind == HOUSE else _one_pending(world, cases, row) for row in rows]


def _of_house(reads: NoticeReads, row: OutboxRow) -> _Pending:
    return _Pending(row, people=tuple(told_of(row, reads.entries(RootId(row.root), CaseId(row.case)))))


def _one_pending(world: World, cases: Mapping[CaseId, Case], row: OutboxRow) -> _Pending:
    case = cases.get(CaseId(row.case))
    if case is None:
        return _Pending(row, reason=CASE_MISSING)
    try:
        definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    except BanjieError as error:
        return _Pending(row, reason=error.code)
    announcement = announced(definition.workflow, row.kind, row.name)
    if announcement is None:
        return _Pending(row, reason=UNKNOWN)
    parent = None if case.parent is None else cases.get(case.parent)
    return _Pending(row, case, parent, definition, announcement)


def _recipients(
    reads: NoticeReads, world: World, root: RootId, pending: Sequence[_Pending], now: datetime
) -> list[list[Recipient]]:
    """Return the recipients of each row; holders, deputies and persons are asked for once for all of them."""
    on, units = now.astimezone(SHANGHAI).date(), world.surroundings.tree
    roles = {
        role
        for one in pending
        if one.definition is not None and one.announcement is not None
        for role in roles_asked(one.definition.workflow, one.announcement)
    }
    holders = reads.holders(root, sorted(roles), on) if roles else {}
    own = [
        recipients(one.announcement, one.definition.workflow, one.case, holders, units, one.parent)
        if one.announcement is not None and one.definition is not None and one.case is not None
        else list(one.people)
        for one in pending
    ]
    persons = {recipient.person for some in own for recipient in some}
    deputies = reads.deputies(root, sorted(persons), on) if persons else {}
    everybody = persons.union(*deputies.values())
    people: Mapping[PersonId, Person] = reads.persons(root, sorted(everybody)) if everybody else {}
    return [
        with_deputies(
            some,
            deputies,
            people,
            units,
            accused_of(one.case, one.parent),
            veiled_in(one.case, one.definition),
            recused_people(one.case, one.parent),
        )
        if one.case is not None and one.definition is not None
        else [recipient for recipient in some if recipient.person in people and people[recipient.person].active]
        for one, some in zip(pending, own, strict=True)
    ]


def _by_person(preferences: Iterable[Preference]) -> Mapping[PersonId, Sequence[Preference]]:
    found: dict[PersonId, list[Preference]] = defaultdict(list)
    for preference in preferences:
        if preference.active:
            found[preference.person].append(preference)
    return found


def _write(
    writing: _Writing,
    one: _Pending,
    people: Sequence[Recipient],
    wanted: Mapping[PersonId, Sequence[Preference]],
    world: World,
    now: datetime,
) -> None:
    row, told_at = one.row, microseconds(now)
    reason = one.reason if people or one.reason is not None else NOBODY
    writing.told.append(ToldRow(*row, told_at=told_at, people=len(people), reason=reason))
    for recipient in people:
        writing.notices.append(
            NoticeRow(
                root=row.root,
                person=recipient.person,
                outbox=row.id,
                case=row.case,
                seq=row.seq,
                kind=row.kind,
                name=row.name,
                role=recipient.role,
                acting_for=recipient.acting_for,
                at=row.at,
                told_at=told_at,
            )
        )
        urgent = one.announcement is not None and one.announcement.urgent
        for preference in wanted.get(recipient.person, ()):
            writing.deliveries.append(_delivery(row, preference, world, now, urgent=urgent))


def _delivery(row: OutboxRow, preference: Preference, world: World, now: datetime, *, urgent: bool) -> DeliveryRow:
    due = microseconds(due_at(now, preference, world.calendar, urgent=urgent))
    id_ = _hash(row.root, row.id, preference.person, preference.channel)
    bundled = preference.digest == "daily" and not urgent
    to = (preference.person, preference.channel, preference.address, preference.language)
    return DeliveryRow(
        root=row.root,
        id=id_,
        outbox=row.id,
        person=preference.person,
        channel=preference.channel,
        address=preference.address,
        language=preference.language,
        case=row.case,
        seq=row.seq,
        urgent=int(urgent),
        bundle=_hash(row.root, *to, instant(due).isoformat()) if bundled else "",
        state="queued",
        attempts=0,
        due_at=due,
        at=microseconds(now),
        message_id=id_,
    )


def _hash(*parts: str) -> str:
    """Return a 128-bit hex id that follows from its parts: the same delivery has the same id whoever works it out."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
