"""How a private value is encrypted: each under a key of its own, derived from the data key of its entry and its path.

Where data keys are kept, and how, is another matter. The library for the cipher is imported at the first value, as a
process that reads and writes none starts without it.
"""

from __future__ import annotations

import hmac
from functools import cache
from typing import TYPE_CHECKING, Final

from engine.ledger.commitments import Opened, opened_bytes, opening_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_DOMAIN: Final = b"banjie-value-v1\x00"


def value_key(data_key: bytes, path: str) -> bytes:
    """Return the key of the value at a path of an entry: ``HMAC-SHA256(data key, "banjie-value-v1\\0" ‖ path)``.

    From it nobody finds the data key or the key of another path, so that it may outlive them both.
    """
    return hmac.digest(data_key, _DOMAIN + path.encode(), "sha256")


def seal_value(key: bytes, entry: str, path: str, salt: bytes, value: object, nonce: bytes) -> bytes:
    """Return ``nonce ‖ AES-256-GCM(salt ‖ canonical(value))``, bound to its place. A nonce serves once."""
    return nonce + aes_gcm()(key).encrypt(nonce, opening_bytes(salt, value), _place(entry, path))


def open_value(key: bytes, entry: str, path: str, ciphertext: bytes) -> Opened | None:
    """Return what was sealed under this key at this place; None for anything else."""
    try:
        plaintext = aes_gcm()(key).decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], _place(entry, path))
    except untrue():
        return None
    return opened_bytes(plaintext)


@cache
def aes_gcm() -> type[AESGCM]:
    """Return the cipher, imported at its first use."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM


@cache
def untrue() -> tuple[type[Exception], ...]:
    """Return what the cipher raises over bytes that it did not make under this key; ValueError for far too few."""
    from cryptography.exceptions import InvalidTag

    return InvalidTag, ValueError


def _place(entry: str, path: str) -> bytes:
    return f"{entry}/{path}".encode()
