"""Logging in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.origin import demand_same_origin
from api.problems import status_of
from engine.errors import LoginRefused
from web.shell import Shell


def login_pages(shell: Shell) -> APIRouter:
    """Return the addresses of the login."""
    router = APIRouter(include_in_schema=False)
    edge = shell.edge

    @router.get("/login")
    def show(request: Request) -> Response:
        return shell.page(
            shell.stranger(request),
            "login.html",
            login="",
            message=None,
            following=request.query_params.get("next", ""),
        )

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        # Before anything else: a foreign page could log somebody in as another, and watch what is then written.
        demand_same_origin(request)
        form = await read_form(request)
        login, password, following = (_first(form, name) for name in ("login", "password", "next"))
        try:
            secret = await edge.logins.open(login, password)
        except LoginRefused as refusal:
            visit = shell.stranger(request)
            return shell.page(
                visit,
                "login.html",
                status=status_of(refusal),
                login=login,
                message=visit.words.say(refusal.text),
                following=following,
            )
        response = RedirectResponse(own_address(following), status_code=303)
        edge.logins.set_cookie(response, secret)
        return response

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        response = RedirectResponse("/login", status_code=303)
        edge.logins.clear_cookie(response)
        try:
            asker = await edge.identities.of(request)
        except LoginRefused:
            return response
        await edge.logins.end(asker.token_hash)
        edge.identities.forget(asker.token_hash)
        return response

    return router


def own_address(address: str) -> str:
    """Return the address if it is one of this site's, else the front page: nobody is sent elsewhere after a login.

    >>> own_address("/cases?state=filed"), own_address("//evil.example/"), own_address("https://evil.example/")
    ('/cases?state=filed', '/', '/')
    """
    own = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if own else "/"


def _first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]
