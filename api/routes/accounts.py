"""One's own password, sessions and tokens, and the accounts of those whom one looks after."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.accounts import account_json, session_json, slip_json, token_json
from api.bodies import PasswordBody, SlipBody, TokenBody
from api.describing import described
from api.edge import Edge
from api.identity import Asker
from api.incoming import read_key, read_model
from api.limits import PAGE_LINES, PAGE_LINES_MAX
from api.routing import api_router
from engine.access.token_scope import scope_of
from engine.case.codec import at_text, microseconds
from engine.errors import NotPermitted
from engine.service.account_care import (
    Carer,
    account_rows,
    cared_units,
    demand_carer,
    demand_token_guard,
    person_under,
    slips_open,
)
from engine.service.first_logins import make_slips
from engine.service.own_account import (
    Whose,
    change_password,
    end_others,
    end_own,
    end_token,
    make_token,
    own_logins,
)
from engine.text import Text


def account_routes(edge: Edge) -> APIRouter:
    """Return the routes under ``/me`` that are about the account, and those under ``/accounts``."""
    router = api_router("accounts")
    _own(edge, router)
    _of_others(edge, router)
    return router


def _own(edge: Edge, router: APIRouter) -> None:
    desk = edge.desk

    @router.put("/me/password", **described(PasswordBody, keyed=False))
    async def set_password(request: Request) -> JSONResponse:
        """Set another password; every other session ends, and this one goes on under a new cookie."""
        asker = demand_person(await edge.identities.of(request))
        body = await read_model(request, PasswordBody)
        visitor = await run_in_threadpool(edge.logins.visitor, request)
        secret = await edge.logins.with_passwords(
            lambda: change_password(desk, edge.logins.rules, whose(asker), body.old, body.password, visitor)
        )
        response = JSONResponse({"changed": True})
        edge.logins.set_cookie(response, secret)
        return response

    @router.get("/me/sessions")
    def list_sessions(request: Request) -> JSONResponse:
        """Return the asker's own sessions, the newest first; no address is kept."""
        return JSONResponse(_sessions(edge, edge.identities.in_thread(request)))

    @router.delete("/me/sessions")
    def end_other_sessions(request: Request) -> JSONResponse:
        """End every session of the asker's own but this one."""
        asker = demand_person(edge.identities.in_thread(request))
        end_others(desk, whose(asker))
        return JSONResponse(_sessions(edge, asker))

    @router.delete("/me/sessions/{number}")
    def end_session(request: Request, number: str) -> JSONResponse:
        """End a session of the asker's own."""
        asker = demand_person(edge.identities.in_thread(request))
        end_own(desk, whose(asker), "login", number)
        return JSONResponse(_sessions(edge, asker))

    @router.get("/me/tokens")
    def list_tokens(request: Request) -> JSONResponse:
        """Return the asker's own tokens, the newest first; no secret is kept."""
        return JSONResponse(_tokens(edge, edge.identities.in_thread(request)))

    @router.post("/me/tokens", status_code=201, **described(TokenBody))
    async def add_token(request: Request) -> JSONResponse:
        """Make a token. Its secret is in this answer and nowhere else; a token makes no tokens."""
        asker = demand_person(await edge.identities.of(request))
        read_key(request)
        body = await read_model(request, TokenBody)
        scope = scope_of(body.access, body.parts)
        made = await run_in_threadpool(
            lambda: make_token(desk, whose(asker), title=body.title, scope=scope, days=body.days, by=asker.person)
        )
        answer = {"secret": made.secret, "number": made.number, "expires_at": at_text(made.expires_at)}
        return JSONResponse(answer, status_code=201)

    @router.delete("/me/tokens/{number}")
    def end_token_of_own(request: Request, number: str) -> JSONResponse:
        """End a token of the asker's own."""
        asker = demand_person(edge.identities.in_thread(request))
        end_own(desk, whose(asker), "token", number)
        return JSONResponse(_tokens(edge, asker))


def _of_others(edge: Edge, router: APIRouter) -> None:
    desk, staff = edge.desk, edge.settings.accounts.staff

    @router.get("/accounts")
    def list_accounts(
        request: Request,
        q: Annotated[str, Query(max_length=100)] = "",
        unit: Annotated[str, Query(max_length=100)] = "",
        waiting: bool = False,
        after: Annotated[str, Query(max_length=100)] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_LINES_MAX)] = PAGE_LINES,
    ) -> JSONResponse:
        """Return a page of the accounts of the units whose union office the asker is, by name.

        ``q`` is a part of a name or login, ``unit`` one of those units (with what is below it), ``waiting`` asks for
        those without a password only, ``after`` is what ``next`` of the page before says.
        """
        carer = carer_of(edge.identities.in_thread(request))
        demand_carer(staff, carer.actor)
        slips = slips_open(desk, carer.root)
        units = cared_units(desk, staff, carer, unit)
        rows = account_rows(desk, carer, units, text=q, waiting=waiting, after=after, limit=limit + 1)
        found, following = rows[:limit], rows[limit - 1].person if len(rows) > limit else None
        listed = [account_json(one, slips.get(one.person)) for one in found]
        return JSONResponse({"accounts": listed, "next": following})

    @router.get("/accounts/tokens")
    def list_all_tokens(request: Request) -> JSONResponse:
        """Return the tokens of everybody, for the security administrator."""
        asker = edge.identities.in_thread(request)
        demand_token_guard(staff, asker.actor, asker.root)
        rows = desk.reads.tokens(asker.root, microseconds(desk.office.now()))
        return JSONResponse({"tokens": [token_json(row) for row in rows]})

    @router.delete("/accounts/tokens/{number}")
    def end_any_token(request: Request, number: str) -> JSONResponse:
        """End anybody's token."""
        asker = demand_person(edge.identities.in_thread(request))
        demand_token_guard(staff, asker.actor, asker.root)
        end_token(desk, asker.root, number, asker.person)
        return JSONResponse({"ended": number})

    @router.post("/accounts/{login}/slip", status_code=201, **described(SlipBody))
    async def add_slip(request: Request, login: str) -> JSONResponse:
        """Make an activation slip. Its code is in this answer and nowhere else."""
        carer = carer_of(demand_person(await edge.identities.of(request)))
        read_key(request)
        body = await read_model(request, SlipBody)

        def make() -> JSONResponse:
            demand_carer(staff, carer.actor)
            person = person_under(desk, staff, carer, login)
            slip = next(make_slips(desk, carer.root, [person], by=carer.person, reset=body.reset))
            return JSONResponse(slip_json(slip), status_code=201)

        return await run_in_threadpool(make)


def whose(asker: Asker) -> Whose:
    """Return the account that the asker settles."""
    return Whose(asker.root, asker.person, asker.token_hash)


def carer_of(asker: Asker) -> Carer:
    """Return the asker as one who may look after accounts."""
    return Carer(root=asker.root, person=asker.person, actor=asker.actor)


def demand_person(asker: Asker) -> Asker:
    """Return the asker; raises NotPermitted for a program: a token changes nothing about accounts."""
    if asker.by_token:
        raise NotPermitted(Text("账号事项须本人登录后办理", "Log in yourself: a token changes nothing about accounts"))
    return asker


def _sessions(edge: Edge, asker: Asker) -> dict[str, object]:
    rows = own_logins(edge.desk, whose(asker), "login")
    return {"sessions": [session_json(row, asker.token_hash) for row in rows]}


def _tokens(edge: Edge, asker: Asker) -> dict[str, object]:
    return {"tokens": [token_json(row) for row in own_logins(edge.desk, whose(asker), "token")]}
