"""The only reader of the wall clock. A clock can be set by configuration, for the demo and for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is; aware, UTC."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SetClock:
    """A clock that shows what it was set to, and stands still until set again. Pages say so."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at


class ShiftedClock:
    """Runs like the wall clock, but from another instant on: the demo's afternoon goes on while one looks at it."""

    def __init__(self, begin: datetime) -> None:
        self._shift = begin - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift
