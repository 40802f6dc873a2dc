"""A real server that dies in the midst of an upload at a named point, or finds its disk full; and clients that go away.

Run as a program it is ``banjie serve`` with the points below wired in: an upload of a file named ``kill-NUMBER.txt``
kills the process at that one, by the signal that nothing can catch.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

PATIENCE_SECONDS: Final = 120
PROJECT: Final = Path(__file__).parents[2]
BOUNDARY: Final = "cut-here"
POINTS: Final = (
    "before the first chunk",
    "between two chunks",
    "while it is looked into",
    "with half a copy",
    "with the copy placed",
    "before it has its name",
    "between file and database",
    "with its key drawn",
    "after the database",
)
"""Every moment of an upload at which something new stands on the disk, in their order."""
FILE_BYTES_LIMIT: Final = 6 * 1024 * 1024
"""No file of the server with a full disk grows beyond; its database stays far below."""


def dying_name(point: str) -> str:
    """Return the name of a file whose upload ends the server at this point."""
    return f"kill-{POINTS.index(point)}.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """A running server, as who uploads to it sees it."""

    process: subprocess.Popen[str]
    port: int

    def send(self, token: str, name: str, content: bytes, key: str = "") -> tuple[int, Any]:
        """Upload a file and return status and answer; status 0 where the server went away."""
        head, body = request(token, name, content, key)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", "/api/uploads", body=body, headers=head)
            with connection.getresponse() as answer:
                return answer.status, json.loads(answer.read())
        except (OSError, EOFError) as error:
            return 0, error
        finally:
            connection.close()

    @contextmanager
    def half(self, token: str, content: bytes) -> Iterator[socket.socket]:
        """Begin an upload, send half of it and keep the connection open for the length of the block."""
        head, body = request(token, "half.txt", content)
        lines = [f"{name}: {value}" for name, value in {"Host": "127.0.0.1", **head}.items()]
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as client:
            client.sendall("\r\n".join(["POST /api/uploads HTTP/1.1", *lines, "", ""]).encode())
            client.sendall(body[: len(body) // 2])
            yield client

    def kill(self) -> None:
        """End the server as a power cut would, and wait until it is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)


def request(token: str, name: str, content: bytes, key: str = "") -> tuple[dict[str, str], bytes]:
    """Return headers and body of an upload."""
    disposition = f'form-data; name="file"; filename="{name}"'
    body = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
    body += content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": key or uuid4().hex,
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(body)),
    }, body


@contextmanager
def serving(url: str, *, clock: str, full_disk: bool = False) -> Iterator[Uploads]:
    """Start the server on a database and wait until it listens; it is ended, by its id, after the block."""
    command = [sys.executable, "-m", "tests.support.upload_server", "--database", url, "serve", "--port", "0"]
    environment = {**os.environ, "BANJIE_CLOCK": clock, "UPLOADS_DISK": "full" if full_disk else ""}
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Uploads(process=process, port=_port(process))
        finally:
            process.kill()
            with suppress(ValueError):
                process.communicate(timeout=PATIENCE_SECONDS)


def _port(process: subprocess.Popen[str]) -> int:
    told: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        told.append(line)
        if "Ctrl-C" in line:
            break
    address = re.search(r"http://\S+", "".join(told))
    assert address is not None, (told, process.communicate(timeout=PATIENCE_SECONDS))
    port = urllib.parse.urlsplit(address[0]).port
    assert port is not None
    return port


# ------------------------------------------------------------------------------------------------ inside the server


class _Points:
    """Knows which point the upload that is under way is to die at."""

    def __init__(self) -> None:
        self.wanted = ""
        self.is_kept = False

    def begin(self, name: str) -> None:
        self.is_kept = False
        found = re.fullmatch(r"kill-(\d)\.txt", name)
        self.wanted = POINTS[int(found[1])] if found else ""

    def reach(self, point: str) -> None:
        if point and point == self.wanted:
            os.kill(os.getpid(), signal.SIGKILL)


def _wire(points: _Points) -> None:
    """Put the points into the filing of uploads."""
    from engine.service.file_ports import KeepFile
    from engine.service.filing import cabinet, chunks, folder

    def wrapped(
        owner: Any, name: str, before: Callable[..., str] | str = "", after: Callable[..., str] | str = ""
    ) -> None:
        inner = getattr(owner, name)

        def outer(*args: Any, **parts: Any) -> Any:
            points.reach(before(*args) if callable(before) else before)
            result = inner(*args, **parts)
            points.reach(after(*args) if callable(after) else after)
            return result

        setattr(owner, name, outer)

    def of_copy(written: Any, *_rest: Any) -> bool:
        return bool(written.target.name.endswith(folder.COPY))

    inner_intake = cabinet.Cabinet.intake

    def intake(self: Any, root: Any, actor: Any, name: str, **parts: Any) -> Any:
        points.begin(name)
        points.reach("before the first chunk")
        return inner_intake(self, root, actor, name, **parts)

    cabinet.Cabinet.intake = intake  # type: ignore[method-assign]  # the point stands before it
    wrapped(chunks.ChunkWriter, "_put", before=lambda writer, *_rest: "between two chunks" if writer._index else "")
    wrapped(cabinet, "inspect", before="while it is looked into")
    wrapped(
        folder.Written,
        "place",
        before=lambda *args: "with half a copy" if of_copy(*args) else "before it has its name",
        after=lambda *args: "with the copy placed" if of_copy(*args) else "between file and database",
    )
    wrapped(cabinet, "seal_file", after="with its key drawn")

    def keep_file(*args: Any) -> KeepFile:
        points.is_kept = True
        return KeepFile(*args)

    vars(cabinet)["KeepFile"] = keep_file  # notes that a row is about to be written
    wrapped(cabinet, "_uploaded", before=lambda *_args: "after the database" if points.is_kept else "")


def _fill_disk() -> None:
    """Let no file of this process grow further, as on a full disk: a write beyond is refused by the system."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_LIMIT, FILE_BYTES_LIMIT))


if __name__ == "__main__":
    from runtime.cli.main import main

    _wire(_Points())
    if os.environ.pop("UPLOADS_DISK"):
        _fill_disk()
    main()
