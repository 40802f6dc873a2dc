"""Drafts: what somebody has begun to write and not sent, kept for the person alone, sealed under a key outside the
database. Also of a form whose session has ended meanwhile: the form itself then says whose it is, by its stamp.

Nobody anonymous has drafts: their forms carry no stamp, and without a stamp nothing is kept.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.access.secret_box import SecretBox
from engine.case.codec import at_from, at_text, instant, microseconds
from engine.case.decide import key_hash
from engine.case.identity import PersonId, RootId
from engine.errors import InputRefused, KeysUnavailable
from engine.service.desk import Desk
from engine.service.draft_ports import DraftRow, DropDraft, DropDrafts, KeepDraft
from engine.text import Text

DRAFT_DAYS: Final = 30
DRAFTS_MAX: Final = 20
"""So many drafts of one person are kept; one more takes the place of the oldest."""
DRAFT_BYTES_MAX: Final = 384 * 1024
"""More than a whole form may bring that comes without files: what can be sent can be kept."""
PADDED_TO: Final = 1024
"""Sealed drafts differ in length by whole steps of this only."""
STAMP_HOURS: Final = 72
"""So long after it was shown a form may be kept for its person without a session."""
STAMP_CHARACTERS_MAX: Final = 2000
_STAMP: Final = "stamp of a form"

Fields = Mapping[str, Sequence[str]]


class DraftTooLarge(InputRefused):
    """More was typed than is kept as a draft."""

    code = "draft_too_large"

    def __init__(self) -> None:
        most = DRAFT_BYTES_MAX // 1024
        super().__init__(
            Text(
                f"内容超过 {most} KB，不能存为草稿；请先另存到本机，或者直接提交",
                f"More than {most} KB cannot be kept as a draft: save it on your machine, or send it",
            ),
            maximum=DRAFT_BYTES_MAX,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A form as it was typed, under the names of its controls; ``form`` is the address that it would be sent to."""

    form: str
    fields: Fields
    kept_at: datetime

    def first(self, name: str) -> str:
        """Return the one value of a control, "" for none."""
        values = self.fields.get(name, ())
        return values[0] if values else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Whose form it is that carries this, at which address it stands, and when it was shown."""

    root: RootId
    person: PersonId
    form: str
    at: datetime


class Drafts:
    """The drafts of every person of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def keep(self, root: RootId, person: PersonId, form: str, fields: Fields) -> Draft | None:
        """Keep a form as it stands, in the place of an earlier draft of it; None where it was sent meanwhile.

        Raises:
            DraftTooLarge: more was typed than is kept.
        """
        office = self._desk.office
        now = office.now()
        plain = json.dumps(
            {"form": form, "at": at_text(now), "fields": {name: list(values) for name, values in fields.items()}},
            ensure_ascii=False,
        ).encode()
        if len(plain) > DRAFT_BYTES_MAX:
            raise DraftTooLarge
        draft = Draft(form=form, fields=fields, kept_at=now)
        if self._was_sent(root, person, draft.first("key")):
            return None
        who, id_ = self._who(root, person), self._id(root, person, form)
        others = sorted((each for each in self._rows(root, who) if each[0].id != id_), key=lambda each: each[1].kept_at)
        over = tuple(row.id for row, _draft in others[: max(0, len(others) + 1 - DRAFTS_MAX)])
        row = DraftRow(root, who, id_, _expires_at(now), b"")
        padded = plain + b" " * (-len(plain) % PADDED_TO)
        sealed = self._desk.box.seal(padded, bound_to=_bound_to(root, who, id_))
        office.write([KeepDraft(row, sealed.hex(), now, over)])
        return draft

    def of(self, root: RootId, person: PersonId) -> list[Draft]:
        """Return somebody's drafts, the newest first. One that another key has sealed is as if it were not there."""
        found = [draft for _row, draft in self._rows(root, self._who(root, person))]
        return sorted(found, key=lambda draft: draft.kept_at, reverse=True)

    def one(self, root: RootId, person: PersonId, form: str) -> Draft | None:
        """Return somebody's draft of a form."""
        who, id_ = self._who(root, person), self._id(root, person, form)
        rows = self._desk.reads.drafts(root, who, microseconds(self._desk.office.now()))
        return next((self._opened(root, row) for row in rows if row.id == id_), None)

    def drop(self, root: RootId, person: PersonId, form: str) -> None:
        """Take away somebody's draft of a form, where there is one."""
        who, id_ = self._who(root, person), self._id(root, person, form)
        rows = self._desk.reads.drafts(root, who, microseconds(self._desk.office.now()))
        if any(row.id == id_ for row in rows):
            self._desk.office.write([DropDraft(root, who, id_)])

    def drop_all(self, root: RootId, person: PersonId) -> None:
        """Take away every draft of somebody who is erased."""
        self._desk.office.write([DropDrafts(root, self._who(root, person))])

    def _was_sent(self, root: RootId, person: PersonId, key: str) -> bool:
        """Return whether something was done under the key of the form: what comes late is no draft any more."""
        if not key:
            return False
        veil = self._desk.queries.actor(root, person, self._desk.office.now()).veil
        return self._desk.reads.find_outcome(root, veil or person, key_hash(key)) is not None

    def _rows(self, root: RootId, who: str) -> list[tuple[DraftRow, Draft]]:
        rows = self._desk.reads.drafts(root, who, microseconds(self._desk.office.now()))
        opened = ((row, self._opened(root, row)) for row in rows)
        return [(row, draft) for row, draft in opened if draft is not None]

    def _opened(self, root: RootId, row: DraftRow) -> Draft | None:
        try:
            plain = json.loads(self._desk.box.open(row.sealed, bound_to=_bound_to(root, row.who, row.id)))
        except KeysUnavailable:
            return None
        return Draft(form=str(plain["form"]), fields=plain["fields"], kept_at=at_from(str(plain["at"])))

    def _who(self, root: RootId, person: PersonId) -> str:
        return self._desk.box.mark(f"drafts of {root} {person}")

    def _id(self, root: RootId, person: PersonId, form: str) -> str:
        return self._desk.box.mark(f"draft of {root} {person} {form}")


def stamp(box: SecretBox, root: RootId, person: PersonId, form: str, now: datetime) -> str:
    """Return what a form carries to say, to nobody but us, whose it is and where it stands."""
    plain = json.dumps([root, person, form, microseconds(now)], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(box.seal(plain, bound_to=_STAMP)).decode()


def stamp_of(box: SecretBox, text: str) -> Stamp | None:
    """Return what a stamp says, None for anything that is no stamp of ours."""
    if not text or len(text) > STAMP_CHARACTERS_MAX or not text.isascii():
        return None
    try:
        root, person, form, at = json.loads(box.open(base64.urlsafe_b64decode(text), bound_to=_STAMP))
    except (KeysUnavailable, binascii.Error):
        return None
    return Stamp(root=RootId(root), person=PersonId(person), form=form, at=instant(at))


def holds(stamped: Stamp, now: datetime) -> bool:
    """Return whether a form may be kept for its person without a session."""
    return stamped.at <= now < stamped.at + timedelta(hours=STAMP_HOURS)


def _expires_at(now: datetime) -> int:
    """Return when a draft is over: to the day, as the table is not to say when somebody wrote."""
    day = 24 * 3600 * 1_000_000
    at = microseconds(now + timedelta(days=DRAFT_DAYS))
    return at + (-at % day)


def _bound_to(root: RootId, who: str, id_: str) -> str:
    return f"draft {root} {who} {id_}"
