"""A paper as a Word file. The one door to python-docx: every text is put in as text, whatever stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from docx import Document
from docx.document import Document as WordFile
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt
from docx.table import Table, _Cell

from documents.paper import Paper, PaperRow
from documents.word_parts import BODY_PT, HEAD_FONT, HEADING_PT, ROW_PT, TITLE_PT, fill, line, saved, set_up, signature

LABEL_MM, VALUE_MM = 26, 53
BLANK_LINES: Final = 4


def as_word(paper: Paper, at: datetime) -> bytes:
    """Return a paper as .docx on A4; ``at`` is when it was made."""
    word = Document()
    set_up(word, paper.title, paper.origin, at)
    if paper.heading:
        line(word.add_paragraph(), paper.heading, HEADING_PT, font=HEAD_FONT, to=WD_ALIGN_PARAGRAPH.CENTER)
    line(word.add_paragraph(), paper.title, TITLE_PT, font=HEAD_FONT, to=WD_ALIGN_PARAGRAPH.CENTER)
    if paper.number:
        side = WD_ALIGN_PARAGRAPH.RIGHT if paper.is_form else WD_ALIGN_PARAGRAPH.CENTER
        line(word.add_paragraph(), paper.number, ROW_PT, to=side)
    if paper.to:
        line(word.add_paragraph(), f"{paper.to}：", BODY_PT)
    for said in paper.paragraphs:
        paragraph = word.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(2 * BODY_PT)
        line(paragraph, said, BODY_PT)
    if paper.rows:
        _table(word, paper.rows)
    signature(word, (paper.signed, paper.dated), ROW_PT if paper.is_form else BODY_PT)
    return saved(word)


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
    to = [WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT] * (len(texts) // 2)
    fill(cells, texts, ROW_PT, to)
