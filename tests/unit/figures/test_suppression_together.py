"""Several tables on one whole (by unit, category, month): nothing small can be reckoned from all of them together.

As in ``test_suppression``, the oracle knows nothing of the rule. It lists every population that agrees with what both
tables and the whole print. Two tables with the same numbers of each kind of case always belong to some population, so
that it is enough to let them agree on the whole.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest

from engine.figures.suppression import FEW, Number, Row, marked_together

MOST = 9
COLUMNS: Mapping[str, tuple[int, ...]] = {"numerator": (0,), "denominator": (0, 1), "rest": (1,)}
"""A share: which kinds of cases each of its numbers counts; the rest is never printed."""
Counts = tuple[int, ...]


def row(counts: Sequence[int]) -> Row:
    return {
        name: Number(sum(counts[kind] for kind in kinds), {kind: 1 for kind in kinds if counts[kind]}, name != "rest")
        for name, kinds in COLUMNS.items()
    }


def of(name: str, counts: Sequence[int]) -> int:
    return sum(counts[kind] for kind in COLUMNS[name])


def agrees(counts: Counts, seen: Row, marks: Mapping[str, str]) -> bool:
    """Say whether a set of cases agrees with what is printed of it; what is marked is never nothing."""
    return all(
        (of(name, counts) > 0) if name in marks else (of(name, counts) == number.value)
        for name, number in seen.items()
        if number.is_printed
    )


def drawn(seed: int) -> list[list[Counts]]:
    """Return two tables over one population: the counts of each kind, by unit and by category."""
    dice = random.Random(seed)
    cells = [[[dice.choice([0, 0, 1, 2, 3, 4]) for _kind in range(2)] for _category in range(2)] for _unit in range(2)]
    by_unit = [tuple(sum(cells[u][c][k] for c in range(2)) for k in range(2)) for u in range(2)]
    by_category = [tuple(sum(cells[u][c][k] for u in range(2)) for k in range(2)) for c in range(2)]
    return [by_unit, by_category]


def known(tables: Sequence[Sequence[Counts]]) -> list[tuple[str, int, str]]:
    """Return table, row and column of each small number that is the same in every population that fits."""
    total = tuple(map(sum, zip(*tables[0], strict=True)))
    marks, of_tables = marked_together(row(total), [[row(group) for group in groups] for groups in tables])
    wholes: list[dict[Counts, list[tuple[Counts, ...]]]] = []
    for groups, held in zip(tables, of_tables, strict=True):
        fits = [
            [counts for counts in itertools.product(range(MOST + 1), repeat=2) if agrees(counts, row(group), one)]
            for group, one in zip(groups, held, strict=True)
        ]
        by_whole: dict[Counts, list[tuple[Counts, ...]]] = defaultdict(list)
        for chosen in itertools.product(*fits):
            by_whole[tuple(map(sum, zip(*chosen, strict=True)))].append(chosen)
        wholes.append(by_whole)
    both = [whole for whole in wholes[0] if whole in wholes[1] and agrees(whole, row(total), marks)]
    values: dict[tuple[str, int, str], set[int]] = defaultdict(set)
    for whole in both:
        for name in COLUMNS:
            values["whole", 0, name].add(of(name, whole))
            for table, by_whole in zip(("unit", "category"), wholes, strict=True):
                for chosen in by_whole[whole]:
                    for place, counts in enumerate(chosen):
                        values[table, place, name].add(of(name, counts))
    return [where for where, found in values.items() if len(found) == 1 and 0 < next(iter(found)) < 5]


# In these, each table protected by itself gives away what the other one holds back of the whole.
TOLD_APART = (113, 198, 266, 366, 433, 470, 665)


@pytest.mark.parametrize("seed", [*range(30), *TOLD_APART])
def test_no_small_number_can_be_reckoned_from_two_tables_by_trying_every_population(seed: int) -> None:
    tables = drawn(seed)
    assert known(tables) == [], tables


def one(value: int) -> Row:
    return {"count": Number(value, {0: 1})}


def test_a_whole_that_one_table_must_hide_is_hidden_though_the_other_could_show_it() -> None:
    whole, (by_unit, by_category) = marked_together(one(3), [[one(3), one(0)], [one(3)]])
    assert whole == {"count": FEW}
    assert [dict(each) for each in by_unit] == [{"count": FEW}, {}]
    assert [dict(each) for each in by_category] == [{"count": FEW}]


def test_a_hidden_whole_is_not_left_to_be_added_up() -> None:
    # 16 of 18 in all, and nothing small in the table by category but what belongs to the rest.
    whole, (by_unit, by_category) = marked_together(
        row((16, 2)), [[row((9, 1)), row((7, 1))], [row((8, 2)), row((8, 0))]]
    )
    assert "numerator" in whole
    for table in (by_unit, by_category):
        assert any("numerator" in marks for marks in table)
