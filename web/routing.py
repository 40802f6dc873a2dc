"""The addresses of the pages: a path, and the function that answers it.

Pages read their requests themselves and are in no description, so they need no more of a framework than its routes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import iscoroutinefunction
from typing import Concatenate, TypeAlias, TypeVar, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

Answer: TypeAlias = Callable[Concatenate[Request, ...], Response | Awaitable[Response]]
"""Answers a request; what stands in braces in its path are its other parameters, by name."""

A = TypeVar("A", bound=Answer)


class Page(Route):
    """The route of a page; what looks at a request later on is told of it as FastAPI tells of its own."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the page is asked for, and what the request knows then."""
        match, known = super().matches(scope)
        return match, known if match is Match.NONE else {**known, "route": self}


class Pages:
    """Some of the site's addresses, in the order in which they are asked."""

    def __init__(self) -> None:
        self.routes: list[Page] = []

    def get(self, path: str) -> Callable[[A], A]:
        """Return a decorator: the function answers whoever reads the path; in a thread of its own unless it awaits."""
        return self._at(path, "GET")

    def post(self, path: str) -> Callable[[A], A]:
        """Return a decorator: the function answers what is sent there; in a thread of its own unless it awaits."""
        return self._at(path, "POST")

    def _at(self, path: str, method: str) -> Callable[[A], A]:
        def add(answer: A) -> A:
            name = f"{answer.__module__}.{answer.__qualname__}"
            self.routes.append(Page(path, _of_request(answer), methods=[method], name=name, include_in_schema=False))
            return answer

        return add


def pages_of(site: Iterable[BaseRoute]) -> Iterator[Route]:
    """Yield what nobody is told of in a description: the pages among the routes of a site."""
    return (route for route in site if isinstance(route, Route) and not route.include_in_schema)


def _of_request(answer: Answer) -> Callable[[Request], Response | Awaitable[Response]]:
    if iscoroutinefunction(answer):

        async def awaited(request: Request) -> Response:
            return cast("Response", await answer(request, **request.path_params))

        return awaited

    def called(request: Request) -> Response:
        return cast("Response", answer(request, **request.path_params))

    return called
