"""Receipts (回执): what a person keeps as proof that the ledger took their entry, signed with the receipt key.

A receipt names ledger, case, seq and the full hash of the entry and nothing that changes later, so that asking again
gives the same bytes. A *deposit* receipt stands for an anonymous submission that is held until the next boundary: there
is no entry yet, so it names the hash that the entry will carry as its ``command``. Private keys stay outside.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.errors import InputRefused
from engine.ledger.canonical import INTEGER_MAX
from engine.ledger.merkle import is_hash
from engine.ledger.notes import Note, Sign, Signature, VerifierKey, parse_note, sign
from engine.text import Text

RECEIPT_CHARACTERS_MAX: Final = 4096
"""More than any receipt has; what is pasted into a form is not looked at beyond."""

SHORT_CHARACTERS: Final = 32
_RECEIPT = "banjie-receipt-v1"
_DEPOSIT = "banjie-deposit-v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """That this entry stands in the ledger, at this place of this case. ``hash`` has 32 bytes."""

    ledger: str
    case: str
    seq: int
    hash: bytes

    def __post_init__(self) -> None:
        named = _is_word(self.ledger) and _is_word(self.case) and is_hash(self.hash)
        if not named or type(self.seq) is not int or not 1 <= self.seq <= INTEGER_MAX:
            raise InputRefused(_NO_RECEIPT)

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """What is signed, in its order."""
        return ("ledger", self.ledger), ("case", self.case), ("seq", str(self.seq)), ("hash", self.hash.hex())

    @property
    def text(self) -> str:
        """The lines that are signed."""
        return _lines(_RECEIPT, self.fields)

    @property
    def short(self) -> str:
        """The hash to read aloud, see ``short_form``."""
        return short_form(self.hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """That a submission was taken and will stand in the ledger as an entry with this ``command`` (32 bytes)."""

    ledger: str
    command: bytes

    def __post_init__(self) -> None:
        if not _is_word(self.ledger) or not is_hash(self.command):
            raise InputRefused(_NO_RECEIPT)

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """What is signed, in its order."""
        return ("ledger", self.ledger), ("command", self.command.hex())

    @property
    def text(self) -> str:
        """The lines that are signed."""
        return _lines(_DEPOSIT, self.fields)

    @property
    def short(self) -> str:
        """The command to read aloud, see ``short_form``."""
        return short_form(self.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReceipt:
    """A receipt and the signature under it. That it holds is not said: ask ``signed_by``."""

    receipt: Receipt | Deposit
    signature: Signature

    @property
    def text(self) -> str:
        """The receipt to print or keep as a file: a signed note of several lines."""
        return Note(text=self.receipt.text, signatures=(self.signature,)).encoded().decode()

    @property
    def compact(self) -> str:
        """The same in one line for a QR code: the fields without their names, then the signature."""
        head = _RECEIPT if isinstance(self.receipt, Receipt) else _DEPOSIT
        raw = base64.b64encode(self.signature.key_id + self.signature.signature).decode()
        return " ".join([head, *(value for _name, value in self.receipt.fields), self.signature.name, raw])

    def signed_by(self, keys: Iterable[VerifierKey]) -> bool:
        """Say whether one of these keys signed the receipt."""
        return any(key.verifies(self.receipt.text, self.signature) for key in keys)


def issue(receipt: Receipt | Deposit, key: VerifierKey, signer: Sign) -> SignedReceipt:
    """Return the receipt signed; Ed25519 gives the same signature each time.

    Raises:
        InputRefused: the signer signs with another key.
    """
    return SignedReceipt(receipt=receipt, signature=sign(receipt.text, key, signer))


def parse_receipt(pasted: str) -> SignedReceipt:
    """Return the receipt that somebody pasted, scanned or read from a file, in either form; blanks around it and the
    line ends of another system do not matter. That the signature holds is not asked.

    Raises:
        InputRefused: it is no receipt.
    """
    if len(pasted) > RECEIPT_CHARACTERS_MAX:
        raise InputRefused(_NO_RECEIPT)
    text = pasted.replace("\r\n", "\n").strip(" \n")
    if "\n" not in text:
        text = _unfolded(text)
    try:
        note = parse_note((text + "\n").encode())
    except UnicodeEncodeError as error:
        raise InputRefused(_NO_RECEIPT) from error
    if len(note.signatures) != 1:
        raise InputRefused(_NO_RECEIPT)
    return SignedReceipt(receipt=_receipt(note.text), signature=note.signatures[0])


def short_form(digest: bytes) -> str:
    """Return the first 160 bits of a hash as 32 characters of base32 in groups of four, to read aloud and compare.

    160 bits, because with 100 a dishonest server could prepare two entries with the same short form.

    >>> short_form(bytes(32))
    'AAAA AAAA AAAA AAAA AAAA AAAA AAAA AAAA'
    """
    letters = base64.b32encode(digest[:20]).decode()
    return " ".join(letters[at : at + 4] for at in range(0, SHORT_CHARACTERS, 4))


def matches_short(typed: str, digest: bytes) -> bool:
    """Say whether what somebody typed or heard is the short form of this hash; blanks, hyphens and small letters do
    not matter, and the digits 0, 1 and 8, which base32 does not have, are taken for O, I and B."""
    if len(typed) > 4 * SHORT_CHARACTERS:
        return False
    letters = re.sub(r"[\s-]", "", typed).upper().translate(_MISREAD)
    return letters == short_form(digest).replace(" ", "")


_NO_RECEIPT = Text("不是回执，或回执不完整", "this is no receipt, or not all of it")
_MISREAD = str.maketrans("018", "OIB")
_WORD = re.compile(r"[!-~]{1,200}", re.ASCII)
_FORMS = {
    _RECEIPT: re.compile(r"ledger ([!-~]{1,200})\ncase ([!-~]{1,200})\nseq ([1-9]\d{0,15})\nhash ([0-9a-f]{64})\n"),
    _DEPOSIT: re.compile(r"ledger ([!-~]{1,200})\ncommand ([0-9a-f]{64})\n"),
}


def _is_word(value: str) -> bool:
    """Say whether the value can stand in a receipt: printable ASCII without blanks."""
    return _WORD.fullmatch(value) is not None


def _lines(head: str, fields: Iterable[tuple[str, str]]) -> str:
    return "".join([f"{head}\n", *(f"{name} {value}\n" for name, value in fields)])


def _unfolded(line: str) -> str:
    """Return the several lines that the compact form stands for; what is no compact form comes back as it is."""
    match line.split(" "):
        case [head, ledger, case, seq, digest, name, raw] if head == _RECEIPT:
            fields = [("ledger", ledger), ("case", case), ("seq", seq), ("hash", digest)]
        case [head, ledger, command, name, raw] if head == _DEPOSIT:
            fields = [("ledger", ledger), ("command", command)]
        case _:
            return line
    return f"{_lines(head, fields)}\n— {name} {raw}"


def _receipt(text: str) -> Receipt | Deposit:
    head, _, rest = text.partition("\n")
    found = _FORMS[head].fullmatch(rest) if head in _FORMS else None
    if found is None:
        raise InputRefused(_NO_RECEIPT)
    if head == _DEPOSIT:
        return Deposit(ledger=found[1], command=bytes.fromhex(found[2]))
    return Receipt(ledger=found[1], case=found[2], seq=int(found[3]), hash=bytes.fromhex(found[4]))
