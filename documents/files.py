"""Papers and booklets as files: whichever of the two it is, and whichever kind of file is wanted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from documents.booklet import Booklet
from documents.booklet_word import booklet_as_word
from documents.paper import Paper
from documents.pdf import as_pdf
from documents.word import as_word


class PaperKind(StrEnum):
    """The kinds of file."""

    PDF = "pdf"
    DOCX = "docx"


def paper_bytes(made: Paper | Booklet, kind: PaperKind, at: datetime) -> bytes:
    """Return a paper or a booklet as a file; ``at`` is when it was made. Raises PaperNotMade as ``as_pdf`` does."""
    if kind is PaperKind.PDF:
        return as_pdf(made, at)
    return as_word(made, at) if isinstance(made, Paper) else booklet_as_word(made, at)
