"""Files that try something: each is refused, with the reason; and what is honest comes in as what it is."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from engine.service.filing import inspect_process, inspecting
from engine.service.filing.inspecting import FileRefused, inspect
from tests.support.hostile_files import (
    WORD_TEXT,
    WORD_TYPES,
    huge_png,
    linked,
    lying,
    old_office,
    package,
    pdf,
    photograph,
    sound,
    with_action,
    with_attachment,
    with_password,
    word,
    workbook,
)

BLOCK = 65536
PROJECT = Path(__file__).parents[3]
ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
BOMB = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "ha">{ENTITIES}]><d>&a8;</d>'
XXE = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*"
MACRO_TYPES = WORD_TYPES.replace("document.main+xml", "document.main+xml; application/vnd.ms-word.macroEnabled")
TEMPLATE = '<Relationships><Relationship Type="x/attachedTemplate" Target="https://x/t.dotm"/></Relationships>'
ZEROS = bytes(40 * 1024 * 1024)

HOSTILE: dict[str, tuple[str, bytes, str]] = {
    # what it is: the ending it came with, the bytes, why it is refused
    "nothing at all": ("txt", b"", "empty"),
    "blanks only": ("txt", b" \n\t ", "unknown"),
    "a page": ("html", b"<!DOCTYPE html><html><script>alert(1)</script></html>", "active"),
    "a page called a text": ("txt", b"  \n<html><body onload=alert(1)>", "active"),
    "a page called a picture": ("jpg", b"<html><img src=x onerror=alert(1)></html>", "active"),
    "a page in GB 18030": ("txt", "说明<script>alert('好')</script>".encode("gb18030"), "active"),
    "a page in UTF-16": ("txt", "<html>".encode("utf-16"), "unknown"),
    "a page behind a long text": ("txt", "说明。".encode() * 90_000 + b"<ScRiPt >alert(1)</script>", "active"),
    "a frame in a table": ("csv", b"a,b\n1,<iframe src=//x>\n", "active"),
    "SVG": ("svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "active"),
    "SVG with a prolog": ("png", b'<?xml version="1.0"?><svg onload="alert(1)"/>', "active"),
    "XML with an entity of its own": ("txt", XXE.encode(), "active"),
    "a script": ("txt", b"#!/bin/sh\nrm -rf /\n", "active"),
    "a PHP page": ("txt", b"\n<?php system($_GET['c']); ?>", "active"),
    "a program for Windows": ("exe", b"MZ\x90\x00" + bytes(500), "unknown"),
    "a program for Linux": ("jpg", b"\x7fELF\x02\x01\x01" + bytes(500), "unknown"),
    "a program called a text": ("txt", b"MZ" + bytes(500), "unknown"),
    "the test virus": ("txt", EICAR, "virus"),
    "the test virus in a picture": ("jpg", photograph() + EICAR, "virus"),
    "a plain zip": ("zip", package({"readme.txt": "hello"}), "unknown"),
    "a zip called a text of Word": ("docx", package({"a.txt": "hello"}), "unknown"),
    "a zip in a zip": ("zip", package({"a.zip": package({"b.zip": package({"c": "d"})})}), "unknown"),
    "a zip in a text": ("docx", word({"word/media/image1.png": package({"a": "b"})}), "mixed"),
    "texts in texts in texts": (
        "docx",
        word({"word/embeddings/a.docx": word({"word/embeddings/b.docx": word()})}),
        "expands",
    ),
    "a zip bomb": ("docx", word({"word/media/zeros.bmp": ZEROS}), "expands"),
    "many small bombs": ("docx", word({f"word/media/{n}.bmp": ZEROS[: 4 << 20] for n in range(40)}), "expands"),
    "thousands of parts": ("docx", word({f"word/media/{n}.bmp": b"" for n in range(6000)}), "expands"),
    "a part that lies about its size": (
        "docx",
        lying({"[Content_Types].xml": WORD_TYPES, "word/a.xml": "<a/>" * 9}),
        "damaged",
    ),
    "an entity bomb in a text": ("docx", word(text=BOMB), "active"),
    "an entity bomb in UTF-16": ("docx", word(text=BOMB.encode("utf-16")), "damaged"),
    "an entity of the disk in a workbook": ("xlsx", package({"[Content_Types].xml": XXE}), "active"),
    "an entity in the relations": ("docx", word({"word/_rels/document.xml.rels": XXE}), "active"),
    "markup without an end": ("docx", word(text=WORD_TEXT[:-20]), "damaged"),
    "markup nested without end": ("docx", word(text="<a>" * 5000 + "</a>" * 5000), "expands"),
    "a way out of the folder": ("docx", word({"../../etc/cron.d/x": "* * * * * root sh"}), "paths"),
    "a way out in the manner of Windows": ("docx", word({"word\\..\\..\\x.xml": "<a/>"}), "paths"),
    "a path from the root": ("docx", word({"/etc/passwd.xml": "<a/>"}), "paths"),
    "a drive": ("docx", word({"C:/x.xml": "<a/>"}), "paths"),
    "a link to the disk": ("docx", linked("word/link.xml", "/etc/passwd"), "paths"),
    "a name of 300 characters": ("docx", word({f"word/{'a' * 300}.xml": "<a/>"}), "paths"),
    "a text with a template from elsewhere": ("docx", word({"word/_rels/settings.xml.rels": TEMPLATE}), "active"),
    "a text with macros": ("docm", word({"word/vbaProject.bin": bytes(100)}), "active"),
    "macros called a plain text": ("docx", word(types=MACRO_TYPES), "active"),
    "a control in a text": ("docx", word({"word/activeX/activeX1.xml": "<a/>"}), "active"),
    "an object in a text": ("docx", word({"word/embeddings/oleObject1.bin": bytes(100)}), "active"),
    "a program in a text": ("docx", word({"word/media/a.exe": b"MZ" + bytes(100)}), "active"),
    "a program called a picture in a text": ("docx", word({"word/media/a.png": b"MZ" + bytes(100)}), "mixed"),
    "a page in a text": ("docx", word({"word/afchunk.html": "<html/>"}), "active"),
    "a broken picture in a text": ("docx", word({"word/media/a.png": photograph("png")[:-40]}), "damaged"),
    "a text with something before it": ("docx", b"GIF89a" + word(), "unknown"),
    "a text with something behind it": ("docx", word() + b"<script>alert(1)</script>", "mixed"),
    "a text cut off": ("docx", word()[:-30], "damaged"),
    "a picture that is a zip too": ("jpg", photograph() + package({"a": "b"}), "mixed"),
    "a picture that is a page too": ("jpg", photograph()[:-2] + b"<script>alert(1)</script>\xff\xd9", "mixed"),
    "a picture that is a PDF too": ("png", photograph("png")[:60] + b"%PDF-1.7" + photograph("png")[60:], "mixed"),
    "a picture with an archive behind it": ("png", photograph("png") + b"Rar!\x1a\x07\x00", "mixed"),
    "a picture cut off": ("jpg", photograph()[:-200], "damaged"),
    "a PNG cut off": ("png", photograph("png")[:-30], "damaged"),
    "a picture of 4 gigapixels": ("png", huge_png(65_000, 65_000), "pixels"),
    "a picture one pixel high and very long": ("png", huge_png(30_000, 1), "pixels"),
    "a picture of 41 megapixels": ("png", huge_png(8_200, 5_000), "pixels"),
    "a picture without width": ("png", huge_png(0, 10), "damaged"),
    "a head and nothing behind it": ("jpg", b"\xff\xd8\xff\xe0" + bytes(50), "damaged"),
    "HEIC": ("heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(90), "unknown"),
    "GIF": ("gif", b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + bytes(20), "unknown"),
    "PDF with a script": ("pdf", pdf(with_action("/JavaScript", JS="app.alert(1)")), "active"),
    "PDF that starts a program": ("pdf", pdf(with_action("/Launch", F="cmd.exe")), "active"),
    "PDF that sends its form": ("pdf", pdf(with_action("/SubmitForm", F="http://x")), "active"),
    "PDF with a password": ("pdf", pdf(with_password), "protected"),
    "PDF cut off": ("pdf", pdf()[:-60], "damaged"),
    "PDF that is a zip too": ("pdf", pdf() + package({"a": "b"}), "mixed"),
    "PDF in name only": ("pdf", b"%PDF-1.7\n" + b"rubbish " * 40 + b"\n%%EOF", "damaged"),
    "old Word with macros": ("doc", old_office("WordDocument", "_VBA_PROJECT"), "active"),
    "old Excel with a password": ("xls", old_office("Workbook", "EncryptedPackage"), "protected"),
    "an installer": ("doc", old_office("SummaryInformation"), "unknown"),
    "old Word cut off": ("doc", old_office("WordDocument")[:-9000], "damaged"),
    "a sound cut off": ("wav", sound("wav")[:-100], "damaged"),
    "a sound with something behind it": ("mp3", sound("mp3") + b"A" * 500, "damaged"),
    "a film without its table": ("mp4", sound("mp4")[:24], "damaged"),
    "a film cut off": ("mp4", sound("mp4")[:-50], "damaged"),
    "a dictation cut off": ("amr", sound("amr")[:-5], "damaged"),
}
HONEST: dict[str, tuple[str, bytes, str, bool]] = {
    # what it is: the ending it came with, the bytes, what it is called now, whether there is a copy for handlers
    "a photograph": ("JPEG", photograph(), "jpg", True),
    "a photograph called a program": ("exe", photograph(), "jpg", True),
    "a drawing": ("png", photograph("png"), "png", True),
    "a web picture": ("webp", photograph("webp"), "webp", True),
    "PDF": ("pdf", pdf(), "pdf", True),
    "an electronic invoice, with its data attached": ("pdf", pdf(with_attachment), "pdf", True),
    "a text of Word": ("docx", word(), "docx", True),
    "a text of Word called a zip": ("zip", word(), "docx", True),
    "a text with a table in it": ("docx", word({"word/embeddings/a.xlsx": workbook()}), "docx", True),
    "a workbook": ("xlsx", workbook(), "xlsx", True),
    "old Word": ("doc", old_office("WordDocument", "1Table"), "doc", False),
    "old Excel": ("xls", old_office("Workbook"), "xls", False),
    "a text": ("txt", "夜班食堂没有热汤。\n".encode(), "txt", True),
    "a text in GB 18030": ("txt", "夜班食堂没有热汤。\r\n".encode("gb18030"), "txt", True),
    "a text with a less-than sign": ("txt", "室温 < 10 度，a<b".encode(), "txt", True),
    "a table": ("csv", "姓名,天数\n甲,3\n".encode("utf-8-sig"), "csv", True),
    "a recording": ("mp3", sound("mp3"), "mp3", False),
    "a recording of a telephone": ("m4a", sound("m4a"), "m4a", False),
    "a recording without loss": ("wav", sound("wav"), "wav", False),
    "a dictation": ("amr", sound("amr"), "amr", False),
    "a film": ("mp4", sound("mp4"), "mp4", False),
}


TOLD = {
    "empty": "文件是空的",
    "unknown": "不接受这种文件",
    "damaged": "文件已损坏、不完整或内容过于复杂，无法检查",
    "mixed": "文件中夹带了另一种格式的内容",
    "active": "文件含有宏、脚本或可执行内容",
    "protected": "文件设有密码或加密，请取消后再上传",
    "expands": "压缩内容展开后过大",
    "pixels": "图片尺寸过大",
    "virus": "文件被识别为病毒样本",
    "paths": "压缩包内的路径不安全",
}


def looked_into(data: bytes, said: str) -> tuple[str, bytes | None]:
    """Return what a content is found to be, and its copy."""
    copies: list[bytes] = []
    blocks = (data[place : place + BLOCK] for place in range(0, len(data), BLOCK))
    found = inspect(blocks, said, lambda copy: copies.append(b"".join(copy)))
    assert found.copy_size == (len(copies[0]) if copies else None)
    return found.kind.ending, copies[0] if copies else None


def test_there_are_at_least_sixty_files_that_try_something() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_tries_something_is_refused_with_the_reason(what: str) -> None:
    said, data, reason = HOSTILE[what]
    with pytest.raises(FileRefused) as refused:
        looked_into(data, said)
    assert refused.value.details["reason"] == reason
    assert refused.value.text.zh.startswith(f"{TOLD[reason]}。可上传：jpg、")
    assert "pdf" in refused.value.text.zh, "it is told what is taken"
    assert "pdf" in refused.value.text.en


@pytest.mark.parametrize("what", [*HOSTILE, *HONEST])
def test_the_script_says_the_same_without_a_process(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may write no file tells nobody which of its lines ran."""
    said, data = (HOSTILE | HONEST)[what][:2]  # both begin with these two
    output = io.BytesIO()
    monkeypatch.setattr("resource.setrlimit", lambda *_limits: None)
    monkeypatch.setattr("logging.disable", lambda *_levels: None)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output))
    assert inspect_process.main(said.lower()) == 0
    line, _, copy = output.getvalue().partition(b"\n")
    told = json.loads(line)
    if what in HOSTILE:
        assert (told, copy) == ({"refused": HOSTILE[what][2]}, b"")
    else:
        _said, _data, ending, has_copy = HONEST[what]
        assert (told["ending"], told["size"]) == (ending, len(copy) if has_copy else None)


@pytest.mark.parametrize("what", HONEST)
def test_an_honest_file_comes_in_as_what_it_is(what: str) -> None:
    said, data, ending, has_copy = HONEST[what]
    found, copy = looked_into(data, said)
    assert (found, copy is not None) == (ending, has_copy)


def test_the_largest_picture_that_is_taken_fits_into_the_memory_of_the_process() -> None:
    notes = Image.Exif()
    notes[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGBA", (8000, 5000)).save(out, "PNG", exif=notes)
    assert looked_into(out.getvalue(), "png")[0] == "png"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("import os; os.abort()", id="it dies"),
        pytest.param("import sys; sys.exit(0)", id="it says nothing"),
        pytest.param("print('{')", id="it talks nonsense"),
        pytest.param('print(\'{"ending": "jpg", "size": 9000}\')', id="it stops half-way"),
        pytest.param("import time; time.sleep(600)", id="it does not come back"),
    ],
)
def test_a_process_that_fails_refuses_the_file(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "script.py"
    path.write_text(script)
    monkeypatch.setattr(inspecting, "_SCRIPT", path)
    monkeypatch.setattr(inspecting, "SECONDS_MAX", 2)
    with pytest.raises(FileRefused) as refused:
        looked_into(photograph(), "jpg")
    assert refused.value.details["reason"] == "damaged"


def test_the_process_can_write_no_file_and_sees_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a hostile file could reach is little: the limits are those that the script sets for itself."""
    monkeypatch.setenv("BANJIE_KEYS", "/secret")
    path = tmp_path / "script.py"
    source = Path(inspecting.__file__).with_name("inspect_process.py").read_text()
    trial = f"""
    import os
    try:
        with open({str(tmp_path / "out")!r}, "w") as out:
            out.write("x" * 100)
    except OSError:
        written = ""
    else:
        written = "x"
    return "jpg", (written + ",".join(name for name in os.environ if name.startswith("BANJIE"))).encode() or b"-"
"""
    path.write_text(
        source.split("def _looked_into")[0]
        + "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        + "def _looked_into(data, said):"
        + trial
        + "def _say"
        + source.split("def _say")[1]
    )
    monkeypatch.setattr(inspecting, "_SCRIPT", path)
    path.write_text(path.read_text().replace("str(Path(__file__).resolve().parents[3])", repr(str(PROJECT))))
    assert looked_into(photograph(), "jpg") == ("jpg", b"-")
    assert not (tmp_path / "out").exists() or (tmp_path / "out").read_text() == ""


def test_a_stored_bomb_is_counted_as_it_lies() -> None:
    """What is not packed cannot burst: it is as large as it says, and within the limits it comes in."""
    data = package({"[Content_Types].xml": WORD_TYPES, "word/document.xml": WORD_TEXT}, compression=zipfile.ZIP_STORED)
    assert looked_into(data, "docx")[0] == "docx"
