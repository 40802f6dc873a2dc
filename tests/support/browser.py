"""The system's Chromium for browser tests, and a watch over what its pages do. Starts no server."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page asks for, no name is looked up: tests reach the loopback only.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
LOOPBACK = ("127.0.0.1", "localhost")
WITHOUT_NETWORK = ("about", "blob", "data")


class PageWatch:
    """Collects what goes wrong in the pages of one context: console errors, exceptions, requests to elsewhere.

    The origin of the first request is the server's own. A test that provokes an error says so with ``allow``.
    """

    def __init__(self) -> None:
        self.origin: str | None = None
        self.problems: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    def attach(self, context: BrowserContext) -> None:
        """Begin to watch all pages of a context, those opened later too."""
        context.on("console", self._on_console)
        context.on("weberror", self._on_exception)
        context.on("request", self._on_request)

    def allow(self, pattern: str) -> None:
        """Expect problems that match the pattern, in this test."""
        self._allowed.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """Return the problems that nobody allowed, in the order they came."""
        return [text for text in self.problems if not any(pattern.search(text) for pattern in self._allowed)]

    def note_request(self, url: str) -> None:
        """Note a request; a problem when it leaves the server's own origin, or the first one the loopback."""
        parts = urlsplit(url)
        if parts.scheme in WITHOUT_NETWORK:
            return
        origin = f"{parts.scheme}://{parts.netloc}"
        if self.origin is None:
            self.origin = origin
        if origin != self.origin or parts.hostname not in LOOPBACK:
            self.problems.append(f"request to another origin: {url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location['url']})")

    def _on_exception(self, error: WebError) -> None:
        self.problems.append(f"exception: {error.error}")

    def _on_request(self, request: Request) -> None:
        self.note_request(request.url)
