"""How one term is counted: the choices a rule makes, and the suspensions and the extension of one case, as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypedDict
from zoneinfo import ZoneInfo

from engine.definition.period import Period, PeriodUnit
from engine.errors import InputRefused
from engine.text import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = "24:00"


class StartDay(StrEnum):
    """Whether the start day is day 1 (D1: it is not; CC Art.201)."""

    EXCLUDED = "excluded"
    INCLUDED = "included"


class Roll(StrEnum):
    """Where an end on a day off moves: nowhere, to the next working day (D3; CC Art.203), or back to one (D11)."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


class Direction(StrEnum):
    """Whether the term runs from its start into the future, or is counted back from an event (D11)."""

    FORWARD = "forward"
    BACKWARD = "backward"


class ExtensionBase(StrEnum):
    """What an extension is added to: the end before rolling, or the rolled one (D10)."""

    NOMINAL = "nominal"
    EFFECTIVE = "effective"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Days on which the clock stands still: from ``from_on`` up to, not including, ``until_on``, the day it resumes.

    ``until_on`` is None while it still stands. An interval that ends on its first day is empty.
    """

    from_on: date
    until_on: date | None

    def __post_init__(self) -> None:
        if self.until_on is not None and self.until_on < self.from_on:
            raise InputRefused(
                Text(
                    f"恢复计时日 {self.until_on} 早于中止日 {self.from_on}",
                    f"The clock cannot resume on {self.until_on}, before it stopped on {self.from_on}",
                )
            )


class Counting(TypedDict, total=False):
    """The keyword arguments of ``due`` and ``explain``; the fields of ``Term`` say what each is and its default."""

    zone: ZoneInfo
    start_day: StartDay
    roll: Roll | None
    direction: Direction
    suspensions: Sequence[Interval]
    extension: Period | None
    extension_base: ExtensionBase
    end_of_day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A period and everything that decides where it ends.

    ``roll`` None stands for the default: next for days and months (previous when counted backward), none for working
    days, which end on a working day by construction (D7). Hours never roll, whatever is said (D8). ``end_of_day`` is
    ``24:00`` or the close of business as ``HH:MM`` (D4). Terms counted backward take neither suspension nor extension,
    and an extension is in hours exactly when the period is; otherwise ``InputRefused``.
    """

    period: Period
    zone: ZoneInfo = SHANGHAI
    start_day: StartDay = StartDay.EXCLUDED
    roll: Roll | None = None
    direction: Direction = Direction.FORWARD
    suspensions: Sequence[Interval] = ()
    extension: Period | None = None
    extension_base: ExtensionBase = ExtensionBase.NOMINAL
    end_of_day: str = MIDNIGHT

    def __post_init__(self) -> None:
        if self.direction is Direction.BACKWARD and (self.suspensions or self.extension is not None):
            raise InputRefused(
                Text("倒推的期限不能中止或延长", "A term counted backward cannot be suspended or extended")
            )
        if self.extension is not None and self.in_hours != (self.extension.unit is PeriodUnit.HOURS):
            raise InputRefused(
                Text("按小时计的期限只能按小时延长", "Hours are extended by hours, and nothing else is"),
                period=str(self.period),
                extension=str(self.extension),
            )

    @property
    def in_hours(self) -> bool:
        """Whether the term runs from the minute and ends at one (D8)."""
        return self.period.unit is PeriodUnit.HOURS

    @property
    def effective_roll(self) -> Roll:
        """The roll that is applied: what the rule says, or the default of the units counted."""
        units = {self.period.unit} if self.extension is None else {self.period.unit, self.extension.unit}
        if units <= {PeriodUnit.WORKING_DAYS, PeriodUnit.HOURS}:
            return Roll.NONE
        if self.roll is not None:
            return self.roll
        return Roll.NEXT if self.direction is Direction.FORWARD else Roll.PREVIOUS

    def start_on(self, start_at: datetime) -> date:
        """Return the day of ``start_at`` in the zone of the term; ``InputRefused`` for an instant without a zone."""
        if start_at.tzinfo is None:
            raise InputRefused(Text("起算时间缺少时区", "The start has no time zone"), start_at=start_at.isoformat())
        return start_at.astimezone(self.zone).date()


def merged(suspensions: Iterable[Interval]) -> tuple[tuple[date, date], ...]:
    """Return the closed, non-empty suspensions as ascending disjoint pairs, the second day of each not included.

    Days in several suspensions are so taken out once (X15).
    """
    spans: list[tuple[date, date]] = []
    closed = ((each.from_on, each.until_on) for each in suspensions if each.until_on is not None)
    for from_on, until_on in sorted(closed):
        if from_on == until_on:
            continue
        if spans and from_on <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], until_on))
        else:
            spans.append((from_on, until_on))
    return tuple(spans)


def day_begins_at(on: date, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Return 00:00 of ``on`` in ``zone``, with that zone."""
    return datetime.combine(on, time.min, tzinfo=zone)


def day_ends_at(on: date, end_of_day: str = MIDNIGHT, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Return the end of ``on`` in ``zone``, with that zone: 00:00 of the next day for ``24:00`` (D4; CC Art.203)."""
    if end_of_day == MIDNIGHT:
        return day_begins_at(on + timedelta(days=1), zone)
    return datetime.combine(on, _close_of_business(end_of_day), tzinfo=zone)


@lru_cache(maxsize=64)
def _close_of_business(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone of its own
    except ValueError as error:
        raise InputRefused(
            Text(f"“{text}”不是时刻，请写成 17:30 或 24:00", f"'{text}' is not a time of day; write 17:30 or 24:00")
        ) from error
