"""Sheets: what they ask, what the figures come to, and who of the units below has reported."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from api.edge import Edge
from api.rendering import text_json
from api.routing import api_router
from engine.case.identity import CaseId
from engine.case.sheets import Sum
from engine.service.sheets import Sheet, SheetDesk, SheetLine, Standing

LINES_MAX = 5_000
"""So many sheets below one answer holds; whoever needs more asks for one of those below."""

CaseName = Annotated[str, Path(max_length=120)]
SheetName = Annotated[str, Path(max_length=60)]


def sheet_routes(edge: Edge) -> APIRouter:
    """Return the routes of sheets."""
    router = api_router("cases")

    @router.get("/cases/{case_id}/sheets/{name}")
    def read(
        request: Request, case_id: CaseName, name: SheetName, whole: Annotated[bool, Query()] = False
    ) -> JSONResponse:
        """Return a sheet of a case: its items, the unit's own figures, the totals, and the sheets right below.

        ``kept`` are the totals as a move worked them out, ``now`` what they come to as the sheets below stand; null
        where the asker does not see all of them. ``whole`` goes down through all levels, 5,000 sheets at most.
        """
        asker = edge.identities.in_thread(request)
        world = edge.world(asker)
        view = edge.desk.queries.case(asker.root, CaseId(case_id), asker.actor, world)
        sheets = SheetDesk(edge.desk.reads, asker.root, world, asker.actor)
        sheet = sheets.sheet(view, name)
        lines = islice(sheets.tree(sheet), LINES_MAX) if whole else sheet.lines
        return JSONResponse({**_told(sheet), "lines": [_line(line) for line in lines]})

    return router


def _told(sheet: Sheet) -> dict[str, JsonValue]:
    return {
        "case": sheet.case.id,
        "sheet": sheet.name,
        "title": text_json(sheet.part.title.text),
        "items": [
            {
                "code": item.code,
                "title": item.title,
                "least": item.least,
                "most": item.most,
                "sum_of": list(item.parts),
                "at_most": item.at_most,
                "adds_up": item.adds_up,
            }
            for item in sheet.items
        ],
        "own": dict(sheet.own),
        "kept": [_sum(one) for one in sheet.kept],
        "now": None if sheet.now is None else [_sum(one) for one in sheet.now],
        "outdated": sheet.is_outdated,
        "counted": sheet.count(Standing.COUNTED),
        "awaited": sheet.count(Standing.AWAITED),
        "spared": sheet.count(Standing.SPARED),
        "hidden": sheet.hidden,
    }


def _sum(one: Sum) -> dict[str, JsonValue]:
    return {"code": one.code, "own": one.own, "below": one.below, "total": one.total}


def _line(line: SheetLine) -> dict[str, JsonValue]:
    return {
        "case": line.case.id,
        "unit": line.case.unit,
        "level": line.level,
        "state": line.case.state,
        "standing": str(line.standing),
        "own": dict(line.own),
        "totals": dict(line.totals),
    }
