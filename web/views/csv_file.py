"""A table as a file for a spreadsheet program, in which no cell is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """Return the text as a spreadsheet program shows it and never runs it: what would begin a formula is quoted.

    >>> safe_cell("=1+1"), safe_cell("88.9%")
    ("'=1+1", '88.9%')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV that begins with a mark of its encoding, by which the office's programs know it."""
    stream = StringIO(newline="")
    writer = csv.writer(stream)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    return "\ufeff" + stream.getvalue()


def csv_response(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """Return the file as a download of this name."""
    return Response(
        csv_text(rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv"},
    )
