"""What keeps secrets that must be read again, as those of second factors: a port. Where the key is stands elsewhere."""

from __future__ import annotations

from typing import Protocol


class SecretBox(Protocol):
    """Seals bytes under a key that does not stand in the database."""

    def seal(self, plain: bytes, *, bound_to: str) -> bytes:
        """Return the bytes encrypted and authenticated; they open only under the same ``bound_to``."""

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:
        """Return what was sealed; raises KeysUnavailable when the key is another one."""

    def mark(self, text: str) -> str:
        """Return a keyed hash: equal texts have equal marks, and without the key no mark tells its text."""
