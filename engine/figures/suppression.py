"""Which numbers of official figures are not printed, so that nobody who complained can be counted out.

The rule, for workflows that know confidential cases. In every row (the whole, and each group):

1. A number from 1 to 4 is not printed; nobody is somebody, so 0 is. A share's rest, its denominator less its numerator,
   is a number that is never printed: where it is from 1 to 4, it is protected like the others.
2. A number that can be reckoned from numbers printed in its row is not left to be reckoned: the smallest of those it
   would be reckoned from is not printed either. What can be reckoned is taken from the cases themselves: whatever sums
   hold between the figures of a row hold there, whether a definition says so or not.
3. A number that can be reckoned in its column, where the groups of a table add up to the whole, is protected in the
   same way: the smallest other number of the column that is printed, or in the end the whole, is not printed. All
   tables (by unit, by category, by month ...) stand on one whole: what one of them must hold back of it, none prints;
   and where the whole is not printed, no table is left to add up to it.

2 and 3 hold for everything that is not printed, for whatever reason, and are repeated until nothing is left to be
done: a reckoning of several steps has no first step. All that is not printed carries one mark (＜5), so that the mark
does not tell what is small from what is held back for its sake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, TypeVar

K = TypeVar("K", int, str)
SMALL: Final = 5
FEW: Final = "<5"
"""Stands for a number that is not printed: from 1 to 4, or held back so that another one stays unknown."""

Vector = Mapping[int, int]
"""How much each kind of case adds to a number."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a row: its value, what each kind of case adds to it, and whether it is printed if nothing forbids."""

    value: int
    parts: Vector
    is_printed: bool = True


Row = Mapping[str, Number]
"""The numbers of the whole or of a group, by the names of their columns."""


@dataclass(slots=True)
class _Tables:
    """The rows, the whole first; the places of each table's groups among them; and what is marked so far."""

    rows: Sequence[Row]
    tables: Sequence[range]
    marks: list[dict[str, str]] = field(default_factory=list)
    dirty: set[int] = field(default_factory=set)

    def hold(self, place: int, name: str) -> None:
        """Do not print a number, so that its row is to be looked at again."""
        self.marks[place][name] = FEW
        self.dirty.add(place)


def marked(whole: Row, groups: Sequence[Row]) -> tuple[Mapping[str, str], Sequence[Mapping[str, str]]]:
    """Return the marks of what is not printed, by column: of the whole, and of each group."""
    marks, (of_groups,) = marked_together(whole, [groups])
    return marks, of_groups


def marked_together(
    whole: Row, tables: Sequence[Sequence[Row]]
) -> tuple[Mapping[str, str], Sequence[Sequence[Mapping[str, str]]]]:
    """Return the same for several tables that break one whole down, each by something else."""
    rows: list[Row] = [whole]
    places: list[range] = []
    for groups in tables:
        places.append(range(len(rows), len(rows) + len(groups)))
        rows.extend(groups)
    found = _Tables(rows, [each for each in places if each])
    found.marks = [{name: FEW for name, number in row.items() if 0 < number.value < SMALL} for row in rows]
    found.dirty = set(range(len(rows)))
    while found.dirty:
        while found.dirty:
            _by_row(found, found.dirty.pop())
        _by_columns(found)
    return found.marks[0], [[found.marks[place] for place in each] for each in places]


def _by_row(found: _Tables, place: int) -> None:
    """Hold more back in a row until nothing that is not printed can be reckoned from it."""
    row, marks = found.rows[place], found.marks[place]
    while True:
        printed = [name for name, number in row.items() if number.is_printed and name not in marks and number.parts]
        basis = _Basis()
        for name in sorted(printed, key=lambda name: -row[name].value):
            basis.add(name, row[name].parts)
        used = next((used for name in marks if (used := basis.reckoned(row[name].parts))), None)
        if used is None:
            return
        marks[min(used, key=lambda other: row[other].value)] = FEW


def _by_columns(found: _Tables) -> None:
    """Do the same for columns of groups that add up to the whole."""
    for name in found.rows[0]:
        if not all(row[name].is_printed for row in found.rows):
            continue
        for table in found.tables:
            _in_column(found, table, name)


def _in_column(found: _Tables, table: range, name: str) -> None:
    held = [place for place in table if name in found.marks[place]]
    if name in found.marks[0]:
        if held:
            return
    else:
        together = sum(found.rows[place][name].value for place in held)
        # Two numbers that make two are one and one: what is not printed is never nothing.
        if not held or (len(held) > 1 and together > len(held)):
            return
    others = [place for place in table if place not in held and found.rows[place][name].value]
    smallest = min(others, key=lambda place: found.rows[place][name].value, default=0)
    if name not in found.marks[smallest]:
        found.hold(smallest, name)


class _Basis:
    """Vectors in echelon form, each with how it was made of the named ones."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, dict[int, Fraction], dict[str, Fraction]]] = []

    def add(self, name: str, parts: Vector) -> None:
        """Take in a vector, unless it can be reckoned already."""
        rest, made = self._reduced({place: Fraction(value) for place, value in parts.items() if value})
        if rest:
            pivot = min(rest)
            lead = rest[pivot]
            made = {other: -factor / lead for other, factor in made.items()}
            made[name] = made.get(name, Fraction(0)) + 1 / lead
            self._rows.append((pivot, {place: value / lead for place, value in rest.items()}, made))

    def reckoned(self, parts: Vector) -> list[str]:
        """Return the names of the vectors that this one is a sum of; none where it is not, or is nothing."""
        rest, made = self._reduced({place: Fraction(value) for place, value in parts.items() if value})
        return [] if rest else [name for name, factor in made.items() if factor]

    def _reduced(self, rest: dict[int, Fraction]) -> tuple[dict[int, Fraction], dict[str, Fraction]]:
        made: dict[str, Fraction] = {}
        for pivot, vector, ways in self._rows:
            factor = rest.get(pivot)
            if factor:
                _take(rest, vector, factor)
                _take(made, ways, -factor)
        return rest, made


def _take(left: dict[K, Fraction], vector: Mapping[K, Fraction], factor: Fraction) -> None:
    for place, value in vector.items():
        less = left.get(place, Fraction(0)) - factor * value
        if less:
            left[place] = less
        else:
            left.pop(place, None)


def summed(parts: Iterable[tuple[int, int]]) -> Vector:
    """Return a vector without what adds nothing."""
    return {place: value for place, value in parts if value}
