"""Whether the service works, for those who watch over it. Needs no login and tells nothing about anybody."""

from __future__ import annotations

from datetime import date
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.edge import Edge
from api.rendering import Json, text_json
from api.routing import api_router
from engine.calendar.calendar import Calendar
from engine.case.codec import at_text
from engine.case.scope import SHANGHAI
from engine.service.sealing import late_sealing
from engine.service.sealing_due import due_since
from engine.service.sweep import late_sweep
from engine.text import Text

WARNING_FROM_MONTH: Final = 11
"""The State Council publishes next year's notice in November; from then on a missing one is worth a word."""


def health_routes(edge: Edge) -> APIRouter:
    """Return the route of the health check."""
    router = api_router("health")

    @router.get("/health")
    def health() -> JSONResponse:
        """Return the state of the service; 503 while the database cannot be reached."""
        reads, now = edge.desk.reads, edge.desk.office.now()
        reads.ping()
        roots = reads.roots()
        calendar = edge.desk.world(roots[0]).calendar if roots else None
        warning = None if calendar is None else calendar_warning(calendar, now.astimezone(SHANGHAI).date())
        sweeps = [late for root in roots if (late := late_sweep(reads.last_sweep(root), now)) is not None]
        unsealed = [late for root in roots if (late := late_sealing(due_since(reads, root), now)) is not None]
        return JSONResponse(
            {
                "status": "ok",
                "version": edge.settings.version,
                "database": edge.settings.database,
                "clock": _clock(edge, at_text(now)),
                "calendar_warning": None if warning is None else text_json(warning),
                "sweep_warning": text_json(sweeps[0]) if sweeps else None,
                "sealing_warning": text_json(unsealed[0]) if unsealed else None,
            }
        )

    return router


def calendar_warning(calendar: Calendar, today: date) -> Text | None:
    """Return what is missing of the calendar today, None while nothing is."""
    wanted = today.year + 1 if today.month >= WARNING_FROM_MONTH else today.year
    # A day in June: one at the new year may stand in the notice of the year before.
    missing = [year for year in (today.year, wanted) if calendar.is_provisional(date(year, 6, 15))]
    if not missing:
        return None
    years = sorted(set(missing))
    listed_zh, listed_en = "、".join(str(year) for year in years), ", ".join(str(year) for year in years)
    return Text(
        f"{listed_zh} 年放假安排尚未录入，相关期限为暂定",
        f"No holiday notice for {listed_en}: its dates are provisional",
    )


def _clock(edge: Edge, now: str) -> Json:
    begun = edge.settings.set_clock
    return {"now": now, "set": None if begun is None else at_text(begun)}
