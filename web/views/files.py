"""The files of a case as a page lists them: name, size, and what a reader should know before saving one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.service.filing.cabinet import ERASED, WITHHELD, HeldFile
from web.words import Words

_KIB: Final = 1024
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """One file; ``address`` is None where nothing can be given, and ``note`` then says why."""

    name: str
    size: str
    address: str | None
    note: str | None = None


def file_links(case: str, files: Iterable[HeldFile], words: Words) -> dict[str, FileLink]:
    """Return the files by id."""
    return {file.id: _link(case, file, words) for file in files}


def _link(case: str, file: HeldFile, words: Words) -> FileLink:
    note = words.say(ERASED) if file.erased else words.say(WITHHELD) if file.withheld else None
    if note is None and file.copy:
        note = words.t("file_copy")
    address = f"/cases/{case}/files/{file.id}" if file.open else None
    return FileLink(name=file.name, size=size_of(file.size), address=address, note=note)


def size_of(size: int) -> str:
    """Return a size as people read it.

    >>> size_of(900), size_of(3_000_000)
    ('1 KiB', '2.9 MiB')
    """
    return f"{size / _MIB:.1f} MiB" if size >= _MIB else f"{-(-size // _KIB)} KiB"
