"""Two texts side by side with what differs marked: by sentences, and within sentences that are alike by single signs.

Only pieces of text are returned, each with whether it differs; the markup is the template's, which escapes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final

SENTENCES_MAX: Final = 400
"""Longer texts are compared as far as this; the rest counts as different."""
SIGNS_MAX: Final = 600
"""Sentences longer than this are not compared sign by sign."""
ALIKE_FROM: Final = 0.5
"""Two sentences less alike than this are marked as a whole: marks on single signs would only be noise."""
_SENTENCE: Final = re.compile(r"[^。！？；!?;\n]*(?:[。！？；!?;\n]+|$)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, and whether the other text lacks it."""

    text: str
    differs: bool


Pieces = tuple[Piece, ...]


def compared(left: str, right: str) -> tuple[Pieces, Pieces]:
    """Return both texts in pieces; put together they are the texts as they were.

    >>> compared("夜班没有热饭。", "夜班没有热饭。")[0]
    (Piece(text='夜班没有热饭。', differs=False),)
    """
    own, other = sentences(left), sentences(right)
    mine: list[Piece] = []
    theirs: list[Piece] = []
    matcher = SequenceMatcher(None, own[:SENTENCES_MAX], other[:SENTENCES_MAX], autojunk=False)
    for tag, begin, end, other_begin, other_end in matcher.get_opcodes():
        if tag == "equal":
            mine += [Piece(text, False) for text in own[begin:end]]
            theirs += [Piece(text, False) for text in other[other_begin:other_end]]
            continue
        for one, two in zip_longest(own[begin:end], other[other_begin:other_end], fillvalue=""):
            first, second = _signs(one, two)
            mine += first
            theirs += second
    mine += [Piece(text, True) for text in own[SENTENCES_MAX:]]
    theirs += [Piece(text, True) for text in other[SENTENCES_MAX:]]
    return tuple(_joined(mine)), tuple(_joined(theirs))


def alike_percent(left: Sequence[Piece], right: Sequence[Piece]) -> int:
    """Return how many of the signs of two compared texts stand in both, in percent, rounded down; 100 of two empty."""
    whole = sum(len(piece.text) for piece in (*left, *right))
    same = sum(len(piece.text) for piece in (*left, *right) if not piece.differs)
    return 100 * same // whole if whole else 100


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with the marks that end it; nothing is lost.

    >>> sentences("一。二！三")
    ['一。', '二！', '三']
    """
    return [found for found in _SENTENCE.findall(text) if found]


def _signs(one: str, two: str) -> tuple[list[Piece], list[Piece]]:
    """Return two sentences sign by sign where they resemble each other, else as different as a whole."""
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    is_short = len(one) <= SIGNS_MAX and len(two) <= SIGNS_MAX
    if not is_short or matcher.quick_ratio() < ALIKE_FROM or matcher.ratio() < ALIKE_FROM:
        return [Piece(one, True)], [Piece(two, True)]
    codes = matcher.get_opcodes()
    return (
        [Piece(one[begin:end], tag != "equal") for tag, begin, end, _begin, _end in codes],
        [Piece(two[begin:end], tag != "equal") for tag, _begin, _end, begin, end in codes],
    )


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces, neighbours of a kind as one and empty ones left out."""
    text, differs = "", False
    for piece in pieces:
        if piece.text and text and piece.differs is not differs:
            yield Piece(text, differs)
            text = ""
        if piece.text:
            text, differs = text + piece.text, piece.differs
    if text:
        yield Piece(text, differs)
