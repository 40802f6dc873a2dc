"""A paper as plain values: what stands on it, in the order in which it stands. Word and PDF are both made from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.text import Text

DATE_BLANK: Final = "年　　月　　日"
"""Where a hand writes the date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """One field with its title; what is long has the width of the sheet."""

    title: str
    text: str
    is_long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper. A form is a ruled table; a letter has its paragraphs first and its rows, if any, below.

    ``heading`` stands above the title, ``origin`` below everything: which entry of the ledger it was made from.
    """

    title: str
    heading: str = ""
    number: str = ""
    to: str = ""
    paragraphs: tuple[str, ...] = ()
    rows: tuple[PaperRow, ...] = ()
    signed: str = ""
    dated: str = ""
    origin: str = ""
    is_form: bool = False


def official_date(on: date) -> str:
    """Return a date as official papers write it.

    >>> official_date(date(2026, 3, 2))
    '2026年3月2日'
    """
    return f"{on.year}年{on.month}月{on.day}日"


def paragraphs_of(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, empty lines left out.

    >>> paragraphs_of("第一段 \\n\\n第二段")
    ('第一段', '第二段')
    """
    return tuple(line.strip() for line in text.splitlines() if line.strip())


NO_FONT: Final = Text(
    "服务器上没有中文字体，不能生成PDF。请管理员安装 fonts-noto-cjk 或 fonts-wqy-microhei 后重试，也可以先下载Word",
    "The server has no Chinese font and can make no PDF. The administrator installs fonts-noto-cjk or"
    " fonts-wqy-microhei; until then take the Word file",
)
NO_MAKER: Final = Text(
    "服务器没有安装生成PDF的组件，请管理员安装 banjie[pdf]，也可以先下载Word",
    "The server lacks what makes PDF: the administrator installs banjie[pdf]; until then take the Word file",
)
