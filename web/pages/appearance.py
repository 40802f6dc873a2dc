"""Choosing how pages look. It needs no login: the login page too can be read in large print."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.origin import demand_same_origin
from web.appearance import PRINT_COOKIE, PRINTS, THEME_COOKIE, THEMES
from web.pages.login import own_address
from web.routing import Pages
from web.shell import CHOICE_SECONDS, Shell


def appearance_pages(shell: Shell) -> Pages:
    """Return the address that takes the choice, as made in the foot of every page."""
    router = Pages()
    https = shell.edge.settings.https

    @router.post("/appearance")
    async def choose(request: Request) -> Response:
        demand_same_origin(request)
        form = await read_form(request)
        response = RedirectResponse(own_address(form.get("back", [""])[0]), status_code=303)
        for cookie, choices in ((THEME_COOKIE, THEMES), (PRINT_COOKIE, PRINTS)):
            chosen = form.get(cookie, [""])[0]
            if chosen in choices:
                response.set_cookie(
                    cookie, chosen, max_age=CHOICE_SECONDS, path="/", httponly=True, samesite="lax", secure=https
                )
        return response

    return router
