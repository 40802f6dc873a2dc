"""The list of cases, narrowed by workflow, state, phase, unit and text."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.limits import PAGE_LINES
from engine.definition.parts import Phase
from engine.service.ports import CaseFilter
from web.forms.widgets import Choices
from web.shell import Shell
from web.views.lines import case_row, shown_workflows

FILTERS = ("workflow", "state", "phase", "unit", "q")


def cases_pages(shell: Shell) -> APIRouter:
    """Return the address of the list."""
    router = APIRouter(include_in_schema=False)

    @router.get("/cases")
    def cases(request: Request) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        asked = {name: request.query_params.get(name, "").strip() for name in FILTERS}
        workflows = shown_workflows(world.rules)
        chosen = next((workflow for workflow in workflows if workflow.name == asked["workflow"]), None)
        state = asked["state"] if chosen is not None and asked["state"] in chosen.states else None
        where = CaseFilter(
            workflow=None if chosen is None else chosen.name,
            states=None if state is None else (state,),
            phase=asked["phase"] if asked["phase"] in tuple(Phase) else None,
            unit=asked["unit"] or None,
            text=asked["q"][:200] or None,
            # Assignments are part of their case; they stand in a list only when they are asked for.
            children=chosen is not None and not chosen.counts_as_case,
        )
        page = shell.edge.desk.queries.page(
            visit.known.root,
            visit.known.actor,
            where,
            after=request.query_params.get("after") or None,
            limit=PAGE_LINES,
        )
        kept = {name: value for name, value in asked.items() if value}
        return shell.page(
            visit,
            "cases.html",
            section="cases",
            rows=[case_row(line, world, visit) for line in page.lines],
            next_page=None if page.next is None else f"/cases?{urlencode({**kept, 'after': page.next})}",
            first_page=f"/cases?{urlencode(kept)}" if request.query_params.get("after") else None,
            asked=asked,
            workflows=[(part.name, words.say(part.title.text)) for part in workflows],
            states=[]
            if chosen is None
            else [(name, words.say(part.title.text)) for name, part in chosen.states.items()],
            phases=[(str(phase), words.t(f"phase_{phase}")) for phase in Phase],
            units=Choices(surroundings=world.surroundings).units(words),
        )

    return router
