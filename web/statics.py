"""The stylesheet, the module and the mark, sent from memory: compressed, under an address that names their contents."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.problems import problem_response
from engine.errors import NotFound
from engine.text import Text

TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
KEPT_SECONDS: Final = 365 * 24 * 3600
_MARK_LENGTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """One file: its bytes, the same compressed, and the mark that changes with them."""

    data: bytes
    packed: bytes
    mark: str
    media_type: str


class Statics:
    """Answers for the files of one folder. Nothing secret is in them, so they may be compressed and kept by anybody."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}

    @property
    def marks(self) -> Mapping[str, str]:
        """Return file name → its mark."""
        return {name: file.mark for name, file in self._files.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        name = request.scope["path"].removeprefix(request.scope.get("root_path", "")).removeprefix("/")
        file = self._files.get(name)
        if file is None or request.method not in ("GET", "HEAD"):
            return problem_response(request, NotFound(Text("没有这个文件", "There is no such file")))
        headers = {"Vary": "Accept-Encoding"}
        if request.query_params.get("v") == file.mark:
            # Under its mark a file is the same for ever; without it, as somebody typed it, it is asked for each time.
            headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
        packed = takes_gzip(request.headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(file.packed if packed else file.data, headers=headers, media_type=file.media_type)


def takes_gzip(headers: Headers) -> bool:
    """Return whether whoever asks reads gzip."""
    asked = (part.strip().lower() for part in headers.get("accept-encoding", "").split(","))
    return any(part.partition(";")[0] == "gzip" and not part.replace(" ", "").endswith(";q=0") for part in asked)


def _read(path: Path) -> StaticFile:
    data = path.read_bytes()
    return StaticFile(
        data=data,
        packed=gzip.compress(data, mtime=0),
        mark=hashlib.sha256(data).hexdigest()[:_MARK_LENGTH],
        media_type=TYPES[path.suffix],
    )
