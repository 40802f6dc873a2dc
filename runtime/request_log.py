"""A line of the log for each request, where that is asked for: by the template of its address, never by the address."""

from __future__ import annotations

import logging
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.strangers import is_for_strangers
from runtime.logs import DATA
from runtime.metrics.requests import Seen, seen

REQUESTS: Final = logging.getLogger("banjie.requests")


class Logged:
    """Stands before the site and logs what passes; requests of the anonymous entrance leave no line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        REQUESTS.setLevel(logging.INFO)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it when it is answered."""
        if scope["type"] != "http" or is_for_strangers(scope["path"]):
            await self._app(scope, receive, send)
        else:
            await seen(self._app, scope, receive, send, _log)


def _log(request: Seen) -> None:
    milliseconds = round(1e3 * request.seconds, 1)
    data = {"method": request.method, "route": request.route, "status": request.status, "ms": milliseconds}
    REQUESTS.info("request", extra={DATA: data})
