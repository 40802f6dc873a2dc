"""Files in one archive, made on disk and sent piece by piece."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from engine.case.scope import SHANGHAI
from engine.service.papers_out import MadeFile

CHUNK_BYTES: Final = 64 * 1024


def write_zip(
    file: BinaryIO, files: Iterable[MadeFile], at: datetime, told: Callable[[int], None] = lambda _done: None
) -> int:
    """Write an archive and return of how many files; a name that was there before gets a number.

    The times in it are those of ``at``, in Shanghai. ``told`` is called with how many files there are so far.
    """
    local, names = at.astimezone(SHANGHAI), set[str]()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for one in files:
            name = _free(one.name, names)
            names.add(name)
            info = ZipInfo(name, date_time=local.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, one.content)
            told(len(names))
    return len(names)


def zip_pieces(files: Iterable[MadeFile], at: datetime) -> Iterator[bytes]:
    """Yield an archive of files."""
    with tempfile.TemporaryFile() as file:
        write_zip(file, files, at)
        file.seek(0)
        while piece := file.read(CHUNK_BYTES):
            yield piece


def _free(name: str, taken: set[str]) -> str:
    stem, _dot, kind = name.rpartition(".")
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{stem} ({number}).{kind}"
    return free
