"""Counts the requests of this process, and answers ``GET /metrics`` to who has the token of the metrics.

To everybody else that address is one that does not exist. Requests of people without a login are not counted at all:
with a reading every few seconds a number would tell when somebody wrote in anonymously.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.strangers import is_for_strangers
from engine.errors import StorageUnavailable
from runtime.metrics.text import MEDIA_TYPE, Family, Histogram, Sample, exposed

PATH: Final = "/metrics"
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STATIC: Final = "/static"
NO_ROUTE: Final = "none"
OTHER_METHOD: Final = "other"


class Seen(NamedTuple):
    """A request that was answered: its method, the template of its address, the status, and how long it took."""

    method: str
    route: str
    status: int
    seconds: float


async def seen(app: ASGIApp, scope: Scope, receive: Receive, send: Send, note: Callable[[Seen], None]) -> None:
    """Pass a request on and note what it came to, also where it failed."""
    began, status = time.perf_counter(), 500

    async def noted(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    try:
        await app(scope, receive, noted)
    finally:
        method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
        note(Seen(method, _route(scope), status, time.perf_counter() - began))


class Measured:
    """Stands before the site and counts what passes; ``families`` are the numbers of the house."""

    def __init__(self, app: ASGIApp, *, token: str, families: Callable[[], Iterable[Family]]) -> None:
        self._app = app
        self._token = token.encode()
        self._families = families
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._seconds = Histogram(SECONDS)
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a reading of the metrics; pass everything else on, and count it by its route and status."""
        if scope["type"] != "http" or is_for_strangers(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["path"] == PATH and scope["method"] == "GET" and self._may_read(Headers(scope=scope)):
            await (await run_in_threadpool(self._answer))(scope, receive, send)
        else:
            await seen(self._app, scope, receive, send, self._count)

    def _count(self, request: Seen) -> None:
        with self._lock:
            self._counts[request.method, request.route, request.status] += 1
        self._seconds.add(request.seconds)

    def _may_read(self, headers: Headers) -> bool:
        scheme, _blank, token = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token)

    def _answer(self) -> Response:
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        try:
            text = exposed([*self._of_requests(), *self._families()])
        except StorageUnavailable as refusal:
            told = f"{refusal.text.zh} · {refusal.text.en}\n"
            return Response(told, status_code=503, media_type="text/plain; charset=utf-8", headers=headers)
        return Response(text, headers={**headers, "Content-Type": MEDIA_TYPE})

    def _of_requests(self) -> Iterable[Family]:
        with self._lock:
            counts = sorted(self._counts.items())
        yield Family(
            name="banjie_requests_total",
            kind="counter",
            told="Requests answered by this process, by route and status; without those of the anonymous entrance.",
            samples=[
                Sample(value=count, labels=(("method", method), ("route", route), ("status", str(status))))
                for (method, route, status), count in counts
            ],
        )
        yield Family(
            name="banjie_request_seconds",
            kind="histogram",
            told="How long the requests took.",
            samples=self._seconds.samples(),
        )


def _route(scope: Scope) -> str:
    """Return the template of the address (``/cases/{case_id}``), never the address itself."""
    template = getattr(scope.get("route"), "path", None)
    if isinstance(template, str):
        return template
    return STATIC if scope["path"].startswith(f"{STATIC}/") else NO_ROUTE
