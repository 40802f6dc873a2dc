"""The ledger for those who trust nobody: the newest checkpoint, proofs of every entry of a case, and a bundle of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from api.edge import Edge
from api.identity import Asker
from api.routing import api_router
from engine.case.identity import CaseId
from engine.ledger.bundle import KeyRole, bundle_bytes
from engine.ledger.notes import VerifierKey
from engine.service.exported import record_whole_case
from engine.service.proving import bundle_of, newest_note, prove_case

NOTE_TYPE = "text/plain; charset=utf-8"


def ledger_routes(edge: Edge) -> APIRouter:
    """Return the routes about what is sealed."""
    router = api_router("ledger")

    @router.get("/ledger/checkpoint", response_class=PlainTextResponse)
    def checkpoint(request: Request) -> PlainTextResponse:
        """The newest checkpoint as a signed note (C2SP), with what witnesses added."""
        asker = edge.identities.in_thread(request)
        note = newest_note(edge.desk.reads, asker.root)
        return PlainTextResponse(note.encoded(), media_type=NOTE_TYPE, headers={"Cache-Control": "no-store"})

    @router.get("/cases/{case_id}/proof")
    def proof(request: Request, case_id: str) -> JSONResponse:
        """Every entry of a case with its C2SP tlog-proof; null while it waits to be sealed."""
        asker = edge.identities.in_thread(request)
        found = prove_case(edge.desk, asker.root, CaseId(case_id), asker.actor, edge.world(asker))
        return JSONResponse(
            {
                "case": case_id,
                "entries": [
                    {
                        "seq": one.seq,
                        "hash": one.hash.hex(),
                        "proof": None if one.proof is None else one.proof.encoded().decode(),
                    }
                    for one in found
                ],
            }
        )

    @router.get("/cases/{case_id}/bundle", response_class=Response)
    def bundle(request: Request, case_id: str) -> Response:
        """A bundle of the case (zip) with what the asker may know opened; keys are compared with the printed ones."""
        return case_bundle(edge, edge.identities.in_thread(request), CaseId(case_id))

    return router


def case_bundle(edge: Edge, asker: Asker, case: CaseId) -> Response:
    """Return the bundle of a case as a download; that it was taken is recorded."""

    def keys(origin: str) -> list[tuple[KeyRole, VerifierKey]]:
        found = edge.settings.log_key(origin)
        log: list[tuple[KeyRole, VerifierKey]] = [] if found is None else [("log", found)]
        pen = edge.settings.receipts
        receipt: list[tuple[KeyRole, VerifierKey]] = [] if pen is None else [("receipt", pen.key)]
        return [*log, *receipt, *(("witness", key) for key in edge.settings.witnesses)]

    made = bundle_of(
        edge.desk,
        asker.root,
        [case],
        asker.actor,
        edge.world(asker),
        now=edge.desk.office.now(),
        tool=f"banjie {edge.settings.version}",
        keys=keys,
    )
    record_whole_case(edge.desk, asker.root, asker.actor, case, edge.world(asker), "bundle")
    headers = {
        "Content-Disposition": 'attachment; filename="bundle.zip"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(bundle_bytes(made), media_type="application/zip", headers=headers)
