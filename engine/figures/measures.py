"""What figures are: counts and shares with what they are made of, and what they are broken down by.

Nothing is rounded before it is shown, and then half up, by whole numbers only. How they are counted stands in
``counting`` and ``survey``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from engine.figures.intervals import Interval, wilson
from engine.text import Text

NO_DENOMINATOR: Final = "—"
NUMERATOR: Final = "numerator"
DENOMINATOR: Final = "denominator"
UNDATED_LINE: Final = ("undated", Text("日期不明", "Date not known"))
"""Id and title of the line that counts imported cases whose dates are not known, in each measure that asks for one:
among the exclusions, or beside the figure where only a line there asks."""


class Grouping(StrEnum):
    """What figures may be broken down by: the unit that leads (else the case's own), the category, the month in which
    the case was first submitted (Asia/Shanghai), the congress session it belongs to."""

    UNIT = "unit"
    CATEGORY = "category"
    MONTH = "month"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A line beside a figure: cases left out of it, or shown apart; ``is_share`` says that they are some of those that
    it counts in its denominator."""

    id: str
    title: Text
    count: int
    is_share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The numbers behind one figure. ``denominator`` is None for a count; ``small`` marks a sample too small to judge,
    which is one below ``minimum``. ``is_of_cases``: it is a share of cases, not of a sum over them.

    A case that meets several exclusions is counted in the first of them, so that what is left out adds up. A case
    imported without a date is left out of a measure that reads a milestone or deadline which the case has, and of lines
    that do. What is not printed stands in ``marks`` by its name and is 0 here, so that no surface can give it away.
    """

    numerator: int
    denominator: int | None
    excluded: tuple[Counted, ...]
    beside: tuple[Counted, ...]
    small: bool
    minimum: int = 0
    is_of_cases: bool = True
    marks: Mapping[str, str] = field(default_factory=dict)

    def shown(self, name: str, count: int) -> str:
        """Return a number as it is printed: itself, or the mark that stands for it (``suppression``)."""
        return self.marks.get(name, str(count))

    def share(self, line: Counted, decimals: int = 1) -> str | None:
        """Return what share of the cases a line beside the figure is, in per cent; None where it is none of them, and
        where it could not be reckoned from what is printed."""
        held = {f"beside.{line.id}", DENOMINATOR} & self.marks.keys()
        if not line.is_share or held or not self.is_of_cases or not self.denominator:
            return None
        return rate(line.count, self.denominator, decimals)

    def value(self, decimals: int = 1) -> str:
        """Return the figure as it is printed: a count, or a rate in per cent without the sign, "—" over nothing; the
        mark of its numerator or denominator where that is not printed."""
        held = self.marks.get(NUMERATOR) or self.marks.get(DENOMINATOR)
        if held is not None:
            return held
        return str(self.numerator) if self.denominator is None else rate(self.numerator, self.denominator, decimals)

    def interval(self, decimals: int = 1) -> Interval | None:
        """Return how far a share of cases can be relied on (``intervals``); None for any other figure, and where a
        number that it would be reckoned from is not printed."""
        if self.denominator is None or not self.is_of_cases or {NUMERATOR, DENOMINATOR} & self.marks.keys():
            return None
        return wilson(self.numerator, self.denominator, decimals)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """One measure over all cases and, where asked for, over each group; the key None holds cases that have none."""

    name: str
    title: Text
    total: Tally
    groups: tuple[tuple[str | None, Tally], ...]


def rate(numerator: int, denominator: int, decimals: int = 1) -> str:
    """Return a share in per cent, rounded half up; "—" for a denominator of 0.

    >>> rate(37, 40, 0), rate(3993, 4028, 2), rate(0, 0)
    ('93', '99.13', '—')
    """
    if denominator == 0:
        return NO_DENOMINATOR
    steps = 10**decimals
    # floor(x + 1/2), by whole numbers: exact at every half.
    rounded = (2 * numerator * 100 * steps + denominator) // (2 * denominator)
    sign, digits = "-" if rounded < 0 else "", abs(rounded)
    return f"{sign}{digits // steps}.{digits % steps:0{decimals}}" if decimals else f"{sign}{digits}"
