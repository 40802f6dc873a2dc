"""Lists as sheets: what a page marks as a list is had as .xlsx or CSV at the page's own address.

``?sheet=people.xlsx`` asks the page itself, one of its pages after the other, with the rights and by the filter of
whoever asks: what a sheet holds and what a page shows can never differ. A table is marked with ``data-sheet``; columns
of buttons are left out. Where a list is no table its rows are marked with ``data-row`` and what is to be a cell with
``data-cell``, which says the title of the column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from html.parser import HTMLParser
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.exports import EXPORT_ROWS_MAX, Cell, Kind, file_of
from web.texts import TEXTS

ASKED: Final = "sheet"
PAGE: Final = "text/html"
PAGES_MAX: Final = 1_000
PAGES_WITHOUT_MAX: Final = 5
"""So many pages are read before the list is met: who names a list that there is not costs no more than that."""
_NAMED: Final = re.compile(r"([a-z][a-z_]*)\.(csv|xlsx)")
_QUIET: Final = frozenset({"button", "details", "form", "script", "style"})
"""What in a cell is no word of the list: buttons and what folds out."""
_PARTS: Final = frozenset({"small", "span"})
_BESIDE: Final = frozenset({"standing", "state", "tag"})
"""Classes of what stands beside the words of a cell, as ``small`` does: how late it is, what state it is in."""
NOTE: Final = "（附注）"
_EMPTY: Final[tuple[Cell, str]] = (None, "")
_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_WHOLE: Final = re.compile(r"-?\d{1,3}(,\d{3})+|-?\d{1,15}")
_DAY: Final = re.compile(
    r"(\d{4})年(\d{1,2})月(\d{1,2})日(?:（周.）)?|(\d{4})-(\d{2})-(\d{2})(?: (?:周.|[A-Z][a-z]{2}))?"
)
_LEFT_OUT: Final = frozenset(
    said for name in ("column_actions", "mine_select") for said in (TEXTS[name].zh, TEXTS[name].en)
)
"""Titles of columns that hold buttons or boxes."""

Taken = Callable[[Request, str, int], None]
"""Told who took which list, and how many rows."""


def sheet_links(path: str, query: str, name: str) -> list[tuple[Kind, str]]:
    """Return where a list is had as a file: the address of its page with what is asked for."""
    kept = [(key, value) for key, value in parse_qsl(query) if key not in (ASKED, "after", "before")]
    return [(kind, f"{path}?{urlencode([*kept, (ASKED, f'{name}.{kind}')])}") for kind in Kind]


class PageSheets:
    """Stands before the pages and answers those that are asked for as sheets."""

    def __init__(self, app: ASGIApp, *, taken: Taken) -> None:
        self._app = app
        self._taken = taken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; one for a sheet page by page, and the tables back as one file."""
        asked = _asked(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        name, kind, query = asked
        address: str | None = f"{quote(scope['path'])}?{query}"
        table, first = PageTable(name), list[Message]()
        for number in range(PAGES_MAX):
            if address is None or table.length >= EXPORT_ROWS_MAX or (number >= PAGES_WITHOUT_MAX and not table.titles):
                break
            messages = await _page_at(self._app, scope, receive, send, address)
            if messages is None:
                return
            first = first or messages
            table.read(b"".join(message.get("body", b"") for message in messages[1:]).decode())
            address = table.next_page
        if not table.titles:
            # There is no such list here, or nothing in it: then the page itself says so.
            for message in first:
                await send(message)
            return
        rows = table.rows[:EXPORT_ROWS_MAX]
        await run_in_threadpool(self._taken, Request(scope), name, len(rows))
        response: Response = file_of(kind, name.replace("_", "-"), table.titles, rows)
        await response(scope, receive, send)


class PageTable(HTMLParser):
    """Reads the table of this name out of one page after the other: its titles, its rows, and the page after it."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self._name = name
        self.next_page: str | None = None
        self._depth = 0
        self._quiet = 0
        self._in_head = False
        self._number = False
        self._kept: list[int] = []
        self._row: list[tuple[Cell, str]] = []
        self._cell: tuple[list[str], list[str]] | None = None
        self._asides: list[bool] = []
        self._lines: list[list[tuple[Cell, str]]] = []
        self._heads: list[str] = []
        self._level = 0
        self._row_level = 0
        self._cell_level = 0
        self._label = ""
        self._said: dict[str, tuple[Cell, str]] = {}

    @property
    def length(self) -> int:
        """How many rows were read."""
        return len(self._lines)

    @property
    def titles(self) -> list[str]:
        """The titles of the columns; what stands small beside the words of a column has one of its own behind it."""
        return [title for head, has_notes in self._columns() for title in (head, *([f"{head}{NOTE}"] * has_notes))]

    @property
    def rows(self) -> list[list[Cell]]:
        """The rows of all pages that were read."""
        noted = [has_notes for _head, has_notes in self._columns()]
        self._lines = [[*line, *[_EMPTY] * (len(noted) - len(line))] for line in self._lines]
        return [
            [
                cell
                for (said, note), has_notes in zip(line, noted, strict=True)
                for cell in (said, *([note or None] * has_notes))
            ]
            for line in self._lines
        ]

    def _columns(self) -> list[tuple[str, bool]]:
        return [
            (head, any(line[place][1] for line in self._lines if place < len(line)))
            for place, head in enumerate(self._heads)
        ]

    def read(self, page: str) -> None:
        """Read a further page."""
        self.next_page, self._level = None, 0
        self.reset()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _VOID:
            self._level += 1
        if tag == "a" and given.get("rel") == "next":
            self.next_page = given.get("href")
        if given.get("data-row") == self._name:
            self._row_level, self._said = self._level, {}
        if self._row_level:
            self._in_row(tag, given)
            return
        if tag == "table" and (self._depth or given.get("data-sheet") == self._name):
            self._depth += 1
        if not self._depth:
            return
        if tag in _QUIET:
            self._quiet += 1
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th") and self._depth == 1:
            self._cell, self._asides = ([], []), []
            self._number = bool({"number", "figure"} & set((given.get("class") or "").split()))
        elif self._cell is not None and tag in _PARTS:
            self._aside(tag, given)
        elif self._cell is not None and tag in ("br", "li", "p", "div"):
            self._say(" ")

    def _in_row(self, tag: str, given: dict[str, str | None]) -> None:
        if tag in _QUIET:
            self._quiet += 1
        elif self._cell is not None and tag in _PARTS:
            self._aside(tag, given)
        elif self._cell is None and (label := given.get("data-cell")):
            self._cell, self._asides, self._number = ([], []), [], False
            self._cell_level, self._label = self._level, label

    def _out_of_row(self, tag: str) -> None:
        if tag in _QUIET:
            self._quiet -= 1
        elif self._cell is not None and self._level == self._cell_level:
            self._said[self._label] = self._cell_said()
            self._cell = None
        elif tag in _PARTS and self._asides:
            self._say(" ")
            self._asides.pop()
        if self._level == self._row_level:
            self._heads += [label for label in self._said if label not in self._heads]
            self._lines.append([self._said.get(head, _EMPTY) for head in self._heads])
            self._row_level = 0

    def handle_endtag(self, tag: str) -> None:
        self._end(tag)
        if tag not in _VOID:
            self._level -= 1

    def _end(self, tag: str) -> None:
        if self._row_level:
            self._out_of_row(tag)
            return
        if not self._depth:
            return
        if tag in _QUIET:
            self._quiet -= 1
        elif tag == "table":
            self._depth -= 1
        elif tag == "thead":
            self._in_head = False
        elif tag in ("td", "th") and self._cell is not None and self._depth == 1:
            self._row.append(self._cell_said())
            self._cell = None
        elif tag in _PARTS and self._asides:
            self._say(" ")
            self._asides.pop()
        elif tag == "tr" and self._depth == 1:
            if self._in_head:
                heads = [str(said or "") for said, _note in self._row]
                self._kept = [place for place, head in enumerate(heads) if head and head not in _LEFT_OUT]
                self._heads = self._heads or [heads[place] for place in self._kept]
            else:
                line = [self._row[place] if place < len(self._row) else (None, "") for place in self._kept]
                self._lines.append([*line, *[(None, "")] * (len(self._heads) - len(line))][: len(self._heads)])

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self._say(data)

    def _aside(self, tag: str, given: dict[str, str | None]) -> None:
        self._say(" ")
        beside = tag == "small" or bool(_BESIDE & set((given.get("class") or "").split()))
        self._asides.append(beside or any(self._asides))

    def _cell_said(self) -> tuple[Cell, str]:
        """Return what the cell says, and what stands beside it; where only that is there, it is what is said."""
        assert self._cell is not None, "asked at the end of a cell"
        said, note = (" ".join("".join(words).split()) for words in self._cell)
        return _cell(said or note, number=self._number), note if said else ""

    def _say(self, words: str) -> None:
        """Add words to the cell, or to what stands beside them."""
        if self._cell is not None:
            self._cell[bool(self._asides) and self._asides[-1]].append(words)


def _cell(text: str, *, number: bool) -> Cell:
    """Return what a cell says: a day as a date, a count as a number, a dash as nothing."""
    if text in ("", "—", "–"):
        return None
    day = _DAY.fullmatch(text)
    if day is not None:
        # People write too: 2026-02-30 in a subject is no day and stays what it is.
        with suppress(ValueError):
            year, month, on = (int(part) for part in day.groups() if part is not None)
            return date(year, month, on)
    if number and _WHOLE.fullmatch(text):
        return int(text.replace(",", ""))
    return text


def _asked(scope: Scope) -> tuple[str, Kind, str] | None:
    """Return which list is asked for, as what, and the query of the page without that; None for any other request."""
    if scope["type"] != "http" or scope["method"] != "GET" or b"sheet=" not in scope["query_string"]:
        return None
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    named = _NAMED.fullmatch(next((value for name, value in pairs if name == ASKED), ""))
    if named is None:
        return None
    return named[1], Kind(named[2]), urlencode([(name, value) for name, value in pairs if name != ASKED])


async def _page_at(app: ASGIApp, scope: Scope, receive: Receive, send: Send, address: str) -> list[Message] | None:
    """Return the page at this address of the same site; None where it is no page, and what it is was sent on.

    Files and refusals are passed through piece by piece: only a page can hold a list, and only pages are kept whole.
    """
    parts, kept = urlsplit(address), list[Message]()
    is_page = False

    async def keep(message: Message) -> None:
        nonlocal is_page
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            is_page = message["status"] == 200 and kind.startswith(PAGE)
        if is_page:
            kept.append(message)
        else:
            await send(message)

    path = unquote(parts.path)
    inner = {**scope, "path": path, "raw_path": quote(path).encode(), "query_string": parts.query.encode()}
    await app(inner, receive, keep)
    return kept or None


def marked(page: str) -> Iterator[str]:
    """Yield the names of the lists that a page marks."""
    yield from dict.fromkeys(re.findall(r'data-(?:sheet|row)="([a-z_]+)"', page))
