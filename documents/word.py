"""A paper as a Word file. The one door to python-docx: every text is put in as text, whatever stands in it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from docx import Document
from docx.document import Document as WordFile
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from documents.paper import Paper, PaperRow

BODY_FONT: Final = "仿宋"
HEAD_FONT: Final = "方正小标宋简体"
TITLE_PT, HEADING_PT, BODY_PT, ROW_PT, SMALL_PT = 22, 16, 16, 12, 8
LABEL_MM, VALUE_MM = 26, 53
BLANK_LINES: Final = 4


def as_word(paper: Paper, at: datetime) -> bytes:
    """Return a paper as .docx on A4; ``at`` is when it was made."""
    word = Document()
    _set_up(word, paper, at)
    if paper.heading:
        _line(word.add_paragraph(), paper.heading, HEADING_PT, font=HEAD_FONT, to=WD_ALIGN_PARAGRAPH.CENTER)
    _line(word.add_paragraph(), paper.title, TITLE_PT, font=HEAD_FONT, to=WD_ALIGN_PARAGRAPH.CENTER)
    if paper.number:
        side = WD_ALIGN_PARAGRAPH.RIGHT if paper.is_form else WD_ALIGN_PARAGRAPH.CENTER
        _line(word.add_paragraph(), paper.number, ROW_PT, to=side)
    if paper.to:
        _line(word.add_paragraph(), f"{paper.to}：", BODY_PT)
    for said in paper.paragraphs:
        paragraph = word.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(2 * BODY_PT)
        _line(paragraph, said, BODY_PT)
    if paper.rows:
        _table(word, paper.rows)
    for text in (paper.signed, paper.dated):
        if text:
            paragraph = word.add_paragraph()
            paragraph.paragraph_format.left_indent = Mm(70)
            _line(paragraph, text, ROW_PT if paper.is_form else BODY_PT, to=WD_ALIGN_PARAGRAPH.CENTER)
    made = io.BytesIO()
    word.save(made)
    return made.getvalue()


def _set_up(word: WordFile, paper: Paper, at: datetime) -> None:
    page = word.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(30), Mm(28), Mm(27), Mm(25)
    _line(page.footer.paragraphs[0], paper.origin, SMALL_PT)
    told = word.core_properties
    told.title, told.author, told.comments = paper.title, "", ""
    told.created = told.modified = at.replace(tzinfo=None)


def _line(
    paragraph: Paragraph, text: str, points: int, *, font: str = BODY_FONT, to: WD_ALIGN_PARAGRAPH | None = None
) -> None:
    """Put one text into a paragraph, with the font for Chinese named where Word looks for it."""
    if to is not None:
        paragraph.alignment = to
    paragraph.paragraph_format.space_after = Pt(4)
    run = paragraph.add_run(text)
    run.font.size, run.font.name, run.font.color.rgb = Pt(points), font, RGBColor(0, 0, 0)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _table(word: WordFile, rows: Sequence[PaperRow]) -> None:
    table = word.add_table(rows=0, cols=4, style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    waiting: PaperRow | None = None
    for row in rows:
        if row.is_long:
            if waiting is not None:
                _wide(table, waiting)
            _wide(table, row)
            waiting = None
        elif waiting is None:
            waiting = row
        else:
            _cells(_new_row(table), (waiting.title, waiting.text, row.title, row.text))
            waiting = None
    if waiting is not None:
        _wide(table, waiting)


def _new_row(table: Table) -> tuple[_Cell, ...]:
    cells: tuple[_Cell, ...] = table.add_row().cells  # type: ignore[no-untyped-call]  # untyped there
    for cell, width in zip(cells, (LABEL_MM, VALUE_MM) * 2, strict=True):
        cell.width = Mm(width)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return cells


def _wide(table: Table, row: PaperRow) -> None:
    label, first, _, last = _new_row(table)
    blank = "\n" * BLANK_LINES if row.is_long and not row.text else ""
    _cells((label, first.merge(last)), (row.title, row.text or blank))


def _cells(cells: Sequence[_Cell], texts: Sequence[str]) -> None:
    for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        to = WD_ALIGN_PARAGRAPH.CENTER if place % 2 == 0 else WD_ALIGN_PARAGRAPH.LEFT
        _line(cell.paragraphs[0], text, ROW_PT, to=to)
