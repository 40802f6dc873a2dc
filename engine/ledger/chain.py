"""The hash chain of one case: how an entry is hashed, what the next one is linked to, and what a broken chain shows.

It knows the fields ``case``, ``seq`` and ``prev`` of an entry and no others. A chain alone cannot show that its newest
entries were cut off: the case row and the checkpoints do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from engine.errors import InputRefused
from engine.ledger.canonical import INTEGER_MAX, parse_once
from engine.text import Text

GENESIS: Final = "0" * 64
"""What stands as ``prev`` in the first entry of a case."""
INSTANT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
"""How an instant is written; which of these texts are days and minutes that there are is another question."""
_INSTANT: Final = re.compile(INSTANT)


def entry_hash(body: bytes) -> bytes:
    """Return the 32 bytes that are both the link of the chain and the leaf of the Merkle tree (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + body).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where the next entry of a case is attached: these three stand in its body."""

    case: str
    seq: int
    prev: str

    @classmethod
    def first(cls, case: str) -> Link:
        """Return the link of the first entry of a case."""
        return cls(case=case, seq=1, prev=GENESIS)

    def after(self, body: bytes) -> Link:
        """Return the link of the entry that follows the one with this body."""
        return Link(case=self.case, seq=self.seq + 1, prev=entry_hash(body).hex())


class ChainRule(StrEnum):
    """What a chain must satisfy; the ids that ``banjie verify`` prints."""

    CANONICAL = "E1"
    HASH = "E2"
    COLUMNS = "E3"
    SEQUENCE = "C1"
    PREVIOUS = "C2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFinding:
    """One broken rule at one entry. ``seq`` is the entry's column, or its place where the column is no integer."""

    rule: ChainRule
    seq: int
    text: Text


def check_chain(entries: Iterable[tuple[int, bytes, bytes]], *, case: str) -> Iterator[ChainFinding]:
    """Find every broken rule of one case's chain, in the order of its entries; none for a chain without entries.

    Args:
        entries: The columns seq, body and hash of the entries, ordered by seq. They come from a database that an
            attacker may have written: whatever stands in them ends in a finding, never in an exception.
        case: The id that every body must name.
    """
    expected = 1
    prev: str | None = GENESIS
    for column, body, stored_hash in entries:
        seq = column if type(column) is int and abs(column) <= INTEGER_MAX else expected
        if column != expected or type(column) is not int:
            text = Text(f"此处序号应为 {expected}", f"seq should be {expected} here")
            yield ChainFinding(rule=ChainRule.SEQUENCE, seq=seq, text=text)
        expected = seq + 1
        if type(body) is not bytes:
            yield ChainFinding(rule=ChainRule.CANONICAL, seq=seq, text=Text("内容不是字节", "the body is no bytes"))
            prev = None  # what the next one should be linked to cannot be known; this finding stands for both
            continue
        actual_hash = entry_hash(body)
        if stored_hash != actual_hash:
            text = Text("所存哈希与内容不符", "the stored hash is not that of the body")
            yield ChainFinding(rule=ChainRule.HASH, seq=seq, text=text)
        yield from _check_body(body, case=case, seq=seq, prev=prev)
        prev = actual_hash.hex()


def instant_text(at: datetime) -> str:
    """Return the instant as the ledger writes it: UTC, microseconds, fixed width, so that text order is time order.

    Example:
        >>> instant_text(datetime(2026, 11, 21, 2, 40, tzinfo=UTC))
        '2026-11-21T02:40:00.000000Z'
    """
    assert at.tzinfo is not None, "an instant of the ledger is aware"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """Return the instant, aware and in UTC, of a text that ``instant_text`` wrote.

    Raises:
        InputRefused: The text is written otherwise or is no instant.
    """
    try:
        at = datetime.fromisoformat(text) if _INSTANT.fullmatch(text) else None
    except ValueError:
        at = None
    if at is None:
        raise InputRefused(
            Text(
                f"不是账册的时刻：{text!r}；应写作 2026-11-21T02:40:00.000000Z",
                f"no instant of the ledger: {text!r}; write it as 2026-11-21T02:40:00.000000Z",
            )
        )
    return at


def _check_body(body: bytes, *, case: str, seq: int, prev: str | None) -> Iterator[ChainFinding]:
    try:
        entry = parse_once(body)
    except InputRefused as refusal:
        yield ChainFinding(rule=ChainRule.CANONICAL, seq=seq, text=refusal.text)
        return
    if not isinstance(entry, dict):
        yield ChainFinding(rule=ChainRule.CANONICAL, seq=seq, text=Text("内容不是对象", "the body is no object"))
        return
    own_seq, own_case = entry.get("seq"), entry.get("case")
    # True equals 1 in Python; in the ledger it does not.
    if type(own_seq) is not int or own_seq != seq:
        text = Text(f"内容中的序号是 {own_seq!r:.80}", f"the body says seq {own_seq!r:.80}")
        yield ChainFinding(rule=ChainRule.COLUMNS, seq=seq, text=text)
    if own_case != case:
        text = Text(f"内容中的事项是 {own_case!r:.80}", f"the body says case {own_case!r:.80}")
        yield ChainFinding(rule=ChainRule.COLUMNS, seq=seq, text=text)
    if prev is not None and entry.get("prev") != prev:
        text = Text("没有接在前一条之后", "prev is not the hash of the entry before")
        yield ChainFinding(rule=ChainRule.PREVIOUS, seq=seq, text=text)
