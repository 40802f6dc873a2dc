"""How many messages may go to an address just now: what its limit allows, less what was sent within its time.

A platform counts what it was asked, not what it took. This process remembers every message it handed over; of other
workers only what they settled is known, which is all but their failures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from engine.case.codec import microseconds
from engine.case.identity import RootId
from engine.service.notice_ports import NoticeReads
from notifications.message import Paced


@dataclass(slots=True)
class Pace:
    """The instants at which messages were handed to the addresses of one channel."""

    _attempted: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def free(self, channel: Paced, reads: NoticeReads, root: RootId, address: str, now: datetime) -> int:
        """Return how many messages may go to an address now; asked before deliveries are taken for it."""
        limit = channel.limit(address)
        attempted = self._attempted[address] = [at for at in self._attempted[address] if at > now - limit.per]
        settled = reads.attempts_since(root, channel.name, address, microseconds(now - limit.per))
        return min(limit.free(attempted, now), max(0, limit.count - settled))

    def note(self, address: str, at: datetime) -> None:
        """Remember that a message was handed over."""
        self._attempted[address].append(at)
