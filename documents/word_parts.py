"""What every Word file of ours is put together from: the page, lines of text with their fonts, cells."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from docx.document import Document as WordFile
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph

BODY_FONT: Final = "仿宋"
HEAD_FONT: Final = "方正小标宋简体"
TITLE_PT, HEADING_PT, BODY_PT, ROW_PT, SMALL_PT = 22, 16, 16, 12, 8


def set_up(word: WordFile, title: str, origin: str, at: datetime) -> None:
    """Make it A4 with the margins of official papers, its foot and its title; nobody is named as its author."""
    page = word.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(30), Mm(28), Mm(27), Mm(25)
    line(page.footer.paragraphs[0], origin, SMALL_PT)
    told = word.core_properties
    told.title, told.author, told.comments = title, "", ""
    told.created = told.modified = at.replace(tzinfo=None)


def line(
    paragraph: Paragraph, text: str, points: int, *, font: str = BODY_FONT, to: WD_ALIGN_PARAGRAPH | None = None
) -> None:
    """Put one text into a paragraph, with the font for Chinese named where Word looks for it."""
    if to is not None:
        paragraph.alignment = to
    paragraph.paragraph_format.space_after = Pt(4)
    run = paragraph.add_run(text)
    run.font.size, run.font.name, run.font.color.rgb = Pt(points), font, RGBColor(0, 0, 0)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def signature(word: WordFile, texts: Sequence[str], points: int) -> None:
    """Put who signs and the day below everything, on the right half."""
    for text in texts:
        if text:
            paragraph = word.add_paragraph()
            paragraph.paragraph_format.left_indent = Mm(70)
            line(paragraph, text, points, to=WD_ALIGN_PARAGRAPH.CENTER)


def fill(cells: Sequence[_Cell], texts: Sequence[str], points: int, to: Sequence[WD_ALIGN_PARAGRAPH]) -> None:
    """Put texts into cells, each with its alignment."""
    for cell, text, where in zip(cells, texts, to, strict=True):
        line(cell.paragraphs[0], text, points, to=where)


def saved(word: WordFile) -> bytes:
    """Return the file."""
    made = io.BytesIO()
    word.save(made)
    return made.getvalue()
