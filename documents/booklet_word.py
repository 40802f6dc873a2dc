"""A booklet as a Word file. Every text is put in as text, whatever stands in it; bars are drawn with characters."""

from __future__ import annotations

import io
from datetime import datetime
from functools import partial
from typing import Final, assert_never

from docx import Document
from docx.document import Document as WordFile
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt
from docx.table import Table

from documents.booklet import CONTENTS, Bars, Booklet, Code, Grid, Part, Rows, Said, chapter_titles
from documents.paper import PaperRow
from documents.word_parts import (
    BODY_PT,
    HEAD_FONT,
    HEADING_PT,
    ROW_PT,
    TITLE_PT,
    fill,
    line,
    saved,
    set_up,
    signature,
)

WIDTH_MM: Final = 158
LABEL_MM: Final = 34
CODE_MM: Final = 34
GRID_PT: Final = 9
BAR_CHARACTERS: Final = 30
_CENTRE, _LEFT, _RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT


def booklet_as_word(booklet: Booklet, at: datetime) -> bytes:
    """Return a booklet as .docx on A4; ``at`` is when it was made."""
    word = Document()
    set_up(word, booklet.title, booklet.origin, at)
    if booklet.cover:
        for _ in range(3):
            word.add_paragraph()
    if booklet.heading:
        line(word.add_paragraph(), booklet.heading, HEADING_PT, font=HEAD_FONT, to=_CENTRE)
    line(word.add_paragraph(), booklet.title, TITLE_PT, font=HEAD_FONT, to=_CENTRE)
    if booklet.number:
        line(word.add_paragraph(), booklet.number, ROW_PT, to=_CENTRE)
    titles = chapter_titles(booklet)
    if booklet.cover:
        _rows(word, booklet.cover)
        word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        line(word.add_paragraph(), CONTENTS, TITLE_PT, font=HEAD_FONT, to=_CENTRE)
        for title in titles:
            line(word.add_paragraph(), title, ROW_PT)
        word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    for title, chapter in zip(titles, booklet.chapters, strict=True):
        # A real heading: Word lists it in its navigation, and in a table of contents that is put in by hand.
        line(word.add_heading(level=1), title, HEADING_PT, font=HEAD_FONT)
        for part in chapter.parts:
            _part(word, part)
    signature(word, (booklet.signed, booklet.dated), BODY_PT)
    return saved(word)


def _part(word: WordFile, part: Part) -> None:
    match part:
        case Said(text=text, is_note=is_note):
            paragraph = word.add_paragraph()
            if not is_note:
                paragraph.paragraph_format.first_line_indent = Pt(2 * ROW_PT)
            line(paragraph, text, GRID_PT if is_note else ROW_PT)
        case Rows(rows=rows, title=title):
            if title:
                line(word.add_paragraph(), title, ROW_PT)
            _rows(word, rows)
        case Grid():
            _grid(word, part)
        case Bars(bars=bars):
            for bar in bars:
                drawn = "" if bar.share is None else ("░" if bar.is_weak else "█") * round(bar.share * BAR_CHARACTERS)
                line(word.add_paragraph(), f"{bar.label}　{drawn} {bar.text}", GRID_PT)
        case Code(png=png, lines=lines):
            word.add_picture(io.BytesIO(png), width=Mm(CODE_MM))
            for text in lines:
                line(word.add_paragraph(), text, GRID_PT)
        case _:
            assert_never(part)


def _rows(word: WordFile, rows: tuple[PaperRow, ...]) -> None:
    table = _table(word, (LABEL_MM, WIDTH_MM - LABEL_MM), len(rows))
    for cells, row in zip(table.rows, rows, strict=True):
        fill(cells.cells, (row.title, row.text), ROW_PT, (_CENTRE, _LEFT))


def _grid(word: WordFile, grid: Grid) -> None:
    whole = sum(grid.widths)
    table = _table(word, tuple(WIDTH_MM * width // whole for width in grid.widths), len(grid.rows) + 1)
    put = partial(fill, points=GRID_PT)
    sides = [_RIGHT if column in grid.numbers else _LEFT for column in range(len(grid.head))]
    first, *others = table.rows
    put(first.cells, grid.head, to=[_CENTRE] * len(grid.head))
    first._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # the head is repeated on each page
    for row, texts in zip(others, grid.rows, strict=True):
        put(row.cells, texts, to=sides)


def _table(word: WordFile, widths_mm: tuple[int, ...], rows: int) -> Table:
    table: Table = word.add_table(rows=rows, cols=len(widths_mm), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_mm, strict=True):
            cell.width, cell.vertical_alignment = Mm(width), WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return table
