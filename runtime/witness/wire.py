"""What a log and a witness say to one another (c2sp.org/tlog-witness): written here by one, read here by the other."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from engine.errors import InputRefused
from engine.ledger.merkle import HASH_BYTES
from engine.ledger.notes import NOTE_BYTES_MAX, decoded_base64
from engine.text import Text

PROOF_LINES_MAX: Final = 63
"""As the protocol says; no tree that can be counted needs more."""
BODY_BYTES_MAX: Final = NOTE_BYTES_MAX + 4096
"""The note, 63 hashes of 45 bytes each, and the first line."""
ADD: Final = "add-checkpoint"
CHECKPOINT: Final = "checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
_SIZE: Final = re.compile(rb"0|[1-9]\d{0,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A checkpoint to be cosigned: its note, and the proof that it extends the tree of ``old`` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encoded(self) -> bytes:
        """Return the body of the request."""
        head = [f"old {self.old}", *(base64.b64encode(one).decode() for one in self.proof)]
        return "".join(f"{line}\n" for line in head).encode() + b"\n" + self.note


def parse_addition(body: bytes) -> Addition:
    """Return what a body asks for; the note in it is not looked at.

    Raises:
        InputRefused: it is not written as the protocol says, to the byte.
    """
    head, blank, note = body.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    size = _SIZE.fullmatch(first.removeprefix(b"old "))
    if not blank or not first.startswith(b"old ") or size is None or len(lines) > PROOF_LINES_MAX:
        raise InputRefused(_NO_ADDITION)
    return Addition(old=int(size[0]), proof=tuple(map(_hash, lines)), note=note)


def written_size(size: int) -> bytes:
    """Return a size as a witness tells it: a line of decimal digits."""
    return b"%d\n" % size


def parse_size(body: bytes | None) -> int | None:
    """Return the size that a witness tells, None where the body tells none."""
    if body is None or not body.endswith(b"\n") or _SIZE.fullmatch(body[:-1]) is None:
        return None
    return int(body)


def place_of(origin: str) -> str:
    """Return under which name a witness shows the newest checkpoint of an origin.

    >>> place_of("banjie/works/2026")[:16]
    'f81ada41764d7ef2'
    """
    return hashlib.sha256(origin.encode()).hexdigest()


_NO_ADDITION: Final = Text(
    "请求体应为：old 大小、证明各行、空行、检查点",
    "the body is: old SIZE, lines of the proof, an empty line, the checkpoint",
)


def _hash(line: bytes) -> bytes:
    """Return the hash on a line of the proof; base64 in its one form, of 32 bytes."""
    try:
        raw = decoded_base64(line.decode("ascii"))
    except UnicodeDecodeError as error:
        raise InputRefused(_NO_ADDITION) from error
    if raw is None or len(raw) != HASH_BYTES:
        raise InputRefused(_NO_ADDITION)
    return raw
