"""The rules as they stand: workflows with their definitions, and what a term comes to in working days."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from api.edge import Edge
from api.instants import start_from
from api.rendering import days_json, text_json, workflow_line_json
from api.routing import api_router
from engine.calendar.explain import explain
from engine.calendar.term import Roll
from engine.case.codec import at_text
from engine.definition.diagram import mermaid
from engine.definition.period import parse_period
from engine.errors import InputRefused
from engine.text import Text


def rules_routes(edge: Edge) -> APIRouter:
    """Return the routes about rules and the calendar."""
    router = api_router("rules")

    @router.get("/workflows")
    def list_workflows(request: Request) -> JSONResponse:
        """Return the newest version of every workflow, with the number of visible cases by state."""
        asker = edge.identities.in_thread(request)
        rules = edge.world(asker).rules
        return JSONResponse(
            {
                "workflows": [
                    workflow_line_json(rules.newest(name), edge.desk.queries.counts(asker.root, asker.actor, name))
                    for name in rules.names()
                ]
            }
        )

    @router.get("/workflows/{name}")
    def read_workflow(request: Request, name: str) -> JSONResponse:
        """Return the definition of a workflow in its newest version, and its picture."""
        asker = edge.identities.in_thread(request)
        definition = edge.world(asker).rules.for_new(name)
        workflow = definition.workflow
        return JSONResponse(
            {
                "name": workflow.name,
                "version": workflow.version,
                "hash": definition.hash,
                "lists": dict(definition.list_hashes),
                "definition": workflow.model_dump(mode="json", by_alias=True, exclude_defaults=True),
                "mermaid": mermaid(workflow),
            }
        )

    @router.get("/calendar/due")
    def due(
        request: Request,
        start: Annotated[str, Query(max_length=40)],
        within: Annotated[str, Query(max_length=40)],
        roll: Annotated[str | None, Query(max_length=10)] = None,
    ) -> JSONResponse:
        """Return when a term ends and why: ``?start=2026-09-30&within=15 working days``."""
        asker = edge.identities.in_thread(request)
        found = explain(edge.world(asker).calendar, start_from(start, "start"), parse_period(within), roll=_roll(roll))
        return JSONResponse(
            {
                "due_on": found.due.effective_on.isoformat(),
                "nominal_on": found.due.nominal_on.isoformat(),
                "due_at": at_text(found.due.due_at),
                "provisional": found.due.provisional,
                "calendar": found.due.calendar_version,
                "reasons": [text_json(sentence) for sentence in found.sentences],
                "days": days_json(found),
            }
        )

    return router


def _roll(text: str | None) -> Roll | None:
    if text is None:
        return None
    if text not in tuple(Roll):
        raise InputRefused(
            Text("roll 只能是 none、next 或 previous", "roll is none, next or previous"), parameter="roll"
        )
    return Roll(text)
