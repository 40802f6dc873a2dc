"""What a page shows while a job counts: that it does; the browser asks again by itself, without a line of script."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from web.shell import Shell, Visit

WAIT_SECONDS: Final = 4


def being_counted(shell: Shell, visit: Visit, *, section: str, title: str) -> Response:
    """Return the page that stands in for one of which nothing was counted yet."""
    url = visit.request.url
    address = f"{url.path}?{url.query}" if url.query else url.path
    return refreshing(shell.page(visit, "figures_wait.html", section=section, status=200, title=title, address=address))


def refreshing(response: Response) -> Response:
    """Let the browser ask again in some seconds."""
    response.headers["Refresh"] = str(WAIT_SECONDS)
    return response
