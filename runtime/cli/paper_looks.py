"""What ``banjie doctor`` says of papers: whether PDF can be made here, and in which fonts."""

from __future__ import annotations

from documents.pdf import families, known_fonts
from engine.errors import PaperNotMade
from engine.service.looks import Look
from engine.text import Text


def paper_look() -> Look:
    """Return whether the server can make PDF; where it cannot, Word can still be made."""
    try:
        fonts = known_fonts(families())
    except PaperNotMade as refusal:
        return Look(name="papers", text=Text("不能生成PDF", "PDF cannot be made"), advice=refusal.text)
    body, head = fonts["body"][0], fonts["head"][0]
    return Look(
        name="papers", text=Text(f"文书字体：正文 {body}，标题 {head}", f"Fonts of papers: {body}, titles {head}")
    )
