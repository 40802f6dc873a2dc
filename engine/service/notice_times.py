"""When a delivery goes out: quiet hours, the daily digest, and how long a failed one waits. Pure; limits stand here."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from engine.calendar.calendar import Calendar
from engine.case.scope import SHANGHAI
from engine.errors import CalendarEnds
from engine.service.notice_ports import Preference

URGENT_LEVEL: Final = 3
"""Rungs from this level on wait neither for quiet hours nor for a digest."""

DIGEST_TIME: Final = time(8, 30)
DIGEST_DAYS_AHEAD_MAX: Final = 31
ATTEMPTS_MAX: Final = 8
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=6)
JITTER_SHARE: Final = 0.25

HELD_WAIT: Final = timedelta(seconds=30)
"""When what could not be offered to a channel is looked at again: it is no attempt, so the waits do not grow."""

WAITING_MAX: Final = timedelta(days=14)
"""What no channel could take for so long is news no more and is given up; longer than any rest before a digest."""

UNCONFIGURED_MAX: Final = timedelta(days=1)
"""What is addressed to a channel that is not configured fails after so long: a wrong setting may be put right first."""

SETTLED_KEPT: Final = timedelta(days=400)
"""How long the ledger of deliveries knows of what was sent or failed: a year's work can be looked into at its end."""


def due_at(now: datetime, preference: Preference, calendar: Calendar, *, urgent: bool) -> datetime:
    """Return when a delivery queued now is due (UTC): at once when urgent, else with the digest, after quiet hours."""
    if urgent:
        return now.astimezone(UTC)
    at = next_digest_at(now, calendar) if preference.digest == "daily" else now
    return after_quiet_hours(at, preference.quiet_from, preference.quiet_until)


def after_quiet_hours(at: datetime, quiet_from: int | None, quiet_until: int | None) -> datetime:
    """Return the instant, or the end of the quiet hours it falls into (UTC).

    Quiet hours are minutes since midnight, Asia/Shanghai, the beginning included and the end not; they may pass
    midnight. Beginning and end alike mean none.
    """
    if quiet_from is None or quiet_until is None:
        return at.astimezone(UTC)
    local = at.astimezone(SHANGHAI)
    minute = local.hour * 60 + local.minute
    over_midnight = quiet_from > quiet_until
    quiet = quiet_from <= minute or minute < quiet_until if over_midnight else quiet_from <= minute < quiet_until
    if not quiet:
        return at.astimezone(UTC)
    ends_tomorrow = over_midnight and minute >= quiet_from
    day = local.date() + timedelta(days=1) if ends_tomorrow else local.date()
    return _in_shanghai(day, time(quiet_until // 60, quiet_until % 60))


def next_digest_at(now: datetime, calendar: Calendar) -> datetime:
    """Return the next 8:30 of a working day, Asia/Shanghai, after now (UTC).

    Where the calendar ends, the next day counts: telling a day too early does no harm.
    """
    day = now.astimezone(SHANGHAI).date()
    at = _in_shanghai(day, DIGEST_TIME)
    for _day in range(DIGEST_DAYS_AHEAD_MAX):
        if at > now and _is_worked(day, calendar):
            break
        day += timedelta(days=1)
        at = _in_shanghai(day, DIGEST_TIME)
    return at


def wait_after(attempts: int, jitter: float) -> timedelta | None:
    """Return how long a delivery waits after so many failed attempts; None when it is given up.

    Each wait is four times the one before; ``jitter`` (from 0 up to 1, from outside) adds up to a quarter, so that what
    failed together does not come back together.

    >>> [wait_after(attempts, 0.0).total_seconds() for attempts in (1, 2, 3, 5, 6, 7)]
    [30.0, 120.0, 480.0, 7680.0, 21600.0, 21600.0]
    >>> wait_after(1, 0.5).total_seconds()
    33.75
    >>> wait_after(8, 0.0) is None
    True
    """
    if attempts >= ATTEMPTS_MAX:
        return None
    factor: int = 4 ** (max(attempts, 1) - 1)
    wait = min(FIRST_WAIT * factor, LONGEST_WAIT)
    return wait + wait * JITTER_SHARE * jitter


def _is_worked(day: date, calendar: Calendar) -> bool:
    try:
        return calendar.is_working_day(day)
    except CalendarEnds:
        return True


def _in_shanghai(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=SHANGHAI).astimezone(UTC)
