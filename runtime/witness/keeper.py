"""The witness's key and the newest checkpoint of every log it knows; cosigns only what extends that.

It says: when I signed, this was the largest tree of this log that I had seen, and it held all I had seen before. So
what it has seen is on the disk before the cosignature is given, and is never replaced by anything smaller.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import InputRefused, SealingStopped
from engine.ledger.merkle import EMPTY_ROOT, verify_consistency
from engine.ledger.notes import (
    Checkpoint,
    KeyType,
    Note,
    VerifierKey,
    cosign,
    opened,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
)
from engine.text import Text
from runtime.signer.durable import locked, private_key, written
from runtime.witness.trusted import Trusted, read_trusted, trusted_file
from runtime.witness.wire import SIZE_TYPE, Addition, parse_addition, place_of, written_size

_LOG = logging.getLogger(__name__)
KEY_FILE: Final = "witness.key"
PUBLIC_FILE: Final = "witness.pub"
LOGS_FILE: Final = "logs.txt"
HEADS: Final = "heads"
REFUSED: Final = "refused"
REFUSED_MAX: Final = 200
"""So many refused checkpoints are kept as evidence; each was signed by a key that is trusted."""
TEXT_TYPE: Final = "text/plain; charset=utf-8"
_PLACE: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered over HTTP."""

    status: int
    body: bytes
    media_type: str = TEXT_TYPE


class WitnessKeeper:
    """Cosigns for as long as it is open. Only one process at a time has a folder."""

    def __init__(self, folder: Path, *, trusted: Trusted | None = None, now: Callable[[], float] = time.time) -> None:
        """Open a folder that ``make_witness`` has made.

        Raises:
            SealingStopped: it is none, another process has it, or others may read the key.
            InputRefused: the list of logs is wrong.
        """
        self.folder = folder
        self._now = now
        self._adding = threading.Lock()
        self.key = shown_key(folder)
        self._trusted = read_trusted(folder / LOGS_FILE) if trusted is None else trusted
        try:
            self._lock = locked(folder / "lock")
            try:
                if not (folder / KEY_FILE).is_file():  # lost: a new one would be another witness
                    raise SealingStopped(_no_witness(folder))
                self._private = private_key(folder / KEY_FILE)
                if self._private.public_key().public_bytes_raw() != self.key.public:
                    raise SealingStopped(_no_witness(folder))
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise SealingStopped(_no_witness(folder)) from error

    def __repr__(self) -> str:
        return f"WitnessKeeper({str(self.folder)!r})"

    def close(self) -> None:
        """Let another process have the folder."""
        os.close(self._lock)

    def add(self, body: bytes) -> Answer:
        """Answer a request to cosign, in the order of questions that the protocol gives."""
        try:
            asked = parse_addition(body)
            note = parse_note(asked.note)
            checkpoint = parse_checkpoint(note.text)
        except InputRefused as refusal:
            return _no(400, refusal.text.en)
        keys = self._trusted.keys_of(checkpoint.origin)
        if not keys:
            return _no(404, "this witness does not know the log")
        try:
            opened(note, keys)
        except InputRefused as refusal:
            return _no(403, refusal.text.en)
        if asked.old > checkpoint.size:
            return _no(400, "the old size is larger than the checkpoint")
        by_log = tuple(one for one in note.signatures if any(key.made(one) for key in keys))
        with self._adding:
            try:
                return self._added(asked, checkpoint, Note(text=note.text, signatures=by_log))
            except (OSError, SealingStopped):
                _LOG.exception("what is known of %s cannot be read or written", checkpoint.origin)
                return _no(500, "the witness cannot use its disk")

    def newest(self, place: str) -> bytes | None:
        """Return the newest checkpoint that was cosigned, by ``place_of`` its origin; None where there is none."""
        if _PLACE.fullmatch(place) is None:
            return None
        try:
            return (self.folder / HEADS / f"{place}.note").read_bytes()
        except FileNotFoundError:
            return None

    def head(self, origin: str) -> Checkpoint | None:
        """Return the newest checkpoint of an origin, None before the first.

        Raises:
            SealingStopped: it is there and cannot be understood: then nothing is cosigned, rather than begun anew.
        """
        kept = self.newest(place_of(origin))
        if kept is None:
            return None
        try:
            note = parse_note(kept)
            opened(note, [self.key])
            if (head := parse_checkpoint(note.text)).origin == origin:
                return head
        except InputRefused as refusal:
            raise SealingStopped(_SPOILT) from refusal
        raise SealingStopped(_SPOILT)

    def _added(self, asked: Addition, checkpoint: Checkpoint, note: Note) -> Answer:
        """Cosign a checkpoint whose signature holds, if it extends what is known; nobody else is in here."""
        last = self.head(checkpoint.origin)
        size, root = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
        if asked.old != size:
            return Answer(409, written_size(size), SIZE_TYPE)
        if size == checkpoint.size and size > 0 and root != checkpoint.root:
            self._keep_refused(checkpoint, note)
            return Answer(409, written_size(size), SIZE_TYPE)
        if not verify_consistency(size, root, checkpoint.size, checkpoint.root, asked.proof):
            self._keep_refused(checkpoint, note)
            return _no(422, "the proof does not show that the checkpoint extends the last one")
        cosignature = cosign(note.text, self.key, self._private.sign, int(self._now()))
        kept = Note(text=note.text, signatures=(*note.signatures, cosignature))
        written(self.folder / HEADS / f"{place_of(checkpoint.origin)}.note", kept.encoded())
        return Answer(200, cosignature.line.encode())

    def _keep_refused(self, checkpoint: Checkpoint, note: Note) -> None:
        """Keep a checkpoint that its log has signed and that does not extend the last: two of a size prove a fork."""
        folder = self.folder / REFUSED
        name = hashlib.sha256(note.text.encode()).hexdigest()[:32]
        _LOG.warning(
            "a checkpoint of %s with %s entries does not extend the last one; kept as %s/%s.note",
            checkpoint.origin,
            checkpoint.size,
            REFUSED,
            name,
        )
        if sum(1 for _ in folder.iterdir()) < REFUSED_MAX:
            written(folder / f"{name}.note", note.encoded())


def make_witness(folder: Path, name: str, logs: Iterable[VerifierKey]) -> VerifierKey:
    """Make the folder of a witness with a key of its own, and return the key; a list of logs that is there stays.

    Raises:
        InputRefused: it may not be called so, or there is a witness of another name already.
        SealingStopped: the folder cannot be used.
    """
    VerifierKey(name=name, kind=KeyType.COSIGNATURE, public=bytes(32))  # refuses the name before anything is made
    try:
        for inner in (HEADS, REFUSED):
            (folder / inner).mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        public = private_key(folder / KEY_FILE).public_key().public_bytes_raw()
        key = VerifierKey(name=name, kind=KeyType.COSIGNATURE, public=public)
        if (folder / PUBLIC_FILE).exists() and shown_key(folder) != key:
            raise InputRefused(
                Text(
                    f"{folder} 中已有另一名称的见证密钥；换名称须换文件夹",
                    f"There is a witness of another name in {folder}; another name needs another folder",
                )
            )
        written(folder / PUBLIC_FILE, key.text.encode() + b"\n")
        if not (folder / LOGS_FILE).exists():
            written(folder / LOGS_FILE, trusted_file(logs).encode())
    except OSError as error:
        raise SealingStopped(
            Text(f"无法使用见证文件夹 {folder}", f"The folder of the witness cannot be used: {folder}")
        ) from error
    return key


def shown_key(folder: Path) -> VerifierKey:
    """Return the verifier key that a folder shows; raises SealingStopped where it is no witness's."""
    try:
        key = parse_verifier_key((folder / PUBLIC_FILE).read_text("utf-8").strip())
    except (OSError, ValueError, InputRefused) as error:
        raise SealingStopped(_no_witness(folder)) from error
    if key.kind is not KeyType.COSIGNATURE:
        raise SealingStopped(_no_witness(folder))
    return key


def _no(status: int, reason: str) -> Answer:
    return Answer(status, f"{reason}\n".encode())


def _no_witness(folder: Path) -> Text:
    return Text(
        f"{folder} 不是见证文件夹；请先执行 banjie witness init",
        f"{folder} is no folder of a witness; run banjie witness init first",
    )


_SPOILT: Final = Text(
    "见证主机保存的检查点读不出或被改动；请恢复见证文件夹",
    "The checkpoint that the witness keeps cannot be read or was changed; restore its folder",
)
