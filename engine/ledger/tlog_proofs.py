"""Offline proofs that an entry stands in the log, in the text form of c2sp.org/tlog-proof."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from engine.errors import InputRefused
from engine.ledger.merkle import SIZE_MAX, is_hash, verify_inclusion
from engine.ledger.notes import Note, decoded_base64, parse_checkpoint, parse_note
from engine.text import Text

HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """The place of an entry in the log, its inclusion proof, and the signed checkpoint of the tree it is in.

    ``extra`` is data that nothing proves; None when there is none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes | None = None

    def encoded(self) -> bytes:
        """Return the proof as it is published."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(one).decode() for one in self.hashes]
        return ("\n".join(lines) + "\n\n").encode() + self.checkpoint.encoded()

    def proves(self, leaf_hash: bytes) -> bool:
        """Say whether the leaf is in the tree of the checkpoint. Who signed the checkpoint is not asked."""
        try:
            checkpoint = parse_checkpoint(self.checkpoint.text)
        except InputRefused:
            return False
        return verify_inclusion(self.index, checkpoint.size, leaf_hash, self.hashes, checkpoint.root)


def parse_tlog_proof(data: bytes) -> TlogProof:
    """Return the proof; that it holds is not asked.

    Raises:
        InputRefused: the bytes are no such proof.
    """
    head, blank, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise InputRefused(_NO_PROOF) from error
    if not blank or lines.pop(0) != HEADER or not lines:
        raise InputRefused(_NO_PROOF)
    extra: bytes | None = None
    if lines[0].startswith("extra "):
        extra = decoded_base64(lines.pop(0).removeprefix("extra "))
        if extra is None:
            raise InputRefused(_NO_PROOF)
    match = _INDEX.fullmatch(lines.pop(0)) if lines else None
    hashes = [one for line in lines if (one := decoded_base64(line)) is not None and is_hash(one)]
    if match is None or int(match[1]) > SIZE_MAX or len(hashes) != len(lines):
        raise InputRefused(_NO_PROOF)
    return TlogProof(index=int(match[1]), hashes=tuple(hashes), checkpoint=parse_note(checkpoint), extra=extra)


_NO_PROOF = Text("不是账册证明（C2SP tlog-proof）", "no proof of a log (C2SP tlog-proof)")
_INDEX = re.compile(r"index (0|[1-9]\d{0,15})", re.ASCII)
