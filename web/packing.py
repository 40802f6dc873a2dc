"""Pages travel compressed, unless another site may have asked for them.

The length of a compressed answer tells what in it repeats what was asked (the BREACH attack): a foreign page has a
visitor's browser ask for one of ours again and again, each time with another guess in the address, and watches how long
the answers are. Such a request says that it comes from elsewhere (``Sec-Fetch-Site``), and its answer is sent as it is.
Browsers that do not say so are taken at their word only where the line is plain http, on which whoever watches reads
everything anyway. The entrance for strangers asks that nothing of it be transformed, and nothing is.
"""

from __future__ import annotations

import gzip
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.statics import takes_gzip

PACKED_TYPES: Final = ("text/html", "image/svg+xml")
PACKED_FROM_BYTES: Final = 1_000
LEVEL: Final = 5
_OWN: Final = ("same-origin", "none")


class Packed:
    """Compresses whole answers that are pages; what is sent piece by piece passes as it is."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and the answer back, compressed where that tells nobody anything."""
        if scope["type"] != "http" or not self._may_pack(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        started: Message | None = None

        async def pack(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start" and _is_page(Headers(raw=message["headers"])):
                started = message
                return
            if started is not None:
                start, started = started, None
                if not message.get("more_body", False) and len(message.get("body", b"")) >= PACKED_FROM_BYTES:
                    message = {**message, "body": gzip.compress(message["body"], LEVEL, mtime=0)}
                    headers = MutableHeaders(raw=start["headers"])
                    headers["content-encoding"] = "gzip"
                    headers["content-length"] = str(len(message["body"]))
                    headers.add_vary_header("Accept-Encoding")
                await send(start)
            await send(message)

        await self._app(scope, receive, pack)

    def _may_pack(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        return takes_gzip(headers) and (not self._https if site is None else site in _OWN)


def _is_page(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0]
    return (
        kind in PACKED_TYPES
        and "content-encoding" not in headers
        and "no-transform" not in headers.get("cache-control", "")
    )
