"""No number from 1 to 4 can be reckoned from official figures: held against whoever tries every population there is.

The oracle knows nothing of the rule: it lists every population that agrees with all that is printed, and asks whether a
hidden number is the same in all of them.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from engine.figures.suppression import FEW, Number, Row, marked

MOST = 9
"""No group has more of a kind of case in the oracle's tables."""


@dataclass(frozen=True)
class Sample:
    """Counts of kinds of cases by group, and columns that each count some kinds; rests are never printed."""

    counts: tuple[tuple[int, ...], ...]
    columns: Mapping[str, tuple[int, ...]]
    rests: frozenset[str] = frozenset()

    def rows(self) -> tuple[Row, list[Row]]:
        whole = [sum(column) for column in zip(*self.counts, strict=True)]
        return self._row(whole), [self._row(group) for group in self.counts]

    def _row(self, counts: Sequence[int]) -> Row:
        return {
            name: Number(
                sum(counts[kind] for kind in kinds),
                {kind: 1 for kind in kinds if counts[kind]},
                name not in self.rests,
            )
            for name, kinds in self.columns.items()
        }


def known(sample: Sample) -> list[tuple[int, str]]:
    """Return row and column of each small number that is the same in every population that fits what is printed."""
    whole, groups = sample.rows()
    marks = [marked(whole, groups)[0], *marked(whole, groups)[1]]
    printed = [
        {name: number.value for name, number in row.items() if number.is_printed and name not in held}
        for row, held in zip([whole, *groups], marks, strict=True)
    ]
    hidden = [
        [name for name, number in row.items() if number.is_printed and name in held]
        for row, held in zip([whole, *groups], marks, strict=True)
    ]
    kinds = len(sample.counts[0])
    fits = []
    for place in range(1, len(groups) + 1):
        fits.append([
            counts
            for counts in itertools.product(range(MOST + 1), repeat=kinds)
            if all(_of(sample, name, counts) == value for name, value in printed[place].items())
            and all(_of(sample, name, counts) > 0 for name in hidden[place])
        ])  # fmt: skip
    values: dict[tuple[int, str], set[int]] = {}
    for chosen in itertools.product(*fits):
        together = tuple(map(sum, zip(*chosen, strict=True)))
        if any(_of(sample, name, together) != value for name, value in printed[0].items()):
            continue
        if any(_of(sample, name, together) == 0 for name in hidden[0]):
            continue
        for place, counts in enumerate((together, *chosen)):
            for name in sample.columns:
                values.setdefault((place, name), set()).add(_of(sample, name, counts))
    return [where for where, found in values.items() if len(found) == 1 and 0 < next(iter(found)) < 5]


def _of(sample: Sample, name: str, counts: Sequence[int]) -> int:
    return sum(counts[kind] for kind in sample.columns[name])


def a_sample(seed: int) -> Sample:
    """Return a share (numerator, denominator, rest) and a further column over two or three groups."""
    dice = random.Random(seed)
    kinds = 2 if seed % 3 else 3
    groups = 3 if kinds == 2 else 2
    counts = tuple(
        tuple(dice.choice([0, 0, 1, 2, 3, 4, 5, 6, 7]) for _kind in range(kinds)) for _group in range(groups)
    )
    every = tuple(range(kinds))
    columns: dict[str, tuple[int, ...]] = {"numerator": (0,), "denominator": every, "rest": every[1:]}
    if kinds == 3:
        columns["beside"] = (dice.randrange(3),)
    return Sample(counts, columns, frozenset({"rest"}))


@pytest.mark.parametrize("chunk", range(4))
def test_no_small_number_can_be_reckoned_by_trying_every_population(chunk: int) -> None:
    for seed in range(chunk * 15, chunk * 15 + 15):
        sample = a_sample(seed)
        assert known(sample) == [], (seed, sample)


def row(**values: int) -> Row:
    """Return a row whose numbers each count cases of their own."""
    return {name: Number(value, {place: 1}) for place, (name, value) in enumerate(values.items())}


def test_small_numbers_are_held_back_and_nobody_and_five_are_not() -> None:
    marks, _groups = marked(row(none=0, one=1, four=4, five=5), [])
    assert marks == {"one": FEW, "four": FEW}


def test_a_single_small_number_of_a_column_takes_the_smallest_other_one_with_it() -> None:
    _whole, groups = marked(row(count=22), [row(count=2), row(count=7), row(count=13)])
    assert [dict(one) for one in groups] == [{"count": FEW}, {"count": FEW}, {}]


def test_two_numbers_that_make_two_are_not_left_to_be_told() -> None:
    _whole, groups = marked(row(count=10), [row(count=1), row(count=1), row(count=8)])
    assert [dict(one) for one in groups] == [{"count": FEW}, {"count": FEW}, {"count": FEW}]


def test_the_whole_goes_where_nothing_else_is_left() -> None:
    whole, groups = marked(row(count=3), [row(count=3), row(count=0)])
    assert (whole, groups) == ({"count": FEW}, [{"count": FEW}, {}])


def test_a_number_that_sums_of_others_give_takes_one_of_them_with_it() -> None:
    good, fair, bad = {0: 1}, {1: 1}, {2: 1}
    evaluated = {0: 1, 1: 1, 2: 1}
    one_row = {
        "good": Number(20, good),
        "fair": Number(10, fair),
        "bad": Number(2, bad),
        "evaluated": Number(32, evaluated),
    }
    marks, _groups = marked(one_row, [])
    assert marks == {"bad": FEW, "fair": FEW}


def test_a_share_with_a_small_rest_is_not_printed() -> None:
    share = {"n": Number(9, {0: 1}), "d": Number(10, {0: 1, 1: 1}), "rest": Number(1, {1: 1}, is_printed=False)}
    marks, _groups = marked(share, [])
    assert set(marks) == {"rest", "n"}
