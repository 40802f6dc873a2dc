"""Signed texts as C2SP writes them: notes, verifier keys, checkpoints of a tree, and what witnesses add to them.

c2sp.org/signed-note, tlog-checkpoint and tlog-cosignature (proofs stand in ``tlog_proofs``). Only Ed25519: type 0x01
signs a note, type 0x04 is a witness's cosignature with the time it was made. Private keys stay outside: signing is a
function that is handed in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from engine.errors import InputRefused
from engine.ledger.merkle import HASH_BYTES, SIZE_MAX, is_hash
from engine.text import Text

NOTE_BYTES_MAX: Final = 64 * 1024
SIGNATURES_MAX: Final = 100
NAME_CHARACTERS_MAX: Final = 255
TIME_MAX: Final = 2**53 - 1
"""The format allows 2^63−1 seconds; this many can be counted exactly in every language and are 285 million years."""

_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8

Sign = Callable[[bytes], bytes]
"""Signs a message with a private key kept elsewhere and returns the 64 bytes of the Ed25519 signature."""


class KeyType(IntEnum):
    """What a key signs; the byte before the key and in its id."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log says of its tree: whose it is, how many leaves it has, and its root."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or not _is_line(self.origin):
            raise InputRefused(Text("检查点的来源须为一行非空文本", "the origin of a checkpoint is one line of text"))
        if type(self.size) is not int or not 0 <= self.size <= SIZE_MAX or not is_hash(self.root):
            raise InputRefused(Text("检查点的大小或根哈希不对", "the size or the root of the checkpoint is wrong"))

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line: whose key, its id of four bytes, and what the key made of the note's text."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line under the note, with its newline."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text, which ends in a newline, and the signatures under it. That they hold is not said: ask ``opened``."""

    text: str
    signatures: tuple[Signature, ...]

    def encoded(self) -> bytes:
        """Return the note as it is published."""
        return (self.text + "\n" + "".join(signature.line for signature in self.signatures)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key with its name, printed as ``name+8 hex digits+base64``."""

    name: str
    kind: KeyType
    public: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name) or type(self.public) is not bytes or len(self.public) != _KEY_BYTES:
            raise InputRefused(_NO_KEY)

    @property
    def key_id(self) -> bytes:
        """The four bytes that signatures by this key begin with; an aid to find the key, no proof of anything."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:4]

    @property
    def text(self) -> str:
        """The key as it is printed."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self._typed).decode()}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the printed key in sixteen groups of four hex digits, to compare by eye with a report."""
        digits = hashlib.sha256(self.text.encode()).hexdigest()
        return " ".join(digits[at : at + 4] for at in range(0, 64, 4))

    @property
    def _typed(self) -> bytes:
        return bytes([self.kind]) + self.public

    def made(self, signature: Signature) -> bool:
        """Say whether the signature claims to be by this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verifies(self, text: str, signature: Signature) -> bool:
        """Say whether this key made this signature under this text; false for whatever else."""
        if not self.made(signature):
            return False
        message, raw = text.encode(), signature.signature
        if self.kind is KeyType.COSIGNATURE:
            if len(raw) != _TIME_BYTES + _SIGNATURE_BYTES:
                return False
            at = int.from_bytes(raw[:_TIME_BYTES])
            if at > TIME_MAX or not _is_checkpoint(text):
                return False
            message, raw = _cosigned(text, at), raw[_TIME_BYTES:]
        return ed25519_verifies(self.public, message, raw)


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether this is the key's Ed25519 signature of the message.

    The library is imported at the first signature: most processes check none.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def parse_verifier_key(text: str) -> VerifierKey:
    """Return the key that is printed so.

    Raises:
        InputRefused: it is written otherwise, of a type that is not known here, or its id is not that of the key.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    typed = decoded_base64(encoded)
    if typed is None or len(typed) != 1 + _KEY_BYTES or typed[0] not in set(KeyType):
        raise InputRefused(_NO_KEY)
    key = VerifierKey(name=name, kind=KeyType(typed[0]), public=typed[1:])
    if key.key_id.hex() != key_id:
        raise InputRefused(_NO_KEY)
    return key


def parse_note(data: bytes) -> Note:
    """Return the text and the signatures of a note; that the signatures hold is not asked.

    Raises:
        InputRefused: the bytes are no signed note, too large, or carry too many signatures.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise InputRefused(Text("签名文本过大", "the note is too large"))
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise InputRefused(_NO_NOTE) from error
    text, blank, tail = whole.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not lines or not _is_note_text(text + "\n"):
        raise InputRefused(_NO_NOTE)
    if len(lines) > SIGNATURES_MAX:
        raise InputRefused(Text(f"签名超过 {SIGNATURES_MAX} 个", f"more than {SIGNATURES_MAX} signatures"))
    return Note(text=text + "\n", signatures=tuple(_signature(line) for line in lines))


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that this text of a note is.

    Raises:
        InputRefused: it is not exactly origin, size and root. Extension lines, which C2SP allows and advises against,
            are refused: nobody audits them.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "" or _SIZE.fullmatch(lines[1]) is None:
        raise InputRefused(_NO_CHECKPOINT)
    root = decoded_base64(lines[2])
    if root is None or len(root) != HASH_BYTES:
        raise InputRefused(_NO_CHECKPOINT)
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root)


def opened(note: Note, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return the keys that signed the note, of those that are trusted; each once.

    Signatures by other keys are ignored, as C2SP demands, even where they share a name or an id with a known one.

    Raises:
        InputRefused: a signature of a known key does not hold, or no known key signed.
    """
    signers = list[VerifierKey]()
    for key in keys:
        claimed = [signature for signature in note.signatures if key.made(signature)]
        if not all(key.verifies(note.text, signature) for signature in claimed):
            raise InputRefused(Text(f"{key.name} 的签名不成立", f"the signature of {key.name} does not hold"))
        if claimed and key not in signers:
            signers.append(key)
    if not signers:
        raise InputRefused(Text("没有已知密钥的签名", "no known key signed this"))
    return tuple(signers)


def sign(text: str, key: VerifierKey, signer: Sign) -> Signature:
    """Return the signature of this key under the text of a note.

    Raises:
        InputRefused: the text may not stand in a note, the key is a witness's, or the signer signs with another key.
    """
    if key.kind is not KeyType.NOTE or not _is_note_text(text):
        raise InputRefused(_NO_NOTE)
    return _checked(key, text, signer(text.encode()))


def cosign(text: str, key: VerifierKey, signer: Sign, at: int) -> Signature:
    """Return a witness's cosignature of a checkpoint, made at ``at`` seconds after 1970 (UTC).

    Raises:
        InputRefused: the text is no checkpoint, the key no witness's, or the signer signs with another key.
    """
    parse_checkpoint(text)
    if key.kind is not KeyType.COSIGNATURE or type(at) is not int or not 0 <= at <= TIME_MAX:
        raise InputRefused(_NO_KEY)
    return _checked(key, text, at.to_bytes(_TIME_BYTES) + signer(_cosigned(text, at)))


def cosigned_at(signature: Signature) -> int:
    """Return when a cosignature says it was made, in seconds after 1970 (UTC).

    Raises:
        InputRefused: it is no cosignature with a time.
    """
    at = int.from_bytes(signature.signature[:_TIME_BYTES])
    if len(signature.signature) != _TIME_BYTES + _SIGNATURE_BYTES or at > TIME_MAX:
        raise InputRefused(Text("不是见证签名", "no cosignature of a witness"))
    return at


def signed_checkpoint(checkpoint: Checkpoint, key: VerifierKey, signer: Sign) -> Note:
    """Return the checkpoint as a note that the log's key has signed."""
    return Note(text=checkpoint.text, signatures=(sign(checkpoint.text, key, signer),))


def with_signatures(note: Note, added: Sequence[Signature]) -> Note:
    """Return the note with more signatures under it; one that is there already is not repeated."""
    return Note(text=note.text, signatures=tuple(dict.fromkeys((*note.signatures, *added))))


def decoded_base64(encoded: str) -> bytes | None:
    """Return what base64 stands for; None when it is written in any but its one form (RFC 4648, section 4)."""
    try:
        raw = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return raw if base64.b64encode(raw).decode() == encoded else None


_NO_NOTE = Text("不是签名文本（C2SP signed-note）", "no signed note (C2SP signed-note)")
_NO_KEY = Text("不是验证密钥：应写作 名称+8 位十六进制+base64", "no verifier key: write it as name+8 hex digits+base64")
_NO_CHECKPOINT = Text(
    "不是检查点：应为来源、大小、根哈希三行", "no checkpoint: it has three lines, origin, size and root"
)
_SIZE = re.compile(r"0|[1-9]\d{0,15}", re.ASCII)


def _checked(key: VerifierKey, text: str, raw: bytes) -> Signature:
    """Return the signature, once it is shown that it was made with the key that is announced."""
    signature = Signature(name=key.name, key_id=key.key_id, signature=raw)
    if not key.verifies(text, signature):
        raise InputRefused(Text("签名与所示密钥不符", "the signer does not sign with the key that is shown"))
    return signature


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = decoded_base64(encoded)
    if dash != "—" or not _is_name(name) or raw is None or len(raw) <= 4:
        raise InputRefused(_NO_NOTE)
    return Signature(name=name, key_id=raw[:4], signature=raw[4:])


def _is_name(name: str) -> bool:
    spaced = "+" in name or any(character.isspace() for character in name)
    return 0 < len(name) <= NAME_CHARACTERS_MAX and not spaced and _is_line(name)


def _is_line(text: str) -> bool:
    return "\n" not in text and _is_printable(text)


def _is_note_text(text: str) -> bool:
    return text.endswith("\n") and _is_printable(text)


def _is_printable(text: str) -> bool:
    """Say whether there is no control character but the newline, and nothing that UTF-8 cannot write."""
    return all(character >= " " or character == "\n" for character in text) and not _SURROGATE.search(text)


def _is_checkpoint(text: str) -> bool:
    try:
        parse_checkpoint(text)
    except InputRefused:
        return False
    return True


_SURROGATE = re.compile(r"[\ud800-\udfff]")
