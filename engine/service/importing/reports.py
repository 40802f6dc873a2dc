"""What an import did: the report, and the refused rows as a file that can be mended and imported again."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import xlsxwriter

from engine.case.identity import CaseId
from engine.errors import InputRefused
from engine.text import Text

ROW_HEADING = "行号 Row"
REASON_HEADING = "未导入原因 Reason"
STATE_HEADING = "已到状态 State reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row not imported, or not to its end: then ``case`` is what it became and ``state`` where that stands."""

    number: int
    reason: Text
    cells: tuple[str, ...]
    case: CaseId | None = None
    state: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRow:
    """A row that the workflow allows. ``known``: it had been imported before; ``case`` is what it became or was."""

    number: int
    case: CaseId | None
    known: bool
    undated: bool


class HasRefused(Protocol):
    """A report that names refused rows under the headings of the file they came from."""

    @property
    def headings(self) -> tuple[str, ...]: ...

    @property
    def refused(self) -> tuple[RefusedRow, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import of a register did.

    ``created`` rows became cases, ``repeated`` ones had been imported before; ``moves`` were newly made, those of
    children included. ``undated`` rows hold at least one move without a date. ``unused`` are the headings no column of
    the map reads. Of a dry run, ``created`` and ``moves`` say what would be done if no row had been imported before.
    ``played`` are the rows that were not refused, where that was asked for.
    """

    file_hash: str
    headings: tuple[str, ...]
    unused: tuple[str, ...]
    rows: int
    created: int
    repeated: int
    moves: int
    undated: int
    refused: tuple[RefusedRow, ...]
    dry_run: bool
    played: tuple[PlayedRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What an import of an event log did; ``notes`` are events kept without a move, ``moved_later`` moves whose time
    lay before the one that must come first."""

    file_hash: str
    headings: tuple[str, ...]
    events: int
    cases: int
    created: int
    repeated: int
    moves: int
    notes: int
    moved_later: int
    refused: tuple[RefusedRow, ...]


def write_refused(report: HasRefused, path: Path) -> None:
    """Write the refused rows with number, reason and their cells as they were, as .xlsx or .csv by the file's name.

    The file can be mended and imported again: the added columns are not known to any map.
    """
    match path.suffix.lower():
        case ".xlsx":
            _write_workbook(report, path)
        case ".csv":
            with path.open("w", encoding="utf-8-sig", newline="") as stream:
                csv.writer(stream).writerows([_unarmed(cell) for cell in line] for line in _lines(report))
        case suffix:
            raise InputRefused(
                Text(f"报告只能写成 .xlsx 或 .csv，不能写成“{suffix}”", f"Reports are .xlsx or .csv, not {suffix!r}")
            )


def _lines(report: HasRefused) -> Iterator[Sequence[str]]:
    yield [ROW_HEADING, REASON_HEADING, STATE_HEADING, *report.headings]
    for row in report.refused:
        state = "" if row.state is None else row.state.zh
        yield [str(row.number), row.reason.zh, state, *row.cells]


def _write_workbook(report: HasRefused, path: Path) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        sheet = workbook.add_worksheet("未导入")
        for place, line in enumerate(_lines(report)):
            sheet.write_row(place, 0, line)


def _unarmed(cell: str) -> str:
    """A cell that begins like a formula would be run by the program that opens the file: it is marked as text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
