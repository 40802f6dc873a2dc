"""Chains beside the cases: what the engine does on its own, as ``system:<day>:<slot>``, one chain a day and process.

An entry looks like a case's and is linked like one; what it tells stands in a part named after its type.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.case.codec import at_text
from engine.case.identity import RootId, derived_id, ordered_id
from engine.case.scope import SHANGHAI
from engine.ledger.canonical import canonical
from engine.ledger.chain import entry_hash
from engine.ledger.entries import VERSION

SYSTEM = "system:"
SWEPT = "swept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep came to: how many open deadlines there were and were looked at, rungs raised, cases set aside.

    ``calendar`` is the version of the calendar that dates were held against.
    """

    calendar: str
    open: int
    looked: int
    raised: int
    failed: int


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """An entry ready to be stored."""

    seq: int
    body: bytes
    hash: bytes


def is_stream(chain: str) -> bool:
    """Say whether a chain is one of these and not a case's."""
    return chain.startswith(SYSTEM)


def stream_of(at: datetime, slot: int) -> str:
    """Return the name of the stream that a process writes on the day of this instant (Asia/Shanghai)."""
    return f"{SYSTEM}{at.astimezone(SHANGHAI):%Y-%m-%d}:{slot}"


def swept_entry(root: RootId, stream: str, at: datetime, swept: Swept, last: tuple[int, bytes] | None) -> StreamEntry:
    """Return the entry that tells of a sweep, after the last one (its seq and hash) of the stream."""
    seq, prev = (0, "0" * 64) if last is None else (last[0], last[1].hex())
    body = canonical(
        {
            "v": VERSION,
            "ledger": root,
            "case": stream,
            "seq": seq + 1,
            "prev": prev,
            "id": ordered_id(at, derived_id(root, stream, seq + 1)),
            "type": SWEPT,
            "at": at_text(at),
            "actor": "system",
            SWEPT: {
                "calendar": swept.calendar,
                "open": swept.open,
                "looked": swept.looked,
                "raised": swept.raised,
                "failed": swept.failed,
            },
        }
    )
    return StreamEntry(seq + 1, body, entry_hash(body))
