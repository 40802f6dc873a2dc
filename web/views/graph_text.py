"""How wide a text is drawn and where it is broken into lines, without a font at hand: estimated by its signs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

SIZE: Final = 14
_NARROW: Final = 0.58
LINES_MAX: Final = 3


def text_width(text: str, *, size: int = SIZE) -> int:
    """Return about how many pixels wide a text is drawn, rather more than less.

    >>> text_width("办结"), text_width("AB")
    (28, 17)
    """
    return round(sum(size if _is_wide(sign) else size * _NARROW for sign in text) + 0.4)


def wrapped(text: str, width: int, *, size: int = SIZE) -> tuple[str, ...]:
    """Return a text in at most ``LINES_MAX`` lines of this width; what does not fit ends in "…".

    Between wide signs it may be broken anywhere, between others only at spaces.

    >>> wrapped("退回提案人修改完善后重新提交", 132)
    ('退回提案人修改完善', '后重新提交')
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if text_width(line + piece.rstrip(), size=size) > width and line:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    if line.strip():
        lines.append(line.rstrip())
    if len(lines) > LINES_MAX:
        lines = [*lines[: LINES_MAX - 1], lines[LINES_MAX - 1][:-1] + "…"]
    return tuple(_cut(each, width, size) for each in lines)


def cut(text: str, width: int, *, size: int = SIZE) -> str:
    """Return a text shortened to a width, with "…" where something was left out."""
    return _cut(text, width, size)


def _cut(text: str, width: int, size: int) -> str:
    if text_width(text, size=size) <= width:
        return text
    while text and text_width(text + "…", size=size) > width:
        text = text[:-1]
    return text + "…"


def _pieces(text: str) -> Iterator[str]:
    word = ""
    for sign in text:
        if _is_wide(sign):
            if word:
                yield word
            word = ""
            yield sign
        else:
            word += sign
            if sign == " ":
                yield word
                word = ""
    if word:
        yield word


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in ("W", "F", "A")
