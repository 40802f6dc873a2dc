"""Salted commitments to private values: the entry holds the commitment, ``private_value`` the sealed salt and value,
and when these are destroyed the chain still verifies.

It knows no keys and no tables; how an opening is sealed is behind the ``Sealer`` port.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Protocol

from engine.errors import InputRefused
from engine.ledger.canonical import canonical, parse_canonical

SALT_BYTES: Final = 32
_DOMAIN: Final = b"banjie-field-v1\x00"


def commit(case: str, entry: str, path: str, value: object, salt: bytes) -> str:
    """Return the commitment to a value at one place of one entry, as 64 hex digits.

    ``SHA-256("banjie-field-v1\\0" ‖ salt ‖ canonical([case, entry, path, value]))``. The salt is 32 random bytes per
    value and hides even a yes or no; case, entry and path keep an opening from being moved elsewhere.

    Raises:
        InputRefused: The ledger holds no such value, for example a float or null.
    """
    assert len(salt) == SALT_BYTES, "a salt has 32 bytes"
    return hashlib.sha256(_DOMAIN + salt + canonical([case, entry, path, value])).hexdigest()


def opens(commitment: str, *, case: str, entry: str, path: str, value: object, salt: bytes) -> bool:
    """Say whether salt and value open the commitment at this place. What cannot be committed to opens nothing."""
    if len(salt) != SALT_BYTES:
        return False
    try:
        return commit(case, entry, path, value, salt) == commitment
    except InputRefused:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What opens a commitment."""

    salt: bytes
    value: object


class Sealer(Protocol):
    """Keeps an opening so that only who holds the key can read it. Entry and path are bound to the ciphertext."""

    def seal(self, entry: str, path: str, salt: bytes, value: object) -> bytes:
        """Return the ciphertext of salt and value."""

    def open(self, entry: str, path: str, ciphertext: bytes) -> Opened | None:
        """Return what was sealed at this place; None when the ciphertext is not of this place or not ours."""


class NullSealer:
    """NO PROTECTION: writes salt and value as they are, ``salt ‖ canonical(value)``, readable by anybody who can read
    the database. It stands in until values are encrypted; place and authenticity are not checked either.
    """

    def seal(self, entry: str, path: str, salt: bytes, value: object) -> bytes:  # noqa: ARG002 - the port's arguments
        """Return salt and value in the clear."""
        assert len(salt) == SALT_BYTES, "a salt has 32 bytes"
        return salt + canonical(value)

    def open(self, entry: str, path: str, ciphertext: bytes) -> Opened | None:  # noqa: ARG002 - the port's arguments
        """Return salt and value; None when the bytes are not salt and a canonical value."""
        if len(ciphertext) < SALT_BYTES:
            return None
        try:
            value = parse_canonical(ciphertext[SALT_BYTES:])
        except InputRefused:
            return None
        return Opened(salt=ciphertext[:SALT_BYTES], value=value)
