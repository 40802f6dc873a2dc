"""Logging in and out."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.origin import demand_same_origin
from api.problems import status_of
from engine.errors import LoginRefused
from engine.service.logins import HalfWay, LetIn
from web.routing import Pages
from web.shell import Shell


def login_pages(shell: Shell) -> Pages:
    """Return the addresses of the login."""
    router = Pages()
    edge = shell.edge

    @router.get("/login")
    def show(request: Request) -> Response:
        visit = shell.stranger(request)
        words, done = visit.words, request.query_params.get("done", "")
        said = {
            "activated": words.t("login_activated"),
            "kept": words.t("ended_kept"),
            "sent": words.t("ended_sent"),
        }
        return shell.page(
            visit,
            "login.html",
            login="",
            message=words.t("ended_lost") if done == "lost" else None,
            following=request.query_params.get("next", ""),
            done=said.get(done),
        )

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        # Before anything else: a foreign page could log somebody in as another, and watch what is then written.
        demand_same_origin(request)
        form = await read_form(request)
        login, password, following = (_first(form, name) for name in ("login", "password", "next"))
        try:
            visitor = await run_in_threadpool(edge.logins.visitor, request)
            step = await edge.logins.open(login, password, visitor)
        except LoginRefused as refusal:
            visit = shell.stranger(request)
            return shell.page(
                visit,
                "login.html",
                status=status_of(refusal),
                login=login,
                message=visit.words.say(refusal.text),
                following=following,
                done=None,
            )
        if isinstance(step, HalfWay):
            return code_page(shell, request, step.ticket, following)
        return let_in(shell, step, following)

    @router.post("/login/code")
    async def second_step(request: Request) -> Response:
        demand_same_origin(request)
        form = await read_form(request)
        ticket, code, following = (_first(form, name) for name in ("ticket", "code", "next"))
        try:
            visitor = await run_in_threadpool(edge.logins.visitor, request)
            opened = await edge.logins.second(ticket, code, visitor)
        except LoginRefused as refusal:
            return code_page(shell, request, ticket, following, refusal)
        return let_in(shell, opened, following)

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


def code_page(
    shell: Shell, request: Request, ticket: str, following: str, refusal: LoginRefused | None = None
) -> Response:
    """Return the page that asks for a code of the second factor."""
    visit = shell.stranger(request)
    return shell.page(
        visit,
        "login_code.html",
        status=200 if refusal is None else status_of(refusal),
        ticket=ticket,
        following=following,
        message=None if refusal is None else visit.words.say(refusal.text),
    )


def let_in(shell: Shell, opened: LetIn, following: str) -> Response:
    """Return the way to the page that was asked for, with the cookies of a new session."""
    response = RedirectResponse(own_address(following), status_code=303)
    shell.edge.logins.set_cookies(response, opened)
    return response


def own_address(address: str) -> str:
    """Return the address if it is one of this site's, else the front page: nobody is sent elsewhere after a login.

    >>> own_address("/cases?state=filed"), own_address("//evil.example/"), own_address("https://evil.example/")
    ('/cases?state=filed', '/', '/')
    """
    own = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if own else "/"


def _first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]
