"""What is anchored: the newest head of the ledger as it is printed, and the record of checkpoints that left by mail.

A checkpoint counts as anchored only in other people's hands. That one was sent is a fact in a stream of its own
(``checkpoint_sent``), which names nobody and no address. Who sends it is not here (``runtime.jobs.anchoring``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from engine.case.codec import at_from, at_text, instant
from engine.case.identity import CaseId, RootId
from engine.case.scope import SHANGHAI
from engine.errors import InputRefused
from engine.ledger.canonical import parse_canonical
from engine.ledger.notes import parse_checkpoint, parse_note
from engine.ledger.receipts import short_form
from engine.ledger.shape import stream_problems
from engine.ledger.streams import Fact, stream_of
from engine.service.ports import Reads
from engine.service.rows import EntryRow
from engine.service.sealing_ports import CheckpointRow

SENT: Final = "checkpoint_sent"
SLOT: Final = 901
"""Facts about anchoring stand in a stream of the day of their own, so that those of a day are found at once."""
DUE_AT: Final = time(18)
"""When the mail of a day is due, Asia/Shanghai; it goes at the first occasion after it, and once for each day."""
SHOWN_DAYS: Final = 31
WITNESSED_LATELY: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A signed head of the ledger: ``n`` is its number in the house, ``size`` how many entries of its year's tree it
    covers, ``at`` the newest instant among them. ``note`` is the signed note without what witnesses added."""

    n: int
    year: int
    origin: str
    size: int
    root: bytes
    at: datetime
    note: str

    @property
    def short(self) -> str:
        """The root in 32 characters, to compare by eye and to print (``receipts.short_form``)."""
        return short_form(self.root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """That a checkpoint was sent: for which day, how many it reached, how many refused it, how many are tried again."""

    day: date
    checkpoint: int
    size: int
    root: str
    recipients: int
    refused: int
    left: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How much of the ledger is in other people's hands: up to which checkpoint, and how many sealed entries are not.

    ``by`` is what the newest one lies with: those who get the mail, or a witness.
    """

    head: Head
    by: Literal["mail", "witness"]
    since: datetime
    rest: int


def newest_head(reads: Reads, root: RootId) -> Head | None:
    """Return the newest head; None before anything was sealed, and where somebody has spoilt the row."""
    row = reads.newest_checkpoint(root)
    return None if row is None else _head(row)


def head_called(reads: Reads, root: RootId, n: int) -> Head | None:
    """Return the head with this number, None where there is none."""
    found = reads.checkpoints(root, after=n - 1, limit=1) if n > 0 else ()
    return _head(found[0]) if found and found[0].n == n else None


def whole_note(reads: Reads, root: RootId, head: Head) -> str:
    """Return the signed note of a head with what witnesses added to it, as others keep it."""
    return head.note + "".join(f"{one.line}\n" for one in reads.cosignatures(root, head.n))


def is_all_sealed(reads: Reads, root: RootId, until: datetime) -> bool:
    """Return whether nothing that cases are counted by, up to an instant, still waits to be sealed."""
    oldest = reads.oldest_pressing(root)
    return oldest is None or instant(oldest) > until


def head_json(reads: Reads, root: RootId, until: datetime) -> dict[str, JsonValue] | None:
    """Return the head that figures stand on as JSON, None while nothing is sealed.

    ``until`` is the instant that they count up to; ``complete`` says that all entries up to it are sealed.
    """
    head = newest_head(reads, root)
    if head is None:
        return None
    return {
        "origin": head.origin,
        "number": head.n,
        "size": head.size,
        "root": head.root.hex(),
        "short": head.short,
        "covered_until": at_text(head.at),
        "complete": is_all_sealed(reads, root, until),
    }


def anchor_day(now: datetime) -> date:
    """Return the day whose mail is due now: the day of the last 18:00, Asia/Shanghai.

    >>> from datetime import UTC
    >>> anchor_day(datetime(2026, 11, 21, 9, 59, tzinfo=UTC)), anchor_day(datetime(2026, 11, 21, 10, tzinfo=UTC))
    (datetime.date(2026, 11, 20), datetime.date(2026, 11, 21))
    """
    local = now.astimezone(SHANGHAI)
    return local.date() if local.time() >= DUE_AT else local.date() - timedelta(days=1)


def anchored_fact(head: Head, day: date, *, recipients: int, refused: int, left: int) -> Fact:
    """Return what tells that a checkpoint was sent."""
    return Fact(
        type=SENT,
        details={
            "way": "mail",
            "day": day.isoformat(),
            "checkpoint": head.n,
            "size": head.size,
            "root": head.root.hex(),
            "recipients": recipients,
            "refused": refused,
            "left": left,
        },
    )


def anchored_for(reads: Reads, root: RootId, day: date) -> Anchored | None:
    """Return the last word on the mail of a day, None when none was sent."""
    # It is sent between 18:00 of the day and 18:00 of the next one.
    told = [*_of_stream(reads, root, day), *_of_stream(reads, root, day + timedelta(days=1))]
    return next((one for one in reversed(told) if one.day == day), None)


def anchorings(reads: Reads, root: RootId, now: datetime) -> list[Anchored]:
    """Return the last word on each day of about a month, the newest first."""
    today = now.astimezone(SHANGHAI).date()
    found: dict[date, Anchored] = {}
    for back in range(SHOWN_DAYS):
        for one in reversed(_of_stream(reads, root, today - timedelta(days=back))):
            found.setdefault(one.day, one)
    return sorted(found.values(), key=lambda one: one.day, reverse=True)


def standing(reads: Reads, root: RootId, mailed: list[Anchored]) -> Standing | None:
    """Return what the newest checkpoint in other people's hands covers, None when nobody has any.

    Args:
        reads: where it is read.
        root: the organisation.
        mailed: what was sent lately, the newest first.
    """
    held: list[tuple[Head, Literal["mail", "witness"], datetime]] = []
    for one in mailed:
        if (sent := _same(reads, root, one)) is not None:
            held.append((sent, "mail", one.at))
            break
    if (witnessed := _witnessed(reads, root)) is not None:
        held.append((witnessed, "witness", witnessed.at))
    if not held:
        return None
    head, by, since = max(held, key=lambda one: one[0].n)
    with reads.tree_view(root) as view:
        first = next((tree.first for tree in view.trees() if tree.year == head.year), 0)
    return Standing(head=head, by=by, since=since, rest=max(0, reads.sealed(root) - first - head.size))


def is_as_sent(reads: Reads, root: RootId, one: Anchored) -> bool:
    """Return whether the checkpoint that was sent is the one that stands under its number still."""
    return _same(reads, root, one) is not None


def _same(reads: Reads, root: RootId, one: Anchored) -> Head | None:
    head = head_called(reads, root, one.checkpoint)
    return head if head is not None and (head.size, head.root.hex()) == (one.size, one.root) else None


def _witnessed(reads: Reads, root: RootId) -> Head | None:
    """Return the newest checkpoint with a cosignature, among the last ones: a witness follows within a minute."""
    newest = reads.newest_checkpoint(root)
    after = 0 if newest is None else max(0, newest.n - WITNESSED_LATELY)
    last = reads.checkpoints(root, after=after, limit=WITNESSED_LATELY)
    row = next((row for row in reversed(last) if reads.cosignatures(root, row.n)), None)
    return None if row is None else _head(row)


def _head(row: CheckpointRow) -> Head | None:
    try:
        point = parse_checkpoint(parse_note(row.note.encode()).text)
    except InputRefused:
        return None  # ``banjie verify`` says what is wrong with it; a page that prints it must not fail over it
    return Head(
        n=row.n,
        year=row.year,
        origin=point.origin,
        size=point.size,
        root=point.root,
        at=instant(row.at),
        note=row.note,
    )


class _Told(BaseModel):
    """The part of the entry that tells of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    way: str
    day: date
    checkpoint: int
    size: int
    root: str
    recipients: int
    refused: int
    left: int


def _of_stream(reads: Reads, root: RootId, day: date) -> list[Anchored]:
    """Return what was recorded on a day, in order."""
    stream = CaseId(stream_of(datetime.combine(day, time(12), tzinfo=SHANGHAI), SLOT))
    return [told for row in reads.entries(root, stream) if (told := _told(row, root)) is not None]


def _told(row: EntryRow, root: RootId) -> Anchored | None:
    """Return what an entry tells; None for one that is not as it is declared, which verification finds."""
    if any(True for _problem in stream_problems(row.body, root)):
        return None
    try:
        body = parse_canonical(row.body)
        if not isinstance(body, dict) or body.get("type") != SENT:
            return None
        told = _Told.model_validate(body[SENT])
    except (InputRefused, ValidationError):
        return None
    return Anchored(
        day=told.day,
        checkpoint=told.checkpoint,
        size=told.size,
        root=told.root,
        recipients=told.recipients,
        refused=told.refused,
        left=told.left,
        at=at_from(str(body["at"])),
    )
