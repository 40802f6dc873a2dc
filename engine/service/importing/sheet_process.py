"""Reads a workbook in a process of its own and prints its rows, one JSON text per line. Run as a script.

The library behind it ends the whole process on some damaged files, and a small file may ask for any amount of memory:
here that costs a child, never a server. It imports nothing of ours, so that it starts quickly.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

MEMORY_BYTES_MAX = 1024 * 1024 * 1024
CPU_SECONDS_MAX = 120
DAY, INSTANT, OTHER = "d", "i", "o"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def main(path: str) -> int:
    """Print ``{"sheet": name}`` before the rows of each visible sheet, ``{"end": true}`` when all is printed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _print_workbook(path)
    except PasswordError:
        print(json.dumps({"error": "password"}))  # noqa: T201 - printing is what this script is for
    except (CalamineError, OSError, ValueError, MemoryError, WorksheetNotFound):
        print(json.dumps({"error": "damaged"}))  # noqa: T201 - printing is what this script is for
    return 0


def _print_workbook(path: str) -> None:
    with Path(path).open("rb") as stream:
        begin = stream.read(len(OLE_MAGIC))
        if begin != OLE_MAGIC:
            stream.seek(0)
            _print_sheets(CalamineWorkbook.from_filelike(stream))
            return
        if ENCRYPTED in stream.read():
            raise PasswordError
    # Only a file called .xls is asked for a password; what ours is called, its content decides.
    with TemporaryDirectory() as folder:
        alias = Path(folder) / "register.xls"
        alias.symlink_to(Path(path).resolve())
        _print_sheets(CalamineWorkbook.from_path(alias))


def _print_sheets(workbook: CalamineWorkbook) -> None:
    write = sys.stdout.write
    for sheet in workbook.sheets_metadata:
        if sheet.typ is not SheetTypeEnum.WorkSheet or sheet.visible is not SheetVisibleEnum.Visible:
            continue
        content = workbook.get_sheet_by_name(sheet.name)
        if content.start is None:
            continue
        write(json.dumps({"sheet": sheet.name}) + "\n")
        for row in content.iter_rows():  # from the sheet's first row on, empty ones included
            write(json.dumps([_plain(value) for value in row]) + "\n")
    write(json.dumps({"end": True}) + "\n")


def _plain(value: object) -> object:
    match value:
        case datetime():
            return {INSTANT: value.isoformat()}
        case date():
            return {DAY: value.isoformat()}
        case time() | timedelta():
            return {OTHER: str(value)}
        case _:
            return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
