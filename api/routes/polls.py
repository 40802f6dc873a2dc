"""Polls: what is asked, how many have answered, and answering once. Nobody is told what anybody chose."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool

from api.bodies import BallotBody
from api.describing import described
from api.edge import Edge
from api.incoming import read_model
from api.rendering import text_json
from api.routing import api_router
from engine.case.identity import CaseId
from engine.service.polls import Poll, PollDesk

CaseName = Annotated[str, Path(max_length=120)]
PollName = Annotated[str, Path(max_length=60)]


def poll_routes(edge: Edge) -> APIRouter:
    """Return the routes of polls."""
    router = api_router("cases")

    @router.get("/cases/{case_id}/polls/{name}")
    def read(request: Request, case_id: CaseName, name: PollName) -> JSONResponse:
        """Return a poll of a case: what is asked, how many may answer and have, and how it stands for the asker.

        ``standing`` is ``waiting``, ``answered``, ``not_asked`` or ``closed``. Totals are fields of the case once the
        poll is closed, and are told by nothing before.
        """
        asker = edge.identities.in_thread(request)
        view = edge.desk.queries.case(asker.root, CaseId(case_id), asker.actor, edge.world(asker))
        return JSONResponse(_told(PollDesk.at(edge.desk, asker.actor).poll(view.case, view.definition, name)))

    @router.post("/cases/{case_id}/polls/{name}", **described(BallotBody, keyed=False))
    async def cast(request: Request, case_id: CaseName, name: PollName) -> JSONResponse:
        """Answer a poll, once and for good.

        Whoever gets no answer may send it again: ``poll_cast_already`` says that it was taken the first time.
        """
        asker = await edge.identities.of(request)
        ballot = await read_model(request, BallotBody)

        def act() -> Poll:
            view = edge.desk.queries.case(asker.root, CaseId(case_id), asker.actor, edge.world(asker))
            polls = PollDesk.at(edge.desk, asker.actor)
            polls.cast(view.case, view.definition, name, dict(ballot.answers))
            return polls.poll(view.case, view.definition, name)

        return JSONResponse(_told(await run_in_threadpool(act)))

    return router


def _told(poll: Poll) -> dict[str, JsonValue]:
    return {
        "case": poll.case.id,
        "poll": poll.name,
        "title": text_json(poll.part.title.text),
        "questions": [{"key": question.key, "title": text_json(question.title)} for question in poll.questions],
        "choices": [{"key": key, "title": text_json(label.text)} for key, label in poll.part.choices.items()],
        "every": poll.part.every,
        "standing": str(poll.standing),
        "electors": poll.electors,
        "returned": poll.returned,
    }
