"""The receipt key: the application's own key for receipts, in a file beside the others that only its owner reads.

It says no more than that this application took an entry; that the entry stays is the signer's to say. Whoever has the
file can write receipts, and so its fingerprint is printed beside the log key's and announced in the ledger.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from engine.case.identity import RootId
from engine.ledger.notes import KeyType, VerifierKey
from engine.ledger.receipts import Deposit, Receipt, SignedReceipt, issue
from engine.ledger.streams import Fact
from engine.service.desk import Desk
from engine.service.plain import RecordFact
from runtime.accounts_key import AccountKey
from runtime.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

RECEIPTS_KEY: Final = "receipts.key"


class ReceiptKey:
    """Implements ``api.edge.ReceiptPen``; the key is made when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._seed = AccountKey(settings.accounts_key_file.with_name(RECEIPTS_KEY))
        self._name = f"{settings.ledger_origin}/receipts"

    @cached_property
    def key(self) -> VerifierKey:
        """The key by which receipts are verified; raises KeysUnavailable when the file cannot be read or made."""
        public = self._private().public_key().public_bytes_raw()
        return VerifierKey(name=self._name, kind=KeyType.NOTE, public=public)

    def receipt(self, root: RootId, case: str, seq: int, digest: bytes) -> SignedReceipt:
        """Return the receipt of an entry, the same each time."""
        return issue(Receipt(ledger=root, case=case, seq=seq, hash=digest), self.key, self._private().sign)

    def deposit(self, root: RootId, command: bytes) -> SignedReceipt:
        """Return the receipt of an anonymous submission that is not on record yet; it names no instant."""
        return issue(Deposit(ledger=root, command=command), self.key, self._private().sign)

    def announcement(self) -> Fact:
        """Return what the ledger tells of the key."""
        return Fact(type="key_announced", details={"use": "receipt", "key": self.key.text})

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed())


def announce(desk: Desk, key: ReceiptKey) -> None:
    """Tell the ledger of every organisation which key signs receipts, at each start: who changes it is seen."""
    now = desk.office.now()
    desk.office.write([RecordFact(root=root, at=now, fact=key.announcement()) for root in desk.reads.roots()])
