"""Running deadlines that are over or will be soon."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.instants import listed_before
from api.limits import PAGE_LINES
from web.shell import Shell
from web.views.lines import deadline_row, shown_workflows

RANGES_DAYS = {"0": "overdue_now", "3": "overdue_3", "7": "overdue_7", "30": "overdue_30"}


def overdue_pages(shell: Shell) -> APIRouter:
    """Return the address of the list of deadlines."""
    router = APIRouter(include_in_schema=False)

    @router.get("/overdue")
    def overdue(request: Request) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        within = request.query_params.get("within", "0")
        within = within if within in RANGES_DAYS else "0"
        workflows = shown_workflows(world.rules)
        wanted = request.query_params.get("workflow", "")
        workflow = wanted if wanted in {part.name for part in workflows} else ""
        lines, following = shell.edge.desk.queries.overdue(
            visit.known.root,
            visit.known.actor,
            before=listed_before(visit.now, int(within)),
            after=request.query_params.get("after") or None,
            limit=PAGE_LINES,
            workflow=workflow or None,
        )
        kept = {"within": within, "workflow": workflow}
        return shell.page(
            visit,
            "overdue.html",
            section="overdue",
            rows=[deadline_row(line, world, visit) for line in lines],
            next_page=None if following is None else f"/overdue?{urlencode({**kept, 'after': following})}",
            within=within,
            ranges=[(days, words.t(name)) for days, name in RANGES_DAYS.items()],
            workflow=workflow,
            workflows=[(part.name, words.say(part.title.text)) for part in workflows],
        )

    return router
