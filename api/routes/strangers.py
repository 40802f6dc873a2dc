"""The anonymous entrance for programs: where one can file, filing, looking with a query code, and making a move.

Everything but the list of entrances is POST: no code and no case stands in an address.
"""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from api.bodies import CodeBody, CodeFireBody, StrangerBody
from api.describing import described
from api.edge import Edge
from api.incoming import read_key, read_model
from api.origin import refuse_foreign_page
from api.receipts import deposit_receipt
from api.rendering import Json, text_json, timeline_json, view_json
from api.routing import api_router
from api.strangers import LOOKS_AT_ONCE, Patience
from engine.case.codec import at_text
from engine.case.identity import RootId
from engine.case.secrecy import next_boundary
from engine.errors import FieldProblem, FormInvalid, NotFound
from engine.service.deposits import Deposited
from engine.service.strangers import Entrance, Looked, act_anonymously, entrance_of, entrances, file_anonymously, look
from engine.text import Text


def strangers_routes(edge: Edge) -> APIRouter:
    """Return the routes that nobody logs in for."""
    router = api_router("anonymous")
    desk, patience, looking = edge.desk, Patience(), CapacityLimiter(LOOKS_AT_ONCE)

    @router.get("/anonymous")
    def where() -> JSONResponse:
        """Return where one can file without a name, what is asked, and when things are released."""
        now = desk.office.now()
        found = [one for root in desk.reads.roots() for one in entrances(desk, root, now)]
        released = at_text(next_boundary(now))
        return JSONResponse({"entrances": [_entrance_json(one) for one in found], "next_release_at": released})

    @router.post("/anonymous", status_code=201, **described(StrangerBody))
    async def file(request: Request) -> JSONResponse:
        """File without a name. The query code is in this answer and nowhere else; it cannot be made again."""
        refuse_foreign_page(request)
        key = read_key(request)
        body = await read_model(request, StrangerBody)

        def filed() -> Json:
            entrance = entrance_of(desk, _root(edge, body.root), body.workflow, desk.office.now())
            unit = entrance.units[0] if body.unit is None else body.unit
            patience.filed(request)
            return _deposited_json(edge, entrance.root, file_anonymously(desk, entrance, unit, body.form, key))

        return JSONResponse(await to_thread.run_sync(filed), status_code=201)

    @router.post("/anonymous/look", **described(CodeBody, keyed=False))
    async def looked(request: Request) -> JSONResponse:
        """Return what is behind a query code."""
        refuse_foreign_page(request)
        body = await read_model(request, CodeBody)
        try:
            found = await to_thread.run_sync(look, desk, body.code, limiter=looking)
        except NotFound as refusal:
            raise patience.wrong_code(request, refusal) from None
        return JSONResponse(_looked_json(found, edge))

    @router.post("/anonymous/transitions", **described(CodeFireBody))
    async def fire(request: Request) -> JSONResponse:
        """Make a move of the case behind a query code; it is carried out at the next release."""
        refuse_foreign_page(request)
        key = read_key(request)
        body = await read_model(request, CodeFireBody)

        def acted() -> Json:
            root = look(desk, body.code).root
            return _deposited_json(edge, root, act_anonymously(desk, body.code, body.transition, body.form, key))

        try:
            done = await to_thread.run_sync(acted, limiter=looking)
        except NotFound as refusal:
            raise patience.wrong_code(request, refusal) from None
        return JSONResponse({name: value for name, value in done.items() if name != "code"})

    return router


def _root(edge: Edge, named: str | None) -> RootId:
    roots = edge.desk.reads.roots()
    if named is None and len(roots) == 1:
        return roots[0]
    if named not in roots:
        text = Text("请写明向哪个单位反映（root）", "Say to which organisation (root)")
        raise FormInvalid([FieldProblem(path="root", text=text)])
    return RootId(str(named))


def _entrance_json(entrance: Entrance) -> Json:
    workflow = entrance.definition.workflow
    return {
        "root": entrance.root,
        "workflow": workflow.name,
        "title": text_json(workflow.title.text),
        "units": list[JsonValue](entrance.units),
        "form": dict(entrance.asked),
    }


def _deposited_json(edge: Edge, root: RootId, deposited: Deposited) -> Json:
    receipt = deposit_receipt(edge, root, deposited)
    return {
        "code": deposited.code,
        "releases_at": at_text(deposited.releases_at),
        "command_hash": deposited.command_hash,
        **({} if receipt is None else {"receipt": receipt}),
    }


def _looked_json(found: Looked, edge: Edge) -> Json:
    return {
        "case": None if found.view is None else view_json(found.view),
        "entries": [timeline_json(line) for line in found.lines],
        "waiting": [
            {
                "transition": one.transition,
                "form": dict(one.form),
                "refused": None if one.refused is None else text_json(one.refused),
            }
            for one in found.waiting
        ],
        "next_release_at": at_text(next_boundary(edge.desk.office.now())),
    }
