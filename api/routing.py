"""Where the API's addresses stand, and what all of them may answer."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.describing import PROBLEMS

API_PREFIX: Final = "/api"


def api_router(tag: str) -> APIRouter:
    """Return a router for some of the API's addresses, shown under this tag in its description."""
    return APIRouter(prefix=API_PREFIX, tags=[tag], responses=PROBLEMS)
