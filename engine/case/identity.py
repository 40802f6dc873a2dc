"""The kinds of identifiers. All are random or derived 128-bit values in lower-case hex, but for slugs."""

from __future__ import annotations

import hashlib
from typing import NewType

RootId = NewType("RootId", str)
"""The tenant: the top unit of one organisation's tree."""
CaseId = NewType("CaseId", str)
UnitId = NewType("UnitId", str)
PersonId = NewType("PersonId", str)
SessionId = NewType("SessionId", str)
"""A congress session (届次)."""


def derived_id(seed: str, *parts: str | int) -> str:
    """Return a 128-bit hex id derived from a random seed, so that deciding stays a pure function."""
    text = "\x1f".join((seed, *(str(part) for part in parts)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
