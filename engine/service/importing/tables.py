"""A register as a table: the heading row found, rows under it numbered as people count them. What cells mean is
decided by a map."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.errors import ImportRefused
from engine.service.importing.cells import Value, heading_of, is_empty, shown
from engine.service.importing.delimited import DELIMITERS, delimited_lines, encoding_of
from engine.service.importing.sheets import Line, is_workbook, opened_sheets
from engine.text import Text

FILE_BYTES_MAX = 50 * 1024 * 1024
ROWS_MAX = 200_000
COLUMNS_MAX = 100
HEADING_ROWS_MAX = 10
HEADINGS_MIN = 2
_BINARY_CONTROL = frozenset(range(0x20)) - {0x09, 0x0A, 0x0C, 0x0D}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the sheet, counted from 1, and its cells by heading as written in the file."""

    number: int
    cells: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A register that may be read more than once; ``hash`` is SHA-256 of the file, in hex."""

    path: Path
    hash: str
    headings: tuple[str, ...]
    _lines: Callable[[], AbstractContextManager[Iterator[Line]]]

    def rows(self) -> Iterator[Row]:
        """Yield the rows under the headings, empty ones left out; raises ImportRefused past the limit of rows."""
        with self._lines() as lines:
            for number, cells in lines:
                if number > ROWS_MAX + HEADING_ROWS_MAX:
                    raise _too_many()
                if not all(is_empty(value) for value in cells):
                    yield Row(number, dict(zip(self.headings, cells, strict=False)))


def open_table(path: Path, known: Collection[str]) -> Table:
    """Find the register in a file.

    Args:
        path: an .xlsx, .xls, .ods or .csv file; its content decides what it is, not its name.
        known: the headings a map knows, as ``heading_of`` writes them. The first of the top ten rows that holds two
            of them is the heading row.

    Raises:
        ImportRefused: the file is no spreadsheet, empty, too large, protected, in an unknown encoding, or holds no
            row of known headings.
    """
    size = _size(path)
    if size == 0:
        raise ImportRefused(Text("文件是空的", "The file is empty"))
    if size > FILE_BYTES_MAX:
        raise ImportRefused(
            Text(
                f"文件超过 {FILE_BYTES_MAX >> 20} MB，请拆分后导入",
                f"The file is larger than {FILE_BYTES_MAX >> 20} MB",
            )
        )
    with path.open("rb") as stream:
        begin = stream.read(4096)
    digest = _hash(path)
    if is_workbook(begin):
        return _from_workbook(path, digest, known)
    _refuse_other(begin)
    return _from_text(path, digest, known)


def table_of(digest: str, headings: Sequence[str], rows: Sequence[Row]) -> Table:
    """Return rows that were read before as a register of their own; ``digest`` is that of the file they came from."""

    @contextmanager
    def lines() -> Iterator[Iterator[Line]]:
        yield ((row.number, [row.cells.get(heading) for heading in headings]) for row in rows)

    return Table(path=Path("-"), hash=digest, headings=tuple(headings), _lines=lines)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ImportRefused(
            Text(f"文件无法读取：{error.strerror}", f"The file cannot be read: {error.strerror}")
        ) from error


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _refuse_other(begin: bytes) -> None:
    """Refuse what is neither a workbook nor text: pictures, web pages that only bear a spreadsheet's name."""
    start = begin.lstrip()[:200].lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml", b"{\\rtf", b"%pdf")):
        raise _no_spreadsheet()
    utf16 = begin.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not utf16 and sum(1 for byte in begin if byte in _BINARY_CONTROL) > len(begin) // 50:
        raise _no_spreadsheet()


def _from_workbook(path: Path, digest: str, known: Collection[str]) -> Table:
    best: list[str] = []
    with opened_sheets(path) as sheets:
        for place, lines in enumerate(sheets):
            found = _find_headings(lines, known, best)
            if found is not None:
                number, headings = found
                opener = partial(_sheet_rows, path, place, number)
                return Table(path=path, hash=digest, headings=headings, _lines=opener)
    raise _no_headings(best, known)


@contextmanager
def _sheet_rows(path: Path, place: int, after: int) -> Iterator[Iterator[Line]]:
    with opened_sheets(path) as sheets:
        for at, lines in enumerate(sheets):
            if at == place:
                yield (line for line in lines if line[0] > after)
                return


def _from_text(path: Path, digest: str, known: Collection[str]) -> Table:
    encoding = encoding_of(path)
    best: list[str] = []
    for delimiter in DELIMITERS:
        found = _find_headings(delimited_lines(path, encoding, delimiter), known, best)
        if found is not None:
            number, headings = found
            opener = partial(_text_rows, path, encoding, delimiter, number)
            return Table(path=path, hash=digest, headings=headings, _lines=opener)
    raise _no_headings(best, known)


@contextmanager
def _text_rows(path: Path, encoding: str, delimiter: str, after: int) -> Iterator[Iterator[Line]]:
    yield (line for line in delimited_lines(path, encoding, delimiter) if line[0] > after)


def _find_headings(
    lines: Iterator[Line], known: Collection[str], best: list[str]
) -> tuple[int, tuple[str, ...]] | None:
    """Return the number of the heading row and the headings; ``best`` takes the fullest row seen, for the refusal."""
    needed = min(HEADINGS_MIN, len(known))
    for number, cells in lines:
        if number > HEADING_ROWS_MAX:
            return None
        names = [heading_of(value) for value in cells]
        if len([name for name in names if name]) > len(best):
            best[:] = [shown(value).strip() for value, name in zip(cells, names, strict=True) if name]
        if sum(1 for name in names if name in known) >= needed:
            return number, _headings(cells, known)
    return None


def _headings(cells: Sequence[Value], known: Collection[str]) -> tuple[str, ...]:
    """Return one name per column; columns without a heading are called by their letter."""
    last = max(place for place, value in enumerate(cells) if not is_empty(value)) + 1
    if last > COLUMNS_MAX:
        raise ImportRefused(Text(f"列数超过 {COLUMNS_MAX}", f"There are more than {COLUMNS_MAX} columns"))
    names: list[str] = []
    for place, value in enumerate(cells[:last]):
        name = " ".join(shown(value).split()) or f"（{_letters(place)} 列）"
        if any(heading_of(name) == heading_of(other) for other in names):
            if heading_of(name) in known:
                raise ImportRefused(
                    Text(f"列“{name}”出现了两次，请改名或删去一列", f"The column {name!r} stands twice")
                )
            name = f"{name}（{_letters(place)} 列）"
        names.append(name)
    return tuple(names)


def _letters(place: int) -> str:
    """Return how a sheet calls a column: A for 0, AA for 26."""
    letters: deque[str] = deque()
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters.appendleft(chr(ord("A") + letter))
    return "".join(letters)


def _no_headings(best: Sequence[str], known: Collection[str]) -> ImportRefused:
    if not best:
        return ImportRefused(Text("文件里没有内容", "There is nothing in the file"))
    found, wanted = "、".join(best[:12]), "、".join(sorted(known)[:40])
    return ImportRefused(
        Text(
            f"前 {HEADING_ROWS_MAX} 行里没有找到表头。表中有：{found}；可识别的列名：{wanted}",
            f"No heading row in the first {HEADING_ROWS_MAX} rows. There is: {found}; known headings: {wanted}",
        ),
        known=sorted(known),
    )


def _no_spreadsheet() -> ImportRefused:
    return ImportRefused(
        Text(
            "这不是可读的电子表格，请另存为 .xlsx、.xls、.ods 或 .csv",
            "This is no spreadsheet we can read; save it as .xlsx, .xls, .ods or .csv",
        )
    )


def _too_many() -> ImportRefused:
    return ImportRefused(Text(f"行数超过 {ROWS_MAX}，请拆分后导入", f"There are more than {ROWS_MAX} rows; split it"))
