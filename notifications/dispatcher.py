"""Sends what is due: takes deliveries under a lease, hands them to a channel, and writes what became of each.

Only what was committed is ever seen here. A worker that dies between sending and writing the outcome leaves rows under
a lease that ends; they are tried again with the same message id. Nobody promises mail exactly once; it is at least
once, in order per case and recipient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from engine.case.codec import microseconds
from engine.case.identity import RootId
from engine.service.notice_ports import DeliveryRow, NoticeReads, Settlement
from engine.service.notice_times import HELD_WAIT, wait_after
from engine.service.notice_writes import ClaimDeliveries, SettleDeliveries
from engine.service.office import Office
from notifications.message import Channel, Failed, Held, Outcome, Paced, Sent
from notifications.pace import Pace
from notifications.phrasing import Parcel, Phrasing, slices

BATCH_MAX: Final = 200
"""Messages taken at once."""

SLICE: Final = 25
"""Messages handed to the channel between two writings of outcomes: at most so many are sent twice after a crash."""

LEASE: Final = timedelta(minutes=10)
LEASE_MARGIN: Final = timedelta(minutes=5)
"""No slice is begun with less of the lease left: what remains is given back untried."""

REASON_CHARACTERS_MAX: Final = 200
NO_ANSWER: Final = "no outcome from the channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What a run came to, counted in deliveries; a digest counts for as many as it holds.

    ``held`` are those the channel could not be offered just now, ``given_back`` those there was no time or room for.
    """

    taken: int = 0
    sent: int = 0
    again: int = 0
    failed: int = 0
    given_up: int = 0
    held: int = 0
    given_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Sends the deliveries of one channel.

    ``random`` returns that many random bytes: for the name of the lease and the jitter of waits.
    """

    phrasing: Phrasing
    channel: Channel
    random: Callable[[int], bytes]
    pace: Pace = field(default_factory=Pace)

    @property
    def _office(self) -> Office:
        return self.phrasing.office

    @property
    def _reads(self) -> NoticeReads:
        return self.phrasing.reads

    def run_until_idle(self, root: RootId, *, runs_max: int = 1000) -> Dispatched:
        """Send until nothing is due; what failed comes due later and is left."""
        total = Dispatched()
        for _run in range(runs_max):
            done = self.run(root)
            if not done.taken:
                break
            total = _sum(total, done)
        return total

    def run(self, root: RootId, *, limit: int = BATCH_MAX) -> Dispatched:
        """Take what is due of an organisation, send it and write the outcomes slice by slice.

        At most ``limit`` messages are taken, or as many for each address as its own limit leaves just now.
        """
        total = Dispatched()
        for address, messages_max in self._turns(root, limit):
            total = _sum(total, self._run(root, address, messages_max))
        return total

    def is_due(self, root: RootId) -> bool:
        """Return whether there may be something to take."""
        due_at = self._reads.next_delivery_at(root, self.channel.name)
        return due_at is not None and due_at <= microseconds(self._office.now())

    def _turns(self, root: RootId, limit: int) -> Iterator[tuple[str | None, int]]:
        """Yield for whom deliveries are taken, and how many messages: for everybody, or address by address."""
        channel = self.channel
        if not isinstance(channel, Paced):
            yield None, limit
            return
        for address in self._reads.due_addresses(root, channel.name, microseconds(self._office.now())):
            free = self.pace.free(channel, self._reads, root, address, self._office.now())
            if free:
                yield address, min(free, limit)

    def _run(self, root: RootId, address: str | None, messages_max: int) -> Dispatched:
        lease, now = self.random(16).hex(), self._office.now()
        ends_at = now + LEASE
        claim = ClaimDeliveries(
            root=root,
            channel=self.channel.name,
            lease=lease,
            at=now,
            until_at=ends_at,
            limit=messages_max,
            address=address,
        )
        self._office.write([claim])
        leased = self._reads.leased(root, lease)
        if not leased:
            return Dispatched()
        parcels, unsaid = self.phrasing.parcels(root, leased)
        total = self._settle(root, lease, [self._failed(*one) for one in unsaid])
        # A day's notices may need more than one message, and then there may be no room for the last ones.
        total = _sum(total, self._settle(root, lease, _given_back(parcels[messages_max:])))
        for slice_ in slices(parcels[:messages_max], SLICE):
            too_late = self._office.now() > ends_at - LEASE_MARGIN
            settlements = _given_back(slice_) if too_late else self._sent(slice_)
            total = _sum(total, self._settle(root, lease, settlements))
        return replace(total, taken=len(leased))

    def _sent(self, parcels: Sequence[Parcel]) -> list[Settlement]:
        """Hand a slice to the channel; return what became of each of its deliveries."""
        if isinstance(self.channel, Paced):
            for parcel in parcels:
                self.pace.note(parcel.message.address, self._office.now())
        outcomes: Mapping[str, Outcome] = {
            outcome.id: outcome for outcome in self.channel.deliver([parcel.message for parcel in parcels])
        }
        settlements: list[Settlement] = []
        for parcel in parcels:
            id_ = parcel.message.id
            for delivery in parcel.deliveries:
                match outcomes.get(id_, Failed(id_, NO_ANSWER, again=True)):
                    case Sent():
                        settlements.append(Settlement(delivery.id, "sent", delivery.due_at, None, id_))
                    case Held(_, reason):
                        settlements.append(self._held(delivery, reason))
                    case Failed(_, reason, again):
                        settlements.append(self._failed(delivery, reason, again)._replace(message_id=id_))
        return settlements

    def _held(self, delivery: DeliveryRow, reason: str) -> Settlement:
        """Return a settlement that looks again soon and counts no attempt."""
        due = microseconds(self._office.now() + HELD_WAIT)
        return Settlement(delivery.id, "queued", due, reason[:REASON_CHARACTERS_MAX], delivery.message_id, tried=False)

    def _failed(self, delivery: DeliveryRow, reason: str, again: bool) -> Settlement:
        """Return a settlement that tries again later, or gives up: at once where trying later cannot help."""
        reason = reason[:REASON_CHARACTERS_MAX]
        settled = Settlement(delivery.id, "failed", delivery.due_at, reason, delivery.message_id)
        if not again:
            return settled
        jitter = int.from_bytes(self.random(2), "big") / 65_536
        wait = wait_after(delivery.attempts, jitter)
        if wait is None:
            return settled._replace(state="given_up")
        return settled._replace(state="queued", due_at=microseconds(self._office.now() + wait))

    def _settle(self, root: RootId, lease: str, settlements: Sequence[Settlement]) -> Dispatched:
        if not settlements:
            return Dispatched()
        now = self._office.now()
        self._office.write([SettleDeliveries(root=root, lease=lease, settlements=tuple(settlements), at=now)])
        tried = [one.state for one in settlements if one.tried]
        held = sum(not one.tried and one.due_at > microseconds(now) for one in settlements)
        return Dispatched(
            sent=tried.count("sent"),
            again=tried.count("queued"),
            failed=tried.count("failed"),
            given_up=tried.count("given_up"),
            held=held,
            given_back=len(settlements) - len(tried) - held,
        )


def _given_back(parcels: Sequence[Parcel]) -> list[Settlement]:
    """Return settlements that leave deliveries as they were before they were taken."""
    return [
        Settlement(delivery.id, "queued", delivery.due_at, delivery.reason, delivery.message_id, tried=False)
        for parcel in parcels
        for delivery in parcel.deliveries
    ]


def _sum(one: Dispatched, other: Dispatched) -> Dispatched:
    return Dispatched(
        taken=one.taken + other.taken,
        sent=one.sent + other.sent,
        again=one.again + other.again,
        failed=one.failed + other.failed,
        given_up=one.given_up + other.given_up,
        held=one.held + other.held,
        given_back=one.given_back + other.given_back,
    )
