"""A booklet as plain values: a cover, and chapters of rows, tables, bars and codes. It becomes Word and PDF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from documents.paper import PaperRow

NUMERALS: Final = "〇一二三四五六七八九"
CONTENTS: Final = "目　录"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A paragraph of text; ``is_note`` is set small, for remarks under a table."""

    text: str
    is_note: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Fields with their titles as a ruled table, under a title of their own or none."""

    rows: tuple[PaperRow, ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of texts. ``widths`` are relative, one for each column; ``numbers`` are the columns set to the right.

    ``totals`` are rows that stand for the whole, by their places.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    numbers: tuple[int, ...] = ()
    totals: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: ``share`` of the full length, 0 to 1, None where there is no number; ``is_weak`` is drawn hollow."""

    label: str
    text: str
    share: float | None
    is_weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A chart of bars, lying, one below the other."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A QR code as PNG, and beside it what it says and what it is for."""

    png: bytes
    lines: tuple[str, ...]


Part = Said | Rows | Grid | Bars | Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A section with its title, without its number."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booklet:
    """A document of several pages.

    With a ``cover`` the first page holds the title and these rows, the second one the contents; without one the text
    begins under the title. ``origin`` stands at the foot of every page.
    """

    title: str
    chapters: tuple[Chapter, ...]
    heading: str = ""
    number: str = ""
    cover: tuple[PaperRow, ...] = ()
    signed: str = ""
    dated: str = ""
    origin: str = ""


def chapter_number(place: int) -> str:
    """Return the number of a chapter as official papers count them, from 1 to 99.

    >>> chapter_number(1), chapter_number(10), chapter_number(23)
    ('一', '十', '二十三')
    """
    tens, ones = divmod(place, 10)
    before = "" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens]}十"
    return before + (NUMERALS[ones] if ones else "")


def chapter_titles(booklet: Booklet) -> list[str]:
    """Return the titles of the chapters with their numbers: ``一、办理过程``."""
    return [f"{chapter_number(place)}、{one.title}" for place, one in enumerate(booklet.chapters, start=1)]


def booklet_data(booklet: Booklet) -> Mapping[str, object]:
    """Return a booklet as what a template is given: texts and numbers alone."""
    data = json.loads(json.dumps(asdict(booklet), default=list))
    for title, chapter, told in zip(chapter_titles(booklet), booklet.chapters, data["chapters"], strict=True):
        told["title"] = title
        for part, plain in zip(chapter.parts, told["parts"], strict=True):
            plain["kind"] = type(part).__name__.lower()
    return {**data, "contents": CONTENTS}
