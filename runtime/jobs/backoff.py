"""How long a job that failed waits before it is tried again, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

RETRIES_MAX: Final = 8
FIRST_SECONDS: Final = 2
LONGEST: Final = timedelta(hours=1)


def wait_after(attempts: int) -> timedelta | None:
    """Return the wait after so many failed attempts in a row, each four times the one before; None for no more.

    >>> [wait_after(attempts).total_seconds() for attempts in (1, 2, 3, 6, 7, 8)]
    [2.0, 8.0, 32.0, 2048.0, 3600.0, 3600.0]
    >>> wait_after(9) is None
    True
    """
    if attempts > RETRIES_MAX:
        return None
    return min(timedelta(seconds=FIRST_SECONDS * 4 ** (attempts - 1)), LONGEST)
