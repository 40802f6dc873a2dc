"""Tables as files to take along: CSV and .xlsx, nothing in which is ever taken for a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from starlette.responses import Response, StreamingResponse

from engine.errors import NotFound
from engine.text import Text
from web.words import Words

EXPORT_ROWS_MAX: Final = 10_000
"""So many rows one file holds; whoever needs more narrows the list, by unit or by session."""
CHUNK_BYTES: Final = 64 * 1024
ROWS_AT_ONCE: Final = 500
WIDTH_MAX: Final = 40
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_BYTE_ORDER_MARK: Final = "\ufeff"


class Kind(StrEnum):
    """The kinds of file."""

    CSV = "csv"
    XLSX = "xlsx"


TYPES: Final = {
    Kind.CSV: "text/csv; charset=utf-8",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def kind_of(name: str) -> Kind:
    """Return the kind that the end of an address names; raises NotFound for any other."""
    if name not in tuple(Kind):
        raise NotFound(Text("没有这种导出格式", "There is no such kind of file"))
    return Kind(name)


def offered(words: Words, path: str, query: str = "") -> list[tuple[str, str]]:
    """Return the kinds of file that a list is had as: what a page calls each, and its address."""
    return [(words.t(f"export_{kind}"), f"{path}.{kind}{f'?{query}' if query else ''}") for kind in Kind]


Cell = str | int | float | date | None
"""What may stand in a cell of a sheet: in .xlsx dates are dates and numbers numbers."""


def file_of(kind: Kind, name: str, titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return a table as a file to keep, sent piece by piece.

    Args:
        kind: of file.
        name: what the file is called, without its ending; plain letters.
        titles: of the columns.
        rows: of cells; in CSV a date is written as 2026-03-02.
    """
    body = csv_pieces(titles, rows) if kind is Kind.CSV else xlsx_pieces(titles, rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return StreamingResponse(body, media_type=TYPES[kind], headers=headers)


def csv_pieces(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a CSV file, with the mark by which spreadsheet programs know that it is UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(_BYTE_ORDER_MARK)
    writer.writerow([no_formula(title) for title in titles])
    for number, row in enumerate(rows, start=1):
        writer.writerow([no_formula(_plain(cell)) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield text.getvalue().encode("utf-8")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8")


def xlsx_pieces(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield an .xlsx file with a filter over its titles; a text stays a text, whatever stands in it.

    It is made on disk, row by row.
    """
    import xlsxwriter  # a twentieth of a second at every start, and most processes never make such a file

    with tempfile.TemporaryFile() as file:
        with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
            sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.freeze_panes(1, 0)
            number = 0
            for column, title in enumerate(titles):
                sheet.set_column(column, column, min(WIDTH_MAX, 2 * len(title) + 8))
                sheet.write_string(0, column, title, bold)
            for number, row in enumerate(rows, start=1):
                for column, cell in enumerate(row):
                    match cell:
                        case date():
                            sheet.write_datetime(number, column, cell, day)
                        case int() | float():
                            sheet.write_number(number, column, cell)
                        case str():
                            sheet.write_string(number, column, cell)
            if titles:
                sheet.autofilter(0, 0, number, len(titles) - 1)
        file.seek(0)
        while piece := file.read(CHUNK_BYTES):
            yield piece


def _plain(cell: Cell) -> str:
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)


def no_formula(cell: str) -> str:
    """Return a cell that a spreadsheet program takes for text: an apostrophe keeps it from reckoning.

    >>> no_formula("=1+1"), no_formula("食堂")
    ("'=1+1", '食堂')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
