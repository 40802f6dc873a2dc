"""Copies for handlers: what one sees is there, and who made it, when, where and on what is gone."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from tests.support.hostile_files import (
    CANARY,
    GPS,
    Sent,
    pdf,
    photograph,
    with_attachment,
    word,
    workbook,
)
from tests.unit.filing.test_hostile_files import looked_into

PEOPLE = (
    '<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml">'
    f'<w15:person w15:author="{CANARY}"/></w15:people>'
)
SETTINGS = (
    '<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:zoom w:percent="90"/><w:rsids><w:rsidRoot w:val="00AB12CD"/><w:rsid w:val="00AB12CD"/></w:rsids></w:settings>'
)
LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="x/attachedTemplate" Target="file:///C:/Users/{CANARY}/t.dotx" TargetMode="External"/>'
    '<Relationship Id="r2" Type="x/hyperlink" Target="https://example.org/" TargetMode="External"/>'
    '<Relationship Id="r3" Type="x/people" Target="people.xml"/></Relationships>'
)


def copy_of(sent: Sent) -> bytes:
    """Return the copy of a file without metadata."""
    _ending, copy = looked_into(sent.data, sent.name.rpartition(".")[2])
    assert copy is not None
    return copy


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def holding(data: bytes, word_: str = CANARY) -> list[str]:
    """Return the parts of a package that hold a word, those of packages in it too."""
    found = []
    for name, part in parts_of(data).items():
        if word_.encode() in part:
            found.append(name)
        if part.startswith(b"PK"):
            found += [f"{name}/{inner}" for inner in holding(part, word_)]
    return found


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_a_picture_loses_place_camera_and_author_and_is_turned_as_it_was_meant(ending: str) -> None:
    original = photograph(ending, orientation=6)
    assert CANARY.encode() in original
    copy = copy_of(Sent(f"a.{ending}", original))
    assert CANARY.encode() not in copy
    with Image.open(io.BytesIO(copy)) as picture:
        assert dict(picture.getexif()) == {}
        assert not picture.getexif().get_ifd(GPS)
        assert "comment" not in picture.info
        # It lay on its side: 40 by 20 with a blue edge on the left becomes 20 by 40 with the blue edge on top.
        assert picture.size == (20, 40)
        red, _green, blue = picture.convert("RGB").getpixel((10, 3))  # type: ignore[misc]  # three colours, as asked
        assert blue > red


def test_a_text_of_word_loses_authors_dates_and_marks_of_editing_and_keeps_its_words() -> None:
    original = word(
        {
            "word/people.xml": PEOPLE,
            "word/settings.xml": SETTINGS,
            "word/_rels/document.xml.rels": LINKS,
            "word/media/image1.jpg": photograph(),
            "docProps/thumbnail.jpeg": photograph(),
        }
    )
    assert {"word/people.xml", "docProps/core.xml", "word/comments.xml", "word/media/image1.jpg"} <= set(
        holding(original)
    )
    copy = copy_of(Sent("a.docx", original))
    parts = parts_of(copy)
    assert holding(copy) == []
    assert holding(copy, "00AB12CD") == []
    assert holding(copy, "2026-03-01") == []
    assert not [name for name in parts if name.startswith("docProps/") or "people" in name]
    assert "夜班食堂没有热汤" in parts["word/document.xml"].decode()
    assert "批注的话" in parts["word/comments.xml"].decode()
    assert b'Target="https://example.org/"' in parts["word/_rels/document.xml.rels"]
    # Nothing points to what was left out, or programs would call the file broken.
    assert b"core.xml" not in parts["_rels/.rels"]
    assert b"core.xml" not in parts["[Content_Types].xml"]
    assert b"people.xml" not in parts["word/_rels/document.xml.rels"]


def test_parts_are_not_dated() -> None:
    with zipfile.ZipFile(io.BytesIO(copy_of(Sent("a.docx", word())))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_workbook_in_a_text_loses_its_author_too() -> None:
    original = word({"word/embeddings/a.xlsx": workbook()})
    assert any(name.startswith("word/embeddings/a.xlsx/") for name in holding(original))
    assert holding(copy_of(Sent("a.docx", original))) == []


def test_a_workbook_loses_its_properties_and_who_commented() -> None:
    from engine.service.importing.sheets import opened_sheets

    original = workbook()
    assert {"docProps/core.xml", "xl/comments1.xml"} <= set(holding(original))
    copy = copy_of(Sent("a.xlsx", original))
    assert holding(copy) == []
    assert "请核对" in parts_of(copy)["xl/comments1.xml"].decode()
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        path.write_bytes(copy)
        with opened_sheets(path) as sheets:
            lines = [list(line) for sheet in sheets for _number, line in sheet]
    assert lines == [["夜班津贴"]], "it can still be read"


def test_a_pdf_loses_properties_attachments_and_who_marked_it() -> None:
    original = pdf(with_attachment)
    reader = PdfReader(io.BytesIO(original))
    assert reader.metadata is not None
    assert reader.metadata.author == CANARY
    assert "secret.txt" in reader.attachments
    copy = copy_of(Sent("a.pdf", original))
    stripped = PdfReader(io.BytesIO(copy))
    assert CANARY.encode() not in copy
    assert not stripped.metadata
    assert not stripped.attachments
    assert stripped.xmp_metadata is None
    assert len(stripped.pages) == 1
    marks = stripped.pages[0]["/Annots"]
    assert isinstance(marks, ArrayObject)
    (mark,) = marks
    assert set(mark.get_object()) == {"/Type", "/Subtype", "/Rect"}, "the mark is seen, whose it is is not"


def test_a_photograph_in_a_pdf_loses_its_notes_and_keeps_its_pixels() -> None:
    def change(writer: PdfWriter) -> None:
        picture = DecodedStreamObject()
        picture.set_data(photograph())
        picture.update(
            {
                NameObject("/Type"): NameObject("/XObject"),
                NameObject("/Subtype"): NameObject("/Image"),
                NameObject("/Filter"): NameObject("/DCTDecode"),
                NameObject("/Width"): NumberObject(40),
                NameObject("/Height"): NumberObject(20),
            }
        )
        held = DictionaryObject({NameObject("/Im0"): writer._add_object(picture)})
        writer.pages[0][NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): held})

    original = pdf(change)
    assert CANARY.encode() in original
    copy = copy_of(Sent("a.pdf", original))
    assert CANARY.encode() not in copy
    begin = copy.index(b"\xff\xd8\xff")
    with Image.open(io.BytesIO(copy[begin:])) as picture:
        assert picture.size == (40, 20)
        assert dict(picture.getexif()) == {}


def test_a_text_has_nothing_to_lose() -> None:
    data = "夜班食堂没有热汤。".encode()
    assert copy_of(Sent("a.txt", data)) == data


def test_what_has_sound_in_it_has_no_copy() -> None:
    from tests.support.hostile_files import sound

    assert looked_into(word({"word/media/a.mp4": sound("mp4")}), "docx") == ("docx", None)
