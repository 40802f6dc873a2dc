"""The sheets of a workbook (.xlsx, .xls, .ods), row by row, read by ``sheet_process`` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, cast

from engine.errors import ImportRefused
from engine.service.importing.cells import Value
from engine.text import Text

UNZIPPED_BYTES_MAX = 1024 * 1024 * 1024
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SCRIPT = Path(__file__).with_name("sheet_process.py")
_ODS = "application/vnd.oasis.opendocument.spreadsheet"

Line = tuple[int, Sequence[Value]]
"""A row as it stands in the file: its number as people count, and its cells."""


def is_workbook(begin: bytes) -> bool:
    """Return whether a file that begins like this is a workbook, or claims to be one."""
    return begin.startswith((ZIP_MAGIC, OLE_MAGIC))


@contextmanager
def opened_sheets(path: Path) -> Iterator[Iterator[Iterator[Line]]]:
    """Open a workbook and give its visible sheets in order, each as an iterator of lines.

    A sheet's lines must be taken before the next sheet is asked for. Raises ImportRefused, also while reading, when
    the file is damaged, protected by a password, or asks for more than a register may need.
    """
    _check_container(path)
    with subprocess.Popen(
        [sys.executable, "-I", str(_SCRIPT), str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield _sheets(cast(IO[bytes], process.stdout))
        finally:
            process.kill()


def _check_container(path: Path) -> None:
    """Look at the directory of a zip file before anything in it is unpacked."""
    with path.open("rb") as stream:
        if stream.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
            return
    try:
        with zipfile.ZipFile(path) as archive:
            names = {info.filename for info in archive.infolist()}
            size = sum(info.file_size for info in archive.infolist())
            kind = archive.read("mimetype")[:200].decode("latin-1").strip() if "mimetype" in names else ""
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise damaged() from error
    if size > UNZIPPED_BYTES_MAX:
        raise ImportRefused(
            Text("文件解压后超过 1 GiB，已拒绝读取", "The file unpacks to more than 1 GiB and was not read")
        )
    if "xl/workbook.xml" not in names and kind != _ODS:
        raise ImportRefused(
            Text(
                "这不是可读的电子表格，请另存为 .xlsx、.xls、.ods 或 .csv",
                "This is no spreadsheet we can read; save it as .xlsx, .xls, .ods or .csv",
            )
        )


def _sheets(stream: IO[bytes]) -> Iterator[Iterator[Line]]:
    begun = _Sheet()
    marker = _next(stream)
    while True:
        if isinstance(marker, list):
            raise AssertionError("rows come after the name of their sheet")
        if "end" in marker:
            return
        begun = _Sheet()
        yield begun.lines(stream)
        for _line in begun.rest(stream):
            pass
        marker = begun.marker or _next(stream)


class _Sheet:
    """The lines of one sheet, and what came after its last one."""

    def __init__(self) -> None:
        self.number = 0
        self.marker: dict[str, object] | None = None

    def lines(self, stream: IO[bytes]) -> Iterator[Line]:
        while self.marker is None:
            found = _next(stream)
            if isinstance(found, dict):
                self.marker = found
                return
            self.number += 1
            yield self.number, [_value(value) for value in found]

    def rest(self, stream: IO[bytes]) -> Iterator[Line]:
        """Yield what of the sheet nobody asked for."""
        yield from self.lines(stream)


def _next(stream: IO[bytes]) -> list[object] | dict[str, object]:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise damaged()
    found = cast(list[object] | dict[str, object], json.loads(line))
    if isinstance(found, dict) and (error := found.get("error")) is not None:
        raise _protected() if error == "password" else damaged()
    return found


def _value(value: object) -> Value:
    match value:
        case {"d": str(day)}:
            return date.fromisoformat(day)
        case {"i": str(at)}:
            return datetime.fromisoformat(at)
        case {"o": str(text)}:
            return text
        case _:
            return cast(Value, value)


def damaged() -> ImportRefused:
    """Return the refusal for a file whose content cannot be made out."""
    return ImportRefused(
        Text(
            "文件已损坏或内容过大，无法读取；请用表格软件打开后另存一份再导入",
            "The file is damaged or too large to read; open it in a spreadsheet program and save it anew",
        )
    )


def _protected() -> ImportRefused:
    return ImportRefused(
        Text("文件设有打开密码，请先取消密码", "The file is protected by a password; take the password off first")
    )
