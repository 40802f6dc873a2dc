"""PDF files: scripts and hidden programs refused, and a copy for handlers that has pages and nothing else."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Final

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, PdfObject, StreamObject

from engine.service.filing.kinds import Refused
from engine.service.filing.pictures import jpeg_without_notes

PAGES_MAX: Final = 3000
OBJECTS_MAX: Final = 200_000
_ACTIVE_ACTIONS: Final = frozenset(
    {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/RichMediaExecute"}
)
_ACTIVE_KEYS: Final = frozenset({"/JS", "/JavaScript", "/XFA"})
_ACTIVE_MARKS: Final = frozenset({"/RichMedia", "/Movie", "/Screen", "/3D", "/Sound"})
_DROPPED: Final = (
    "/Metadata", "/PieceInfo", "/AA", "/OpenAction", "/A", "/PA", "/Names", "/EmbeddedFiles", "/EF", "/AF", "/Thumb",
    "/LastModified", "/Perms", "/Collection", "/Threads", "/B", "/SpiderInfo", "/Info", "/Author", "/Creator",
    "/Producer", "/Title", "/Subject", "/Keywords", "/CreationDate", "/ModDate", "/DPartRoot", "/OPI", "/Lang_never",
)  # fmt: skip
_DROPPED_OF_MARKS: Final = ("/T", "/Contents", "/M", "/NM", "/Subj", "/RC", "/Popup", "/IRT", "/Parent", "/TU", "/TM")
_KEPT_MARKS: Final = frozenset(
    {"/Widget", "/FreeText", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Ink", "/Line", "/Square"}
    | {"/Circle", "/Polygon", "/PolyLine", "/Stamp", "/Caret"}
)


def stripped_pdf(data: bytes) -> bytes:
    """Return the pages alone, without properties, links, attachments and notes about notes.

    Raises:
        Refused: it is not whole, protected by a password, or does something of its own accord.
    """
    logging.disable(logging.CRITICAL)  # what the library thinks of the file is nobody's business
    if b"%%EOF" not in data[-2048:]:
        raise Refused("damaged")
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise Refused("protected")
        if not 1 <= len(reader.pages) <= PAGES_MAX:
            raise Refused("damaged")
        for found in _objects(reader):
            _demand_quiet(found)
        return _rewritten(reader)
    except Refused:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        raise Refused("damaged") from error
    except (NotImplementedError, AssertionError, OverflowError, EOFError) as error:
        raise Refused("damaged") from error


def _objects(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Yield every dictionary of the file, also those that nothing points to, each once."""
    numbers = {number for table in reader.xref.values() for number in table} | set(reader.xref_objStm)
    if len(numbers) > OBJECTS_MAX:
        raise Refused("expands")
    for number in sorted(numbers):
        found = reader.get_object(IndirectObject(number, 0, reader))
        if found is not None:
            yield from _inside(found, 0)
    yield from _inside(reader.trailer, 0)


def _inside(value: object, depth: int) -> Iterator[DictionaryObject]:
    """Yield the dictionaries that stand in a value itself; what it points to is met where it stands."""
    if depth > 60:
        raise Refused("expands")
    if isinstance(value, DictionaryObject):
        yield value
        for key in value:
            yield from _inside(value.raw_get(key), depth + 1)
    elif isinstance(value, ArrayObject):
        for item in list.__iter__(value):
            yield from _inside(item, depth + 1)


def _demand_quiet(found: DictionaryObject) -> None:
    if not _ACTIVE_KEYS.isdisjoint(found):
        raise Refused("active")
    if "/S" in found and str(found.raw_get("/S")) in _ACTIVE_ACTIONS:
        raise Refused("active")
    if "/Subtype" in found and str(found.raw_get("/Subtype")) in _ACTIVE_MARKS and "/Rect" in found:
        raise Refused("active")


def _rewritten(reader: PdfReader) -> bytes:
    writer = PdfWriter()
    for page in reader.pages:
        page[NameObject("/Annots")] = ArrayObject(_kept_marks(page))
        writer.add_page(page)
    for found in writer._objects:
        for inner in _inside(found, 0):
            _strip(inner)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _kept_marks(page: DictionaryObject) -> list[PdfObject]:
    kept: list[PdfObject] = []
    marks = page.get("/Annots")
    for mark in marks if isinstance(marks, ArrayObject) else ():
        found = mark.get_object()
        if isinstance(found, DictionaryObject) and str(found.get("/Subtype")) in _KEPT_MARKS:
            kept.append(mark)
    return kept


def _strip(found: DictionaryObject) -> None:
    for key in _DROPPED:
        # A page tree's own keys never carry these names; an outline's title goes with its outline.
        if key in found:
            del found[key]
    if "/Subtype" in found and str(found.raw_get("/Subtype")) in _KEPT_MARKS and "/Rect" in found:
        for key in _DROPPED_OF_MARKS:
            if key in found:
                del found[key]
    if isinstance(found, StreamObject) and str(found.get("/Filter")) in ("/DCTDecode", "['/DCTDecode']"):
        found._data = jpeg_without_notes(found._data)
