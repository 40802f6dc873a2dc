"""Office files as the packages they are: every part looked at in memory, before and while it is unpacked."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from engine.service.filing.kinds import Refused
from engine.service.filing.markup import demand_plain_markup

PARTS_MAX: Final = 5000
PART_BYTES_MAX: Final = 96 * 1024 * 1024
UNPACKED_BYTES_MAX: Final = 128 * 1024 * 1024
RATIO_MAX: Final = 200
RATIO_FROM_BYTES: Final = 1024 * 1024
"""Smaller parts may be packed as well as they like."""
NESTED_MAX: Final = 1
"""A package in a package (a table in a text) may be; one in that may not."""
MAIN: Final = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
_CONTENT: Final = {
    "docx": b"wordprocessingml.document.main+xml",
    "xlsx": b"spreadsheetml.sheet.main+xml",
    "pptx": b"presentationml.presentation.main+xml",
}
_TYPES: Final = "[Content_Types].xml"
_MARKUP: Final = frozenset({"xml", "rels", "vml", "svg"})
_PICTURES: Final = frozenset({"png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "wdp", "ico"})
_OTHERS: Final = frozenset({"odttf", "fntdata", "ttf", "mp4", "m4a", "mp3", "wav", "docx", "xlsx", "pptx"})
_HARMLESS: Final = _MARKUP | _PICTURES | _OTHERS
_LINKS: Final = re.compile(rb"<[^<>]*>")
_REMOTE: Final = re.compile(rb"Target\s*=\s*[\"'](https?:|ftp:|\\\\|//)", re.IGNORECASE)
"""A template from another machine is a program from there."""
_PRINTER: Final = "printersettings"
_ACTIVE: Final = ("vbaproject", "vbadata", "activex", "macrosheets", "oleobject", "customui", "ctrlprops")
_REFUSED_FLAGS: Final = 0x1 | 0x40 | 0x2000
"""Encrypted in one way or another."""


@dataclass(slots=True)
class Package:
    """A package that was looked at: what kind it is, and its parts by name."""

    ending: str
    parts: dict[str, bytes] = field(repr=False)


@dataclass(slots=True)
class Allowance:
    """What may still be unpacked of a file, all packages in it taken together."""

    parts: int = PARTS_MAX
    size: int = UNPACKED_BYTES_MAX


def read_package(data: bytes, allowance: Allowance | None = None, depth: int = 0) -> Package:
    """Return the package with all its parts; raises Refused for what it may not be or hold."""
    allowance = Allowance() if allowance is None else allowance
    if depth > NESTED_MAX:
        raise Refused("expands")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _demand_whole(archive, data)
            parts = dict(_parts(archive, data, allowance))
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError, OSError) as error:
        raise Refused("damaged") from error
    except RuntimeError as error:  # what the library says of encrypted parts
        raise Refused("protected") from error
    ending = _ending(parts)
    for name, part in parts.items():
        _look_at(name, part, allowance, depth)
    return Package(ending, parts)


def _demand_whole(archive: zipfile.ZipFile, data: bytes) -> None:
    """Refuse something before or behind the package: it would be a second file."""
    first = min((info.header_offset for info in archive.infolist()), default=-1)
    tail = len(archive.comment) + 22
    if first != 0 or data[-tail : -tail + 4] != b"PK\x05\x06" or archive.comment:
        raise Refused("mixed")


def _parts(archive: zipfile.ZipFile, data: bytes, allowance: Allowance) -> Iterator[tuple[str, bytes]]:
    infos = archive.infolist()
    allowance.parts -= len(infos)
    names = [info.filename.lower() for info in infos]
    if allowance.parts < 0 or sum(info.file_size for info in infos) > allowance.size:
        raise Refused("expands")
    if len(set(names)) != len(names):
        raise Refused("damaged")
    for info in infos:
        _demand_plain_path(info)
        if info.flag_bits & _REFUSED_FLAGS:
            raise Refused("protected")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("damaged")
        if info.file_size > RATIO_FROM_BYTES and info.file_size > RATIO_MAX * max(info.compress_size, 1):
            raise Refused("expands")
        if info.file_size > PART_BYTES_MAX or info.compress_size > len(data):
            raise Refused("expands")
        if info.is_dir():
            continue
        with archive.open(info) as part:
            # One byte more than is said: what unpacks to more was lying.
            content = part.read(info.file_size + 1)
        if len(content) != info.file_size:
            raise Refused("expands")
        allowance.size -= len(content)
        yield info.filename, content


def _demand_plain_path(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    steps = name.split("/")
    if (
        not name
        or name.startswith("/")
        or "\\" in name
        or "\0" in name
        or ":" in name
        or ".." in steps
        or len(name) > 255
        or any(ord(sign) < 32 for sign in name)
        or stat.S_ISLNK(info.external_attr >> 16)
    ):
        raise Refused("paths")


def _ending(parts: dict[str, bytes]) -> str:
    types = parts.get(_TYPES)
    if types is None:
        raise Refused("unknown")
    demand_plain_markup(types)
    if b"macroenabled" in types.lower():
        raise Refused("active")
    for ending, main in MAIN.items():
        if main in parts and _CONTENT[ending] in types:
            return ending
    raise Refused("unknown")


def _look_at(name: str, part: bytes, allowance: Allowance, depth: int) -> None:
    lower = name.lower()
    ending = lower.rpartition(".")[2]
    if any(word in lower for word in _ACTIVE):
        raise Refused("active")
    if ending == "bin" and _PRINTER in lower:
        return
    if ending not in _HARMLESS:
        raise Refused("active")
    if ending in _MARKUP:
        demand_plain_markup(part)
        if ending == "rels" and any(
            _REMOTE.search(link) for link in _LINKS.findall(part) if b"attachedTemplate" in link
        ):
            raise Refused("active")
    elif part.startswith(b"PK\x03\x04"):
        if ending not in MAIN:
            raise Refused("mixed")
        read_package(part, allowance, depth + 1)
    elif ending in MAIN or part.startswith((b"MZ", b"\x7fELF")):
        raise Refused("mixed")
