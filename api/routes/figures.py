"""The figures of a workflow as of an instant: the official ones, and those of what the asker may see."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from api.edge import Edge
from api.identity import Asker
from api.instants import instant_from
from engine.access.readers import principals_of
from engine.errors import InputRefused
from engine.figures.measures import Grouping
from engine.figures.report import Audience, Report, figures, report_json
from engine.service.anchoring import head_json
from engine.text import Text


def figures_routes(edge: Edge) -> APIRouter:
    """Return the route of the figures."""
    router = APIRouter(tags=["figures"])

    @router.get("/figures/{workflow}")
    def read_figures(
        request: Request,
        workflow: str,
        as_of: Annotated[str | None, Query(max_length=40)] = None,
        by: Annotated[str | None, Query(max_length=20)] = None,
        audience: Annotated[str | None, Query(max_length=20)] = None,
    ) -> JSONResponse:
        """Return every measure with its numerator, denominator and what was left out.

        ``audience`` is ``official`` (the whole house, the same for everybody; small numbers of confidential kinds are
        the text ``<5``) or ``mine`` (of the cases that the asker may see, whatever their number). ``checkpoint`` is the
        newest signed head of the ledger that they stand on, null while nothing is sealed.
        """
        asker = edge.identities.in_thread(request)
        report = report_of(edge, asker, workflow, as_of, by, audience)
        checkpoint = head_json(edge.desk.reads, asker.root, report.as_of)
        return JSONResponse({**report_json(report), "checkpoint": checkpoint})

    return router


def report_of(
    edge: Edge, asker: Asker, workflow: str, as_of: str | None, by: str | None, audience: str | None = None
) -> Report:
    """Return the figures of the asker's organisation; None and empty stand for now, for no groups and for official."""
    at = instant_from(as_of, "as_of") if as_of else edge.desk.office.now()
    grouping = _grouping(by) if by else None
    is_mine = _audience(audience) is Audience.MINE
    return figures(
        edge.desk.reads,
        edge.world(asker),
        asker.root,
        workflow,
        at,
        by=grouping,
        principals=principals_of(asker.actor) if is_mine else None,
    )


def _audience(text: str | None) -> Audience:
    if text and text not in tuple(Audience):
        raise InputRefused(
            Text("audience 只能是 official 或 mine", "audience is official or mine"), parameter="audience"
        )
    return Audience(text or Audience.OFFICIAL)


def _grouping(text: str) -> Grouping:
    if text not in tuple(Grouping):
        raise InputRefused(Text("by 只能是 unit、category 或 month", "by is unit, category or month"), parameter="by")
    return Grouping(text)
