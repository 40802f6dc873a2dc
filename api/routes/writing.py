"""Opening a case and making its moves. Each answer leaves after the COMMIT it speaks of; nothing is read back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool

from api.answers import DoneAnswer, answering
from api.bodies import FireBody, FireManyBody, MoveBody, OnBehalfBody, OpenCaseBody
from api.describing import described
from api.edge import Edge
from api.identity import Asker
from api.incoming import read_key, read_model
from api.instants import date_from, instant_from
from api.language import language_of
from api.problems import problem, status_of
from api.receipts import with_receipt
from api.routing import api_router
from engine.case.commands import FireTransition, OnBehalf, OpenCase, Stated
from engine.case.identity import CaseId, SessionId, UnitId
from engine.errors import BanjieError
from engine.service.behalf import Entry, day_stated, entered
from engine.service.office import Answer
from engine.text import Language


def writing_routes(edge: Edge) -> APIRouter:
    """Return the routes that write."""
    router = api_router("cases")

    @router.post("/cases", status_code=201, **described(OpenCaseBody), **answering(DoneAnswer, 200, 201))
    async def open_case(request: Request) -> JSONResponse:
        """Open a case."""
        asker = await edge.identities.of(request)
        key = read_key(request)
        body = await read_model(request, OpenCaseBody)
        session = body.congress_session
        on_behalf, stated = await _entered(edge, asker, body.on_behalf)
        done = await edge.ask(
            OpenCase(
                root=asker.root,
                actor=asker.actor,
                key=key,
                workflow=body.workflow,
                unit=UnitId(body.unit),
                congress_session=None if session is None else SessionId(session),
                form=body.form,
                stated=stated,
                on_behalf=on_behalf,
            )
        )
        location = {"Location": f"/api/cases/{done.outcome.case}"}
        return JSONResponse(
            with_receipt(edge, asker, done), status_code=200 if done.repeated else 201, headers=location
        )

    @router.post("/cases/{case_id}/transitions", **described(FireBody), **answering(DoneAnswer))
    async def fire(request: Request, case_id: str) -> JSONResponse:
        """Make a move of a case."""
        asker = await edge.identities.of(request)
        key = read_key(request)
        body = await read_model(request, FireBody)
        entry = await _entered(edge, asker, body.on_behalf)
        return JSONResponse(with_receipt(edge, asker, await edge.ask(fire_command(asker, case_id, body, key, entry))))

    @router.post("/transitions", **described(FireManyBody))
    async def fire_many(request: Request) -> JSONResponse:
        """Make moves of several cases; one result each, in the order of the list, with the receipt of what was done."""
        asker = await edge.identities.of(request)
        key = read_key(request)
        body = await read_model(request, FireManyBody)
        commands = [
            fire_command(asker, item.case, item, item.key or f"{key}:{place}")
            for place, item in enumerate(body.transitions)
        ]
        language = language_of(request)
        answers = await asyncio.gather(*(_answer(edge, command) for command in commands))
        both = list(zip(commands, answers, strict=True))
        refused = [(answer, command.case) for command, answer in both if isinstance(answer, BanjieError)]
        results = await run_in_threadpool(_results, edge, asker, both, language)
        return JSONResponse({"results": results}, background=edge.denials.among(request, refused))

    return router


def fire_command(
    asker: Asker, case_id: str, body: MoveBody, key: str, entry: tuple[OnBehalf | None, Stated | None] = (None, None)
) -> FireTransition:
    """Return the command that a body asks for; ``entry`` is what it says of an entry on behalf."""
    return FireTransition(
        root=asker.root,
        actor=asker.actor,
        key=key,
        case=CaseId(case_id),
        transition=body.transition,
        form=body.form,
        expected_version=body.expected_version,
        on_behalf=entry[0],
        stated=entry[1],
    )


async def _entered(edge: Edge, asker: Asker, body: OnBehalfBody | None) -> tuple[OnBehalf | None, Stated | None]:
    """Return what a body says of an entry on behalf, whom it names looked up; raises FormInvalid."""
    if body is None:
        return None, None
    now, said = edge.desk.office.now(), body.occurred_at
    name = "on_behalf.occurred_at"
    at = day_stated(date_from(said, name), now) if len(said) == len("2026-09-15") else instant_from(said, name)
    entry = Entry(kind=body.kind, basis=body.basis, happened_at=at, person=body.person, scan=body.scan)
    return await run_in_threadpool(entered, edge.desk.reads, edge.desk.queries, asker.root, entry, now)


async def _answer(edge: Edge, command: FireTransition) -> Answer:
    try:
        return await edge.ask(command)
    except BanjieError as refusal:
        return refusal


def _results(
    edge: Edge, asker: Asker, answered: Sequence[tuple[FireTransition, Answer]], language: Language
) -> list[JsonValue]:
    """Return what became of each; signing so many receipts is not for the event loop."""
    return [_result(edge, asker, command, answer, language) for command, answer in answered]


def _result(
    edge: Edge, asker: Asker, command: FireTransition, answer: Answer, language: Language
) -> dict[str, JsonValue]:
    if isinstance(answer, BanjieError):
        return {"status": status_of(answer), "case": command.case, "problem": problem(answer, language)}
    return {"status": 200, **with_receipt(edge, asker, answer)}
