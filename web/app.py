"""The pages and the API as one application."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from api.app import API_PREFIX, add_api, bare_app
from api.edge import ApiSettings, make_edge
from api.problems import AccountUnfinished, headers_of, install_problems, problem_response, status_of
from engine.errors import BanjieError, LoginRefused
from engine.service.desk import Desk
from engine.service.jobs import Jobs
from web.pages.access import access_pages
from web.pages.account import account_pages
from web.pages.accounts import accounts_pages
from web.pages.acting import acting_pages
from web.pages.activate import activate_pages
from web.pages.anonymous import anonymous_pages
from web.pages.case import case_pages
from web.pages.cases import cases_pages
from web.pages.erasing import erasing_pages
from web.pages.figures import figures_pages
from web.pages.files import file_pages
from web.pages.front import front_pages
from web.pages.grants import grants_pages
from web.pages.inbox import inbox_pages
from web.pages.jobs import jobs_pages
from web.pages.ledger import ledger_pages
from web.pages.linked_login import linked_login_pages
from web.pages.login import login_pages
from web.pages.my_cases import my_cases_pages
from web.pages.new_case import new_case_pages
from web.pages.on_behalf import on_behalf_pages
from web.pages.overdue import overdue_pages
from web.pages.own import own_pages
from web.pages.receipts import receipts_pages
from web.pages.workflows import workflow_pages
from web.shell import FOLDER, Shell

# In this order: /cases/new must be asked before /cases/{id}.
PAGES = (
    login_pages,
    linked_login_pages,
    front_pages,
    inbox_pages,
    new_case_pages,
    on_behalf_pages,
    receipts_pages,
    cases_pages,
    case_pages,
    access_pages,
    erasing_pages,
    file_pages,
    overdue_pages,
    acting_pages,
    figures_pages,
    workflow_pages,
    my_cases_pages,
    own_pages,
    account_pages,
    accounts_pages,
    grants_pages,
    activate_pages,
    jobs_pages,
    ledger_pages,
    anonymous_pages,
)
UNFINISHED = {"password": "/me/password", "second_factor": "/me/second-factor"}
"""Where somebody is led who must put their account in order first."""


def create_site(desk: Desk, settings: ApiSettings, jobs: Jobs | None = None) -> FastAPI:
    """Return the whole site: pages under ``/``, the API under ``/api``, the stylesheet and module under ``/static``.

    With ``jobs``, those who look after the installation see what runs in the background.
    """
    site = bare_app(settings)
    edge = make_edge(desk, settings, jobs)
    shell = Shell(edge)

    def respond(request: Request, error: BanjieError) -> Response:
        # Only the form of the answer hangs on the path; who may do what was decided before.
        if request.scope["path"].startswith(f"{API_PREFIX}/"):
            return problem_response(request, error)
        if isinstance(error, LoginRefused):
            return to_login(request)
        if isinstance(error, AccountUnfinished):
            return RedirectResponse(UNFINISHED[error.due], status_code=303)
        page = shell.error_page(request, error, status_of(error))
        page.headers.update(headers_of(error))
        return page

    install_problems(site, respond, edge.denials.of)
    add_api(site, edge)
    for pages in PAGES:
        site.include_router(pages(shell))
    site.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    return site


def to_login(request: Request) -> RedirectResponse:
    """Return the way to the login page and, after it, back to the page that was asked for."""
    wanted = str(request.scope["path"]) if request.method == "GET" else "/"
    query = request.scope["query_string"].decode("ascii") if request.method == "GET" else ""
    if query:
        wanted = f"{wanted}?{query}"
    return RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='/')}", status_code=303)
