"""Searching cases by their words."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from api.edge import Edge
from api.limits import PAGE_LINES, PAGE_LINES_MAX
from api.rendering import Json, page_json
from api.routing import api_router
from engine.case.codec import at_text
from engine.case.search_words import Marked
from engine.service.ports import CaseFilter
from engine.service.search import FoundCase, search

Limit = Annotated[int, Query(ge=1, le=PAGE_LINES_MAX)]
Named = Annotated[str | None, Query(max_length=100)]


def search_routes(edge: Edge) -> APIRouter:
    """Return the route of the search."""
    router = api_router("cases")

    @router.get("/search")
    def find_cases(
        request: Request,
        text: Annotated[str, Query(min_length=1, max_length=200)],
        workflow: Named = None,
        state: Annotated[list[str] | None, Query(max_length=50)] = None,
        phase: Named = None,
        unit: Named = None,
        congress_session: Named = None,
        after: Named = None,
        limit: Limit = PAGE_LINES,
    ) -> JSONResponse:
        """Return a page of the cases that hold all words of a text and that the asker may see, newest first.

        Chinese words are found wherever they stand, other words and numbers whole. Every excerpt is a list of pieces
        of text, those marked that were looked for. Where very many cases hold the words, a page may be short of its
        limit (``cut``): ``next`` goes on.
        """
        asker = edge.identities.in_thread(request)
        where = CaseFilter(
            workflow=workflow,
            states=tuple(state) if state else None,
            phase=phase,
            unit=unit,
            congress_session=congress_session,
            children=True,
        )
        page = search(
            edge.desk.reads, asker.root, asker.actor, text, edge.world(asker), where, after=after, limit=limit
        )
        lines: list[Json] = [_found_json(line) for line in page.lines]
        return JSONResponse({**page_json(lines, page.next), "cut": page.is_cut})

    return router


def _found_json(found: FoundCase) -> Json:
    case = found.case
    return {
        "id": case.id,
        "workflow": case.workflow,
        "definition_version": case.definition_version,
        "number": found.number,
        "subject": _pieces_json(found.subject),
        "state": case.state,
        "phase": case.phase.value,
        "unit": case.unit,
        "lead_unit": case.lead_unit,
        "congress_session": case.congress_session,
        "parent": case.parent,
        "opened_at": at_text(case.opened_at),
        "excerpts": [{"field": one.field, "pieces": _pieces_json(one.pieces)} for one in found.excerpts],
    }


def _pieces_json(pieces: tuple[Marked, ...]) -> JsonValue:
    return [{"text": piece.text, "hit": piece.is_hit} for piece in pieces]
