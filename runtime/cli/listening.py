"""What commands share that listen until a signal ends them: a bound socket, and a good end."""

from __future__ import annotations

import socket

from engine.text import Text
from runtime.cli.run import Run


def bound(run: Run, host: str, port: int) -> socket.socket:
    """Return a bound socket; a port in use is found out before anything is opened or built."""
    listener: socket.socket | None = None
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if listener is not None:
            listener.close()
        run.refuse(
            Text(f"无法监听 {host}:{port}：{error.strerror}", f"Cannot listen on {host}:{port}: {error.strerror}"),
            Text("端口可能已被占用，请用 --port 另选", "The port may be in use; choose another with --port"),
        )
    return listener


def leave(_signal: int, _frame: object) -> None:
    """End the process in good order; the server has let go of its connections before it passes the signal on."""
    raise SystemExit(0)
