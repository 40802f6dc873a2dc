"""Papers as a test reads them: asked for by a person, and every text of a Word file or a PDF."""

from __future__ import annotations

import io
from typing import Unpack

from docx import Document
from pypdf import PdfReader

from tests.support.house import House, SiteSettings, client_of

HOSTILE = '{{ 7*7 }} {% for %} <b>&amp;</b> #read("/etc/passwd") $x$ *粗* \\ {subject} @ref'
"""What templates of any kind would take for something else than text."""


def asked(house: House, login: str, path: str, **settings: Unpack[SiteSettings]) -> tuple[int, bytes]:
    """Ask for a page or a file as somebody; return the status and what came."""
    with client_of(house, **settings) as client:
        client.cookies.set("banjie", house.token(login))
        answer = client.get(path)
        return answer.status_code, answer.content


def in_word(made: bytes) -> str:
    """Return every text of a Word file: paragraphs, cells, the foot of its page."""
    word = Document(io.BytesIO(made))
    cells = (cell.text for table in word.tables for row in table.rows for cell in row.cells)
    foot = (one.text for one in word.sections[0].footer.paragraphs)
    return "\n".join([*(one.text for one in word.paragraphs), *cells, *foot])


def in_pdf(made: bytes) -> str:
    """Return every text of a PDF, without the spaces and breaks that setting it brings."""
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages).split())


def bare(text: str) -> str:
    """Return a text without the spaces and breaks that setting it may bring."""
    return "".join(text.split())
