"""One's own inbox: what one was told, what of it one has read, signing for it (签收); and who was told of a case."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.bodies import NoticesBody
from api.describing import described
from api.edge import Edge
from api.incoming import read_key, read_model
from api.limits import PAGE_LINES, PAGE_LINES_MAX
from api.rendering import inbox_json
from api.routing import api_router
from api.told import told_json
from engine.case.identity import CaseId
from engine.service.notice_inbox import Notices
from engine.service.notice_writes import AcknowledgeNotice, ReadNotices
from engine.service.plain import PlainWrite


def notices_routes(edge: Edge) -> APIRouter:
    """Return the routes of the inbox, and of who was told. Nobody reads another's inbox, whatever the role."""
    router = api_router("notices")
    notices = Notices(edge.desk.reads)

    @router.get("/notices")
    def inbox(
        request: Request,
        after: Annotated[str | None, Query(max_length=400)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_LINES_MAX)] = PAGE_LINES,
        unread_only: bool = False,
    ) -> JSONResponse:
        """Return a page of the asker's inbox, the newest first, and how many are unread."""
        asker = edge.identities.in_thread(request)
        page = notices.inbox(asker.root, asker.actor, after=after, limit=limit, unread=unread_only)
        world = edge.world(asker)
        lines = [inbox_json(line, world, page.principals) for line in page.lines]
        unread = notices.unread(asker.root, asker.actor)
        return JSONResponse({"notices": lines, "next": page.next, "unread": unread})

    @router.get("/cases/{case_id}/notices")
    def of_case(request: Request, case_id: str) -> JSONResponse:
        """Return who was told what about a case, by which way and with what outcome, to those who work on it."""
        asker = edge.identities.in_thread(request)
        told = notices.of_case(asker.root, CaseId(case_id), asker.actor, edge.world(asker))
        return JSONResponse({"case": case_id, **told_json(told)})

    @router.post("/notices/read", **described(NoticesBody))
    async def read(request: Request) -> JSONResponse:
        """Note that the asker has read these notices; what is read stays so, however often it is said."""
        asker = await edge.identities.of(request)
        read_key(request)
        body = await read_model(request, NoticesBody)
        at, person, veil = edge.desk.office.now(), asker.person, asker.actor.veil
        writes: list[PlainWrite] = [
            ReadNotices(root=asker.root, person=person, veil=veil, outbox=tuple(body.notices), at=at)
        ]
        await run_in_threadpool(edge.desk.office.write, writes)
        return JSONResponse({"unread": await run_in_threadpool(notices.unread, asker.root, asker.actor)})

    @router.post("/notices/acknowledge", **described(NoticesBody))
    async def acknowledge(request: Request) -> JSONResponse:
        """Note that the asker signs for these notices (签收); the first time counts."""
        asker = await edge.identities.of(request)
        read_key(request)
        body = await read_model(request, NoticesBody)
        at, person, veil = edge.desk.office.now(), asker.person, asker.actor.veil
        writes: list[PlainWrite] = [
            AcknowledgeNotice(root=asker.root, person=person, veil=veil, outbox=name, at=at) for name in body.notices
        ]
        await run_in_threadpool(edge.desk.office.write, writes)
        return JSONResponse({"unread": await run_in_threadpool(notices.unread, asker.root, asker.actor)})

    return router
