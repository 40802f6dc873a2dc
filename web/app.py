"""The pages and the API as one application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast
from urllib.parse import quote

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.app import add_api, bare_app
from api.edge import ApiSettings, Edge, make_edge
from api.problems import AccountUnfinished, headers_of, install_problems, problem_response, status_of
from api.routing import API_PREFIX
from engine.errors import BanjieError, LoginRefused
from engine.service.desk import Desk
from engine.service.exported import record_export
from engine.service.house_door import HouseDoor
from engine.service.jobs import Jobs
from web.packing import Packed
from web.page_sheets import PageSheets
from web.pages.access import access_pages
from web.pages.account import account_pages
from web.pages.accounts import accounts_pages
from web.pages.acting import acting_pages
from web.pages.activate import activate_pages
from web.pages.admin import admin_pages
from web.pages.admin_calendar import admin_calendar_pages
from web.pages.admin_delegations import admin_delegation_pages
from web.pages.admin_house import admin_house_pages
from web.pages.admin_lists import admin_lists_pages
from web.pages.admin_publish import admin_publish_pages
from web.pages.admin_rules import admin_rules_pages
from web.pages.anonymous import anonymous_pages
from web.pages.appearance import appearance_pages
from web.pages.archive import archive_pages
from web.pages.assigning import assigning_pages
from web.pages.audit import audit_pages
from web.pages.audit_case import audit_case_pages
from web.pages.board import board_pages
from web.pages.calendar_feed import calendar_feed_pages
from web.pages.calls import calls_pages
from web.pages.case import case_pages
from web.pages.cases import cases_pages
from web.pages.coverage import coverage_pages
from web.pages.drafts import drafts_pages
from web.pages.ended import after_the_end
from web.pages.erasing import erasing_pages
from web.pages.figures import figures_pages
from web.pages.figures_report import figures_report_pages
from web.pages.figures_try import figures_try_pages
from web.pages.files import file_pages
from web.pages.front import front_pages
from web.pages.grants import grants_pages
from web.pages.inbox import inbox_pages
from web.pages.jobs import jobs_pages
from web.pages.ledger import ledger_pages
from web.pages.linked_login import linked_login_pages
from web.pages.login import login_pages
from web.pages.meeting import meeting_pages
from web.pages.merging import merging_pages
from web.pages.mine import mine_pages
from web.pages.mine_doing import mine_doing_pages
from web.pages.my_cases import my_cases_pages
from web.pages.new_case import new_case_pages
from web.pages.on_behalf import on_behalf_pages
from web.pages.open311 import open311_pages
from web.pages.others_logins import others_logins_pages
from web.pages.overdue import overdue_pages
from web.pages.own import own_pages
from web.pages.papers import papers_pages
from web.pages.papers_out import papers_out_pages
from web.pages.polls import poll_pages
from web.pages.process import process_pages
from web.pages.receipts import receipts_pages
from web.pages.register import register_pages
from web.pages.registers import registers_pages
from web.pages.search import search_pages
from web.pages.sheets import sheet_pages
from web.pages.supervise import supervise_pages
from web.pages.work import work_pages
from web.pages.workflows import workflow_pages
from web.sections import sections_of
from web.shell import Shell

# In this order: /cases/new must be asked before /cases/{id}, the report before the tables of the figures.
PAGES = (
    login_pages,
    linked_login_pages,
    front_pages,
    inbox_pages,
    new_case_pages,
    on_behalf_pages,
    receipts_pages,
    papers_out_pages,
    cases_pages,
    search_pages,
    case_pages,
    access_pages,
    erasing_pages,
    file_pages,
    papers_pages,
    mine_pages,
    mine_doing_pages,
    supervise_pages,
    overdue_pages,
    acting_pages,
    work_pages,
    board_pages,
    meeting_pages,
    merging_pages,
    assigning_pages,
    figures_report_pages,
    figures_pages,
    figures_try_pages,
    coverage_pages,
    sheet_pages,
    poll_pages,
    workflow_pages,
    my_cases_pages,
    register_pages,
    open311_pages,
    archive_pages,
    registers_pages,
    calls_pages,
    drafts_pages,
    own_pages,
    account_pages,
    calendar_feed_pages,
    accounts_pages,
    grants_pages,
    activate_pages,
    jobs_pages,
    admin_pages,
    admin_house_pages,
    admin_calendar_pages,
    admin_rules_pages,
    admin_publish_pages,
    admin_lists_pages,
    admin_delegation_pages,
    others_logins_pages,
    ledger_pages,
    audit_pages,
    audit_case_pages,
    process_pages,
    anonymous_pages,
    appearance_pages,
)
Answers = Callable[[Request, Exception], Awaitable[Response]]
UNFINISHED = {"password": "/me/password", "second_factor": "/me/second-factor"}
"""Where somebody is led who must put their account in order first."""


def create_site(desk: Desk, settings: ApiSettings, jobs: Jobs | None = None, house: HouseDoor | None = None) -> FastAPI:
    """Return the whole site: pages under ``/``, the API under ``/api``, the stylesheet and module under ``/static``.

    With ``jobs``, those who look after the installation see what runs in the background; with ``house``, its health.
    """
    edge = make_edge(desk, settings, jobs, house)
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

    site = bare_app(settings, respond)
    install_problems(site, respond, edge.denials.of)
    others = cast("Answers", site.exception_handlers[BanjieError])

    async def not_logged_in(request: Request, error: Exception) -> Response:
        """Keep the words of a form whose session has ended; anybody else is led to the login."""
        kept = None if request.scope["path"].startswith(f"{API_PREFIX}/") else await after_the_end(shell, request)
        return await others(request, error) if kept is None else kept

    site.add_exception_handler(LoginRefused, not_logged_in)
    add_api(site, edge)
    for pages in PAGES:
        site.router.routes.extend(pages(shell).routes)
    shell.sections = sections_of(site.routes)
    site.mount("/static", shell.statics, name="static")
    # Behind all that stands before the pages: a sheet is checked, headed and limited like any other answer.
    site.user_middleware.append(Middleware(PageSheets, taken=partial(_taken, edge)))
    site.add_middleware(Packed, https=settings.https)
    return site


def _taken(edge: Edge, request: Request, name: str, rows: int) -> None:
    """Record who took a list along; of what is public nobody is recorded."""
    asker = edge.identities.known(request)
    if asker is not None and asker.actor.person is not None:
        record_export(edge.desk, asker.root, asker.actor.person, f"list {name}", rows=rows, scope=request.url.path)


def to_login(request: Request) -> RedirectResponse:
    """Return the way to the login page and, after it, back to the page that was asked for."""
    wanted = str(request.scope["path"]) if request.method == "GET" else "/"
    query = request.scope["query_string"].decode("ascii") if request.method == "GET" else ""
    if query:
        wanted = f"{wanted}?{query}"
    return RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='/')}", status_code=303)
