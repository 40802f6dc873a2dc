"""What the routes for people without a login keep to: nothing that tells who asks gets past the door, no answer differs
in length by less than a step, and floods end in patience, never in a lock.

A proof of work for each submission is left out: without JavaScript nobody could do one, and the pages work without. The
limits here count in memory only, by marks under a key that ends with the process.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.errors import NotFound, TooMany
from engine.service.deposits import PADDED_TO
from engine.text import Text

PATHS: Final = ("/anonymous", "/api/anonymous")
SOURCE: Final = "stranger"
"""Where in the scope stands a mark of the source; it means nothing in any other process, or in the next hour."""
SOURCE_SECONDS: Final = 3600
WRONG_CODES_MAX: Final = 60
FILED_MAX: Final = 40
LOOKS_AT_ONCE: Final = 4
"""So that a flood of codes leaves the other threads to those who are logged in."""
_TELLING: Final = frozenset(
    {b"user-agent", b"x-forwarded-for", b"x-real-ip", b"forwarded", b"via", b"referer", b"x-forwarded-host", b"from"}
)


def is_for_strangers(path: str) -> bool:
    """Return whether an address is one of the anonymous entrance."""
    return any(path == one or path.startswith(f"{one}/") for one in PATHS)


class Discreet:
    """Stands before all else: takes away what tells who asks, and pads what is answered.

    Only the form of the answer hangs on the path; who may do what is decided behind.
    """

    def __init__(self, app: ASGIApp, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._ticks = ticks
        self._key = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on without its sender, and its answer back padded."""
        if scope["type"] != "http" or not is_for_strangers(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name not in _TELLING]
        nobody = {**scope, "headers": headers, "client": None, SOURCE: self._mark(scope)}
        started: Message = {}
        chunks: list[bytes] = []

        async def padded(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
                return
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = _padded(b"".join(chunks), Headers(raw=started["headers"]).get("content-type", ""))
                _settle(MutableHeaders(raw=started["headers"]), len(body))
                await send(started)
                await send({"type": "http.response.body", "body": body})

        await self._app(nobody, receive, padded)

    def _mark(self, scope: Scope) -> str:
        client = scope.get("client")
        text = f"{int(self._ticks() // SOURCE_SECONDS)} {client[0] if client else ''}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:16]


def _settle(headers: MutableHeaders, length: int) -> None:
    headers["content-length"] = str(length)
    headers["referrer-policy"] = "no-referrer"
    headers["cache-control"] = "no-store, no-transform"
    del headers["set-cookie"]


def _padded(body: bytes, media_type: str) -> bytes:
    """Return the body in whole steps. What fills a page is random: repeats would be pressed together on the way."""
    missing = -len(body) % PADDED_TO
    if media_type.startswith("text/html"):
        # The shortest comment has seven signs.
        missing += PADDED_TO if 0 < missing < len(b"<!---->") else 0
        filling = secrets.token_hex(missing // 2 + 1)[: max(0, missing - 7)]
        return body + (f"<!--{filling}-->".encode() if missing else b"")
    return body + b" " * missing


class Patience:
    """Counts in memory, by source and hour, what one source sends. Right codes always pass."""

    def __init__(self, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._hour = 0
        self._counts: Counter[tuple[str, str]] = Counter()

    def wrong_code(self, request: Request, refusal: NotFound) -> NotFound | TooMany:
        """Return what is answered to a wrong code: after many of them, that there were too many."""
        if self._count("code", request) <= WRONG_CODES_MAX:
            return refusal
        return TooMany(
            Text(
                "查询码多次输入有误，请核对后再试；正确的查询码随时可用",
                "Too many wrong codes; check it before the next try. A right one is always taken",
            ),
            retry_after_seconds=60,
        )

    def filed(self, request: Request) -> None:
        """Count one submission; raises TooMany after very many from one source."""
        if self._count("filed", request) > FILED_MAX:
            raise TooMany(
                Text(
                    "来自此网络的提交过多，请稍后再试，或改用其他网络（如手机流量）",
                    "Too much was sent from this network; try later, or by another one, as that of your phone",
                ),
                retry_after_seconds=SOURCE_SECONDS,
            )

    def _count(self, what: str, request: Request) -> int:
        hour = int(self._ticks() // SOURCE_SECONDS)
        if hour != self._hour:
            self._hour, self._counts = hour, Counter()
        key = (what, str(request.scope.get(SOURCE, "")))
        self._counts[key] += 1
        return self._counts[key]


class WithoutStrangers(logging.Filter):
    """Keeps lines about the anonymous entrance out of an access log: they would hold address and second."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line may be written; those of servers carry the path among their arguments."""
        arguments = record.args if isinstance(record.args, tuple) else ()
        return not any(isinstance(one, str) and is_for_strangers(one.partition("?")[0]) for one in arguments)
