"""The mail that carries a checkpoint of the ledger out of the house: what it says, and the note inside it.

The note stands in the text between two lines that never change, and goes along as a file, so that whoever saves either
of them holds an anchor. It names nobody and tells of no case: a checkpoint is a size and a hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from engine.calendar.wording import date_text
from engine.case.scope import SHANGHAI
from engine.text import Language, Text
from notifications.message import Message, MessageFile
from notifications.rendering import environment

BEGIN: Final = "-----BEGIN CHECKPOINT-----"
END: Final = "-----END CHECKPOINT-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointMail:
    """What is said of a checkpoint: whose it is, for which day, and the head itself.

    ``covered_until`` is the newest instant among its entries; ``key`` is the fingerprint of the key that signs, ""
    where it is not known here; ``note`` is the signed note.
    """

    organisation: Text
    day: date
    number: int
    origin: str
    size: int
    root: str
    covered_until: datetime
    key: str
    note: str


def checkpoint_message(mail: CheckpointMail, *, message_id: str, address: str, language: Language) -> Message:
    """Return the message to one address; ``message_id`` is the same whenever it is sent there again."""
    local = mail.covered_until.astimezone(SHANGHAI)
    text = (
        environment()
        .get_template(f"{language}/checkpoint.txt")
        .render(
            organisation=" ".join(mail.organisation.read(language).split()),
            day=date_text(mail.day).read(language),
            number=mail.number,
            origin=mail.origin,
            size=mail.size,
            root=mail.root,
            covered_until=f"{date_text(local.date()).read(language)} {local:%H:%M}",
            key=mail.key,
            note=mail.note.rstrip("\n"),
            file=file_name(mail.number),
            begin=BEGIN,
            end=END,
        )
    )
    subject, _, body = text.strip().partition("\n")
    return Message(
        id=message_id,
        address=address,
        subject=subject.strip(),
        body=f"{body.strip()}\n",
        language=language,
        data={"event": "checkpoint"},
        files=(MessageFile(name=file_name(mail.number), content=mail.note.encode()),),
    )


def file_name(number: int) -> str:
    """Return what the note is called as a file."""
    return f"checkpoint-{number}.note"
