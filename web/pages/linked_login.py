"""Logging in by the identity provider, and linking one's account to it. Without a provider there are no such pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from anyio import to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import demand_person, whose
from engine.case.codec import instant
from engine.errors import BanjieError, InputRefused, LoginRefused
from engine.service.linked_logins import (
    HANDSHAKE_MINUTES,
    Subject,
    allow_linking,
    link,
    log_in_linked,
    unlink,
)
from engine.service.logins import HalfWay
from web.pages.account import Refused, errors_of, first, message_of
from web.pages.login import code_page, let_in, own_address
from web.routing import Pages
from web.shell import Shell, Visit

if TYPE_CHECKING:
    from api.oidc.flow import Provider, Way

R = TypeVar("R", bound=Response)
PAGE = "/me/linked-login"
DONE = {"linked": "linked_done", "gone": "linked_gone"}


def linked_login_pages(shell: Shell) -> Pages:
    """Return the addresses of the provider's login and of the page of one's link; none where none is configured."""
    router = Pages()
    settings = shell.edge.settings.provider
    if settings is None:
        return router
    # Here and not above: what it needs is installed where a provider is configured only.
    from api.oidc.flow import Provider

    provider = Provider(shell.edge.desk, settings)
    _logging_in(shell, provider, router)
    _linking(shell, provider, router)
    return router


def _logging_in(shell: Shell, provider: Provider, router: Pages) -> None:
    edge = shell.edge

    @router.get("/login/oidc")
    async def begin(request: Request) -> Response:
        following = own_address(request.query_params.get("next", ""))
        try:
            way = await to_thread.run_sync(provider.way, following, limiter=provider.limiter)
        except LoginRefused as refusal:
            return _login_page(shell, request, refusal)
        return _on_the_way(shell, RedirectResponse(way.address, status_code=303), way)

    @router.get("/login/oidc/back")
    async def come_back(request: Request) -> Response:
        answer = dict(request.query_params)
        held = request.cookies.get(_cookie(shell), "")
        visitor = await run_in_threadpool(edge.logins.visitor, request)
        try:
            handshake, subject = await to_thread.run_sync(
                provider.answered, answer, held, visitor, limiter=provider.limiter
            )
            if handshake.linking:
                return _arrived(shell, await _linked(shell, request, handshake.state, subject))
            step = await run_in_threadpool(log_in_linked, edge.desk, edge.logins.rules, subject, visitor)
        except LoginRefused as refusal:
            return _arrived(shell, _login_page(shell, request, refusal))
        if isinstance(step, HalfWay):
            return _arrived(shell, code_page(shell, _without_answer(request), step.ticket, handshake.following))
        return _arrived(shell, let_in(shell, step, handshake.following))


async def _linked(shell: Shell, request: Request, state: str, subject: Subject) -> Response:
    """Link the account of whoever is logged in in this browser; raises LoginRefused where that is nobody who asked."""
    asker = demand_person(await shell.edge.identities.of(request))
    try:
        await run_in_threadpool(link, shell.edge.desk, whose(asker), state, subject)
    except InputRefused as error:
        visit = await shell.visiting(_without_answer(request, PAGE))
        return await run_in_threadpool(_own_page, shell, visit, Refused(error=error))
    return RedirectResponse(f"{PAGE}?done=linked", status_code=303)


def _linking(shell: Shell, provider: Provider, router: Pages) -> None:
    edge = shell.edge

    @router.get(PAGE)
    def show(request: Request) -> Response:
        return _own_page(shell, shell.visit(request))

    @router.post(PAGE)
    async def confirm(request: Request) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)
        form = await read_form(request)
        password, code = first(form, "password"), first(form, "code")
        try:
            way = await to_thread.run_sync(lambda: provider.way(PAGE, linking=True), limiter=provider.limiter)
            await edge.logins.with_passwords(
                lambda: allow_linking(edge.desk, whose(asker), way.state, password=password, code=code)
            )
        except BanjieError as error:
            return await run_in_threadpool(_own_page, shell, visit, Refused(error=error))
        page = await run_in_threadpool(
            lambda: shell.page(
                visit,
                "my_linked_go.html",
                section="me",
                title=visit.words.say(provider.settings.shown_title()),
                minutes=HANDSHAKE_MINUTES,
                address=way.address,
            )
        )
        return _on_the_way(shell, page, way)

    @router.post(f"{PAGE}/remove")
    async def remove(request: Request) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)
        form = await read_form(request)
        password, code = first(form, "password"), first(form, "code")
        try:
            await edge.logins.with_passwords(lambda: unlink(edge.desk, whose(asker), password=password, code=code))
        except BanjieError as error:
            return await run_in_threadpool(_own_page, shell, visit, Refused(error=error))
        return RedirectResponse(f"{PAGE}?done=gone", status_code=303)


def _own_page(shell: Shell, visit: Visit, refused: Refused | None = None) -> Response:
    desk, asker, settings = shell.edge.desk, visit.known, shell.edge.settings.provider
    assert settings is not None, "the page is there where a provider is configured only"
    held = desk.reads.link(asker.root, asker.person)
    factor = desk.reads.second_factor(asker.root, asker.person)
    done = DONE.get(visit.request.query_params.get("done", ""))
    return shell.page(
        visit,
        "my_linked_login.html",
        section="me",
        status=200 if refused is None else status_of(refused.error),
        title=visit.words.say(settings.shown_title()),
        linked_on=None if held is None else visit.words.day(instant(held.linked_at)),
        elsewhere=None if held is None or held.issuer == settings.issuer else held.issuer,
        has_factor=factor is not None and factor.enrolled_at is not None,
        done=None if done is None or visit.request.method != "GET" else visit.words.t(done),
        errors=errors_of(refused, visit.words),
        message=message_of(refused, visit.words),
    )


def _login_page(shell: Shell, request: Request, refusal: LoginRefused) -> Response:
    visit = shell.stranger(_without_answer(request))
    return shell.page(
        visit,
        "login.html",
        status=status_of(refusal),
        login="",
        message=visit.words.say(refusal.text),
        following="",
        done=None,
    )


def _without_answer(request: Request, path: str = "/login") -> Request:
    """Return the request as one for a page of ours, so that no link on it repeats the provider's answer."""
    return Request({**request.scope, "path": path, "raw_path": path.encode(), "query_string": b""})


def _cookie(shell: Shell) -> str:
    return f"{shell.edge.logins.cookie}-handshake"


def _on_the_way(shell: Shell, response: R, way: Way) -> R:
    """Give the browser the handshake: a cookie of its own, with nothing else in it, for as long as it holds."""
    response.set_cookie(
        _cookie(shell),
        way.cookie,
        max_age=HANDSHAKE_MINUTES * 60,
        path="/",
        httponly=True,
        samesite="lax",
        secure=shell.edge.settings.https,
    )
    return response


def _arrived(shell: Shell, response: R) -> R:
    """Take the handshake away again, whatever came of it."""
    secure = shell.edge.settings.https
    response.delete_cookie(_cookie(shell), path="/", httponly=True, samesite="lax", secure=secure)
    return response
