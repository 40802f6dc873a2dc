"""Papers and booklets as PDF/A-2b. The one door to typst: a template of ours, and the text as data, never as markup."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Final, Literal

from documents.booklet import Booklet, booklet_data
from documents.paper import NO_FONT, NO_MAKER, Paper
from engine.errors import PaperNotMade

PAPER_TEMPLATE: Final = Path(__file__).with_name("paper.typ")
BOOKLET_TEMPLATE: Final = Path(__file__).with_name("booklet.typ")
STANDARD: Final = "a-2b"
PICTURE_PPI: Final = 90.0
BODY_FONTS: Final = (
    "FangSong",
    "FangSong_GB2312",
    "STFangsong",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "SimSun",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
)
"""Fonts for text, the most fitting first: official papers are set in 仿宋."""
HEAD_FONTS: Final = ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "STZhongsong", *BODY_FONTS)
_ONE_AT_A_TIME: Final = Lock()
"""A compiler holds what it compiles: two papers at once would mix."""


def as_pdf(paper: Paper | Booklet, at: datetime) -> bytes:
    """Return a paper or a booklet as PDF/A-2b; ``at`` is when it was made.

    Raises:
        PaperNotMade: typst is not installed, or the server has no Chinese font.
    """
    (made,) = _compiled(paper, at, "pdf")
    return made


def as_pictures(paper: Paper | Booklet, at: datetime) -> list[bytes]:
    """Return the pages of a paper as PNG, to be looked at; raises PaperNotMade as a PDF does."""
    return _compiled(paper, at, "png")


def known_fonts(families: frozenset[str]) -> dict[str, list[str]]:
    """Return which of our fonts are there, for the text and the title; raises PaperNotMade where none is."""
    body: list[str] = [font for font in BODY_FONTS if font in families]
    if not body:
        raise PaperNotMade(NO_FONT)
    return {"body": body, "head": [font for font in HEAD_FONTS if font in families]}


def _compiled(paper: Paper | Booklet, at: datetime, kind: Literal["pdf", "png"]) -> list[bytes]:
    plain, template = (
        (asdict(paper), PAPER_TEMPLATE) if isinstance(paper, Paper) else (booklet_data(paper), BOOKLET_TEMPLATE)
    )
    data = {**plain, "fonts": known_fonts(families())}
    options: dict[str, object] = {"pdf_standards": STANDARD} if kind == "pdf" else {"ppi": PICTURE_PPI}
    with _ONE_AT_A_TIME:
        made = _compiler().compile(
            input=template.read_bytes(),
            format=kind,
            sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
            timestamp=int(at.timestamp()),
            **options,
        )
    return made if isinstance(made, list) else [made]


@cache
def families() -> frozenset[str]:
    """Return the fonts of the system; looked for once, so one that is installed later is found after a restart."""
    return frozenset(_typst().Fonts(include_embedded_fonts=False).families())


@cache
def _compiler() -> Any:  # typst's own type, which is known only where it is installed
    # An empty folder is its root: a template that read files would find none.
    return _typst().Compiler(root=tempfile.mkdtemp(prefix="banjie-paper-"))


def _typst() -> ModuleType:
    try:
        import typst  # a native library: processes that never make a PDF do without it
    except ImportError as missing:
        raise PaperNotMade(NO_MAKER) from missing
    return typst
