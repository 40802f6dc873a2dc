"""Which day is worked: notices and statutory days turned into tables of working days, one per year.

It answers about days only; terms are counted in ``count`` and turned into due instants in ``due``.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from engine.calendar.local import Overlay
from engine.calendar.notices import NO_STATUTORY_DAYS, Notice, StatutoryDays
from engine.calendar.reading import YEAR_FIRST, YEAR_LAST
from engine.errors import CalendarEnds
from engine.text import Text

Held = TypeVar("Held", tuple[Notice, ...], StatutoryDays, tuple[Overlay, ...])
_SATURDAY = 6
_MAKE_UP = Text("调休上班", "make-up day")
_WORKED_BY_UNIT = Text("本单位上班", "worked by the unit")
_REST_OF_UNIT = Text("本单位休息", "rest day of the unit")


class MissingYear(StrEnum):
    """What a year without a notice is: provisional days, or an error (D13)."""

    PROVISIONAL = "provisional"
    ERROR = "error"


class DayKind(StrEnum):
    """What a day is to those who work."""

    WORKED = "worked"
    REST = "rest"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the calendar. ``name`` and ``source`` stand where a notice, the statutory table or a unit names it."""

    on: date
    kind: DayKind
    name: Text | None
    source: Text | None
    provisional: bool

    @property
    def is_working(self) -> bool:
        """Whether the day is worked: an ordinary working day or a make-up day."""
        return self.kind in (DayKind.WORKED, DayKind.MAKE_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """What a notice, the statutory table or an overlay says of one day."""

    kind: DayKind
    name: Text
    source: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _YearTable:
    """The working days of one year as ascending day numbers, and as one byte per day of the year."""

    first: int
    working: tuple[int, ...]
    mask: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The working days of 2000 to 2100 as the notices say.

    Where two notices name the same day, the one issued later counts; one that another replaces counts no more. A year
    without a notice has its weekends and the statutory days known for it off and no make-up days, and is provisional;
    or it raises ``CalendarEnds``, as ``missing`` says. Years outside 2000–2100 always raise.

    ``overlays`` are the days of single units, by the id of the unit. They change nothing here: ``for_unit`` gives the
    calendar with those of one unit laid over it, ``applied`` from the top of the organisation to the unit.
    ``version`` is the SHA-256 of every fact that can move a date, those of the units included.
    """

    notices: tuple[Notice, ...]
    statutory: StatutoryDays = NO_STATUTORY_DAYS
    missing: MissingYear = MissingYear.PROVISIONAL
    overlays: tuple[Overlay, ...] = ()
    applied: tuple[Overlay, ...] = ()
    version: str = field(init=False, default="")
    _official: Calendar | None = field(init=False, repr=False, compare=False, default=None)
    _units: dict[tuple[str, ...], Calendar] = field(init=False, repr=False, compare=False, default_factory=dict)
    _covered: frozenset[int] = field(init=False, repr=False, compare=False, default=frozenset())
    _noticed: Mapping[date, _Named] = field(init=False, repr=False, compare=False, default_factory=dict)
    _presumed: Mapping[date, _Named] = field(init=False, repr=False, compare=False, default_factory=dict)
    _weekly: Mapping[int, Overlay] = field(init=False, repr=False, compare=False, default_factory=dict)
    # Filled year by year on first use. Two threads may build the same table; they build equal ones, so either may stay.
    _tables: dict[int, _YearTable] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        ordered = _in_force(sorted(self.notices, key=_precedence))
        # Equal calendars hold the same objects: answers are kept by calendar, and comparing two must not look at days.
        object.__setattr__(self, "notices", _the_one(ordered))
        object.__setattr__(self, "statutory", _the_one(self.statutory))
        object.__setattr__(self, "overlays", _the_one(self.overlays))
        object.__setattr__(self, "applied", _the_one(self.applied))
        object.__setattr__(self, "version", _version(ordered, self.statutory, self.overlays, self.applied))
        object.__setattr__(self, "_covered", frozenset(notice.year for notice in ordered))
        object.__setattr__(self, "_noticed", {**_noticed_days(ordered), **_local_days(self.applied)})
        object.__setattr__(self, "_presumed", _presumed_days(self.statutory))
        weekly = {overlay.notice.year: overlay for overlay in self.applied if overlay.rest_weekdays is not None}
        object.__setattr__(self, "_weekly", weekly)

    def __hash__(self) -> int:
        return hash(self.version)

    @property
    def official(self) -> Calendar:
        """The calendar of the official notices alone, which every term counts by that does not say otherwise."""
        return self if self._official is None else self._official

    def with_overlays(self, overlays: Iterable[Overlay]) -> Calendar:
        """Return the official calendar with the days of these units, those that a later file replaces left out."""
        kept: list[Overlay] = []
        for each in sorted(overlays, key=lambda overlay: _precedence(overlay.notice)):
            replaced = (each.unit, each.notice.replaces)
            kept = [one for one in kept if one.notice.number is None or (one.unit, one.notice.number) != replaced]
            kept.append(each)
        return self._beside(overlays=tuple(kept)) if kept else self.official

    def for_unit(self, lineage: Sequence[str]) -> Calendar:
        """Return the calendar a unit counts by: its own days and those of the units above it laid over the notices.

        Args:
            lineage: the ids of the unit and the units above it, nearest first. The nearer one's days count, and of
                one unit's overlays the one issued later.
        """
        if not self.overlays:
            return self
        key = tuple(lineage)
        known = self._units.get(key)
        if known is None:
            applied = tuple(each for unit in reversed(key) for each in self.overlays if each.unit == unit)
            known = self._units[key] = self._beside(applied=applied) if applied else self.official
        return known

    def is_working_day(self, on: date) -> bool:
        """Return whether ``on`` is worked; ``CalendarEnds`` where the calendar knows nothing of the year."""
        table = self._table(on.year)
        return table.mask[on.toordinal() - table.first] == 1

    def is_provisional(self, on: date) -> bool:
        """Return whether ``on`` lies in a year without a notice and no other year's notice names it."""
        return on.year not in self._covered and on not in self._noticed

    def any_provisional(self, from_on: date, until_on: date) -> bool:
        """Return whether a day from ``from_on`` to ``until_on``, both included and in either order, is provisional."""
        on, last = sorted((from_on, until_on))
        while on <= last:
            if self.is_provisional(on):
                return True
            # A covered year is passed over whole; in another one only days that a neighbour's notice names get here.
            on = date(on.year + 1, 1, 1) if on.year in self._covered else date.fromordinal(on.toordinal() + 1)
        return False

    def day(self, on: date) -> Day:
        """Return everything known of ``on``; ``CalendarEnds`` where the calendar knows nothing of the year."""
        working = self.is_working_day(on)
        named = self._named(on)
        if named is not None:
            kind, name, source = named.kind, named.name, named.source
        else:
            kind, name, source = DayKind.WORKED if working else DayKind.REST, None, None
        return Day(on=on, kind=kind, name=name, source=source, provisional=self.is_provisional(on))

    def month(self, year: int, month: int) -> list[Day]:
        """Return the days of a month; ``CalendarEnds`` where the calendar knows nothing of the year."""
        _weekday, length = monthrange(year, month)
        return [self.day(date(year, month, number)) for number in range(1, length + 1)]

    def working_days_between(self, from_on: date, until_on: date) -> int:
        """Return how many working days lie from ``from_on`` up to, not including, ``until_on``; 0 if none."""
        if until_on <= from_on:
            return 0
        first, end = from_on.toordinal(), until_on.toordinal()
        last_year = date.fromordinal(end - 1).year
        total = 0
        for year in range(from_on.year, last_year + 1):
            working = self._table(year).working
            total += bisect_left(working, end) - bisect_left(working, first)
        return total

    def working_day_from(self, on: date, nth: int) -> date:
        """Return the ``nth`` (from 1) working day counted forward, ``on`` being the first day looked at."""
        year = on.year
        working = self._table(year).working
        index = bisect_left(working, on.toordinal()) + nth - 1
        while index >= len(working):
            index -= len(working)
            year += 1
            working = self._table(year).working
        return date.fromordinal(working[index])

    def working_day_until(self, on: date, nth: int) -> date:
        """Return the ``nth`` (from 1) working day counted backward, ``on`` being the first day looked at."""
        year = on.year
        working = self._table(year).working
        index = bisect_right(working, on.toordinal()) - nth
        while index < 0:
            year -= 1
            working = self._table(year).working
            index += len(working)
        return date.fromordinal(working[index])

    def _beside(self, *, overlays: tuple[Overlay, ...] = (), applied: tuple[Overlay, ...] = ()) -> Calendar:
        official = self.official
        made = Calendar(
            notices=official.notices,
            statutory=official.statutory,
            missing=official.missing,
            overlays=overlays,
            applied=applied,
        )
        object.__setattr__(made, "_official", official)
        return made

    def _named(self, on: date) -> _Named | None:
        named = self._noticed.get(on)
        if named is None and on.year not in self._covered:
            named = self._presumed.get(on)
        return self._by_the_week(on) if named is None else named

    def _by_the_week(self, on: date) -> _Named | None:
        """Return what the week of a unit makes of a day, None where it is as everybody's."""
        overlay = self._weekly.get(on.year)
        if overlay is None or overlay.rest_weekdays is None:
            return None
        works = on.isoweekday() not in overlay.rest_weekdays
        if works == (on.isoweekday() < _SATURDAY):
            return None
        if works:
            return _Named(kind=DayKind.WORKED, name=_WORKED_BY_UNIT, source=overlay.notice.citation())
        return _Named(kind=DayKind.REST, name=_REST_OF_UNIT, source=overlay.notice.citation())

    def _table(self, year: int) -> _YearTable:
        table = self._tables.get(year)
        if table is None:
            table = self._tables[year] = self._build(year)
        return table

    def _build(self, year: int) -> _YearTable:
        uncovered = year not in self._covered
        if not YEAR_FIRST <= year <= YEAR_LAST or (uncovered and self.missing is MissingYear.ERROR):
            raise CalendarEnds(year)
        first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        mask = bytes(self._works(date.fromordinal(number)) for number in range(first, last + 1))
        working = tuple(first + offset for offset, worked in enumerate(mask) if worked)
        return _YearTable(first=first, working=working, mask=mask)

    def _works(self, on: date) -> bool:
        named = self._named(on)
        if named is not None:
            return named.kind in (DayKind.MAKE_UP, DayKind.WORKED)
        return on.isoweekday() < _SATURDAY


def _precedence(notice: Notice) -> tuple[date, int, str]:
    return (notice.issued_on or date.min, notice.year, notice.number or "")


@lru_cache(maxsize=64)
def _the_one(value: Held) -> Held:
    """Return the object that was the first to be equal to this one."""
    return value


def _in_force(ordered: Sequence[Notice]) -> tuple[Notice, ...]:
    """Leave out what a later notice replaces as a whole."""
    kept: list[Notice] = []
    for notice in ordered:
        if notice.replaces is not None:
            kept = [earlier for earlier in kept if earlier.number != notice.replaces]
        kept.append(notice)
    return tuple(kept)


def _noticed_days(notices: Iterable[Notice], worked: Text = _MAKE_UP) -> dict[date, _Named]:
    days: dict[date, _Named] = {}
    for notice in notices:
        source = notice.citation()
        for span in notice.holidays:
            for on in span.days():
                days[on] = _Named(kind=DayKind.HOLIDAY, name=span.name, source=source)
        for on in notice.make_up_days:
            days[on] = _Named(kind=DayKind.MAKE_UP, name=worked, source=source)
    return days


def _local_days(overlays: Iterable[Overlay]) -> dict[date, _Named]:
    return _noticed_days((overlay.notice for overlay in overlays), _WORKED_BY_UNIT)


def _presumed_days(statutory: StatutoryDays) -> dict[date, _Named]:
    return {
        on: _Named(kind=DayKind.HOLIDAY, name=span.name, source=statutory.source)
        for span in statutory.holidays
        for on in span.days()
    }


def _version(
    notices: tuple[Notice, ...], statutory: StatutoryDays, overlays: tuple[Overlay, ...], applied: tuple[Overlay, ...]
) -> str:
    content: dict[str, object] = {
        "notices": [_facts(notice) for notice in notices],
        "statutory": sorted(on.isoformat() for span in statutory.holidays for on in span.days()),
    }
    # Named only where there are some, so that a calendar without overlays keeps the version it always had.
    for name, local in (("overlays", overlays), ("applied", applied)):
        if local:
            content[name] = [_local_facts(overlay) for overlay in local]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _facts(notice: Notice) -> dict[str, object]:
    return {
        "year": notice.year,
        "number": notice.number,
        "issued_on": notice.issued_on.isoformat() if notice.issued_on else None,
        "days_off": sorted(on.isoformat() for on in notice.days_off),
        "make_up_days": sorted(on.isoformat() for on in notice.make_up_days),
    }


def _local_facts(overlay: Overlay) -> dict[str, object]:
    rest = overlay.rest_weekdays
    return {"unit": overlay.unit, "rest": None if rest is None else sorted(rest), **_facts(overlay.notice)}
