"""Looking at cases: lists, one case, its timeline, its deadlines, and what is overdue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from api.access import access_json
from api.answers import CaseAnswer, CasesPage, TimelineAnswer, answering
from api.edge import Edge
from api.explained import deadline_json
from api.instants import instant_from, just_after, listed_before
from api.limits import NEAR_WORKING_DAYS_MAX, PAGE_LINES, PAGE_LINES_MAX
from api.overdue import entry_json, figures_json
from api.rendering import line_json, page_json, timeline_json, view_json
from api.routing import api_router
from engine.case.identity import CaseId
from engine.case.search_words import VERSION
from engine.service.case_access import case_access
from engine.service.overdue import OverdueAsk, OverdueList, Scope
from engine.service.ports import CaseFilter
from engine.service.rung_colours import Colour

Limit = Annotated[int, Query(ge=1, le=PAGE_LINES_MAX)]
Named = Annotated[str | None, Query(max_length=100)]


def reading_routes(edge: Edge) -> APIRouter:
    """Return the routes that only read."""
    router = api_router("cases")
    queries, office = edge.desk.queries, edge.desk.office

    @router.get("/cases", **answering(CasesPage))
    def list_cases(
        request: Request,
        workflow: Named = None,
        state: Annotated[list[str] | None, Query(max_length=50)] = None,
        phase: Named = None,
        unit: Named = None,
        congress_session: Named = None,
        category: Named = None,
        text: Annotated[str | None, Query(max_length=200)] = None,
        children: bool = False,
        after: Named = None,
        limit: Limit = PAGE_LINES,
    ) -> JSONResponse:
        """Return a page of the cases the asker may see, newest first.

        ``text`` is looked for in their words, as by ``/search``, and at the beginning of their numbers. Where very many
        cases hold the words, a page may be short of its limit (``cut``): ``next`` goes on. ``filling`` says that the
        index of words is still being made, and older cases cannot be found by it.
        """
        asker = edge.identities.in_thread(request)
        where = CaseFilter(
            workflow=workflow,
            states=tuple(state) if state else None,
            phase=phase,
            unit=unit,
            congress_session=congress_session,
            category=category,
            text=text or None,
            children=children,
        )
        world = None if where.text is None else edge.world(asker)
        page = queries.page(asker.root, asker.actor, where, after=after, limit=limit, world=world)
        answer = page_json([line_json(line) for line in page.lines], page.next)
        if where.text is None:
            return JSONResponse(answer)
        return JSONResponse({**answer, "cut": page.is_cut, "filling": edge.desk.reads.search_is_filling(VERSION)})

    @router.get("/cases/{case_id}", **answering(CaseAnswer))
    def read_case(request: Request, case_id: str) -> JSONResponse:
        """Return a case with what it offers the asker."""
        asker = edge.identities.in_thread(request)
        return JSONResponse(view_json(queries.case(asker.root, CaseId(case_id), asker.actor, edge.world(asker))))

    @router.get("/cases/{case_id}/timeline", **answering(TimelineAnswer))
    def read_timeline(request: Request, case_id: str) -> JSONResponse:
        """Return every entry of a case, oldest first."""
        asker = edge.identities.in_thread(request)
        lines = queries.timeline(asker.root, CaseId(case_id), asker.actor, edge.world(asker))
        return JSONResponse({"case": case_id, "entries": [timeline_json(line) for line in lines]})

    @router.get("/cases/{case_id}/deadlines")
    def read_deadlines(request: Request, case_id: str) -> JSONResponse:
        """Return the deadlines of a case, each with why it ends when it does, day by day, and all that moved it."""
        asker = edge.identities.in_thread(request)
        world = edge.world(asker)
        view = queries.case(asker.root, CaseId(case_id), asker.actor, world)
        lines = queries.timeline(asker.root, view.case.id, asker.actor, world)
        calendar = world.calendar_of(view.case.unit)
        clocks = [deadline_json(clock, view.definition, calendar, lines) for clock in view.clocks]
        return JSONResponse({"case": case_id, "deadlines": clocks})

    @router.get("/cases/{case_id}/access")
    def read_access(request: Request, case_id: str) -> JSONResponse:
        """Return who holds which right on a case, and from where: to those working on it, auditors, and its opener."""
        asker = edge.identities.in_thread(request)
        world, staff = edge.world(asker), edge.settings.accounts.staff
        found = case_access(edge.desk, asker.root, CaseId(case_id), asker.actor, world, staff)
        return JSONResponse(access_json(found, world.surroundings))

    @router.get("/overdue")
    def overdue(
        request: Request,
        before: Named = None,
        within_days: Annotated[int | None, Query(ge=0, le=366)] = None,
        scope: Scope = Scope.LATE,
        near_working_days: Annotated[int | None, Query(ge=0, le=NEAR_WORKING_DAYS_MAX)] = None,
        workflow: Named = None,
        unit: Named = None,
        rung: Colour | None = None,
        text: Annotated[str | None, Query(max_length=200)] = None,
        after: Annotated[str | None, Query(max_length=300)] = None,
        limit: Limit = PAGE_LINES,
    ) -> JSONResponse:
        """Return running deadlines, the most overdue first; on the first page the figures of the whole list as well.

        ``scope`` is ``late``, ``near`` (nearly late: a rung stands, or due within 3 working days, or within those
        given) or ``both``. With ``within_days`` (calendar days, the last one to its end) or ``before`` it is everything
        due until then. ``rung`` is the colour of the most severe rung that stands, ``none`` where none does. ``text``
        is looked for as by ``/cases``, with ``cut`` and ``filling``; nothing is counted then, and ``figures`` are null.
        """
        asker = edge.identities.in_thread(request)
        now = office.now()
        due_before = None if within_days is None else listed_before(now, within_days)
        if before is not None:
            named = just_after(instant_from(before, "before"))
            due_before = named if due_before is None else max(due_before, named)
        ask = OverdueAsk(
            scope=scope,
            near_working_days=near_working_days,
            before=due_before,
            workflow=workflow,
            unit=unit,
            colour=rung,
            text=(text or "").strip() or None,
        )
        listed = OverdueList(edge.desk, asker.root, asker.actor)
        found = listed.look(ask, after=after, limit=limit)
        page = page_json([entry_json(entry, now) for entry in found.lines], found.next)
        if ask.text is not None:
            filling = edge.desk.reads.search_is_filling(VERSION)
            return JSONResponse({**page, "figures": None, "cut": found.is_cut, "filling": filling})
        return JSONResponse(page if after else {**page, "figures": figures_json(listed.figures(ask))})

    return router
