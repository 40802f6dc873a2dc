"""First logins without a session: an activation code from a slip, a one-time link, the first administrator's link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import LOGIN_CHARACTERS_MAX, TOKEN_CHARACTERS_MAX
from api.origin import demand_same_origin
from api.problems import status_of
from engine.access.password_rules import CHARACTERS_MIN
from engine.errors import BanjieError
from engine.service.account_ports import FIRST
from engine.service.account_writes import used_up
from engine.service.first_logins import FirstAdministrator, activate, link_holder, password_by_link, set_up
from engine.service.logins import opening
from web.pages.account import Refused, errors_of, first, message_of, not_the_same
from web.routing import Pages
from web.shell import Shell

TYPED = ("login", "name", "unit_code", "unit_name")
"""What is shown again after a refusal; passwords and codes never are."""


def activate_pages(shell: Shell) -> Pages:
    """Return the addresses of first logins."""
    router = Pages()
    _slips(shell, router)
    _links(shell, router)
    return router


def _slips(shell: Shell, router: Pages) -> None:
    edge = shell.edge

    @router.get("/activate")
    def show(request: Request) -> Response:
        return _activate_page(shell, request, {"login": [request.query_params.get("login", "")]})

    @router.post("/activate")
    async def use(request: Request) -> Response:
        demand_same_origin(request)
        form = await read_form(request)
        login, code, password = (first(form, name) for name in ("login", "code", "password"))
        if password != first(form, "again"):
            return _activate_page(shell, request, form, Refused(error=not_the_same()))
        visitor = await run_in_threadpool(edge.logins.visitor, request)
        try:
            if len(login) > LOGIN_CHARACTERS_MAX or len(code) > LOGIN_CHARACTERS_MAX:
                raise used_up()
            await edge.logins.with_passwords(lambda: activate(edge.desk, login, code, password, visitor))
        except BanjieError as error:
            return _activate_page(shell, request, form, Refused(error=error))
        return RedirectResponse("/login?done=activated", status_code=303)


def _links(shell: Shell, router: Pages) -> None:
    edge = shell.edge

    @router.get("/link/{secret}")
    def show(request: Request, secret: str) -> Response:
        return _link_page(shell, request, secret, {})

    @router.post("/link/{secret}")
    async def use(request: Request, secret: str) -> Response:
        demand_same_origin(request)
        form = await read_form(request)
        password = first(form, "password")
        if password != first(form, "again"):
            refused = Refused(error=not_the_same())
            return await run_in_threadpool(_link_page, shell, request, secret, form, refused)
        try:
            found = await run_in_threadpool(link_holder, edge.desk, secret[:TOKEN_CHARACTERS_MAX])
            if found.purpose == FIRST:
                return await _set_up(request, secret, form)
            await edge.logins.with_passwords(lambda: password_by_link(edge.desk, secret, password))
        except BanjieError as error:
            return await run_in_threadpool(_link_page, shell, request, secret, form, Refused(error=error))
        return RedirectResponse("/login?done=activated", status_code=303)

    async def _set_up(request: Request, secret: str, form: Mapping[str, Sequence[str]]) -> Response:
        typed = FirstAdministrator(password=first(form, "password"), **{name: first(form, name) for name in TYPED})
        rules = edge.settings.accounts
        whose = await edge.logins.with_passwords(lambda: set_up(edge.desk, rules, secret, typed))
        visitor = await run_in_threadpool(edge.logins.visitor, request)

        def enter() -> Response:
            opened, writes = opening(edge.desk, rules, whose.root, whose.person, visitor, edge.desk.office.now())
            edge.desk.office.write(writes)
            response = RedirectResponse("/me/second-factor", status_code=303)
            edge.logins.set_cookie(response, opened)
            return response

        return await run_in_threadpool(enter)


def _activate_page(
    shell: Shell, request: Request, form: Mapping[str, Sequence[str]], refused: Refused | None = None
) -> Response:
    visit = shell.stranger(request)
    return shell.page(
        visit,
        "activate.html",
        status=200 if refused is None else status_of(refused.error),
        login=first(form, "login")[:LOGIN_CHARACTERS_MAX],
        characters_min=CHARACTERS_MIN,
        errors=errors_of(refused, visit.words),
        message=message_of(refused, visit.words),
    )


def _link_page(
    shell: Shell,
    request: Request,
    secret: str,
    form: Mapping[str, Sequence[str]],
    refused: Refused | None = None,
) -> Response:
    desk, visit = shell.edge.desk, shell.stranger(request)
    try:
        found = link_holder(desk, secret[:TOKEN_CHARACTERS_MAX])
    except BanjieError as error:
        return shell.page(visit, "link_over.html", status=status_of(error))
    person = desk.reads.persons(found.root, [found.person]).get(found.person)
    return shell.page(
        visit,
        "link.html",
        status=200 if refused is None else status_of(refused.error),
        secret=secret,
        is_first=found.purpose == FIRST,
        has_house=bool(desk.reads.roots()),
        person=person,
        fields={name: first(form, name) for name in TYPED},
        characters_min=CHARACTERS_MIN,
        errors=errors_of(refused, visit.words),
        message=message_of(refused, visit.words),
    )
