"""Finds the signed checkpoint in what somebody kept: the note as it was signed, a saved mail, or the text of one.

What a mail program does to a text does not matter here: other line ends, quoting, broken lines, another encoding. Of
whose ledger it is, and whether the signature holds, is asked afterwards of the note alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from itertools import islice
from typing import Final

from engine.errors import InputRefused
from engine.ledger.notes import Note, parse_checkpoint, parse_note
from engine.text import Text
from notifications.checkpoint_mail import BEGIN, END

MAIL_BYTES_MAX: Final = 4 * 1024 * 1024
PARTS_MAX: Final = 100
FRAMES_MAX: Final = 100
_QUOTED: Final = re.compile(r"^(?:> ?)+", re.MULTILINE)
_DASH: Final = "—"


def note_in(data: bytes) -> bytes:
    """Return the bytes of the note; what holds none comes back as it is, for the reader of notes to refuse.

    Raises:
        InputRefused: there are several different checkpoints in it.
    """
    if _note(data) is not None or len(data) > MAIL_BYTES_MAX:
        return data
    found = {note.text: note for text in _texts(data) for note in _notes(text)}
    if len(found) > 1:
        raise InputRefused(
            Text("其中有几份不同的检查点，请分别另存", "it holds several different checkpoints: save each apart")
        )
    return next((note.encoded() for note in found.values()), data)


def _texts(data: bytes) -> Iterator[bytes]:
    """Yield what may hold a note: the file itself, and each part of it where it is a mail."""
    yield data
    try:
        mail = message_from_bytes(data)
        for part in islice(mail.walk(), PARTS_MAX):
            if not part.is_multipart():
                yield _payload(part)
    except (ValueError, LookupError, RecursionError):
        return  # no mail that anybody could read: whatever else it is stands in the file itself


def _payload(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _notes(data: bytes) -> Iterator[Note]:
    """Yield the note that this is, and those that stand framed in it."""
    whole = _note(data)
    if whole is not None:
        yield whole
    for after in _QUOTED.sub("", _decoded(data)).split(BEGIN, FRAMES_MAX)[1:]:
        framed, end, _rest = after.partition(END)
        note = _note(_written_anew(framed)) if end else None
        if note is not None:
            yield note


def _note(data: bytes) -> Note | None:
    try:
        note = parse_note(data)
        parse_checkpoint(note.text)
    except InputRefused:
        return None
    return note


def _written_anew(framed: str) -> bytes:
    """Return the note with its own line ends: nothing in it holds a blank, so that words alone tell what it is."""
    words = framed.split()
    first = words.index(_DASH) if _DASH in words else len(words)
    lines = [*words[:first], ""]
    while first < len(words):
        following = words.index(_DASH, first + 1) if _DASH in words[first + 1 :] else len(words)
        name = words[first + 1] if first + 1 < following else ""
        lines.append(f"{_DASH} {name} {''.join(words[first + 2 : following])}")
        first = following
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


def _decoded(data: bytes) -> str:
    """Return the text in the encoding that it seems to have: mail programs in China may well save it as GB 18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")
