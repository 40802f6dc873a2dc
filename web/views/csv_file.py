"""Rows as a CSV file to download, the first of them its titles; how files are made stands in ``web.exports``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.responses import Response

from web.exports import Kind, file_of, no_formula


def csv_response(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """Return the file as a download of this name, plain letters; no cell of it is taken for a formula."""
    titles, *others = rows
    return file_of(Kind.CSV, name, [no_formula(title) for title in titles], others)
