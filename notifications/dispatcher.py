"""Sends what is due: takes deliveries under a lease, puts them into words, and writes what became of each.

Only what was committed is ever seen here. A worker that dies between sending and writing the outcome leaves rows under
a lease that ends; they are tried again with the same message id. Nobody promises mail exactly once; it is at least
once, in order per case and recipient.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Final, NamedTuple, Protocol, TypeVar, cast

from jinja2 import UndefinedError

from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.errors import BanjieError
from engine.service.case_rows import row_of
from engine.service.notice_ports import DeliveryRow, LeasedDelivery, NoticeReads, Settlement
from engine.service.notice_recipients import accused_of, announced, is_confidential, recipients, roles_asked
from engine.service.notice_times import wait_after
from engine.service.notice_writes import ClaimDeliveries, SettleDeliveries
from engine.service.office import Office
from engine.service.world import World
from engine.text import Language, Text
from notifications.message import Channel, Failed, Message, Outcome, Sent
from notifications.rendering import NoticeValues, TemplateMissing, render, rung_template

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

BATCH_MAX: Final = 200
"""Deliveries, and digests, taken at once."""

SLICE: Final = 25
"""Messages handed to the channel between two writings of outcomes: at most so many are sent twice after a crash."""

LEASE: Final = timedelta(minutes=10)
LEASE_MARGIN: Final = timedelta(minutes=5)
"""No slice is begun with less of the lease left: what remains is given back untried."""

DIGEST_LINES_MAX: Final = 100
REASON_CHARACTERS_MAX: Final = 200
NO_ANSWER: Final = "no outcome from the channel"
WITHHELD: Final = "withheld: complained about meanwhile"


class Rendering(Protocol):
    """Says a notice: ``notifications.rendering.render``."""

    def __call__(
        self, template: str, values: NoticeValues, language: Language, *, confidential: bool = False
    ) -> tuple[str, str]:
        """Return subject and body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What a run came to, counted in deliveries; a digest counts for as many as it holds."""

    taken: int = 0
    sent: int = 0
    again: int = 0
    failed: int = 0
    given_up: int = 0
    given_back: int = 0


class _Parcel(NamedTuple):
    """One message and the deliveries it settles."""

    message: Message
    deliveries: tuple[DeliveryRow, ...]


class _Unsaid(NamedTuple):
    """A delivery without a message, and why; ``again`` tells whether trying later can help."""

    delivery: DeliveryRow
    reason: str
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Sends the deliveries of one channel.

    ``page_of`` makes the address of a case's page. ``random`` returns that many random bytes: for the name of the lease
    and the jitter of waits.
    """

    office: Office
    reads: NoticeReads
    world: Callable[[RootId], World]
    channel: Channel
    page_of: Callable[[CaseId], str]
    random: Callable[[int], bytes]
    render: Rendering = render

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
        """Take what is due of an organisation, at most ``limit``, send it and write the outcomes slice by slice."""
        lease, now = self.random(16).hex(), self.office.now()
        ends_at = now + LEASE
        self.office.write(
            [ClaimDeliveries(root=root, channel=self.channel.name, lease=lease, at=now, until_at=ends_at, limit=limit)]
        )
        leased = self.reads.leased(root, lease)
        if not leased:
            return Dispatched()
        parcels, unsaid = self._parcels(root, leased)
        total = self._settle(root, lease, [self._failed(*one) for one in unsaid])
        for slice_ in _slices(parcels, SLICE):
            if self.office.now() > ends_at - LEASE_MARGIN:
                settlements = [_given_back(delivery) for parcel in slice_ for delivery in parcel.deliveries]
            else:
                settlements = self._sent(slice_)
            total = _sum(total, self._settle(root, lease, settlements))
        return replace(total, taken=len(leased))

    def _sent(self, parcels: Sequence[_Parcel]) -> list[Settlement]:
        """Hand a slice to the channel; return what became of each of its deliveries."""
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
                    case Failed(_, reason, again):
                        settlements.append(self._failed(delivery, reason, again)._replace(message_id=id_))
        return settlements

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
        return settled._replace(state="queued", due_at=microseconds(self.office.now() + wait))

    def _settle(self, root: RootId, lease: str, settlements: Sequence[Settlement]) -> Dispatched:
        if settlements:
            settle = SettleDeliveries(root=root, lease=lease, settlements=tuple(settlements), at=self.office.now())
            self.office.write([settle])
        states = [one.state if one.tried else "given_back" for one in settlements]
        return Dispatched(
            sent=states.count("sent"),
            again=states.count("queued"),
            failed=states.count("failed"),
            given_up=states.count("given_up"),
            given_back=states.count("given_back"),
        )

    def _parcels(self, root: RootId, leased: Sequence[LeasedDelivery]) -> tuple[list[_Parcel], list[_Unsaid]]:
        """Put deliveries into words: single ones each, those of a bundle together."""
        phrasing = _Phrasing.of(self, root, leased)
        parcels: list[_Parcel] = []
        unsaid: list[_Unsaid] = []
        for bundle, group in groupby(leased, key=lambda one: one.delivery.bundle):
            said: list[_Parcel] = []
            for one in group:
                try:
                    if phrasing.is_still_to_be_told(one):
                        said.append(_Parcel(phrasing.message(one), (one.delivery,)))
                    else:
                        unsaid.append(_Unsaid(one.delivery, WITHHELD, again=False))
                except (BanjieError, TemplateMissing, UndefinedError, KeyError) as error:
                    _LOG.warning("a delivery could not be put into words: %s", type(error).__name__)
                    unsaid.append(_Unsaid(one.delivery, f"unsayable {type(error).__name__}", again=True))
            parcels.extend(_digests(said) if bundle else said)
        return parcels, unsaid


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phrasing:
    """What is needed to put a batch into words: cases with their parents, definitions, and names of principals."""

    root: RootId
    dispatcher: Dispatcher
    world: World
    cases: Mapping[CaseId, Case]
    names: Mapping[PersonId, str]

    @classmethod
    def of(cls, dispatcher: Dispatcher, root: RootId, leased: Iterable[LeasedDelivery]) -> _Phrasing:
        """Read cases and names, once for the batch."""
        wanted = sorted({CaseId(one.delivery.case) for one in leased})
        cases = {case.id: case for case in dispatcher.reads.cases(root, wanted)}
        parents = {case.parent for case in cases.values() if case.parent is not None} - cases.keys()
        if parents:
            cases.update((case.id, case) for case in dispatcher.reads.cases(root, sorted(parents)))
        principals = sorted({PersonId(one.acting_for) for one in leased if one.acting_for is not None})
        people = dispatcher.reads.persons(root, principals) if principals else {}
        names = {person.id: person.name for person in people.values()}
        return cls(root=root, dispatcher=dispatcher, world=dispatcher.world(root), cases=cases, names=names)

    def is_still_to_be_told(self, leased: LeasedDelivery) -> bool:
        """Return whether somebody may be told still: not those whose unit was complained about since it was queued.

        Cases that complain about units are few; of all others nothing is asked.
        """
        case = self.cases[CaseId(leased.delivery.case)]
        parent = None if case.parent is None else self.cases.get(case.parent)
        if not accused_of(case, parent):
            return True
        workflow = self._definition(case).workflow
        announcement = announced(workflow, leased.kind, leased.name)
        if announcement is None:
            return False
        on = self.dispatcher.office.now().astimezone(SHANGHAI).date()
        holders = self.dispatcher.reads.holders(self.root, sorted(set(roles_asked(workflow, announcement))), on)
        units = self.world.surroundings.tree
        told = {one.person for one in recipients(announcement, workflow, case, holders, units, parent)}
        return (leased.acting_for or leased.delivery.person) in told

    def message(self, leased: LeasedDelivery) -> Message:
        """Return the message of a delivery.

        Raises:
            KeyError: the case, or what the definition said of the notice, is gone.
            TemplateMissing, UndefinedError, BanjieError: it cannot be said.
        """
        delivery = leased.delivery
        case = self.cases[CaseId(delivery.case)]
        definition = self._definition(case)
        announcement = announced(definition.workflow, leased.kind, leased.name)
        if announcement is None:
            raise KeyError(leased.name)
        parent = None if case.parent is None else self.cases.get(case.parent)
        above = None if parent is None else self._definition(parent)
        template = announcement.template if announcement.rung is None else rung_template(announcement.rung)
        language = cast(Language, delivery.language)
        confidential = is_confidential(case, definition, parent, above)
        subject, body = self.dispatcher.render(
            template or "",
            self._values(leased, case, definition, announcement.title.text, announcement.deadline, language),
            language,
            confidential=confidential,
        )
        # Of a confidential case not even the address of its page leaves the house, nor what leads there.
        data = {"event": "news"} if confidential else {"event": leased.kind, "url": self.dispatcher.page_of(case.id)}
        return Message(
            id=delivery.message_id,
            address=delivery.address,
            subject=subject,
            body=body,
            language=language,
            thread=_opaque(case.id, delivery.person) if confidential else case.id,
            data=data,
        )

    def _values(
        self,
        leased: LeasedDelivery,
        case: Case,
        definition: Definition,
        title: Text,
        deadline: str | None,
        language: Language,
    ) -> NoticeValues:
        row, workflow = row_of(case, definition), definition.workflow
        clock = next((clock for clock in case.clocks if clock.name == deadline), None)
        values = NoticeValues(
            title=title.read(language),
            workflow=workflow.title.text.read(language),
            url=self.dispatcher.page_of(case.id),
            number=row.number or "",
            subject=row.subject or "",
            deadline="" if deadline is None else workflow.deadlines[deadline].title.text.read(language),
            acting_for="" if leased.acting_for is None else self.names.get(PersonId(leased.acting_for), ""),
        )
        if clock is None:
            return values
        return replace(values, due_on=clock.due_on, promised_on=clock.promised_on, provisional=clock.provisional)

    def _definition(self, case: Case) -> Definition:
        return self.world.rules.pinned(case.pins.definition, case.pins.lists)


def _digests(said: Sequence[_Parcel]) -> Iterator[_Parcel]:
    """Yield what was said as digests, of so many notices each at most.

    The id of a digest follows from what it holds: tried again it is the same one, and with anything added another.
    """
    for parcels in _slices(said, DIGEST_LINES_MAX):
        first = parcels[0].message
        deliveries = tuple(delivery for parcel in parcels for delivery in parcel.deliveries)
        title = Text(f"今日通知（{len(parcels)}条）", f"Notices of the day ({len(parcels)})")
        yield _Parcel(
            Message(
                id=_opaque(*sorted(delivery.id for delivery in deliveries)),
                address=first.address,
                subject=title.read(cast(Language, first.language)),
                body="\n".join(f"{place}. {_paragraph(parcel.message)}" for place, parcel in enumerate(parcels, 1)),
                language=first.language,
                data={"event": "digest"},
            ),
            deliveries,
        )


def _opaque(*parts: str) -> str:
    """Return an id that follows from others and leads to none of them."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _paragraph(message: Message) -> str:
    return f"{message.subject}\n{message.body}"


def _given_back(delivery: DeliveryRow) -> Settlement:
    """Return a settlement that leaves a delivery as it was before it was taken."""
    return Settlement(delivery.id, "queued", delivery.due_at, delivery.reason, delivery.message_id, tried=False)


def _sum(one: Dispatched, other: Dispatched) -> Dispatched:
    return Dispatched(
        taken=one.taken + other.taken,
        sent=one.sent + other.sent,
        again=one.again + other.again,
        failed=one.failed + other.failed,
        given_up=one.given_up + other.given_up,
        given_back=one.given_back + other.given_back,
    )


def _slices(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[begin : begin + size] for begin in range(0, len(values), size))
