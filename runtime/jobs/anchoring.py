"""The job that mails the ledger's newest checkpoint once a day to those who are to keep it, and records that it did.

They are the people who audit the house and have a mail address set, and whoever the operator has declared. It looks
every hour and goes by what is on record, so that it comes once a day whatever stops in between; as any mail it may come
twice where a process ended before it could write, under one Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from engine.access.staff_roles import STAFF_ROLES, load_staff_roles
from engine.case.identity import RootId, UnitId
from engine.case.scope import SHANGHAI
from engine.ledger.notes import VerifierKey
from engine.service.anchoring import (
    SLOT,
    Anchored,
    Head,
    anchor_day,
    anchored_fact,
    anchored_for,
    head_called,
    newest_head,
    whole_note,
)
from engine.service.plain import RecordFact
from engine.text import Language, Text
from runtime.channels import MAIL, Outlets
from runtime.jobs.port import Handler, JobFailed, Report
from runtime.signer.child import known_key

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from notifications.message import Channel, Message
    from runtime.settings import Settings

_LOG = logging.getLogger(__name__)
ANCHOR: Final = "anchor"
ANCHOR_EVERY: Final = timedelta(hours=1)


def anchoring(desk: Desk, outlets: Outlets, settings: Settings) -> dict[str, Handler]:
    """Return the job, where mail is configured."""
    channel = outlets.channels.get(MAIL)
    if channel is None:
        return {}
    staff = load_staff_roles(settings.staff_roles or STAFF_ROLES)
    mailing = AnchorMailing(
        desk=desk,
        channel=channel,
        declared=outlets.anchor_mail,
        roles=frozenset(role.id for role in staff.roles.values() if role.audits),
        key=lambda origin: known_key(settings)(origin),  # asked anew each day: a signer that was away is back
    )
    return {ANCHOR: lambda _subject: mailing.run()}


@dataclass(slots=True, kw_only=True)
class _Round:
    """Whom the mail of a day has reached so far, and who has refused it for good.

    It is kept in memory only, as it is addresses: after a restart those who have the mail may get it once more.
    """

    day: date
    checkpoint: int | None = None
    reached: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class AnchorMailing:
    """Mails checkpoints.

    ``declared`` are addresses with the language of the mail; ``roles`` those whose holders audit; ``key`` gives the key
    that signs an origin, None where it is not known here.
    """

    desk: Desk
    channel: Channel
    declared: Mapping[str, Language]
    roles: Collection[str]
    key: Callable[[str], VerifierKey | None]
    _rounds: dict[RootId, _Round] = field(default_factory=dict, repr=False)

    def run(self) -> Report:
        """Mail what is due in every organisation.

        Raises:
            JobFailed: some of it could not be sent; nobody's address is told.
        """
        sent, left, refused = 0, 0, 0
        for root in self.desk.reads.roots():
            done, waiting, turned_away = self._mail(root)
            sent, left, refused = sent + done, left + waiting, refused + turned_away
        if left or refused:
            reason = f"{sent} mails with the checkpoint went; {left} are tried again, {refused} were refused for good"
            raise JobFailed(reason, permanent=not left)
        return Report(done=sent)

    def _mail(self, root: RootId) -> tuple[int, int, int]:
        """Mail the checkpoint of one organisation; return how many went now, are left, and were refused now."""
        now = self.desk.office.now()
        day = anchor_day(now)
        before = anchored_for(self.desk.reads, root, day)
        if before is not None and not before.left:
            return 0, 0, 0
        round_ = self._round(root, day)
        head = self._head(root, before, round_)
        if head is None:
            return 0, 0, 0
        settled = round_.reached | round_.refused
        wanted = {to: language for to, language in self._recipients(root, now).items() if to not in settled}
        reached, refused = self._hand_over(root, head, day, wanted)
        round_.reached |= reached
        round_.refused |= refused
        round_.checkpoint = head.n
        left = len(wanted) - len(reached) - len(refused)
        self._record(root, head, round_, left, before)
        return len(reached), left, len(refused)

    def _round(self, root: RootId, day: date) -> _Round:
        if root not in self._rounds or self._rounds[root].day != day:
            self._rounds[root] = _Round(day=day)
        return self._rounds[root]

    def _head(self, root: RootId, before: Anchored | None, round_: _Round) -> Head | None:
        """Return the checkpoint to send: the one that others have of this day, so that all of them can be compared."""
        if before is not None:
            return head_called(self.desk.reads, root, before.checkpoint)
        if round_.reached and round_.checkpoint is not None:
            return head_called(self.desk.reads, root, round_.checkpoint)
        return newest_head(self.desk.reads, root)

    def _hand_over(
        self, root: RootId, head: Head, day: date, wanted: Mapping[str, Language]
    ) -> tuple[set[str], set[str]]:
        """Send to these addresses; return those that have it, and those whose server will never take it."""
        from notifications.message import Failed, Sent

        messages = self._messages(root, head, day, wanted)
        addresses = {message.id: message.address for message in messages}
        outcomes = self.channel.deliver(messages) if messages else []
        reached = {addresses[one.id] for one in outcomes if isinstance(one, Sent)}
        refused = {addresses[one.id] for one in outcomes if isinstance(one, Failed) and not one.again}
        for one in outcomes:
            if not isinstance(one, Sent):
                _LOG.warning("a mail with checkpoint %s of %s did not go: %s", head.n, root, one.reason)
        return reached, refused

    def _messages(self, root: RootId, head: Head, day: date, wanted: Mapping[str, Language]) -> list[Message]:
        from notifications.checkpoint_mail import CheckpointMail, checkpoint_message

        top = self.desk.world(root).surroundings.units.get(UnitId(root))
        key = self.key(head.origin)
        mail = CheckpointMail(
            organisation=Text(root, root) if top is None else top.title,
            day=day,
            number=head.n,
            origin=head.origin,
            size=head.size,
            root=head.short,
            covered_until=head.at,
            key="" if key is None else key.fingerprint,
            note=whole_note(self.desk.reads, root, head),
        )
        return [
            checkpoint_message(mail, message_id=_message_id(root, head, day, to), address=to, language=language)
            for to, language in wanted.items()
        ]

    def _recipients(self, root: RootId, now: datetime) -> dict[str, Language]:
        """Return address → language: those declared, and the mail addresses of whoever audits the house."""
        reads, on = self.desk.reads, now.astimezone(SHANGHAI).date()
        held = reads.holders(root, self.roles, on) if self.roles else {}
        people = sorted({person for holders in held.values() for person in holders})
        preferences = reads.preferences(root, people) if people else ()
        wanted = {one.address: one.language for one in preferences if one.channel == MAIL and one.active}
        return {**wanted, **self.declared}

    def _record(self, root: RootId, head: Head, round_: _Round, left: int, before: Anchored | None) -> None:
        """Put on record whom it has reached, once anybody has it; the same is not said twice."""
        recipients, refused = len(round_.reached), len(round_.refused)
        said = None if before is None else (before.recipients, before.refused, before.left)
        if not recipients or said == (recipients, refused, left):
            return
        fact = anchored_fact(head, round_.day, recipients=recipients, refused=refused, left=left)
        office = self.desk.office
        office.write([RecordFact(root=root, at=office.now(), fact=fact, slot=SLOT)])


def _message_id(root: RootId, head: Head, day: date, address: str) -> str:
    """Return an id that follows from checkpoint, day and address, so that a mail box shows once what came twice."""
    return sha256("\x1f".join((root, head.origin, str(head.n), day.isoformat(), address)).encode()).hexdigest()[:32]
