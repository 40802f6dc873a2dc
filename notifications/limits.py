"""How fast a bot may be spoken to. Pure: no clock, no waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most ``count`` attempts within any ``per``. The default is what WeCom and DingTalk allow a group bot.

    Pure: whoever sends keeps the instants of the attempts, also of those that failed, because the platforms count them.
    """

    count: int = 20
    per: timedelta = timedelta(minutes=1)

    def free(self, attempted_at: Sequence[datetime], now: datetime) -> int:
        """Return how many attempts may be made now; never negative.

        Example:
            >>> from datetime import UTC
            >>> now = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)
            >>> RateLimit(count=2).free([datetime(2026, 3, 2, 9, tzinfo=UTC)], now)
            1
        """
        return max(0, self.count - len(self._counting(attempted_at, now)))

    def next_at(self, attempted_at: Sequence[datetime], now: datetime) -> datetime:
        """Return the first instant at which an attempt may be made: now, or when enough earlier ones count no more."""
        counting = self._counting(attempted_at, now)
        return now if len(counting) < self.count else counting[-self.count] + self.per

    def _counting(self, attempted_at: Sequence[datetime], now: datetime) -> list[datetime]:
        return sorted(at for at in attempted_at if at > now - self.per)
