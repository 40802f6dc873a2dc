"""Salted commitments to private values: the entry holds the commitment, ``private_value`` the sealed salt and value,
and when these are destroyed the chain still verifies.

It knows no keys and no tables; how an opening is sealed is behind the ``Sealer`` port.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from pydantic import JsonValue

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


class PrivateValue(NamedTuple):
    """A value whose commitment stands in the entry at ``path``."""

    path: str
    salt: bytes
    value: JsonValue


class Sealed(NamedTuple):
    """The openings of one entry: the name of the data key they are sealed under, and their ciphertexts in order."""

    key: str
    ciphertexts: tuple[bytes, ...]


class Sealer(Protocol):
    """Keeps openings so that only who holds the keys can read them. Entry and path are bound to each ciphertext."""

    def seal(self, entry: str, values: Sequence[PrivateValue]) -> Sealed:
        """Return the openings of one entry sealed under a data key of its own."""

    def open(self, entry: str, path: str, key: str, ciphertext: bytes) -> Opened | None:
        """Return what was sealed at this place; None when it is not of this place, not ours, or its key is gone."""

    def fetch(self, keys: Collection[str]) -> None:
        """Get the keys of many values at once that will be opened soon; whoever does not only opens more slowly."""

    def holds(self, key: str, path: str) -> bool:
        """Return whether a value that was sealed at this path under this data key could still be opened."""


class NullSealer:
    """NO PROTECTION: writes salt and value as they are, ``salt ‖ canonical(value)``, readable by anybody who can read
    the database. Databases from before values were encrypted hold such rows, under the key ""; tests of what has
    nothing to do with keys use it too. Place and authenticity are not checked.
    """

    def seal(self, entry: str, values: Sequence[PrivateValue]) -> Sealed:  # noqa: ARG002 - the port's arguments
        """Return salts and values in the clear."""
        return Sealed("", tuple(opening_bytes(private.salt, private.value) for private in values))

    def open(self, entry: str, path: str, key: str, ciphertext: bytes) -> Opened | None:  # noqa: ARG002 - the port's
        """Return salt and value; None when the bytes are not salt and a canonical value, or name a key."""
        return opened_bytes(ciphertext) if key == "" else None

    def fetch(self, keys: Collection[str]) -> None:
        """Do nothing: there are no keys."""

    def holds(self, key: str, path: str) -> bool:  # noqa: ARG002 - the port's arguments
        """Return False: there are no keys."""
        return False


def opening_bytes(salt: bytes, value: object) -> bytes:
    """Return the plaintext of a private value, ``salt ‖ canonical(value)``.

    Raises:
        InputRefused: The ledger holds no such value.
    """
    assert len(salt) == SALT_BYTES, "a salt has 32 bytes"
    return salt + canonical(value)


def opened_bytes(plaintext: bytes) -> Opened | None:
    """Return what such a plaintext holds; None when it is none."""
    if len(plaintext) < SALT_BYTES:
        return None
    try:
        value = parse_canonical(plaintext[SALT_BYTES:])
    except InputRefused:
        return None
    return Opened(salt=plaintext[:SALT_BYTES], value=value)
