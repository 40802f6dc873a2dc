"""Whether a request that a browser sent by cookie comes from a page of ours (cross-site request forgery)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from api.problems import CrossSite

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def demand_same_origin(request: Request) -> None:
    """Raise CrossSite for an unsafe request that no page of ours sent.

    Browsers leave ``Sec-Fetch-Site`` out on plain-http intranets; there ``Origin`` must name the host asked. A browser
    sends one of the two with every form, so a request with neither is refused.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    if not _is_own(request.headers.get("origin", ""), request):
        raise CrossSite


def refuse_foreign_page(request: Request) -> None:
    """Raise CrossSite where a page of another site says that it sent the request.

    For routes that nobody is let in to by a cookie, so that another site could do there only what it can do without
    this visitor. Their pages are sent with ``no-referrer``, under which browsers say ``Origin: null`` with our own
    forms; so null is taken here, and programs, which say neither, are too.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    if site not in (None, "same-origin", "none") or (origin != "null" and not _is_own(origin, request)):
        raise CrossSite


def _is_own(origin: str, request: Request) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and parts.netloc == request.headers.get("host")
