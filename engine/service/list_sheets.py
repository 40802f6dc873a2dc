"""A code list as a table: its columns, what goes out in them, and the rows of a file that comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from engine.definition.model import CodeList
from engine.errors import ImportRefused, InputRefused
from engine.service.importing.cells import Value, day_of, heading_of, is_empty, shown, text_of
from engine.service.importing.tables import Row, open_table
from engine.service.list_changes import CODES_MAX, CodeRow, code_row
from engine.text import Text

HEADINGS: Final = {
    "code": Text("代码", "Code"),
    "zh": Text("名称", "Name in Chinese"),
    "en": Text("英文名称", "Name in English"),
    "until": Text("可选至", "Until"),
}
"""The columns of a file, in order. In either language they are known again."""
_ALSO: Final = {"编码": "code", "中文名称": "zh", "英文名": "en", "停用日期": "until"}
_KNOWN: Final = {
    **{heading_of(heading): column for column, title in HEADINGS.items() for heading in (title.zh, title.en)},
    **{heading_of(heading): column for heading, column in _ALSO.items()},
}
_FORMULA: Final = ("=", "+", "-", "@")


def rows_out(part: CodeList) -> Iterator[tuple[str, str, str, date | None]]:
    """Yield the codes of a list as the rows of a file."""
    return ((item.code, item.title.zh, item.title.en, item.until_on) for item in part.items)


def read_codes(path: Path) -> list[CodeRow]:
    """Return the rows of an .xlsx, .xls, .ods or .csv file; what a row cannot say is told with it.

    A column that is not there leaves all as it is; an empty cell says that there is nothing.

    Raises:
        ImportRefused: it is no table, has no column of codes, or more rows than a list may have.
    """
    table = open_table(path, _KNOWN)
    columns = {heading: _KNOWN[heading_of(heading)] for heading in table.headings if heading_of(heading) in _KNOWN}
    if "code" not in columns.values():
        raise ImportRefused(
            Text(
                "表中没有“代码”一列，请下载现行代码表，在其中修改后上传",
                "There is no column of codes: download the list, change it there, and bring it back",
            )
        )
    rows: list[CodeRow] = []
    for row in table.rows():
        cells = {column: row.cells[heading] for heading, column in columns.items() if heading in row.cells}
        if all(is_empty(value) for value in cells.values()):
            continue
        if len(rows) >= CODES_MAX:
            raise ImportRefused(
                Text(f"表中代码超过 {CODES_MAX:,} 个，请分几次上传", f"There are more than {CODES_MAX:,} rows of codes")
            )
        rows.append(_row(row, cells))
    return rows


def _row(row: Row, cells: dict[str, Value]) -> CodeRow:
    wrong: Text | None = None
    said: dict[str, str] = {}
    for column, value in cells.items():
        try:
            said[column] = _text(column, value)
        except InputRefused as error:
            said[column], wrong = shown(value), error.text
    made = code_row(said.get("code", ""), said.get("zh"), said.get("en"), said.get("until"), row=row.number)
    return replace(made, wrong=wrong)


def _text(column: str, value: Value) -> str:
    if column == "until" and isinstance(value, date):
        day = day_of(value)
        return "" if day is None else day.isoformat()
    text = text_of(value)
    # A CSV file of ours keeps a cell from being taken for a formula by an apostrophe.
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
