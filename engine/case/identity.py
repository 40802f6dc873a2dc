"""The kinds of identifiers. All are 128-bit values in lower-case hex, but for slugs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NewType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

RootId = NewType("RootId", str)
"""The tenant: the top unit of one organisation's tree."""
CaseId = NewType("CaseId", str)
UnitId = NewType("UnitId", str)
PersonId = NewType("PersonId", str)
SessionId = NewType("SessionId", str)
"""A congress session (届次)."""


def ordered_id(at: datetime, unique: str) -> str:
    """Return a 128-bit hex id that begins with its instant: 48 bits of milliseconds since 1970, then 80 of ``unique``.

    What comes about together so stands together in every table and index. An id is no secret: who may see a case is
    asked anew whenever it is named.
    """
    return f"{(at - _EPOCH) // _MILLISECOND:012x}{unique[:20]}"


def derived_id(seed: str, *parts: str | int) -> str:
    """Return a 128-bit hex id derived from a random seed, so that deciding stays a pure function."""
    text = "\x1f".join((seed, *(str(part) for part in parts)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
