"""Instants and dates as clients write them in addresses, and up to when a list of deadlines reaches."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from engine.calendar.reading import YEAR_FIRST, YEAR_LAST
from engine.calendar.term import SHANGHAI, day_begins_at, day_ends_at
from engine.errors import InputRefused
from engine.text import Text

# A plus sign in an address stands for a space, and clients forget to escape it.
_LOST_PLUS: Final = re.compile(r" (?=\d\d:?\d\d$)")
_DATE_LENGTH: Final = len("2026-09-15")


def instant_from(text: str, name: str) -> datetime:
    """Return the instant of ``2026-09-15T14:00:00+08:00``, or of the end of the day for ``2026-09-15`` (Shanghai).

    Args:
        text: what the client wrote.
        name: the parameter, for the refusal.

    Raises:
        InputRefused: neither of the two, without an offset, or outside the years of the calendar.
    """
    if len(text) == _DATE_LENGTH:
        return day_ends_at(date_from(text, name)).astimezone(UTC)
    return _instant(text, name)


def start_from(text: str, name: str) -> datetime:
    """Return the instant, or the beginning of the day for a date; raises like ``instant_from``."""
    if len(text) == _DATE_LENGTH:
        return day_begins_at(date_from(text, name)).astimezone(UTC)
    return _instant(text, name)


def just_after(at: datetime) -> datetime:
    """Return the next instant there is: what is due at ``at`` is due before it, and so overdue."""
    return at + timedelta(microseconds=1)


def listed_before(now: datetime, within_days: int = 0) -> datetime:
    """Return the instant before which running deadlines are due that are late now, or fall due within some days.

    A day belongs to its deadline until 24:00 (domain D4), so what is due at ``now`` is late. Within n days includes
    the n-th day from today to its end (domain D5); 0 means late only.

    >>> listed_before(datetime(2026, 3, 3, 1, tzinfo=UTC), 3).isoformat()
    '2026-03-06T16:00:00.000001+00:00'
    """
    if not within_days:
        return just_after(now)
    last_day = now.astimezone(SHANGHAI).date() + timedelta(days=within_days)
    return just_after(day_ends_at(last_day).astimezone(UTC))


def date_from(text: str, name: str) -> date:
    """Return the date of ``2026-09-15``; raises InputRefused for anything else."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        raise _refused(text, name) from None
    return _in_range(on, text, name)


def _instant(text: str, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
    except ValueError:
        raise _refused(text, name) from None
    if at.tzinfo is None:
        raise InputRefused(
            Text(f"{name} 缺少时区，例如 2026-09-15T14:00:00+08:00", f"{name} needs an offset, as +08:00"),
            parameter=name,
        )
    _in_range(at.date(), text, name)
    return at.astimezone(UTC)


def _in_range(on: date, text: str, name: str) -> date:
    if not YEAR_FIRST <= on.year <= YEAR_LAST:
        raise _refused(text, name)
    return on


def _refused(text: str, name: str) -> InputRefused:
    return InputRefused(
        Text(
            f"{name} 应为日期或时间，例如 2026-09-15 或 2026-09-15T14:00:00+08:00（{YEAR_FIRST} 至 {YEAR_LAST} 年）",
            f"{name} is a date or an instant, as 2026-09-15 or 2026-09-15T14:00:00+08:00, "
            f"from {YEAR_FIRST} to {YEAR_LAST}",
        ),
        parameter=name,
        value=text[:40],
    )
