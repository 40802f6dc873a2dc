"""The sheets of an organisation's workbook: which sheet holds what, and its rows by column. What they mean together is
worked out in ``organisation``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from engine.errors import ImportRefused
from engine.service.importing.cells import Value, heading_of, is_empty
from engine.service.importing.sheets import Line, is_workbook, opened_sheets
from engine.text import Text

ROWS_MAX: Final = 50_000
HEADING_ROWS_MAX: Final = 10


class SheetKind(StrEnum):
    """What a sheet holds, in the order in which its rows are understood."""

    UNITS = "units"
    PERSONS = "persons"
    GRANTS = "grants"
    SESSIONS = "sessions"
    DELEGATIONS = "delegations"


TITLES: Final[Mapping[SheetKind, Text]] = {
    SheetKind.UNITS: Text("单位", "units"),
    SheetKind.PERSONS: Text("人员", "persons"),
    SheetKind.GRANTS: Text("授权", "grants"),
    SheetKind.SESSIONS: Text("届次", "congress sessions"),
    SheetKind.DELEGATIONS: Text("代表团", "delegations"),
}

COLUMNS: Final[Mapping[SheetKind, Mapping[str, tuple[str, ...]]]] = {
    SheetKind.UNITS: {
        "code": ("编码", "单位编码", "code"),
        "name": ("名称", "单位名称", "name"),
        "name_en": ("英文名", "英文名称", "name_en", "english name"),
        "parent": ("上级", "上级单位", "parent"),
        "from_on": ("启用日期", "from"),
        "until_on": ("停用日期", "until"),
        "successor": ("承接单位", "successor"),
    },
    SheetKind.PERSONS: {
        "login": ("登录名", "账号", "login"),
        "name": ("姓名", "name"),
        "number": ("工号", "人员编号", "number", "staff number"),
        "unit": ("单位", "部门", "unit"),
        "active": ("在职", "active"),
    },
    SheetKind.GRANTS: {
        "person": ("登录名", "工号", "人员", "login", "person"),
        "role": ("角色", "role"),
        "unit": ("单位", "unit"),
        "from_on": ("自", "起始日期", "from"),
        "until_on": ("至", "截止日期", "until"),
    },
    SheetKind.SESSIONS: {
        "term": ("届", "term"),
        "meeting": ("次", "meeting"),
        "name": ("名称", "name"),
        "name_en": ("英文名", "英文名称", "name_en", "english name"),
        "unit": ("单位", "unit"),
        "call_opens_on": ("征集开始", "call opens"),
        "call_closes_on": ("征集截止", "call closes"),
        "opens_on": ("开幕", "开幕日期", "opens"),
        "closes_on": ("闭幕", "闭幕日期", "closes"),
        "reply_due_on": ("答复期限", "replies due"),
    },
    SheetKind.DELEGATIONS: {
        "term": ("届", "term"),
        "meeting": ("次", "meeting"),
        "code": ("编码", "代表团编码", "code"),
        "name": ("名称", "代表团", "name"),
        "name_en": ("英文名", "英文名称", "name_en", "english name"),
        "members": ("成员", "members"),
    },
}

# Looked for in this order: a sheet of grants also has persons, one of delegations also has a session.
_MARKS: Final[tuple[tuple[SheetKind, frozenset[str]], ...]] = (
    (SheetKind.GRANTS, frozenset({"person", "role"})),
    (SheetKind.DELEGATIONS, frozenset({"code", "members"})),
    (SheetKind.SESSIONS, frozenset({"term", "meeting"})),
    (SheetKind.PERSONS, frozenset({"name", "login"})),
    (SheetKind.PERSONS, frozenset({"name", "number"})),
    (SheetKind.UNITS, frozenset({"code", "name"})),
)
_NAMES: Final = {
    kind: {heading_of(heading): column for column, headings in columns.items() for heading in headings}
    for kind, columns in COLUMNS.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row of a sheet that was recognised, its cells by column; absent columns are absent."""

    kind: SheetKind
    number: int
    cells: Mapping[str, Value]

    def cell(self, column: str) -> Value:
        """Return the value of a column, None where the sheet has no such column."""
        return self.cells.get(column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """Every row of every sheet recognised; ``unknown`` counts, from 1, the sheets whose headings say nothing to us."""

    rows: tuple[SheetRow, ...]
    unknown: tuple[int, ...]

    def of(self, kind: SheetKind) -> Iterator[SheetRow]:
        """Yield the rows of one kind, in the order of the file."""
        return (row for row in self.rows if row.kind is kind)


def read_workbook(path: Path) -> Workbook:
    """Read an .xlsx, .xls or .ods file; raises ImportRefused when it is none or no sheet of it is recognised."""
    _demand_workbook(path)
    rows: list[SheetRow] = []
    unknown: list[int] = []
    with opened_sheets(path) as sheets:
        for place, lines in enumerate(sheets, start=1):
            found = _headings(lines)
            if found is None:
                unknown.append(place)
                continue
            kind, columns = found
            rows.extend(_rows(kind, columns, lines))
            if len(rows) > ROWS_MAX:
                raise ImportRefused(Text(f"行数超过 {ROWS_MAX}，请拆分", f"More than {ROWS_MAX} rows; split the file"))
    if not rows:
        headings = "；".join(
            f"{TITLES[kind].zh}：{'、'.join(h[0] for h in COLUMNS[kind].values())}" for kind in SheetKind
        )
        raise ImportRefused(
            Text(
                f"没有找到可识别的工作表。各表列名为 {headings}",
                "No sheet is recognised; see banjie unit import --help",
            )
        )
    return Workbook(rows=tuple(rows), unknown=tuple(unknown))


def _demand_workbook(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            begin = stream.read(16)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ImportRefused(Text(f"文件无法读取：{reason}", f"The file cannot be read: {reason}")) from error
    if not is_workbook(begin):
        raise ImportRefused(Text("请用 .xlsx、.xls 或 .ods 文件", "Give an .xlsx, .xls or .ods file"))


def _headings(lines: Iterator[Line]) -> tuple[SheetKind, list[str | None]] | None:
    """Return what a sheet holds and the column at each place; None when its top rows name nothing we know."""
    for number, cells in lines:
        headings = [heading_of(value) for value in cells]
        for kind, marks in _MARKS:
            columns = [_NAMES[kind].get(heading) for heading in headings]
            if marks <= set(columns):
                return kind, columns
        if number >= HEADING_ROWS_MAX:
            return None
    return None


def _rows(kind: SheetKind, columns: list[str | None], lines: Iterator[Line]) -> Iterator[SheetRow]:
    for number, values in lines:
        cells = {name: value for name, value in zip(columns, values, strict=False) if name is not None}
        if not all(is_empty(value) for value in cells.values()):
            yield SheetRow(kind=kind, number=number, cells=cells)
