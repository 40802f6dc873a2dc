"""A real HTTP server on loopback that answers, drops, hangs, dribbles and redirects as a test asks."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer: status, headers and body, or what is done instead of a whole answer at once.

    ``late`` answers after a while; ``lost`` closes the connection after the request was taken; ``hang`` never answers;
    ``dribble`` sends a header line now and then without end; ``broken`` announces more body than it sends; ``refused``
    takes nothing and closes.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    instead: Literal["late", "lost", "hang", "dribble", "broken", "refused"] | None = None


def json_reply(told: object, status: int = 200) -> Reply:
    """Return an answer with a JSON body."""
    return Reply(status=status, body=json.dumps(told).encode())


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        """The body read as a JSON object."""
        told = json.loads(self.body)
        assert isinstance(told, dict)
        return told


@dataclass(slots=True)
class HookServer:
    """What the server answers, one reply per request and the last one for all further; what it has read, and answered.

    ``replied`` holds the reply to each of ``requests``.
    """

    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    requests: list[Request] = field(default_factory=list)
    replied: list[Reply] = field(default_factory=list)
    port: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        """The server's origin over plain HTTP."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def hook_server(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[HookServer]:
    """Run a server in threads until the block ends."""
    hooks = HookServer(list(replies) or [Reply()])
    turn = threading.Lock()
    count = 0

    class Handler(BaseHTTPRequestHandler):
        """Answers as the test asked, and writes no log."""

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
            """Be quiet."""

        def do_POST(self) -> None:
            """Take the request and answer."""
            nonlocal count
            with turn:
                reply = hooks.replies[min(count, len(hooks.replies) - 1)]
                count += 1
            if reply.instead == "refused":
                self._close()
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with turn:
                hooks.requests.append(Request(self.path, dict(self.headers.items()), body))
                hooks.replied.append(reply)
            if reply.instead == "lost":
                self._close()
            elif reply.instead == "hang":
                hooks.ended.wait(10)
                self._close()
            elif reply.instead == "dribble":
                self._dribble()
            else:
                hooks.ended.wait(0.1 if reply.instead == "late" else 0)
                self._answer(reply)

        def _answer(self, reply: Reply) -> None:
            more = 100 if reply.instead == "broken" else 0
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + more))
            self.end_headers()
            with suppress(OSError):  # the client may stop reading a long answer
                self.wfile.write(reply.body)
            if more:
                self._close()

        def _dribble(self) -> None:
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not hooks.ended.wait(0.05):
                    self.wfile.write(b"X: x\r\n")
            self._close()

        def _close(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # the end of the block waits for every thread
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    hooks.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="hook server")
    thread.start()
    try:
        yield hooks
    finally:
        hooks.ended.set()
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
        assert not thread.is_alive()


def unused_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
