"""The directory of an old Office file (.doc, .xls), read far enough to know what is in it and that it is whole."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from engine.service.filing.kinds import Refused

OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER_BYTES: Final = 512
_IN_HEADER: Final = 109
_ENTRY_BYTES: Final = 128
_STREAM: Final = 2
_SMALL_BYTES: Final = 4096
_ACTIVE: Final = frozenset({"macros", "_vba_project", "_vba_project_cur", "vba", "dir", "\x01ole10native", "package"})
_SECRET: Final = frozenset({"encryptedpackage", "encryptioninfo", "encryption"})
_LAST: Final = 0xFFFFFFFA


def old_office_ending(data: bytes) -> str:
    """Return ``doc`` or ``xls``.

    Raises:
        Refused: it is neither, is not whole, is protected by a password, or holds macros or embedded programs.
    """
    entries = list(_entries(data))
    names = {name.lower() for name, _kind, _start, _size in entries}
    if names & _SECRET:
        raise Refused("protected")
    if names & _ACTIVE:
        raise Refused("active")
    if "worddocument" in names:
        return "doc"
    if names & {"workbook", "book"}:
        return "xls"
    raise Refused("unknown")


def _entries(data: bytes) -> Iterator[tuple[str, int, int, int]]:
    """Yield name, kind, first sector and size of what the directory names, having seen that all of it is there."""
    shift = int.from_bytes(data[30:32], "little")
    if len(data) < 3 * _HEADER_BYTES or shift not in (9, 12):
        raise Refused("damaged")
    sector = 1 << shift
    table = _table(data, sector)
    directory = b"".join(_chain(data, table, sector, int.from_bytes(data[48:52], "little")))
    for place in range(0, len(directory), _ENTRY_BYTES):
        entry = directory[place : place + _ENTRY_BYTES]
        length, kind = int.from_bytes(entry[64:66], "little"), entry[66]
        if not kind or not 2 <= length <= 64:
            continue
        start, size = struct.unpack("<II", entry[116:124])
        if kind == _STREAM and size >= _SMALL_BYTES:
            held = sum(map(len, _chain(data, table, sector, start)))
            if held < size:
                raise Refused("damaged")
        yield entry[: length - 2].decode("utf-16-le", "replace"), kind, start, size


def _table(data: bytes, sector: int) -> list[int]:
    """Return the allocation table: after each sector, the next one of its chain."""
    count = int.from_bytes(data[44:48], "little")
    places = list(struct.unpack(f"<{_IN_HEADER}I", data[76:_HEADER_BYTES]))
    more, seen = int.from_bytes(data[68:72], "little"), 0
    while more < _LAST and seen <= len(data) // sector:
        block = _sector(data, sector, more)
        *found, more = struct.unpack(f"<{sector // 4}I", block)
        places += found
        seen += 1
    table: list[int] = []
    for place in places[:count]:
        table += struct.unpack(f"<{sector // 4}I", _sector(data, sector, place))
    return table


def _chain(data: bytes, table: list[int], sector: int, first: int) -> Iterator[bytes]:
    place = first
    for _round in range(len(table) + 1):
        if place >= _LAST:
            return
        if place >= len(table):
            raise Refused("damaged")
        yield _sector(data, sector, place)
        place = table[place]
    raise Refused("damaged")  # it runs in a circle


def _sector(data: bytes, sector: int, number: int) -> bytes:
    begin = (number + 1) * sector
    block = data[begin : begin + sector]
    if not block or (len(block) < sector and begin + len(block) != len(data)):
        raise Refused("damaged")
    return block.ljust(sector, b"\0")
