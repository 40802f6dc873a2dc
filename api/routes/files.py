"""Files: an upload is made first, the step that names it takes it over, and then it is read as a part of the case."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.describing import KEY
from api.edge import Edge
from api.identity import Asker
from api.incoming import read_key
from api.multipart import MULTIPART, is_multipart, uploads_of
from api.problems import MediaTypeRefused
from api.rendering import Json, text_json
from api.routing import api_router
from engine.case.codec import at_text
from engine.case.identity import CaseId
from engine.errors import FieldProblem, FormInvalid
from engine.service.filing.cabinet import ERASED, KNOWN, WITHHELD, Cabinet, HeldFile, Opened, Uploaded
from engine.text import Text

SENT_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "none",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_BODY: Final[dict[str, Any]] = {
    "parameters": [KEY],
    "requestBody": {
        "required": True,
        "content": {
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}, "case": {"type": "string"}},
                }
            }
        },
    },
}


def file_routes(edge: Edge) -> APIRouter:
    """Return the routes of files."""
    router = api_router("files")
    cabinet = Cabinet(edge.desk)

    def is_known(asker: Asker, case: CaseId, sha256: str) -> bool:
        return cabinet.is_known(asker.root, case, asker.actor, edge.world(asker), sha256)

    @router.post("/uploads", status_code=201, openapi_extra=_BODY)
    async def upload(request: Request) -> JSONResponse:
        """Upload one file, as ``file``; it expires unless a step names its id. ``case`` is where it is to go.

        It is told whether that case holds the same content already.
        """
        asker = await edge.identities.of(request)
        key = read_key(request)
        if not is_multipart(request):
            raise MediaTypeRefused(MULTIPART)
        posted = await uploads_of(request, cabinet, (asker.root, asker.actor), key=key)
        if posted.errors:
            raise posted.errors[0]
        uploaded = posted.uploads.get("file", [])
        if len(uploaded) != 1 or len(posted.uploads) != 1:
            raise FormInvalid([FieldProblem(path="file", text=_ONE_FILE)])
        case = posted.fields.get("case", [""])[0]
        known = bool(case) and await run_in_threadpool(is_known, asker, CaseId(case), uploaded[0].sha256)
        return JSONResponse(_uploaded_json(uploaded[0], known=known), status_code=201)

    @router.get("/cases/{case_id}/files")
    def list_files(request: Request, case_id: str) -> JSONResponse:
        """Return the files of a case that the asker may know of."""
        asker = edge.identities.in_thread(request)
        files = cabinet.files(asker.root, CaseId(case_id), asker.actor, edge.world(asker))
        return JSONResponse({"case": case_id, "files": [_file_json(case_id, file) for file in files]})

    @router.get("/cases/{case_id}/files/{file_id}", response_class=Response)
    def read_file(request: Request, case_id: str, file_id: str) -> Response:
        """Return a file of a case, for saving; handlers get a copy without metadata."""
        asker = edge.identities.in_thread(request)
        return sent(cabinet.open(asker.root, CaseId(case_id), asker.actor, edge.world(asker), file_id))

    return router


def sent(opened: Opened) -> Response:
    """Return a file as an answer that no browser shows, runs or keeps."""
    file = opened.file
    return StreamingResponse(
        opened.blocks,
        media_type=file.type,
        headers={
            **SENT_HEADERS,
            "Content-Length": str(file.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        },
    )


def _uploaded_json(uploaded: Uploaded, *, known: bool) -> Json:
    return {
        "id": uploaded.id,
        "name": uploaded.name,
        "size": uploaded.size,
        "type": uploaded.type,
        "sha256": uploaded.sha256,
        "expires_at": at_text(uploaded.expires_at),
        "has_copy": uploaded.has_copy,
        "known": known,
        "note": text_json(KNOWN) if known else None,
    }


def _file_json(case: str, file: HeldFile) -> Json:
    note = ERASED if file.erased else WITHHELD if file.withheld else None
    return {
        "id": file.id,
        "field": file.field,
        "name": file.name,
        "size": file.size,
        "type": file.type,
        "sha256": file.sha256,
        "copy": file.copy,
        "current": file.current,
        "address": f"/api/cases/{case}/files/{file.id}" if file.open else None,
        "note": None if note is None else text_json(note),
    }


_ONE_FILE: Final = Text("请上传一个文件，字段名为 file", "Send one file, as the part named file")
