"""Plain writes about notices: small typed values that the writer carries out, as those of ``plain``."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, assert_never

from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId
from engine.case.secrecy import boundary
from engine.errors import InputRefused, NotFound
from engine.service.notice_ports import DeliveryRow, NoticeRow, NoticeWrites, Preference, Settlement, ToldRow
from engine.service.notice_times import ATTEMPTS_MAX
from engine.text import Text

ADDRESS_CHARACTERS_MAX: Final = 500
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPeople:
    """Take rows off the outbox and write the notices and deliveries they lead to."""

    root: RootId
    told: tuple[ToldRow, ...]
    notices: tuple[NoticeRow, ...]
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDeliveries:
    """Take due deliveries of a channel, or of one of its addresses, until an instant; nobody else has ``lease``."""

    root: RootId
    channel: str
    lease: str
    at: datetime
    until_at: datetime
    limit: int
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleDeliveries:
    """Write what became of deliveries taken under a lease."""

    root: RootId
    lease: str
    settlements: tuple[Settlement, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWaiting:
    """Settle, as not delivered, what was queued for a channel before an instant and has found no way out."""

    root: RootId
    channel: str
    before: datetime
    at: datetime
    state: Literal["failed", "given_up"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetDeliveries:
    """Delete deliveries that were settled long ago."""

    root: RootId
    deliveries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetPreference:
    """Set how somebody wants to be told by a channel."""

    preference: Preference


@dataclass(frozen=True, slots=True)
class RemovePreference:
    """Let a channel be forgotten, with the address."""

    root: RootId
    person: PersonId
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotices:
    """Note that somebody has read notices of the inbox, those under their veiled name too.

    These are marked to the four hours alone: two marks of one instant would tell who is behind the veil.
    """

    root: RootId
    person: PersonId
    outbox: tuple[str, ...]
    at: datetime
    veil: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeNotice:
    """Note that somebody has signed for a notice (签收), under their own name or under the veiled one."""

    root: RootId
    person: PersonId
    outbox: str
    at: datetime
    veil: PersonId | None = None


NoticeWrite = (
    TellPeople
    | ClaimDeliveries
    | SettleDeliveries
    | EndWaiting
    | ForgetDeliveries
    | SetPreference
    | RemovePreference
    | ReadNotices
    | AcknowledgeNotice
)


def apply_notice_write(write: NoticeWrite, writes: NoticeWrites) -> None:
    """Carry out one write about notices in the transaction behind ``writes``.

    Raises:
        InputRefused: a preference that cannot be kept.
        NotFound: a notice to be acknowledged that is not in the person's inbox.
    """
    match write:
        case TellPeople():
            writes.tell(write.root, write.told, write.notices, write.deliveries)
        case ClaimDeliveries():
            writes.claim_deliveries(
                write.root,
                write.channel,
                write.lease,
                address=write.address,
                at=microseconds(write.at),
                until_at=microseconds(write.until_at),
                limit=write.limit,
                attempts_max=ATTEMPTS_MAX,
            )
        case SettleDeliveries():
            writes.settle_deliveries(write.root, write.lease, write.settlements, microseconds(write.at))
        case EndWaiting():
            writes.end_waiting(
                write.root,
                write.channel,
                before=microseconds(write.before),
                at=microseconds(write.at),
                state=write.state,
                reason=write.reason,
            )
        case ForgetDeliveries():
            writes.forget_deliveries(write.root, write.deliveries)
        case SetPreference(preference):
            writes.set_preference(_checked(preference))
        case RemovePreference(root, person, channel):
            writes.remove_preference(root, person, channel)
        case ReadNotices():
            for name, at in _marks(write):
                writes.read_notices(write.root, name, write.outbox, at)
        case AcknowledgeNotice():
            found = [writes.acknowledge_notice(write.root, name, write.outbox, at) for name, at in _marks(write)]
            if not any(found):
                raise NotFound(Text("收件箱中没有这条通知", "There is no such notice in the inbox"))
        case _:
            assert_never(write)


def _marks(write: ReadNotices | AcknowledgeNotice) -> list[tuple[PersonId, int]]:
    """Return under which names notices are marked, and with which instant."""
    own = [(write.person, microseconds(write.at))]
    return own if write.veil is None else [*own, (write.veil, microseconds(boundary(write.at)))]


def _checked(preference: Preference) -> Preference:
    """Return the preference if it can be kept: an address of one line, and quiet hours that are both there or not."""
    address = preference.address
    if not 0 < len(address) <= ADDRESS_CHARACTERS_MAX or any(unicodedata.category(one)[0] == "C" for one in address):
        raise InputRefused(
            Text(
                f"地址须为一行文字，且不超过{ADDRESS_CHARACTERS_MAX}字",
                f"An address is one line of at most {ADDRESS_CHARACTERS_MAX} characters",
            )
        )
    hours = (preference.quiet_from, preference.quiet_until)
    if hours != (None, None) and not all(minute is not None and 0 <= minute < _DAY_MINUTES for minute in hours):
        raise InputRefused(
            Text(
                "免打扰时段须同时填写起止时间，且在0:00至23:59之间",
                "Quiet hours need both a beginning and an end, from 0:00 to 23:59",
            )
        )
    return preference
