"""Names of files: shown to people, never a path, and never what the file is not."""

from __future__ import annotations

import pytest

from engine.service.filing.names import NAME_CHARACTERS_MAX, ending_of, file_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("现场照片.JPG", "现场照片.jpg"),
        ("C:\\Users\\li\\照片.exe", "照片.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("..\\..\\x", "x.jpg"),
        ("gnp.\u202egpj.exe", "gnp.gpj.jpg"),
        ("a\u200bb\u2066c.png", "abc.jpg"),
        ("a\x00b\r\nSet-Cookie: x.jpg", "abSet-Cookie x.jpg"),
        ('a"b<c>d|e?f*.jpg', "abcdef.jpg"),
        ("e\u0301tat.jpg", "\u00e9tat.jpg"),
        ("con.jpg", "_con.jpg"),
        ("COM7.tar.gz", "_COM7.tar.jpg"),
        (".htaccess", "附件.jpg"),
        ("...", "附件.jpg"),
        ("", "附件.jpg"),
        ("\u202e", "附件.jpg"),
        ("photo.jpg ", "photo.jpg"),
        ("index.html", "index.jpg"),
    ],
)
def test_a_name_is_made_harmless(given: str, kept: str) -> None:
    assert file_name(given, "jpg") == kept


def test_a_name_is_cut_where_it_is_too_long_and_keeps_its_ending() -> None:
    name = file_name("长" * 255 + ".pdf", "pdf")
    assert len(name) == NAME_CHARACTERS_MAX
    assert name == "长" * 196 + ".pdf"


def test_what_a_name_says_of_its_file_is_short_and_small() -> None:
    assert [ending_of(name) for name in ("A.CSV", "noending", "x." + "y" * 90)] == ["csv", "", "y" * 16]
