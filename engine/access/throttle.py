"""How often may be guessed: a pure answer to "how long until the next try?", and the buckets that tries are counted in.

A try counts until it has proved right. Nobody is kept out for good: who was let in from a browser before has a bucket
of their own, which strangers cannot fill; one source alone cannot fill an account's; and every bucket empties with
time. An account is tried at most 15 times an hour by strangers and 5 times by browsers it knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

WINDOW_SECONDS: Final = 3600
DELAY_SECONDS_MAX: Final = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most so many tries in an hour; from the one after ``free`` on each waits twice as long as the one before."""

    most: int
    free: int
    first_seconds: int = 0


FROM_ONE_SOURCE: Final = Pace(most=8, free=3, first_seconds=15)
BY_STRANGERS: Final = Pace(most=15, free=8, first_seconds=5)
BY_KNOWN_BROWSERS: Final = Pace(most=5, free=3, first_seconds=15)
OF_ONE_SOURCE: Final = Pace(most=300, free=300)
"""Whatever name is tried. A works of thousands may stand behind one address, so this only stops floods."""
SECOND_FACTOR: Final = Pace(most=15, free=3, first_seconds=15)


class Try(NamedTuple):
    """One try to be counted in a bucket."""

    bucket: str
    pace: Pace


def seconds_to_wait(pace: Pace, earlier: Sequence[float]) -> int:
    """Return how long to wait for the next try, 0 for not at all.

    Args:
        pace: what the bucket allows.
        earlier: how many seconds ago each try of the last hour was, in any order.
    """
    ages = sorted(age for age in earlier if age < WINDOW_SECONDS)
    if len(ages) >= pace.most:
        return _whole(WINDOW_SECONDS - ages[pace.most - 1])
    over = len(ages) - pace.free
    if over < 0 or not pace.first_seconds:
        return 0
    return _whole(min(pace.first_seconds * 2**over, DELAY_SECONDS_MAX) - ages[0])


def tries(purpose: str, account: str, *, source: str | None, known: bool) -> tuple[Try, ...]:
    """Return what one try is counted in.

    Args:
        purpose: what is guessed at: passwords and activation codes do not share their buckets.
        account: a mark of the name that was typed, whether there is such an account or not.
        source: a mark of where it comes from, None where that cannot be told apart.
        known: the browser has been let in to this account before.
    """
    if known:
        return (Try(f"{purpose}/known/{account}", BY_KNOWN_BROWSERS),)
    found = [Try(f"{purpose}/account/{account}", BY_STRANGERS)]
    if source is not None:
        found.append(Try(f"{purpose}/pair/{account}/{source}", FROM_ONE_SOURCE))
        found.append(Try(f"source/{source}", OF_ONE_SOURCE))
    return tuple(found)


def _whole(seconds: float) -> int:
    """Return the next whole second; at least one where there is anything to wait for."""
    return max(0, -int(-seconds // 1))
