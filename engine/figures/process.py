"""What really happened: how often cases went from which state to which, how long that took, and by which ways.

A pure fold over the states that cases passed. Times are working days from the day a state was entered to the day the
next one was, by a calendar that the caller gives; cases imported without their dates count for ways and not for times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop
from itertools import groupby, pairwise
from typing import Final, Protocol

from engine.case.identity import CaseId

VARIANTS_MAX: Final = 12
SHOWN_CASES: Final = 20


class Passed(Protocol):
    """A state that a case was in from an instant on (microseconds)."""

    @property
    def case(self) -> CaseId: ...
    @property
    def seq(self) -> int: ...
    @property
    def value(self) -> str: ...
    @property
    def from_at(self) -> int: ...
    @property
    def undated(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step between two states: how often, of how many cases, and the median of its working days.

    ``halves`` is twice the median, so that it is a whole number; None where no time is known.
    """

    source: str
    target: str
    times: int
    cases: int
    timed: int
    halves: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A way that cases went: the states in order, how many went it, and the newest of them."""

    states: tuple[str, ...]
    cases: int
    examples: tuple[CaseId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What was found: ``looped`` cases came to a state for the second time; ``visits`` counts cases by state."""

    cases: int
    undated: int
    looped: int
    ways: int
    steps: tuple[Step, ...]
    variants: tuple[Variant, ...]
    visits: dict[str, int]
    resting: dict[str, int]


def process_of(
    passed: Iterable[Passed], working_days: Callable[[int, int], int | None], *, variants_max: int = VARIANTS_MAX
) -> Process:
    """Return the process of cases.

    Args:
        passed: the states, those of one case together.
        working_days: how many working days lie between two instants, None where no calendar says so.
        variants_max: so many ways are told, the most frequent first.
    """
    times: dict[tuple[str, str], Counter[int]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    cases_of: Counter[tuple[str, str]] = Counter()
    went: Counter[tuple[str, ...]] = Counter()
    newest: dict[tuple[str, ...], list[tuple[int, CaseId]]] = {}
    visits: Counter[str] = Counter()
    resting: Counter[str] = Counter()
    undated = looped = whole = 0
    for case, spans in groupby(passed, key=lambda each: each.case):
        steps = sorted(spans, key=lambda each: each.seq)
        way = tuple(step.value for step in steps)
        whole += 1
        undated += steps[0].undated
        looped += len(set(way)) < len(way)
        went[way] += 1
        _keep_newest(newest.setdefault(way, []), (steps[0].from_at, case))
        visits.update(set(way))
        resting[way[-1]] += 1
        cases_of.update(set(pairwise(way)))
        for before, after in pairwise(steps):
            pair = (before.value, after.value)
            counts[pair] += 1
            days = None if before.undated else working_days(before.from_at, after.from_at)
            if days is not None:
                times.setdefault(pair, Counter())[days] += 1
    ordered = sorted(went.items(), key=lambda each: (-each[1], each[0]))
    return Process(
        cases=whole,
        undated=undated,
        looped=looped,
        ways=len(went),
        steps=tuple(
            Step(
                source=pair[0],
                target=pair[1],
                times=count,
                cases=cases_of[pair],
                timed=sum(times.get(pair, Counter()).values()),
                halves=twice_median(times.get(pair, Counter())),
            )
            for pair, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        ),
        variants=tuple(
            Variant(states=way, cases=count, examples=tuple(_newest_first(newest[way])))
            for way, count in ordered[:variants_max]
        ),
        visits=dict(visits),
        resting=dict(resting),
    )


def _keep_newest(kept: list[tuple[int, CaseId]], case: tuple[int, CaseId]) -> None:
    """Keep a case among the newest of a way: so few are shown that a million need not be remembered."""
    if len(kept) < SHOWN_CASES:
        heappush(kept, case)
    else:
        heappushpop(kept, case)


def _newest_first(kept: list[tuple[int, CaseId]]) -> Iterator[CaseId]:
    return (case for _at, case in sorted(kept, key=lambda each: (-each[0], each[1])))


def twice_median(counts: Counter[int]) -> int | None:
    """Return twice the median of counted numbers, None of none.

    >>> twice_median(Counter({3: 1, 4: 1})), twice_median(Counter({1: 2, 9: 1})), twice_median(Counter())
    (7, 2, None)
    """
    whole = sum(counts.values())
    if not whole:
        return None
    return _nth(counts, (whole - 1) // 2) + _nth(counts, whole // 2)


def _nth(counts: Counter[int], place: int) -> int:
    for number in sorted(counts):
        place -= counts[number]
        if place < 0:
            return number
    raise AssertionError("there are as many numbers as were counted")


def is_off_the_way(variant: Variant, norm: Sequence[str]) -> bool:
    """Say whether a way is not a beginning of the most frequent whole one: what is still on it is no deviation."""
    return tuple(norm[: len(variant.states)]) != variant.states
