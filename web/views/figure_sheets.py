"""Figures as rows of a spreadsheet: every number in a cell of its own, with what was left out of it beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.figures.measures import DENOMINATOR, NUMERATOR, Counted, Tally
from engine.figures.report import Report
from web.exports import Cell
from web.views.figure_parts import Table
from web.words import Words

TITLES: Final = (
    "measure", "figures_sheet_group", "figures_sheet_numerator", "figures_sheet_denominator", "value",
    "figures_sheet_low", "figures_sheet_high", "figures_sheet_small", "excluded", "beside",
)  # fmt: skip


def measure_titles(words: Words) -> list[str]:
    """Return the titles of the columns of the measures."""
    return [words.t(name) for name in TITLES]


def measure_rows(report: Report, words: Words) -> Iterator[list[Cell]]:
    """Yield each measure, of all and of each group. Rates are in per cent; a number that is not printed is its mark."""
    for measure in report.measures:
        yield [words.say(measure.title), None, *_cells(measure.total, report.decimals, words)]
        for key, tally in measure.groups:
            yield [
                words.say(measure.title),
                words.say(report.groups[key]),
                *_cells(tally, report.decimals, words),
            ]


def part_rows(table: Table) -> Iterator[list[Cell]]:
    """Yield the rows of another table of the figures, numbers as numbers."""
    for row in table.rows:
        yield [as_number("；".join(line.text for line in cell)) for cell in row]


def as_number(text: str) -> Cell:
    """Return a whole number where a text is nothing else.

    >>> as_number("1,204"), as_number("37/40"), as_number("")
    (1204, '37/40', '')
    """
    digits = text.replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() else text


def _cells(tally: Tally, decimals: int, words: Words) -> Sequence[Cell]:
    interval, value = tally.interval(decimals), tally.value(decimals)
    return (
        as_number(tally.shown(NUMERATOR, tally.numerator)),
        None if tally.denominator is None else as_number(tally.shown(DENOMINATOR, tally.denominator)),
        _rate(value),
        None if interval is None else _rate(interval.low),
        None if interval is None else _rate(interval.high),
        words.t("yes") if tally.small else None,
        _lines("excluded", tally.excluded, tally, words),
        _lines("beside", tally.beside, tally, words),
    )


def _rate(text: str) -> Cell:
    return float(text) if text.replace(".", "", 1).isdigit() else text


def _lines(kind: str, lines: Sequence[Counted], tally: Tally, words: Words) -> str | None:
    told = [f"{words.say(line.title)} {tally.shown(f'{kind}.{line.id}', line.count)}" for line in lines]
    return "；".join(told) or None
