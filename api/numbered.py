"""Every request has a number of its own, made here, which its answer carries and every line that is logged on its way:
by it whoever was told of an error can be helped.

A number that somebody sends along is not taken: it could be anybody's words. The anonymous entrance has none.
"""

from __future__ import annotations

import secrets
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.strangers import is_for_strangers
from engine.log_parts import belonging

HEADER: Final = "X-Request-Id"
_KEY: Final = "banjie.request"


def incident_of(request: Request) -> str:
    """Return the number by which what went wrong here is found in the log: that of the request, where it has one."""
    return str(request.scope.get(_KEY) or secrets.token_hex(4))


class Numbered:
    """Stands before the site and gives each request its number."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under a number, and its answer back with it."""
        if scope["type"] != "http" or is_for_strangers(scope["path"]):
            await self._app(scope, receive, send)
            return
        number = scope[_KEY] = secrets.token_hex(6)

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = number
            await send(message)

        with belonging(request=number):
            await self._app(scope, receive, numbered)
