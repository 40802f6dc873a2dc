"""Hardened reading of the XML in Office files: no document type, no entity of its own, UTF-8 only; and a copier that
leaves single attributes and texts out while it keeps every prefix as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from engine.service.filing.kinds import Refused

Attributes = Mapping[str, str]
Rewrite = Callable[[str, Attributes], "Attributes | None"]
"""From an element's local name and attributes to the attributes it keeps; None leaves it out with all it holds."""
_DECLARED: Final = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9_.-]+)", re.IGNORECASE)
_ENCODINGS: Final = frozenset({b"utf-8", b"us-ascii", b"ascii"})
DEPTH_MAX: Final = 256


def demand_plain_markup(data: bytes) -> None:
    """Raise Refused for markup in another encoding, or with a document type: entities begin there."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        raise Refused("damaged")
    declared = _DECLARED.match(data[3:] if data.startswith(b"\xef\xbb\xbf") else data)
    if declared is not None and declared[1].lower() not in _ENCODINGS:
        raise Refused("damaged")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Refused("active")


def rewritten(data: bytes, rewrite: Rewrite, *, emptied: Collection[str] = ()) -> bytes:
    """Return the markup without comments and instructions, each element as ``rewrite`` wants it.

    Those whose local names are among ``emptied`` lose their text.
    """
    demand_plain_markup(data)
    out: list[str] = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n']
    state = _State()

    def start(name: str, pairs: list[str]) -> None:
        state.depth += 1
        state.open.append(local(name))
        if state.depth > DEPTH_MAX:
            raise Refused("expands")
        if state.left_out:
            return
        kept = rewrite(local(name), dict(zip(pairs[::2], pairs[1::2], strict=True)))
        if kept is None:
            state.left_out = state.depth
            return
        out.append(f"<{name}{''.join(f' {key}={_quoted(value)}' for key, value in kept.items())}>")

    def end(name: str) -> None:
        if state.left_out == state.depth:
            state.left_out = 0
        elif not state.left_out:
            out.append(f"</{name}>")
        state.depth -= 1
        state.open.pop()

    def text(characters: str) -> None:
        if not state.left_out and not (state.open and state.open[-1] in emptied):
            out.append(escape(characters, {"\r": "&#13;"}))

    def forbidden(*_parts: object) -> None:
        raise Refused("active")

    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = forbidden
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Refused("damaged") from error
    return "".join(out).encode()


def local(name: str) -> str:
    """Return a name without its prefix."""
    return name.rpartition(":")[2]


def _quoted(value: str) -> str:
    return quoteattr(value, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


class _State:
    """How deep the reader is, and at what depth the element stands that is left out; 0 where none is."""

    def __init__(self) -> None:
        self.depth = 0
        self.left_out = 0
        self.open: list[str] = []
