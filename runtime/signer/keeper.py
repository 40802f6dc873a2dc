"""The log's key and the last head it signed, in a folder of their own; signs only what extends that head.

Every head is on the disk before it is handed out: a signer that was interrupted never forgets what it may have told.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.errors import InputRefused, SealingStopped
from engine.ledger.merkle import verify_consistency
from engine.ledger.notes import (
    Checkpoint,
    KeyType,
    VerifierKey,
    opened,
    parse_checkpoint,
    parse_note,
    signed_checkpoint,
)
from engine.text import Text
from runtime.signer.durable import locked, private_key, written

KEY_FILE: Final = "log.key"
PUBLIC_FILE: Final = "log.pub"
HEADS: Final = "heads"


class Keeper:
    """Signs for as long as it is open. Only one process at a time has a folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder; it and the key are made where there are none.

        Raises:
            SealingStopped: another process has it, it cannot be used, or others may read the key.
        """
        self.folder = folder
        self._signing = threading.Lock()
        try:
            (folder / HEADS).mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._lock = locked(folder / "lock")
            try:
                self._key = private_key(folder / KEY_FILE)
                self.public = self._key.public_key().public_bytes_raw()
                written(folder / PUBLIC_FILE, self.public.hex().encode() + b"\n")
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise SealingStopped(
                Text(f"无法使用签名文件夹 {folder}", f"The folder of the signer cannot be used: {folder}")
            ) from error

    def __repr__(self) -> str:
        return f"Keeper({str(self.folder)!r})"

    def close(self) -> None:
        """Let another process have the folder."""
        os.close(self._lock)

    def key(self, origin: str) -> VerifierKey:
        """Return the key by which checkpoints of this origin are verified."""
        return VerifierKey(name=origin, kind=KeyType.NOTE, public=self.public)

    def head(self, origin: str) -> Checkpoint | None:
        """Return the last head signed for this origin, None when there is none."""
        note = self.note(origin)
        return None if note is None else parse_checkpoint(parse_note(note).text)

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> str:
        """Return the signed note of a checkpoint that extends the last head, or is the last head.

        The first head of an origin is taken as it is: nothing was signed before that it could contradict.

        Raises:
            SealingStopped: it does not extend the last head, or that cannot be read or written.
            InputRefused: nothing can be signed under such an origin.
        """
        key = self.key(checkpoint.origin)
        with self._signing:
            last = self.head(checkpoint.origin)
            if last is not None and not verify_consistency(
                last.size, last.root, checkpoint.size, checkpoint.root, proof
            ):
                raise SealingStopped(_refused(last, checkpoint))
            # Ed25519 signs the same text the same way: who asks again for the last head is given the same note.
            note = signed_checkpoint(checkpoint, key, self._key.sign).encoded()
            self._keep(checkpoint.origin, note)
            return note.decode()

    def adopt(self, note: bytes) -> Checkpoint:
        """Take a checkpoint that this key signed as the last head, whatever head there is; an operator's decision.

        Raises:
            InputRefused: it is no checkpoint, or not one that this key signed.
        """
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
        opened(parsed, [self.key(checkpoint.origin)])
        with self._signing:
            self._keep(checkpoint.origin, note)
        return checkpoint

    def heads(self) -> list[Checkpoint]:
        """Return the last head of every origin, by origin."""
        notes = [path.read_bytes() for path in (self.folder / HEADS).glob("*.note")]
        return sorted((parse_checkpoint(parse_note(note).text) for note in notes), key=lambda head: head.origin)

    def note(self, origin: str) -> bytes | None:
        """Return the signed note of the last head, once it is seen to be one of ours; None when there is none.

        Raises:
            SealingStopped: it cannot be read, or somebody changed it.
        """
        try:
            note = kept_note(self.folder, origin)
        except OSError as error:
            raise SealingStopped(_UNREADABLE) from error
        if note is None:
            return None
        try:
            opened(parse_note(note), [self.key(origin)])
            if parse_checkpoint(parse_note(note).text).origin == origin:
                return note
        except InputRefused as refusal:
            raise SealingStopped(_UNREADABLE) from refusal
        raise SealingStopped(_UNREADABLE)

    def _keep(self, origin: str, note: bytes) -> None:
        try:
            written(_place(self.folder, origin), note)
        except OSError as error:
            raise SealingStopped(_UNWRITABLE) from error


def public_key(folder: Path) -> bytes | None:
    """Return the public key that a folder shows, None where there is none or it cannot be read."""
    try:
        public = bytes.fromhex((folder / PUBLIC_FILE).read_text("ascii").strip())
    except (OSError, ValueError):
        return None
    return public if len(public) == 32 else None


def kept_note(folder: Path, origin: str) -> bytes | None:
    """Return the last head that a folder keeps of an origin, as it stands there; raises OSError."""
    try:
        return _place(folder, origin).read_bytes()
    except FileNotFoundError:
        return None


def kept_origins(folder: Path) -> list[str]:
    """Return the origins of the heads that a folder keeps, in order; what cannot be read is left out."""
    origins = []
    for path in (folder / HEADS).glob("*.note"):
        with suppress(OSError, InputRefused):
            origins.append(parse_checkpoint(parse_note(path.read_bytes()).text).origin)
    return sorted(origins)


def _place(folder: Path, origin: str) -> Path:
    return folder / HEADS / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.note"


def _refused(last: Checkpoint, asked: Checkpoint) -> Text:
    if asked.size < last.size:
        return Text(
            f"签名程序拒绝签名：它已签到第 {last.size} 条，所示只有 {asked.size} 条；数据库可能来自旧备份。"
            "请恢复更新的备份，并用 banjie verify --anchor 核对",
            f"The signer refuses: it has signed {last.size} entries and is shown {asked.size}; the database may be an "
            "older back-up. Restore a newer one and look with banjie verify --anchor",
        )
    return Text(
        f"签名程序拒绝签名：所示账册不再包含它签过的前 {last.size} 条；记录被改写，或这是另一份拷贝。"
        "请恢复正确的备份，并用 banjie verify 核对",
        f"The signer refuses: the ledger it is shown no longer holds the {last.size} entries it signed; it was "
        "rewritten, or is another copy. Restore the right back-up and look with banjie verify",
    )


_UNREADABLE: Final = Text(
    "签名程序最后签过的检查点读不出或被改动；请恢复签名文件夹",
    "The signer's last head cannot be read; restore its folder",
)
_UNWRITABLE: Final = Text(
    "签名程序写不下检查点；请检查磁盘空间和权限", "The signer cannot write its last head: look at disk space and rights"
)
