"""In which row and column a state stands: rows by the longest way to it, the first column for the main way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

Pair = tuple[str, str]


def layers(names: Sequence[str], pairs: Sequence[Pair]) -> dict[str, int]:
    """Return the row of each name: one below all those that stand before it in ``names`` and lead to it.

    What goes back to a name that stands before counts for nothing; a name nothing leads to stands beside the one
    before it.

    >>> layers(["a", "b", "c", "d"], [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")])
    {'a': 0, 'b': 1, 'c': 2, 'd': 2}
    """
    place = {name: n for n, name in enumerate(names)}
    rows: dict[str, int] = {}
    for name in names:
        before = [rows[source] for source, target in pairs if target == name and place[source] < place[name]]
        beside = rows[names[place[name] - 1]] if rows else 0
        rows[name] = max(before) + 1 if before else beside
    return rows


def spine(rows: Mapping[str, int], pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return the main way: the longest chain of names, each leading to the next in the row below it.

    Where several lead to the next, the first of them is on it; of chains as long, the one that ends in most lines.
    """
    order = {name: n for n, name in enumerate(rows)}
    lines = Counter(name for pair in pairs for name in pair)
    steps = [(source, target) for source, target in pairs if rows[target] == rows[source] + 1]

    def way_to(name: str) -> tuple[str, ...]:
        way = [name]
        while before := [source for source, target in steps if target == way[-1]]:
            way.append(min(before, key=lambda one: order[one]))
        return tuple(reversed(way))

    return max(map(way_to, rows), key=lambda way: (len(way), lines[way[-1]], -order[way[-1]]), default=())


def columns(rows: Mapping[str, int], main: Sequence[str]) -> dict[str, int]:
    """Return the column of each name: 0 on the main way, from 1 on for the others of each row, in their order."""
    found = dict.fromkeys(main, 0)
    # A row without a name of the main way begins in the first column all the same.
    taken = {rows[name]: 1 for name in main}
    for name, row in rows.items():
        if name not in found:
            found[name] = taken.get(row, 0)
            taken[row] = found[name] + 1
    return found
