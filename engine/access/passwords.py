"""Hashing and checking passwords and secrets; what a wrong one leads to is decided at the edge."""

from __future__ import annotations

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b+dWRWJTmaaJObG"


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password; takes about 0.1 s and 64 MiB."""
    return _HASHER.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Return whether the password fits; an absent hash takes as long to refuse as a wrong password."""
    try:
        fits = _HASHER.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and password_hash is not None


def new_secret() -> str:
    """Return a random secret of 256 bits for a login session or token; it never looks like an option."""
    return f"s{secrets.token_urlsafe(32)}"


def new_password() -> str:
    """Return a random password of 12 characters that can be read aloud: no look-alikes."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "".join(secrets.choice(alphabet) for _ in range(12))


def secret_hash(secret: str) -> str:
    """Return how a secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()
