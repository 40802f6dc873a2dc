"""The witness over HTTP: two addresses, small bodies, and nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from runtime.witness.keeper import Answer, WitnessKeeper
from runtime.witness.wire import ADD, BODY_BYTES_MAX, CHECKPOINT

BODY_SECONDS: Final = 20
AT_ONCE_MAX: Final = 64
SHUTDOWN_SECONDS: Final = 10


def witness_app(keeper: WitnessKeeper) -> Starlette:
    """Return the service of a witness.

    ``POST /add-checkpoint`` cosigns; ``GET /<SHA-256 of the origin in hex>/checkpoint`` shows the newest checkpoint
    that was cosigned, for auditors and for the log itself.
    """

    async def add(request: Request) -> Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return _response(Answer(408, b"the body did not come in time\n"))
        except ClientDisconnect:
            return _response(Answer(400, b"\n"))
        if body is None:
            return _response(Answer(413, b"the body is too large\n"))
        return _response(await run_in_threadpool(keeper.add, body))

    async def checkpoint(request: Request) -> Response:
        found = await run_in_threadpool(keeper.newest, request.path_params["place"])
        return _response(Answer(404, b"no checkpoint\n") if found is None else Answer(200, found))

    return Starlette(
        routes=[
            Route(f"/{ADD}", add, methods=["POST"]),
            Route(f"/{{place}}/{CHECKPOINT}", checkpoint, methods=["GET"]),
        ]
    )


def serve(keeper: WitnessKeeper, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Answer on a bound socket until a signal ends it."""
    import uvicorn

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce()

    config = uvicorn.Config(
        witness_app(keeper),
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=AT_ONCE_MAX,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    Announced(config).run(sockets=[listener])


async def _body(request: Request) -> bytes | None:
    """Return the body, None as soon as it is longer than any that is meant."""
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > BODY_BYTES_MAX:
            return None
    return bytes(read)


def _response(answer: Answer) -> Response:
    # Set as a header: Starlette would add a charset to the type, which clients compare as a whole.
    headers = {"Content-Type": answer.media_type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(answer.body, answer.status, headers=headers)
