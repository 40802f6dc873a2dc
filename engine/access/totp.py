"""One-time passwords by time (RFC 6238 over RFC 4226): SHA-1, six digits, steps of 30 seconds. Keeps nothing."""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Final
from urllib.parse import quote

STEP_SECONDS: Final = 30
DIGITS: Final = 6
STEPS_AROUND: Final = 1
"""How many steps a clock may be ahead or behind (RFC 6238, section 5.2)."""
SECRET_BYTES: Final = 20


def new_totp_secret() -> bytes:
    """Return a random secret as long as what SHA-1 makes of it (RFC 4226, section 4, R6)."""
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of a step since 1970."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}}"


def step_of(secret: bytes, code: str, seconds: int) -> int | None:
    """Return the step that a code belongs to, near an instant in seconds since 1970; None for a wrong code.

    Whoever takes it keeps the step and refuses it and earlier ones from then on: a code is used once.
    """
    now = seconds // STEP_SECONDS
    found: int | None = None
    for step in range(now - STEPS_AROUND, now + STEPS_AROUND + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def secret_text(secret: bytes) -> str:
    """Return a secret as authenticator apps take it typed: base32 without its padding."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def key_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """Return the address that authenticator apps read from a picture.

    >>> key_uri(b"12345678901234567890", issuer="办结", account="wang")
    'otpauth://totp/%E5%8A%9E%E7%BB%93:wang?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E5%8A%9E%E7%BB%93'
    """
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={secret_text(secret)}&issuer={quote(issuer)}"
