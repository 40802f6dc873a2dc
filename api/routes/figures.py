"""The figures of a workflow as of an instant: the official ones, and those of what the asker may see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from api.edge import Edge
from api.identity import Asker
from api.instants import instant_from
from api.routing import api_router
from engine.case.identity import SessionId
from engine.errors import InputRefused
from engine.figures.measures import Grouping
from engine.figures.report import Audience, report_json, report_of
from engine.figures.stages import milestones_of, stages_of
from engine.figures.suppression import FEW
from engine.figures.survey import reached, timed
from engine.service.anchoring import head_json
from engine.service.figures import Asked, FigureDesk, Told, unit_named
from engine.service.late_changes import changed_since, late_json
from engine.service.world import World
from engine.text import Text

SESSION: Final = "s:"
"""Begins a period that is a congress session."""
AGAIN_SECONDS: Final = 5
_PERIOD: Final = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?")


def figures_routes(edge: Edge) -> APIRouter:
    """Return the route of the figures."""
    router = api_router("figures")

    @router.get("/figures/{workflow}")
    def read_figures(
        request: Request,
        workflow: str,
        as_of: Annotated[str | None, Query(max_length=40)] = None,
        by: Annotated[str | None, Query(max_length=20)] = None,
        audience: Annotated[str | None, Query(max_length=20)] = None,
        unit: Annotated[str | None, Query(max_length=200)] = None,
        category: Annotated[str | None, Query(max_length=60)] = None,
        period: Annotated[str | None, Query(max_length=100)] = None,
    ) -> JSONResponse:
        """Return every measure with its numerator, denominator and what was left out, how many cases reached each
        milestone, and the working days of each stage.

        ``audience`` is ``official`` (the whole house, the same for everybody; small numbers of confidential kinds are
        the text ``<5``, and the cut-off is the last end of a month) or ``mine`` (of the cases that the asker may see,
        whatever their number). ``unit`` counts a unit and those below it, ``category`` one class of matters, so that
        like is compared with like, ``period`` a month, a year or, as ``s:<id>``, a congress session. ``checkpoint`` is
        the newest signed head of the ledger that they stand on, null while nothing is sealed. ``changed_since`` are the
        classes and dates that were changed after the cut-off, and by whom, of the cases that the asker may see; null
        for figures of now, for confidential kinds, and where there are too many cases to look. Where there are too many
        cases to count at once the answer is 202: ask again.
        """
        asker = edge.identities.in_thread(request)
        world, grouping = edge.world(asker), grouping_from(by)
        chosen = {"as_of": as_of, "audience": audience, "unit": unit, "category": category, "period": period}
        asked = asked_from(workflow, chosen, world)
        told = FigureDesk(edge.desk, edge.jobs, asker.root, asker.actor, world).figures(asked)
        if told.survey is None or told.section is None:
            return JSONResponse(
                {"workflow": workflow, "counting": True},
                status_code=202,
                headers={"Retry-After": str(AGAIN_SECONDS)},
            )
        late = None
        if asked.at is not None and not told.suppressed:
            late = changed_since(edge.desk, asker.root, workflow, told.as_of, asker.actor, world)
        found = _told(edge, asker, told, asked, grouping, world)
        return JSONResponse({**found, "changed_since": late_json(late)})

    return router


def _told(
    edge: Edge, asker: Asker, told: Told, asked: Asked, by: Grouping | None, world: World
) -> Mapping[str, JsonValue]:
    assert told.survey is not None, "asked for when it is there"
    assert told.section is not None, "a survey has a row that stands for the whole"
    section = told.section
    report = report_of(
        told.survey, told.definition, world.surroundings, told.as_of, asked.audience, by=by, section=section
    )
    stages = stages_of(told.definition)

    def number(column: str) -> JsonValue:
        assert told.survey is not None, "asked for when it is there"
        count = told.survey.number(section, column)
        return FEW if count is None else count

    return {
        **report_json(report),
        "milestones": [{"milestone": each, "cases": number(reached(each))} for each in milestones_of(told.definition)],
        "stages": [
            {
                "from": stage[0],
                "to": stage[1],
                "cases": number(timed(stage)),
                "median_working_days": None if time is None else time.median_doubled / 2,
                "ninth_decile_working_days": None if time is None else time.ninth_decile,
            }
            for stage, time in zip(stages, section.times, strict=True)
        ],
        "checkpoint": head_json(edge.desk.reads, asker.root, report.as_of),
    }


def asked_from(workflow: str, asked: Mapping[str, str | None], world: World) -> Asked:
    """Return what an address asks for; what is not said, or empty, is the official figures of all, now.

    Raises:
        InputRefused: a value that means nothing.
    """
    as_of, unit, category, period = (asked.get(name) or "" for name in ("as_of", "unit", "category", "period"))
    session = period.removeprefix(SESSION) if period.startswith(SESSION) else None
    if session is not None and SessionId(session) not in world.surroundings.sessions:
        raise InputRefused(Text("没有这个届次", "There is no such congress session"), parameter="period")
    if period and session is None and not _PERIOD.fullmatch(period):
        raise InputRefused(
            Text("period 应为 2026、2026-03 或 s:届次", "period is 2026, 2026-03 or s: with a session"),
            parameter="period",
        )
    return Asked(
        workflow=workflow,
        audience=audience_from(asked.get("audience")),
        at=instant_from(as_of, "as_of") if as_of else None,
        unit=str(unit_named(world, unit)) if unit else None,
        category=_category_named(workflow, category, world) if category else None,
        period=period or None if session is None else None,
        session=session,
    )


def _category_named(workflow: str, code: str, world: World) -> str:
    """Return the code of a class of matters; raises InputRefused for one that the workflow does not have."""
    definition = world.rules.for_new(workflow)
    name = definition.workflow.category_field
    if name is None or code not in definition.codes.get(name, ()):
        raise InputRefused(
            Text(f"这一流程没有类别“{code[:40]}”", f"This workflow has no class {code[:40]!r}"), parameter="category"
        )
    return code


def audience_from(text: str | None) -> Audience:
    """Return the audience; raises InputRefused for another word."""
    if text and text not in tuple(Audience):
        raise InputRefused(
            Text("audience 只能是 official 或 mine", "audience is official or mine"), parameter="audience"
        )
    return Audience(text or Audience.OFFICIAL)


def grouping_from(text: str | None) -> Grouping | None:
    """Return what figures are broken down by, None for nothing; raises InputRefused for another word."""
    if text and text not in tuple(Grouping):
        raise InputRefused(
            Text("by 只能是 unit、category、month 或 session", "by is unit, category, month or session"),
            parameter="by",
        )
    return Grouping(text) if text else None
