"""Grants of roles in units: who holds them, giving and ending them, and what the ledger was told of that."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.bodies import EndGrantBody, GrantBody
from api.describing import described
from api.edge import Edge
from api.identity import Asker
from api.incoming import read_key, read_model
from api.rendering import Json, rights_json, text_json
from api.routes.accounts import demand_person
from api.routing import api_router
from engine.access.directory import GrantRow
from engine.case.identity import PersonId, UnitId
from engine.errors import NotFound
from engine.service.granting import Giver, Wish, end, give, grants_seen, today, units_read
from engine.service.organisation import role_titles
from engine.service.rights_history import rights_history
from engine.text import Text

Named = Annotated[str | None, Query(max_length=100)]


def grants_routes(edge: Edge) -> APIRouter:
    """Return the routes under ``/grants``."""
    router = api_router("grants")
    desk = edge.desk

    @router.get("/grants")
    def list_grants(request: Request, person: Named = None, unit: Named = None) -> JSONResponse:
        """Return the grants in the units that the asker reads them of, those of the past and to come included."""
        asker = edge.identities.in_thread(request)
        seen = grants_seen(desk, giver_of(edge, asker))
        wanted = [one for one in seen if person in (None, one.person) and unit in (None, one.unit)]
        return JSONResponse({"grants": [grant_json(edge, asker, one) for one in wanted]})

    @router.get("/grants/history")
    def history(request: Request, person: Named = None) -> JSONResponse:
        """Return what the ledger was told of grants and deputations in the last year, the newest first."""
        asker = edge.identities.in_thread(request)
        units = units_read(desk, giver_of(edge, asker))
        named = None if person is None else PersonId(person)
        lines = rights_history(desk.reads, asker.root, today(desk), units=units, person=named)
        return JSONResponse({"history": [rights_json(line) for line in lines]})

    @router.post("/grants", status_code=201, **described(GrantBody))
    async def give_grant(request: Request) -> JSONResponse:
        """Give a role in a unit for a period, or give a period another end; nobody grants to himself."""
        asker = demand_person(await edge.identities.of(request))
        read_key(request)
        body = await read_model(request, GrantBody)
        wish = Wish(
            person=body.person,
            role=body.role,
            unit=body.unit,
            from_on=body.from_on or "",
            until_on=body.until_on or "",
        )
        given = await run_in_threadpool(give, desk, giver_of(edge, asker), wish)
        return JSONResponse(await run_in_threadpool(grant_json, edge, asker, given), status_code=201)

    @router.post("/grants/end", **described(EndGrantBody))
    async def end_grant(request: Request) -> JSONResponse:
        """Take a grant back, named by its person, role, unit and first day."""
        asker = demand_person(await edge.identities.of(request))
        read_key(request)
        body = await read_model(request, EndGrantBody)
        held = await run_in_threadpool(held_grant, edge, asker, body.person, body.role, body.unit, body.from_on or "")
        await run_in_threadpool(end, desk, giver_of(edge, asker), held)
        return JSONResponse(await run_in_threadpool(grant_json, edge, asker, held))

    return router


def giver_of(edge: Edge, asker: Asker) -> Giver:
    """Return the asker as one who may give grants or read of them."""
    settings = edge.settings
    return Giver(
        root=asker.root,
        person=asker.person,
        actor=asker.actor,
        staff=settings.accounts.staff,
        small=settings.small_installation,
    )


def held_grant(edge: Edge, asker: Asker, person: str, role: str, unit: str, from_on: str) -> GrantRow:
    """Return the grant that is meant; raises NotFound."""
    for held in edge.desk.reads.grants_of(asker.root, [PersonId(person)]):
        first_day = "" if held.from_on is None else held.from_on.isoformat()
        if (held.role, held.unit, first_day) == (role, UnitId(unit), from_on):
            return held
    raise NotFound(Text("没有这项授权", "There is no such grant"))


def grant_json(edge: Edge, asker: Asker, grant: GrantRow) -> Json:
    """Return a grant with what its person, role and unit are called."""
    known = edge.desk.reads.persons(asker.root, [grant.person]).get(grant.person)
    unit = edge.world(asker).surroundings.units.get(grant.unit)
    title = role_titles(edge.world(asker).rules).get(grant.role)
    return {
        "person": grant.person,
        "name": None if known is None else known.name,
        "role": grant.role,
        "role_title": None if title is None else text_json(title),
        "unit": grant.unit,
        "unit_title": None if unit is None else text_json(unit.title),
        "from_on": None if grant.from_on is None else grant.from_on.isoformat(),
        "until_on": None if grant.until_on is None else grant.until_on.isoformat(),
    }
