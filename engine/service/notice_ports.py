"""What notices ask of a database: rows of the outbox, inboxes, deliveries and preferences; nothing about how.

Instants are microseconds since 1970, UTC. Rows have the columns of their tables in order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple, Protocol, runtime_checkable

from engine.access.directory import Person
from engine.case.actors import Grant
from engine.case.case import Case
from engine.case.identity import CaseId, PersonId, RootId
from engine.service.rows import EntryRow, OutboxRow, PrivateRow
from engine.text import Language

InboxKey = tuple[int, int, str]
"""Instant, seq and outbox id of a notice: what an inbox is sorted and paged by."""

UNREAD_MAX: Final = 1000
"""How far unread notices are counted: it is done for every page, and beyond it nobody asks how many there are."""

Digest = Literal["none", "daily"]
DeliveryState = Literal["queued", "sent", "failed", "given_up"]


class ToldRow(NamedTuple):
    """A row of the outbox that has been told: to how many people, and if to none though somebody was due, why."""

    root: str
    outbox: str
    case: str
    seq: int
    kind: str
    name: str
    at: int
    told_at: int
    people: int
    reason: str | None


class NoticeRow(NamedTuple):
    """What one person is told, once: the line in the inbox.

    ``role`` is the capacity in which, ``acting_for`` the person in whose place. ``at`` is when it happened, ``told_at``
    when it came into the inbox.
    """

    root: str
    person: str
    outbox: str
    case: str
    seq: int
    kind: str
    name: str
    role: str
    acting_for: str | None
    at: int
    told_at: int
    read_at: int | None = None
    acknowledged_at: int | None = None


class DeliveryRow(NamedTuple):
    """A notice on its way to one person by one channel.

    ``urgent`` is 1 for what does not wait for quiet hours or a digest. ``bundle`` names the digest it goes with, "" for
    none. ``state``: queued until sent; failed when the other side refuses for good; given_up after too many attempts.
    """

    root: str
    id: str
    outbox: str
    person: str
    channel: str
    address: str
    language: str
    case: str
    seq: int
    urgent: int
    bundle: str
    state: str
    attempts: int
    due_at: int
    at: int
    message_id: str
    lease: str | None = None
    until_at: int | None = None
    reason: str | None = None
    settled_at: int | None = None


class LeasedDelivery(NamedTuple):
    """A delivery that a dispatcher holds, with what its notice is about."""

    delivery: DeliveryRow
    kind: str
    name: str
    acting_for: str | None


class Settlement(NamedTuple):
    """What became of an attempt. ``due_at`` is when to try again; ``tried`` is False when there was no attempt."""

    id: str
    state: DeliveryState
    due_at: int
    reason: str | None
    message_id: str
    tried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How somebody wants to be told by a channel; without one, the inbox is all.

    ``quiet_from`` and ``quiet_until`` are minutes since midnight, Asia/Shanghai; from 22:00 until 7:00 is 1320, 420.
    """

    root: RootId
    person: PersonId
    channel: str
    address: str
    active: bool = True
    digest: Digest = "none"
    quiet_from: int | None = None
    quiet_until: int | None = None
    language: Language = "zh"


class InboxLine(NamedTuple):
    """A notice as its person sees it; number and subject only while the person may see the case."""

    notice: NoticeRow
    workflow: str | None
    number: str | None
    subject: str | None


class CaseDelivery(NamedTuple):
    """A delivery about a case as others may see it: never with the address."""

    outbox: str
    person: str
    channel: str
    state: str
    attempts: int
    due_at: int
    at: int
    reason: str | None
    settled_at: int | None


class WaitingChannel(NamedTuple):
    """A channel with deliveries on their way: how many, since when the oldest one, and how many met trouble."""

    channel: str
    deliveries: int
    since: int
    troubled: int


class NoticeReads(Protocol):
    """The part of ``Reads`` that is about notices, with what expanding and dispatching ask beside it."""

    def case(self, root: RootId, case: CaseId, principals: Sequence[str] | None) -> Case | None: ...

    def cases(self, root: RootId, cases: Collection[CaseId]) -> Sequence[Case]: ...

    def persons(self, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, Person]: ...

    def entries(self, root: RootId, case: CaseId) -> Sequence[EntryRow]:
        """Return the chain of a case, or one beside the cases, in order."""

    def privates(self, root: RootId, case: CaseId) -> Sequence[PrivateRow]:
        """Return the values of a case that stand beside its entries, sealed."""

    def pending_outbox(self, root: RootId, limit: int) -> Sequence[OutboxRow]:
        """Return the oldest rows that wait to be told, by instant, case and seq.

        A few more than ``limit``: what came about in the same millisecond as the last one stays together.
        """

    def holders(self, root: RootId, roles: Collection[str], on: date) -> Mapping[Grant, Sequence[PersonId]]:
        """Return who holds these roles, and where, on a day: active persons only, in the order of their ids."""

    def deputies(self, root: RootId, persons: Collection[PersonId], on: date) -> Mapping[PersonId, Sequence[PersonId]]:
        """Return principal → those who act for them on a day; active persons only."""

    def preferences(self, root: RootId, persons: Collection[PersonId]) -> Sequence[Preference]:
        """Return the preferences of these persons, by person and channel."""

    def leased(self, root: RootId, lease: str) -> Sequence[LeasedDelivery]:
        """Return the deliveries taken under a lease, those of a bundle together, in the order of what happened."""

    def next_delivery_at(self, root: RootId, channel: str) -> int | None:
        """Return when the next queued delivery of a channel is due, None when nothing waits."""

    def due_addresses(self, root: RootId, channel: str, at: int) -> Sequence[str]:
        """Return the addresses for which deliveries of a channel are due, in order."""

    def attempts_since(self, root: RootId, channel: str, address: str, since: int) -> int:
        """Count the messages to an address that were settled after an instant, whoever sent them."""

    def waiting_channels(self, root: RootId) -> Sequence[WaitingChannel]:
        """Return the channels for which deliveries wait, due or not, by name."""

    def settled_before(self, root: RootId, before: int, limit: int) -> Sequence[str]:
        """Return the ids of deliveries settled before an instant, the oldest first."""

    def inbox(
        self,
        root: RootId,
        person: PersonId,
        principals: Sequence[str],
        *,
        after: InboxKey | None,
        limit: int,
        unread: bool = False,
    ) -> Sequence[InboxLine]:
        """Return somebody's notices, or the unread ones only, the newest first, after one of them."""

    def unread(self, root: RootId, person: PersonId) -> int:
        """Count somebody's notices that were not read yet, up to ``UNREAD_MAX``."""

    def notices_of_case(self, root: RootId, case: CaseId) -> Sequence[NoticeRow]:
        """Return who was told what about a case, in the order of its entries."""

    def told_of_case(self, root: RootId, case: CaseId) -> Sequence[ToldRow]:
        """Return what was told of about a case, in the order of its entries."""

    def deliveries_of_case(self, root: RootId, case: CaseId) -> Sequence[CaseDelivery]:
        """Return the deliveries about a case, in the order of its entries."""


@runtime_checkable
class NoticeWrites(Protocol):
    """Writing about notices, inside the transaction of a plain write."""

    def tell(
        self, root: RootId, told: Sequence[ToldRow], notices: Sequence[NoticeRow], deliveries: Sequence[DeliveryRow]
    ) -> None:
        """Take rows off the outbox and write what they lead to. What another process took before is left out whole."""

    def claim_deliveries(
        self,
        root: RootId,
        channel: str,
        lease: str,
        *,
        address: str | None,
        at: int,
        until_at: int,
        limit: int,
        attempts_max: int,
    ) -> None:
        """Take due deliveries of a channel, with an address only those to it, under a lease that nobody else holds.

        At most ``limit`` messages: what goes alone first, then digests. Of one case and recipient only the first that
        is queued, but for those of a digest; an urgent one passes what is not. Who was taken ``attempts_max`` times and
        never settled is given up.
        """

    def settle_deliveries(self, root: RootId, lease: str, settlements: Sequence[Settlement], at: int) -> None:
        """Write what became of deliveries. "Sent" counts from whoever says it, all else only under the lease."""

    def end_waiting(self, root: RootId, channel: str, *, before: int, at: int, state: str, reason: str) -> None:
        """Settle what was queued for a channel before an instant, is due and nobody holds."""

    def forget_deliveries(self, root: RootId, deliveries: Sequence[str]) -> None:
        """Delete settled deliveries."""

    def set_preference(self, preference: Preference) -> None:
        """Add or replace a preference."""

    def remove_preference(self, root: RootId, person: PersonId, channel: str) -> None: ...

    def read_notices(self, root: RootId, person: PersonId, outbox: Sequence[str], at: int) -> None:
        """Note that somebody has read notices; the first time counts."""

    def acknowledge_notice(self, root: RootId, person: PersonId, outbox: str, at: int) -> bool:
        """Note that somebody has signed for a notice (签收); False when there is no such notice of theirs."""
