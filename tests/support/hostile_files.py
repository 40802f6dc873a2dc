"""Files that try something, and honest ones beside them, made by code: what a name says and what the bytes are."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import xlsxwriter
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

CANARY: Final = "CANARY7F3A"
GPS: Final = 0x8825
_TYPES = "application/vnd.openxmlformats-officedocument"
WORD_TYPES: Final = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPES}.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    "</Types>"
)
WORD_TEXT: Final = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml">'
    '<w:body><w:p w:rsidR="00AB12CD" w14:paraId="7F3A0001"><w:ins w:id="1" w:author="CANARY7F3A" '
    'w:date="2026-03-01T08:00:00Z"><w:r><w:t>夜班食堂没有热汤</w:t></w:r></w:ins></w:p></w:body></w:document>'
)
RELATIONS: Final = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/package/2006/'
    'relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>'
)
CORE: Final = f"<coreProperties><creator>{CANARY}</creator><lastModifiedBy>{CANARY}</lastModifiedBy></coreProperties>"
COMMENTS: Final = (
    '<w:comments xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:comment w:id="0" '
    f'w:author="{CANARY}" w:initials="{CANARY}"><w:p><w:r><w:t>批注的话</w:t></w:r></w:p></w:comment></w:comments>'
)
Parts = Mapping[str, str | bytes]


class Sent(NamedTuple):
    """A file as somebody sends it."""

    name: str
    data: bytes


def photograph(ending: str = "jpg", *, orientation: int = 6) -> bytes:
    """Return a picture, 40 wide and 20 high as it lies, with the place, the camera and a thumbnail's worth of notes."""
    notes = Image.Exif()
    notes[0x010F], notes[0x0112], notes[0x013B] = CANARY, orientation, CANARY
    notes[GPS] = {1: "N", 2: (31.0, 14.0, 5.0), 3: "E", 4: (121.0, 28.0, 1.0)}
    picture = Image.new("RGB", (40, 20), (200, 30, 30))
    picture.paste((30, 30, 200), (0, 0, 10, 20))
    out = io.BytesIO()
    kind = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[ending]
    more = {"comment": CANARY.encode()} if ending == "jpg" else {}
    picture.save(out, kind, exif=notes, **more)
    return out.getvalue()


def package(parts: Parts, *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def word(more: Parts | None = None, **changed: str | bytes) -> bytes:
    """Return a text in the newer Word format, with parts added or exchanged (``types``, ``text``)."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": changed.get("types", WORD_TYPES),
        "_rels/.rels": RELATIONS,
        "word/document.xml": changed.get("text", WORD_TEXT),
        "word/comments.xml": COMMENTS,
        "docProps/core.xml": CORE,
    }
    return package({**parts, **(more or {})})


def workbook() -> bytes:
    """Return a workbook whose properties and comments name somebody."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.set_properties({"author": CANARY, "company": CANARY, "manager": CANARY})
        sheet = book.add_worksheet("名单")
        sheet.write(0, 0, "夜班津贴")
        sheet.write_comment("A1", "请核对", {"author": CANARY})
    return out.getvalue()


def pdf(change: Callable[[PdfWriter], None] | None = None) -> bytes:
    """Return a file of one page whose properties and marks name somebody."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 100)
    mark = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Highlight"),
            NameObject("/Rect"): ArrayObject([NumberObject(n) for n in (10, 10, 50, 20)]),
            NameObject("/T"): TextStringObject(CANARY),
            NameObject("/Contents"): TextStringObject(CANARY),
        }
    )
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(mark)])
    writer.add_metadata({"/Author": CANARY, "/Creator": CANARY, "/Title": CANARY})
    if change is not None:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_action(kind: str, **parts: str) -> Callable[[PdfWriter], None]:
    """Return what makes a file do something when it is opened."""

    def change(writer: PdfWriter) -> None:
        action = DictionaryObject({NameObject("/S"): NameObject(kind)})
        action.update({NameObject(f"/{name}"): TextStringObject(value) for name, value in parts.items()})
        writer._root_object[NameObject("/OpenAction")] = writer._add_object(action)

    return change


def with_attachment(writer: PdfWriter) -> None:
    writer.add_attachment("secret.txt", CANARY.encode())


def with_password(writer: PdfWriter) -> None:
    writer.encrypt("geheim")


def old_office(*streams: str) -> bytes:
    """Return an old Office file whose directory names these streams, each of one sector chain."""
    free, last, fat = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    names = ["Root Entry", *streams]
    content = b"\x09\x08" * 4096  # 8192 bytes: sixteen sectors a stream
    directory = b""
    table = [fat, last]  # sector 0 is the table, sector 1 (and 2) the directory
    sectors_of_directory = -(-len(names) * 128 // 512)
    table = [fat, *range(2, 1 + sectors_of_directory), last]
    place = 1 + sectors_of_directory
    for number, name in enumerate(names):
        wide = name.encode("utf-16-le") + b"\0\0"
        kind, start, size = (5, last, 0) if number == 0 else (2, place, len(content))
        if kind == 2:
            table += [*range(place + 1, place + 16), last]
            place += 16
        entry = wide.ljust(64, b"\0") + struct.pack("<HBB", len(wide), kind, 1)
        directory += entry.ljust(116, b"\0") + struct.pack("<III", start, size, 0)
    body = struct.pack("<128I", *table, *[free] * (128 - len(table)))
    body += directory.ljust(sectors_of_directory * 512, b"\0") + content * len(streams)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, last, 0, last, 0)
    return header + struct.pack("<109I", 0, *[free] * 108) + body


def sound(kind: str) -> bytes:
    """Return a second of silence."""
    match kind:
        case "wav":
            data = bytes(800)
            head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
            return head + struct.pack("<4sI", b"data", len(data)) + data
        case "amr":
            return b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50
        case "mp3":
            return b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10) + (b"\xff\xfb\x90\x00" + bytes(413)) * 20
        case _:
            boxes = ((b"ftyp", (b"M4A " if kind == "m4a" else b"isom") + bytes(4) + b"mp42"), (b"moov", bytes(64)))
            return b"".join(
                struct.pack(">I", len(body) + 8) + name + body for name, body in (*boxes, (b"mdat", bytes(99)))
            )


def huge_png(width: int, height: int) -> bytes:
    """Return a picture of a few bytes that says it is this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def linked(name: str, target: str) -> bytes:
    """Return a text with a symbolic link in it."""
    out = io.BytesIO(word())
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o120777 << 16
        archive.writestr(info, target)
    return out.getvalue()


def lying(parts: Parts) -> bytes:
    """Return a zip whose directory says of its last part that it is one byte long."""
    data = bytearray(package(parts))
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 1)
    return bytes(data)
