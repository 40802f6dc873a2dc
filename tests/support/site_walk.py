"""Every page of a site that somebody can come to by its links: one address for each route, as they are met."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache
from html import unescape
from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute

from web.routing import pages_of
from web.texts import TEXTS

WORKFLOWS: Final = Path(__file__).resolve().parents[2] / "workflows"
PAGES_MAX: Final = 120
_LINK: Final = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_PLACE: Final = re.compile(r"\{\w+\}")
_KEY: Final = re.compile(r"[a-z]+(_[a-z0-9]+)+")


class Routes:
    """The pages of a site by the pattern of their address."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        readable = {page.path: page.path_regex for page in pages_of(routes) if "GET" in (page.methods or ())}
        self._patterns = list(readable.items())

    def pattern(self, address: str) -> str | None:
        """Return the pattern that an address is one of, None where no page has it."""
        path = address.partition("?")[0]
        return next((pattern for pattern, form in self._patterns if form.match(path)), None)


def walk(routes: Routes, start: str, fetch: Callable[[str], str | None], known: Collection[str] = ()) -> dict[str, str]:
    """Return pattern → the first address met of it.

    ``fetch`` returns the text of a page, None for what is no page. Pages of ``known`` patterns are passed by.
    """
    found: dict[str, str] = {}
    seen = set(known)
    waiting = [start]
    while waiting and len(found) < PAGES_MAX:
        address = waiting.pop(0)
        pattern = routes.pattern(address)
        if pattern is None or pattern in seen:
            continue
        seen.add(pattern)
        text = fetch(address)
        if text is not None:
            found[pattern] = address
            waiting += [unescape(link) for link in _LINK.findall(text) if "lang=" not in link]
    return found


def untranslated(texts: Sequence[str], language: str) -> list[str]:
    """Return the texts of a page that are a name in our source, or a text of ours in the other language."""
    plain, filled = _forms("en" if language == "zh" else "zh")
    return [
        text
        for text in dict.fromkeys(each.strip() for each in texts)
        if text in plain or _KEY.fullmatch(text) or filled.fullmatch(text)
    ]


@cache
def _forms(language: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """Return what texts in this language look like, those of the pages and the titles of definitions: whole texts, and
    a pattern for those with places to fill."""
    pairs = [(text.zh, text.en) for text in TEXTS.values() if text.zh != text.en]
    for path in sorted(WORKFLOWS.rglob("*.yaml")):
        pairs += re.findall(r"\{zh: ([^,{}]+), en: ([^{}]+)\}", path.read_text(encoding="utf-8"))
    texts = {zh if language == "zh" else en for zh, en in pairs}
    placed = {text for text in texts if _PLACE.search(text)}
    forms = sorted(filter(None, map(_filled, placed)))
    return frozenset(texts - placed), re.compile("|".join(forms))


def _filled(text: str) -> str:
    """Return a pattern for a text with its places filled; "" where too little stands around them to know it by."""
    literal = _PLACE.sub("", text)
    if len(_HAN.findall(literal)) < 2 and len(re.findall(r"[A-Za-z]{3,}", literal)) < 2:
        return ""
    return ".+".join(re.escape(part) for part in _PLACE.split(text))
