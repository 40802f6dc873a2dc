"""The key of what accounts must be able to read again: AES-256-GCM under a key in a file that only its owner reads."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import KeysUnavailable
from engine.ledger.ciphers import aes_gcm, untrue
from engine.text import Text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_VERSION: Final = b"\x01"


class AccountKey:
    """The key in a file; it is made when it is first needed, never before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key: bytes | None = None

    def __call__(self) -> bytes:
        """Return the key; raises KeysUnavailable when it cannot be read or made."""
        if self._key is None:
            try:
                self._key = self._made_or_read()
            except OSError as error:
                raise _unavailable(self._path) from error
        return self._key

    def _made_or_read(self) -> bytes:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Made under another name and linked: two processes that start at once end up with one whole key.
        made = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}")
        if not self._path.exists():
            descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(secrets.token_bytes(KEY_BYTES))
                stream.flush()
                os.fsync(stream.fileno())
            try:
                os.link(made, self._path)
            except FileExistsError:
                pass
            finally:
                made.unlink()
        key = self._path.read_bytes()
        if len(key) != KEY_BYTES:
            raise _unavailable(self._path)
        return key


class AccountBox:
    """Implements ``SecretBox``. The key for sealing and the key for marks are derived apart."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def seal(self, plain: bytes, *, bound_to: str) -> bytes:
        """Return version, nonce, ciphertext and tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return _VERSION + nonce + self._cipher().encrypt(nonce, plain, bound_to.encode())

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:
        """Return what was sealed; raises KeysUnavailable when it does not open under this key."""
        nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            if sealed[:1] != _VERSION:
                raise ValueError("another version")
            return self._cipher().decrypt(nonce, rest, bound_to.encode())
        except untrue() as error:
            raise KeysUnavailable(
                Text(
                    "动态验证码的密钥与数据库不符，请恢复 accounts.key",
                    "The key of second factors is not this database's; restore accounts.key",
                )
            ) from error

    def mark(self, text: str) -> str:
        """Return 128 bits of a keyed hash, in hex."""
        return hmac.digest(self._derived(b"marks"), text.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    def _cipher(self) -> AESGCM:
        return aes_gcm()(self._derived(b"seals"))

    def _derived(self, purpose: bytes) -> bytes:
        return hmac.digest(self._key(), b"banjie accounts " + purpose, "sha256")


def _unavailable(path: Path) -> KeysUnavailable:
    return KeysUnavailable(
        Text(f"无法读取或建立密钥文件 {path.name}", f"The key file {path.name} cannot be read or made")
    )
