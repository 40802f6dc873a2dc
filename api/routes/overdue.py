"""Acting on what is late: a measure of supervision on a selection of cases, previewed, then done as confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool

from api.bodies import ListedBody, MeasureBody
from api.describing import described
from api.edge import Edge
from api.identity import Asker
from api.incoming import read_key, read_model
from api.language import language_of
from api.limits import BATCH_COMMANDS_MAX
from api.overdue import planned_json
from api.problems import problem, status_of
from api.receipts import with_receipt
from api.rendering import text_json
from api.routing import api_router
from engine.case.commands import FireTransition
from engine.case.identity import CaseId
from engine.errors import BanjieError
from engine.service.execute import Done
from engine.service.measures import Planned, measure_called, measures_of
from engine.service.office import Answer
from engine.service.overdue import OverdueAsk, OverdueList, Scope
from engine.service.rung_colours import Colour
from engine.service.selecting import Selection, confirm, preview
from engine.text import Language


def overdue_routes(edge: Edge) -> APIRouter:
    """Return the route that acts on the list of deadlines."""
    router = api_router("cases")

    @router.post("/overdue/measures", **described(MeasureBody))
    async def take(request: Request) -> JSONResponse:
        """Preview a measure of supervision on a selection of cases, or carry out what was confirmed of a preview.

        A preview asks every guard and writes nothing; ``confirm`` names by case and version what can be done. Sent back
        as ``confirmed``, each of them is done for itself; everything else that was selected is told with its reason.
        """
        asker = await edge.identities.of(request)
        key = read_key(request)
        body = await read_model(request, MeasureBody)
        selection, more = await run_in_threadpool(_selection, edge, asker, body)
        language = language_of(request)
        if body.confirmed is None:
            planned = await run_in_threadpool(preview, edge.desk, selection)
            told = _previewed(edge, asker, selection, planned, language)
            refused = [(one.refusal, one.id) for one in planned if one.refusal is not None]
            return JSONResponse({**told, "more": more}, background=edge.denials.among(request, refused))
        versions = {CaseId(one.case): one.expected_version for one in body.confirmed}
        agreed = await run_in_threadpool(confirm, edge.desk, selection, versions, key=key)
        answers = await asyncio.gather(*(_answer(edge, command) for command in agreed.commands))
        results = agreed.results(answers)
        denied = [(answer, one.id) for one, answer in results if isinstance(answer, BanjieError)]
        taken = await run_in_threadpool(_taken, edge, asker, results, language)
        told = {"preview": False, **_named(edge, asker, selection), **taken}
        return JSONResponse({**told, "more": more}, background=edge.denials.among(request, denied))

    return router


def _selection(edge: Edge, asker: Asker, body: MeasureBody) -> tuple[Selection, bool]:
    """Return what is meant, and whether more is listed than is taken at once."""
    cases, more = tuple(CaseId(case) for case in body.cases or ()), False
    if body.listed is not None:
        entries, following = OverdueList(edge.desk, asker.root, asker.actor).page(
            _asked(body.listed), limit=BATCH_COMMANDS_MAX
        )
        cases, more = tuple(dict.fromkeys(entry.line.case.id for entry in entries)), following is not None
    return Selection(root=asker.root, actor=asker.actor, measure=body.measure, form=body.form, cases=cases), more


def _asked(listed: ListedBody) -> OverdueAsk:
    return OverdueAsk(
        scope=Scope(listed.scope),
        near_working_days=listed.near_working_days,
        workflow=listed.workflow,
        unit=listed.unit,
        colour=None if listed.rung is None else Colour(listed.rung),
        text=listed.text,
    )


def _named(edge: Edge, asker: Asker, selection: Selection) -> dict[str, JsonValue]:
    rules = edge.world(asker).rules
    measure = measure_called(rules, selection.measure)
    return {"measure": measure, "title": text_json(measures_of(rules)[measure])}


def _previewed(
    edge: Edge, asker: Asker, selection: Selection, planned: Sequence[Planned], language: Language
) -> dict[str, JsonValue]:
    ready = [one for one in planned if one.refusal is None]
    return {
        "preview": True,
        **_named(edge, asker, selection),
        "cases": [{**planned_json(one), "problem": _problem(one.refusal, language)} for one in planned],
        "ready": len(ready),
        "refused": len(planned) - len(ready),
        "confirm": [{"case": one.id, "expected_version": one.version} for one in ready],
    }


def _taken(
    edge: Edge, asker: Asker, results: Sequence[tuple[Planned, Answer]], language: Language
) -> dict[str, JsonValue]:
    """Return what became of each, with the receipt of what was done; signing many is not for the event loop."""
    told: list[JsonValue] = []
    for one, answer in results:
        named: dict[str, JsonValue] = {"case": one.id, "number": one.number, "subject": one.subject}
        if isinstance(answer, Done):
            told.append({**named, "status": 200, **with_receipt(edge, asker, answer), "problem": None})
        else:
            told.append({**named, "status": status_of(answer), "problem": _problem(answer, language)})
    done = sum(isinstance(answer, Done) for _one, answer in results)
    return {"results": told, "done": done, "refused": len(results) - done}


def _problem(refusal: BanjieError | None, language: Language) -> JsonValue:
    return None if refusal is None else dict(problem(refusal, language))


async def _answer(edge: Edge, command: FireTransition) -> Answer:
    try:
        return await edge.ask(command)
    except BanjieError as refusal:
        return refusal
