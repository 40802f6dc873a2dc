"""Opening a case and making its moves. Each answer leaves after the COMMIT it speaks of; nothing is read back."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from api.bodies import FireBody, FireManyBody, OpenCaseBody
from api.describing import described
from api.edge import Edge
from api.identity import Asker
from api.incoming import read_key, read_model
from api.language import language_of
from api.problems import problem, status_of
from api.rendering import done_json
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, SessionId, UnitId
from engine.errors import BanjieError
from engine.text import Language


def writing_routes(edge: Edge) -> APIRouter:
    """Return the routes that write."""
    router = APIRouter(tags=["cases"])

    @router.post("/cases", status_code=201, **described(OpenCaseBody))
    async def open_case(request: Request) -> JSONResponse:
        """Open a case."""
        asker = await edge.identities.of(request)
        key = read_key(request)
        body = await read_model(request, OpenCaseBody)
        session = body.congress_session
        done = await edge.ask(
            OpenCase(
                root=asker.root,
                actor=asker.actor,
                key=key,
                workflow=body.workflow,
                unit=UnitId(body.unit),
                congress_session=None if session is None else SessionId(session),
                form=body.form,
            )
        )
        location = {"Location": f"/api/cases/{done.outcome.case}"}
        return JSONResponse(done_json(done), status_code=200 if done.repeated else 201, headers=location)

    @router.post("/cases/{case_id}/transitions", **described(FireBody))
    async def fire(request: Request, case_id: str) -> JSONResponse:
        """Make a move of a case."""
        asker = await edge.identities.of(request)
        key = read_key(request)
        body = await read_model(request, FireBody)
        return JSONResponse(done_json(await edge.ask(fire_command(asker, case_id, body, key))))

    @router.post("/transitions", **described(FireManyBody))
    async def fire_many(request: Request) -> JSONResponse:
        """Make moves of several cases; one result each, in the order of the list."""
        asker = await edge.identities.of(request)
        key = read_key(request)
        body = await read_model(request, FireManyBody)
        commands = [
            fire_command(asker, item.case, item, item.key or f"{key}:{place}")
            for place, item in enumerate(body.transitions)
        ]
        language = language_of(request)
        results = await asyncio.gather(*(_result(edge, command, language) for command in commands))
        return JSONResponse({"results": results})

    return router


def fire_command(asker: Asker, case_id: str, body: FireBody, key: str) -> FireTransition:
    """Return the command that a body asks for."""
    return FireTransition(
        root=asker.root,
        actor=asker.actor,
        key=key,
        case=CaseId(case_id),
        transition=body.transition,
        form=body.form,
        expected_version=body.expected_version,
    )


async def _result(edge: Edge, command: FireTransition, language: Language) -> dict[str, JsonValue]:
    try:
        return {"status": 200, **done_json(await edge.ask(command))}
    except BanjieError as refusal:
        return {"status": status_of(refusal), "case": command.case, "problem": problem(refusal, language)}
