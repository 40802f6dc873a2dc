"""What people settle for themselves: by which channels they are told, and who stands in while they are away."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool

from api.bodies import AbsenceBody, PreferenceBody
from api.describing import described
from api.edge import Edge
from api.identity import Asker
from api.incoming import read_key, read_model
from api.own import absences_json, channel_json
from api.routing import api_router
from engine.case.scope import SHANGHAI
from engine.service.absences import Away, absence_of, absences, taken_back
from engine.service.notice_writes import RemovePreference, SetPreference
from engine.service.plain import AddDeputation, done_by
from engine.service.preferences import Wish, known_channel, own_channels, preference_of


def own_routes(edge: Edge) -> APIRouter:
    """Return the routes under ``/me``. Nobody sees or settles these things for another."""
    router = api_router("me")

    @router.get("/me/notices")
    def list_channels(request: Request) -> JSONResponse:
        """Return every channel, whether it is set up here, and how the asker wants to be told by it."""
        return JSONResponse(_channels(edge, edge.identities.in_thread(request)))

    @router.put("/me/notices/{channel}", **described(PreferenceBody, keyed=False))
    async def set_channel(request: Request, channel: str) -> JSONResponse:
        """Settle how the asker is told by a channel; times are ``22:00``, Asia/Shanghai."""
        asker = await edge.identities.of(request)
        body = await read_model(request, PreferenceBody)
        wish = Wish(
            address=body.address,
            active=body.active,
            digest=body.digest,
            quiet_from=body.quiet_from or "",
            quiet_until=body.quiet_until or "",
            language=body.language,
        )
        preference = preference_of(asker.root, asker.person, channel, wish, edge.settings.channels)
        await run_in_threadpool(edge.desk.office.write, [SetPreference(preference)])
        return JSONResponse(await run_in_threadpool(_channels, edge, asker))

    @router.delete("/me/notices/{channel}")
    async def forget_channel(request: Request, channel: str) -> JSONResponse:
        """Forget a channel with its address; the inbox remains."""
        asker = await edge.identities.of(request)
        own = await run_in_threadpool(own_channels, edge.desk.reads, asker.root, asker.person, edge.settings.channels)
        if channel not in {one.name for one in own}:
            known_channel(channel, edge.settings.channels)
        write = RemovePreference(asker.root, asker.person, channel)
        await run_in_threadpool(edge.desk.office.write, [write])
        return JSONResponse(await run_in_threadpool(_channels, edge, asker))

    @router.get("/me/absences")
    def list_absences(request: Request) -> JSONResponse:
        """Return when the asker is away and who stands in, and for whom the asker stands in now or soon."""
        return JSONResponse(_absences(edge, edge.identities.in_thread(request)))

    @router.post("/me/absences", status_code=201, **described(AbsenceBody))
    async def add_absence(request: Request) -> JSONResponse:
        """Be away until a day, both days included; the substitute is told and may act meanwhile."""
        asker = await edge.identities.of(request)
        read_key(request)
        body = await read_model(request, AbsenceBody)
        away = Away(
            from_on=body.from_on or "", until_on=body.until_on, substitute=body.substitute, note=body.note or ""
        )
        await run_in_threadpool(_add_absence, edge, asker, away)
        return JSONResponse(await run_in_threadpool(_absences, edge, asker), status_code=201)

    @router.delete("/me/absences/{key}")
    async def end_absence(request: Request, key: str) -> JSONResponse:
        """Take an absence of one's own back: it ends at once."""
        asker = await edge.identities.of(request)
        await run_in_threadpool(end_own_absence, edge, asker, key)
        return JSONResponse(await run_in_threadpool(_absences, edge, asker))

    return router


def today_at(edge: Edge) -> date:
    """Return the day it is in Shanghai."""
    return edge.desk.office.now().astimezone(SHANGHAI).date()


def end_own_absence(edge: Edge, asker: Asker, key: str) -> None:
    """Take an absence of the asker's own back."""
    writes = taken_back(edge.desk.reads, asker.root, asker.person, key, today_at(edge))
    edge.desk.office.write(done_by(writes, asker.person))


def _add_absence(edge: Edge, asker: Asker, away: Away) -> None:
    absence = absence_of(edge.desk.reads, asker.root, asker.person, away, today_at(edge))
    edge.desk.office.write([AddDeputation(absence, by=asker.person)])


def _channels(edge: Edge, asker: Asker) -> dict[str, JsonValue]:
    own = own_channels(edge.desk.reads, asker.root, asker.person, edge.settings.channels)
    return {"channels": [channel_json(channel) for channel in own]}


def _absences(edge: Edge, asker: Asker) -> dict[str, JsonValue]:
    return absences_json(absences(edge.desk.reads, asker.root, asker.person, today_at(edge)))
