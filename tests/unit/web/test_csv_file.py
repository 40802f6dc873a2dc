"""Files for spreadsheet programs: nothing in them runs, and the office's programs read their Chinese."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from web.views.csv_file import csv_response, csv_text, safe_cell


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠x"])
def test_what_would_begin_a_formula_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "88.9%", "立案率", "—", "＜5", "12"])
def test_plain_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def test_the_file_tells_its_encoding_and_is_read_back() -> None:
    text = csv_text([["单位", "件数"], ["后勤, “二”", "3"]])
    assert text.startswith("\ufeff")
    assert list(csv.reader(StringIO(text.removeprefix("\ufeff")))) == [["单位", "件数"], ["后勤, “二”", "3"]]


def test_the_download_is_named() -> None:
    answer = csv_response("提案-趋势", [["a"]])
    assert answer.headers["content-disposition"].endswith("%E6%8F%90%E6%A1%88-%E8%B6%8B%E5%8A%BF.csv")
    assert answer.media_type == "text/csv; charset=utf-8"
