"""The HTTP API as an application: routes, limits, problems and headers put together."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from api.edge import ApiSettings, Edge, make_edge
from api.headers import SecurityHeaders
from api.incoming import CleanAddress
from api.problems import Respond, install_problems, problem_response
from api.routes.accounts import account_routes
from api.routes.coverage import coverage_routes
from api.routes.erasures import erasure_routes
from api.routes.figures import figures_routes
from api.routes.files import file_routes
from api.routes.grants import grants_routes
from api.routes.health import health_routes
from api.routes.jobs import jobs_routes
from api.routes.ledger import ledger_routes
from api.routes.notices import notices_routes
from api.routes.overdue import overdue_routes
from api.routes.own import own_routes
from api.routes.polls import poll_routes
from api.routes.reading import reading_routes
from api.routes.rules import rules_routes
from api.routes.search import search_routes
from api.routes.sheets import sheet_routes
from api.routes.strangers import strangers_routes
from api.routes.writing import writing_routes
from api.routing import API_PREFIX
from api.strangers import Discreet
from engine.service.desk import Desk

ROUTES = (
    writing_routes,
    reading_routes,
    search_routes,
    overdue_routes,
    file_routes,
    erasure_routes,
    notices_routes,
    own_routes,
    account_routes,
    grants_routes,
    rules_routes,
    figures_routes,
    coverage_routes,
    sheet_routes,
    poll_routes,
    ledger_routes,
    jobs_routes,
    strangers_routes,
    health_routes,
)


def create_api(desk: Desk, settings: ApiSettings) -> FastAPI:
    """Return the API as an application of its own, without pages."""
    app = bare_app(settings)
    edge = make_edge(desk, settings)
    install_problems(app, after=edge.denials.of)
    add_api(app, edge)
    return app


def bare_app(settings: ApiSettings, respond: Respond = problem_response) -> FastAPI:
    """Return an application without routes that keeps to the limits and sends the security headers.

    It describes itself to those who are logged in only, and shows no page that would load from elsewhere. ``respond``
    answers addresses that no field may hold.
    """
    app = FastAPI(
        title="办结 Banjie",
        version=settings.version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        # Nothing about requests is handed to a tracer that happens to be installed.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.add_middleware(CleanAddress, respond=respond)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Discreet)
    return app


def add_api(app: FastAPI, edge: Edge) -> None:
    """Add every route of the API; directly, as a router in between builds each anew and costs requests some time."""
    for routes in ROUTES:
        app.router.routes.extend(routes(edge).routes)

    @app.get(f"{API_PREFIX}/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> JSONResponse:
        if not edge.settings.openapi_for_all:
            await edge.identities.of(request)
        return JSONResponse(app.openapi())
