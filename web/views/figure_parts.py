"""The parts of a figures' page as plain values: tables whose cells lead somewhere, what is drawn of them, readings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from web.views.charts import BarChart, LineChart

ROWS_MAX: Final = 60

Link = Callable[[str, str, str | None], str]
"""Gives the address of the cases behind a column, of a group (grouping, key) or of the whole ("")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A word or a number of a cell, and where it leads."""

    text: str
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: its head, which columns hold numbers, its rows. ``more`` rows stand in the file only."""

    head: tuple[str, ...]
    numbers: frozenset[int]
    rows: tuple[tuple[tuple[Line, ...], ...], ...]
    more: int = 0
    totals: frozenset[int] = frozenset()
    """Rows that stand for the whole, by their places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section of a page."""

    id: str
    title: str
    notes: tuple[str, ...]
    table: Table
    bars: BarChart | None = None
    line: LineChart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a section says of one subject: the figure, how sure it is and what it is made of, and the number drawn."""

    text: str
    number: float | None
    first: Line
    second: Line
    is_weak: bool
    interval: str = "—"
    spread: float | None = None
    cases: int = 0


def cut(table: Table) -> Table:
    """Return the rows that a page shows; the others stand in the file."""
    return replace(table, rows=table.rows[:ROWS_MAX], more=max(0, len(table.rows) - ROWS_MAX))
