"""The system's Chromium for browser tests, a watch over what its pages do, and whether they can be used by everybody.

Starts no server.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

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
PICTURES: Final = Path("build/pages")
WITH_PICTURES: Final = "KEEP_PICTURES"
"""The variable by which somebody asks for pictures to look at: no test needs one, and a busy machine may take half a
minute for it."""
HIGH_MAX: Final = 4_000
"""Of a list of two hundred lines its beginning tells what there is to see, in pixels; the whole takes ten times as
long."""
LOOPBACK = ("127.0.0.1", "localhost")
WITHOUT_NETWORK = ("about", "blob", "data")
ACCESSIBLE: Final = {
    # What WCAG 2.2 asks at the levels A and AA, and what the tool holds for good practice beyond it.
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    # Not among those that run unless they are named: every target is at least 24 px, or stands that far from others.
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
TELL_POLICY_VIOLATIONS: Final = """addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy ${event.violatedDirective} forbids ${event.blockedURI} at ${location.pathname}`);
});"""


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
        context.add_init_script(TELL_POLICY_VIOLATIONS)

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


def assert_accessible(page: Page) -> None:
    """Fail with a sentence for each part of the page that somebody could not use as it stands."""
    found: list[Any] = _axe().run(page, options=ACCESSIBLE).response["violations"]
    assert not found, f"{page.url}\n" + "\n".join(line for violation in found for line in _told(violation))


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the page in ``build/pages``, where pictures are asked for."""
    if WITH_PICTURES not in os.environ:
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size is not None
    high = page.locator("html").bounding_box() or {"height": size["height"]}
    page.screenshot(
        path=PICTURES / f"{name.replace('{', '').replace('}', '')}.png",
        full_page=True,
        clip={"x": 0, "y": 0, "width": size["width"], "height": min(high["height"], HIGH_MAX)},
    )


@cache
def _axe() -> Axe:
    return Axe()


def _told(violation: dict[str, Any]) -> Iterator[str]:
    for node in violation["nodes"]:
        # What the tool measured, as a contrast of 3.1, where it says so.
        detail = "; ".join(one["message"] for one in (*node["any"], *node["all"], *node["none"]))
        yield f"{violation['id']}: {violation['help']} at {' '.join(map(str, node['target']))}: {detail}"
