"""How long cases take from one milestone to the next, in working days, and how many reached each of them.

A day is counted from the day after a milestone up to and with the day of the next one: what is done on the same day
took none. Days are those of the house's calendar; a case whose dates are not known, or stand in no order, has no time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from engine.calendar.calendar import Calendar
from engine.case.codec import at_from
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.definition.parts import Milestone
from engine.errors import CalendarEnds
from engine.figures.facts import Facts, is_undated

_HOUR: Final = len("2026-09-15T10")
NINTH_OF_TEN: Final = (9, 10)


def milestones_of(definition: Definition) -> tuple[str, ...]:
    """Return the milestones that cases of the definition can reach, in their order."""
    there = {state.milestone for state in definition.workflow.states.values()}
    return tuple(str(each) for each in Milestone if each in there)


def stages_of(definition: Definition) -> tuple[tuple[str, str], ...]:
    """Return the stages: from each milestone to the next one there is."""
    return tuple(pairwise(milestones_of(definition)))


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """How long a stage took: twice the median, so that it is a whole number, and the ninth decile (nearest rank), None
    where it is not printed."""

    median_doubled: int
    ninth_decile: int | None


def stage_time(days: Mapping[int, int]) -> StageTime | None:
    """Return the times of so many cases by their days; None of none.

    >>> stage_time({1: 2, 4: 1, 30: 1})
    StageTime(median_doubled=5, ninth_decile=30)
    """
    cases = sum(days.values())
    if not cases:
        return None
    numerator, denominator = NINTH_OF_TEN
    return StageTime(
        median_doubled=_at_rank(days, (cases + 1) // 2) + _at_rank(days, cases // 2 + 1),
        ninth_decile=_at_rank(days, (cases * numerator + denominator - 1) // denominator),
    )


def _at_rank(days: Mapping[int, int], rank: int) -> int:
    passed = 0
    for each in sorted(days):
        passed += days[each]
        if passed >= rank:
            return each
    raise AssertionError("a rank beyond all cases")


class StageDays:
    """Tells the working days of a case's stages."""

    def __init__(self, stages: Sequence[tuple[str, str]], calendar: Calendar) -> None:
        self._stages, self._calendar = stages, calendar
        self._days: dict[str, date] = {}

    def of(self, facts: Facts) -> tuple[int | None, ...]:
        """Return the working days of each stage, None of one that was not passed or whose dates say nothing."""
        if is_undated(facts):
            return (None,) * len(self._stages)
        return tuple([self._between(facts.first.get(a), facts.first.get(b)) for a, b in self._stages])

    def _between(self, begun: str | None, ended: str | None) -> int | None:
        if begun is None or ended is None or ended < begun:
            return None
        try:
            return self._calendar.working_days_between(self._next_day(begun), self._next_day(ended))
        except CalendarEnds:
            return None

    def _next_day(self, text: str) -> date:
        """Return the day after that of an instant (Shanghai); a million cases lie in some thousand hours."""
        hour = text[:_HOUR]
        if hour not in self._days:
            on = at_from(text).astimezone(SHANGHAI).date()
            self._days[hour] = date.fromordinal(on.toordinal() + 1)
        return self._days[hour]
