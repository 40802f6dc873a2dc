"""Puts deliveries into words: who may still be told, what the message says, and what a day's notices say in one.

What may leave the house is decided here once more, by the case as it stands when the message is made.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, NamedTuple, Protocol, TypeVar, cast

from jinja2 import UndefinedError

from engine.case.case import Case
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.scope import SHANGHAI
from engine.case.secrecy import recused_people
from engine.definition.compiled import Definition
from engine.definition.model import Saying
from engine.definition.parts import Privacy
from engine.errors import BanjieError
from engine.ledger.commitments import Sealer
from engine.service.case_rows import row_of
from engine.service.house_notices import HOUSE, HOUSE_NOTICES
from engine.service.notice_ports import DeliveryRow, LeasedDelivery, NoticeReads
from engine.service.notice_recipients import (
    Announcement,
    accused_of,
    announced,
    is_confidential,
    recipients,
    roles_asked,
)
from engine.service.office import Office
from engine.service.rows import PrivateRow
from engine.service.world import World
from engine.text import Language
from notifications.message import Message
from notifications.rendering import NoticeValues, TemplateMissing, render, render_digest, rung_template

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

DIGEST_LINES_MAX: Final = 100
WITHHELD: Final = "withheld: complained about meanwhile"


class Rendering(Protocol):
    """Says a notice: ``notifications.rendering.render``."""

    def __call__(
        self, words: Saying | str, values: NoticeValues, language: Language, *, confidential: bool = False
    ) -> tuple[str, str]:
        """Return subject and body."""


class Parcel(NamedTuple):
    """One message and the deliveries it settles."""

    message: Message
    deliveries: tuple[DeliveryRow, ...]


class Unsaid(NamedTuple):
    """A delivery without a message, and why; ``again`` tells whether trying later can help."""

    delivery: DeliveryRow
    reason: str
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """What is needed to put deliveries into words. ``page_of`` makes the address of a case's page."""

    office: Office
    reads: NoticeReads
    sealer: Sealer
    world: Callable[[RootId], World]
    page_of: Callable[[CaseId], str]
    render: Rendering = render

    def parcels(self, root: RootId, leased: Sequence[LeasedDelivery]) -> tuple[list[Parcel], list[Unsaid]]:
        """Put deliveries into words: single ones each, those of a bundle together."""
        batch = _Batch.of(self, root, leased)
        parcels: list[Parcel] = []
        unsaid: list[Unsaid] = []
        for bundle, group in groupby(leased, key=lambda one: one.delivery.bundle):
            said: list[Parcel] = []
            for one in group:
                try:
                    if batch.is_still_to_be_told(one):
                        said.append(Parcel(batch.message(one), (one.delivery,)))
                    else:
                        unsaid.append(Unsaid(one.delivery, WITHHELD, again=False))
                except (BanjieError, TemplateMissing, UndefinedError, KeyError) as error:
                    _LOG.warning("a delivery could not be put into words: %s", type(error).__name__)
                    unsaid.append(Unsaid(one.delivery, f"unsayable {type(error).__name__}", again=True))
            parcels.extend(_digests(said) if bundle else said)
        return parcels, unsaid


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What is known for a batch: cases with their parents, definitions, and names of principals."""

    root: RootId
    phrasing: Phrasing
    world: World
    cases: Mapping[CaseId, Case]
    names: Mapping[PersonId, str]

    @classmethod
    def of(cls, phrasing: Phrasing, root: RootId, leased: Iterable[LeasedDelivery]) -> _Batch:
        """Read cases and names, once for the batch."""
        reads = phrasing.reads
        wanted = sorted({CaseId(one.delivery.case) for one in leased})
        cases = {case.id: case for case in reads.cases(root, wanted)}
        parents = {case.parent for case in cases.values() if case.parent is not None} - cases.keys()
        if parents:
            cases.update((case.id, case) for case in reads.cases(root, sorted(parents)))
        principals = sorted({PersonId(one.acting_for) for one in leased if one.acting_for is not None})
        people = reads.persons(root, principals) if principals else {}
        names = {person.id: person.name for person in people.values()}
        return cls(root=root, phrasing=phrasing, world=phrasing.world(root), cases=cases, names=names)

    def is_still_to_be_told(self, leased: LeasedDelivery) -> bool:
        """Return whether somebody may be told still: not who was complained about or recused since it was queued, nor
        who stood in for somebody recused and does so no more.

        Cases in which anybody stands aside are few; of all others nothing is asked.
        """
        if leased.kind == HOUSE:
            return True
        case = self.cases[CaseId(leased.delivery.case)]
        parent = None if case.parent is None else self.cases.get(case.parent)
        if not accused_of(case, parent) and not recused_people(case, parent):
            return True
        workflow = self._definition(case).workflow
        announcement = announced(workflow, leased.kind, leased.name)
        if announcement is None:
            return False
        on = self.phrasing.office.now().astimezone(SHANGHAI).date()
        holders = self.phrasing.reads.holders(self.root, sorted(set(roles_asked(workflow, announcement))), on)
        units = self.world.surroundings.tree
        told = {one.person for one in recipients(announcement, workflow, case, holders, units, parent)}
        return (leased.acting_for or leased.delivery.person) in told

    def message(self, leased: LeasedDelivery) -> Message:
        """Return the message of a delivery.

        Raises:
            KeyError: the case, or what the definition said of the notice, is gone.
            TemplateMissing, UndefinedError, BanjieError: it cannot be said.
        """
        if leased.kind == HOUSE:
            return self._of_house(leased)
        delivery = leased.delivery
        case = self.cases[CaseId(delivery.case)]
        definition = self._definition(case)
        announcement = announced(definition.workflow, leased.kind, leased.name)
        if announcement is None:
            raise KeyError(leased.name)
        parent = None if case.parent is None else self.cases.get(case.parent)
        above = None if parent is None else self._definition(parent)
        words = announcement.words if announcement.rung is None else rung_template(announcement.rung)
        language = cast(Language, delivery.language)
        confidential = is_confidential(case, definition, parent, above)
        values = self._values(leased, case, definition, announcement, language)
        if not confidential:
            values = replace(values, reason=self._reason(leased, definition))
        subject, body = self.phrasing.render(words or "", values, language, confidential=confidential)
        # Of a confidential case not even the address of its page leaves the house, nor what leads there.
        data = {"event": "news"} if confidential else {"event": leased.kind, "url": self.phrasing.page_of(case.id)}
        return Message(
            id=delivery.message_id,
            address=delivery.address,
            subject=subject,
            body=body,
            language=language,
            thread=_opaque(case.id, delivery.person) if confidential else case.id,
            data=data,
        )

    def _of_house(self, leased: LeasedDelivery) -> Message:
        """Return the message of a notice that is about no case; it names nobody."""
        delivery, notice = leased.delivery, HOUSE_NOTICES[leased.name]
        language = cast(Language, delivery.language)
        pages = self.phrasing.page_of(CaseId("")).removesuffix("/cases/")
        values = NoticeValues(
            title=notice.title.read(language),
            workflow=notice.subject.read(language),
            url=f"{pages}{notice.page}",
        )
        subject, body = self.phrasing.render(notice.template, values, language)
        return Message(
            id=delivery.message_id,
            address=delivery.address,
            subject=subject,
            body=body,
            language=language,
            thread=_opaque(HOUSE, delivery.person),
            data={"event": leased.kind, "url": values.url},
        )

    def _values(
        self,
        leased: LeasedDelivery,
        case: Case,
        definition: Definition,
        announcement: Announcement,
        language: Language,
    ) -> NoticeValues:
        row, workflow, deadline = row_of(case, definition), definition.workflow, announcement.deadline
        clock = next((clock for clock in case.clocks if clock.name == deadline), None)
        values = NoticeValues(
            title=announcement.title.text.read(language),
            workflow=workflow.title.text.read(language),
            url=self.phrasing.page_of(case.id),
            number=row.number or "",
            subject=row.subject or "",
            deadline="" if deadline is None else workflow.deadlines[deadline].title.text.read(language),
            acting_for="" if leased.acting_for is None else self.names.get(PersonId(leased.acting_for), ""),
        )
        if clock is None:
            return values
        return replace(values, due_on=clock.due_on, promised_on=clock.promised_on, provisional=clock.provisional)

    def _reason(self, leased: LeasedDelivery, definition: Definition) -> str:
        """Return why somebody made the move this notice is about, where the definition wants it told; "" otherwise.

        It is read from the entry of that very move: a later one may have given another reason in the same field. Only
        internal values are told; personal and confidential ones never leave the house.
        """
        notice = definition.workflow.notices.get(leased.name) if leased.kind == "notice" else None
        if notice is None or notice.reason is None or definition.field(notice.reason).privacy is not Privacy.INTERNAL:
            return ""
        delivery = leased.delivery
        kept = self.phrasing.reads.privates(self.root, CaseId(delivery.case))
        row = next((row for row in kept if (row.seq, row.path) == (delivery.seq, f"fields/{notice.reason}")), None)
        said = None if row is None else self._opened(delivery, row)
        return said if isinstance(said, str) else ""

    def _opened(self, delivery: DeliveryRow, row: PrivateRow) -> object:
        entry = delivery.outbox.partition(":")[0]
        opened = self.phrasing.sealer.open(entry, row.path, row.key, row.ciphertext)
        return None if opened is None else opened.value

    def _definition(self, case: Case) -> Definition:
        return self.world.rules.pinned(case.pins.definition, case.pins.lists)


def _digests(said: Sequence[Parcel]) -> Iterator[Parcel]:
    """Yield what was said as digests, of so many notices each at most.

    The id of a digest follows from what it holds: tried again it is the same one, and with anything added another.
    """
    for parcels in slices(said, DIGEST_LINES_MAX):
        first = parcels[0].message
        deliveries = tuple(delivery for parcel in parcels for delivery in parcel.deliveries)
        language = cast(Language, first.language)
        subject, body = render_digest([(one.message.subject, one.message.body) for one in parcels], language)
        yield Parcel(
            Message(
                id=_opaque(*sorted(delivery.id for delivery in deliveries)),
                address=first.address,
                subject=subject,
                body=body,
                language=first.language,
                data={"event": "digest"},
            ),
            deliveries,
        )


def slices(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the values in order, so many at a time."""
    return (values[begin : begin + size] for begin in range(0, len(values), size))


def _opaque(*parts: str) -> str:
    """Return an id that follows from others and leads to none of them."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
