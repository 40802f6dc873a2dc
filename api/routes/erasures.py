"""Erasing values of a case: what may go, what was asked for, asking, and approving what another has asked for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from api.answers import DoneAnswer, answering
from api.bodies import Body
from api.describing import described
from api.edge import Edge
from api.identity import Asker
from api.incoming import read_key, read_model
from api.receipts import with_receipt
from api.rendering import Json, text_json
from api.routing import api_router
from engine.case.codec import at_text
from engine.case.identity import CaseId
from engine.errors import NotPermitted
from engine.service.erasure_requests import GROUNDS, Erasable, Value, approve, ask, erasable
from engine.service.erasure_requests import Request as Asked
from engine.text import Text

PATHS_MAX = 500


class ErasureBody(Body):
    """Asks for an erasure: ``paths`` as they are listed, ``basis`` the ground (PIPL Art.47)."""

    paths: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=200)]], Field(min_length=1, max_length=PATHS_MAX)
    ]
    basis: Annotated[str, StringConstraints(max_length=20)]


class ApprovalBody(Body):
    """Approves a request; the address says which."""


def erasure_routes(edge: Edge) -> APIRouter:
    """Return the routes under ``/cases/{case_id}/erasures``."""
    router = api_router("erasures")
    desk = edge.desk

    @router.get("/cases/{case_id}/erasures")
    def list_erasures(request: Request, case_id: str) -> JSONResponse:
        """Return what may be erased of a case, and the requests that wait for approval."""
        asker = edge.identities.in_thread(request)
        return JSONResponse(erasable_json(erasable(desk, asker.root, CaseId(case_id), asker.actor)))

    @router.post(
        "/cases/{case_id}/erasures", status_code=201, **described(ErasureBody), **answering(DoneAnswer, 200, 201)
    )
    async def ask_erasure(request: Request, case_id: str) -> JSONResponse:
        """Ask for values to be erased; somebody else who may erase has to approve."""
        asker = in_person(await edge.identities.of(request))
        key = read_key(request)
        body = await read_model(request, ErasureBody)
        command = await run_in_threadpool(
            ask, desk, asker.root, CaseId(case_id), asker.actor, body.paths, body.basis, key
        )
        done = await edge.ask(command)
        return JSONResponse(with_receipt(edge, asker, done), status_code=200 if done.repeated else 201)

    @router.post("/cases/{case_id}/erasures/{erasure}/approval", **described(ApprovalBody), **answering(DoneAnswer))
    async def approve_erasure(request: Request, case_id: str, erasure: str) -> JSONResponse:
        """Approve what another has asked for: it is erased for good, once, whoever approves."""
        asker = in_person(await edge.identities.of(request))
        read_key(request)
        await read_model(request, ApprovalBody)
        command = await run_in_threadpool(approve, desk, asker.root, CaseId(case_id), asker.actor, erasure)
        return JSONResponse(with_receipt(edge, asker, await edge.ask(command)))

    return router


def in_person(asker: Asker) -> Asker:
    """Return the asker; raises NotPermitted for a program: that two people agree is shown by their logins alone."""
    if asker.by_token:
        raise NotPermitted(
            Text("申请和批准删除须本人登录后办理", "Log in yourself to ask for an erasure, or to approve one")
        )
    return asker


def erasable_json(found: Erasable) -> Json:
    """Return what may be erased and what was asked for."""
    return {
        "case": found.view.case.id,
        "held": None if found.held is None else text_json(found.held),
        "values": [_value(value) for value in found.values],
        "grounds": [{"basis": str(basis), "title": text_json(title)} for basis, title in GROUNDS.items()],
        "requests": [_request(request) for request in found.waiting],
    }


def _value(value: Value) -> Json:
    return {
        "path": value.path,
        "title": text_json(value.title),
        "stays": None if value.stays is None else text_json(value.stays),
    }


def _request(request: Asked) -> Json:
    return {
        "id": request.id,
        "at": at_text(request.at),
        "until": at_text(request.until),
        "by": request.by,
        "name": request.who,
        "basis": str(request.basis),
        "paths": list(request.paths),
        "may_approve": request.may_approve,
    }
