"""Rows as a file for spreadsheet programs: nothing in them runs, not even among the titles."""

from __future__ import annotations

import asyncio

from starlette.responses import StreamingResponse

from web.exports import Kind, file_of


def test_no_cell_runs_and_no_title() -> None:
    answer = file_of(Kind.CSV, "sample", ["=unit", "件数"], [["后勤, “二”", "@1"]])
    assert isinstance(answer, StreamingResponse)

    async def whole() -> bytes:
        return b"".join([bytes(piece) async for piece in answer.body_iterator])  # type: ignore[arg-type]  # bytes only

    text = asyncio.run(whole()).decode("utf-8-sig")
    assert text.splitlines() == ["'=unit,件数", '"后勤, “二”",\'@1']
    assert answer.headers["content-disposition"] == 'attachment; filename="sample.csv"'
