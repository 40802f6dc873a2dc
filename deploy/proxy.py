"""A small proxy before several servers of one machine: each connection goes to the next one that takes it.

It is here so that the cluster of ``deploy.cluster`` needs nothing installed; where others than this machine are served,
a real one with https stands before the servers (``deploy/nginx.conf``).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Sequence
from typing import Final

PIECE: Final = 64 * 1024
NOBODY: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Listens on the loopback in a thread of its own until it is closed."""

    def __init__(self, port: int, backends: Sequence[int]) -> None:
        """``port`` 0 takes a free one; ``backends`` are the ports of the servers."""
        self._backends = itertools.cycle(backends)
        self._count = len(backends)
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", port))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections, and cut those that are open."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _try in range(self._count):
            try:
                other_reader, other_writer = await asyncio.open_connection("127.0.0.1", next(self._backends))
            except OSError:
                continue
            # Cut off at the end: nobody waits for what this connection would have brought.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(_pass_on(reader, other_writer), _pass_on(other_reader, writer))
            return
        with contextlib.suppress(OSError):
            writer.write(NOBODY)
            await writer.drain()
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side has no more."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
