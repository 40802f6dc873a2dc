"""The public register for programs, read only, in the form of GeoReport v2 (Open311): services, requests, one request.

It is as open as the register's pages are and says nothing that they do not; what was not published does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import Response

from api.instants import start_from
from api.language import language_of
from api.problems import headers_of, status_of
from engine.calendar.term import SHANGHAI, day_begins_at
from engine.case.codec import microseconds
from engine.case.identity import CaseId, RootId
from engine.errors import BanjieError, InputRefused, NotFound
from engine.service.ports import CaseFilter, Reads
from engine.service.register import Published, published_case, register_page
from engine.service.world import World
from engine.text import Text
from web.pages.register import register_reader
from web.routing import Pages
from web.shell import Shell
from web.views.open311 import Json, Service, request_json, service_json, services, status_word
from web.words import Words

PAGE_LINES: Final = 50
PAGE_LINES_MAX: Final = 100
LINES_MAX: Final = 2_000
"""So many cases one question looks at; older ones are found by ``end_date``."""
KEPT_SECONDS: Final = 300
"""How long an answer may be kept: publishing is seen after five minutes at the latest."""
STATUSES: Final = ("open", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the register is asked for; days are of the house, both included."""

    service: Service | None
    status: str | None
    start_on: date | None
    end_on: date | None
    page: int
    page_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A register as somebody reads it."""

    reads: Reads
    root: RootId
    world: World
    words: Words


Telling = Callable[[Reading], JsonValue]


def open311_pages(shell: Shell) -> Pages:
    """Return the addresses of the feed."""
    router = Pages()

    @router.get("/open311/v2/services.json")
    def service_list(request: Request) -> Response:
        def tell(reading: Reading) -> JsonValue:
            return [service_json(each) for each in services(reading.world, reading.words)]

        return _answer(shell, request, tell)

    @router.get("/open311/v2/requests.json")
    def request_list(request: Request) -> Response:
        def tell(reading: Reading) -> JsonValue:
            asked = asked_of(request, services(reading.world, reading.words))
            return [request_json(each, reading.world, reading.words) for each in _page(reading, asked)]

        return _answer(shell, request, tell)

    @router.get("/open311/v2/requests/{published}.json")
    def one_request(request: Request, published: str) -> Response:
        def tell(reading: Reading) -> JsonValue:
            found = published_case(reading.reads, reading.root, CaseId(published), reading.world)
            return [request_json(found, reading.world, reading.words)]

        return _answer(shell, request, tell)

    return router


def asked_of(request: Request, known: tuple[Service, ...]) -> Asked:
    """Return what the query of a request asks for; raises InputRefused for what it cannot mean."""
    query = request.query_params
    code, status = query.get("service_code") or None, query.get("status") or None
    service = next((each for each in known if each.code == code), None)
    if code is not None and service is None:
        raise InputRefused(
            Text(
                "没有这个 service_code；可用的列在 services.json 中",
                "There is no such service_code; services.json lists them",
            )
        )
    if status is not None and status not in STATUSES:
        raise InputRefused(Text("status 只能是 open 或 closed", "status is open or closed"))
    asked = Asked(
        service=service,
        status=status,
        start_on=_day(request, "start_date"),
        end_on=_day(request, "end_date"),
        page=_number(request, "page", 1, LINES_MAX),
        page_size=_number(request, "page_size", PAGE_LINES, PAGE_LINES_MAX),
    )
    if asked.page * asked.page_size > LINES_MAX:
        raise _too_far()
    return asked


def _page(reading: Reading, asked: Asked) -> list[Published]:
    """Return the cases of one page, the newest first."""
    begin = (asked.page - 1) * asked.page_size
    found: list[Published] = []
    for place, each in enumerate(_walk(reading, asked)):
        if place >= begin + asked.page_size:
            break
        if place >= begin:
            found.append(each)
    return found


def _walk(reading: Reading, asked: Asked) -> Iterator[Published]:
    service = asked.service
    where = CaseFilter(
        workflow=None if service is None else service.workflow,
        category=None if service is None else service.category,
    )
    # A key of the list is the instant of opening and an id; no id comes before "0".
    after = None if asked.end_on is None else f"{microseconds(day_begins_at(asked.end_on + timedelta(days=1)))}.0"
    begin = None if asked.start_on is None else day_begins_at(asked.start_on)
    walked = 0
    while True:
        page = register_page(reading.reads, reading.root, reading.world, where, after=after, limit=PAGE_LINES_MAX)
        for each in page.cases:
            if begin is not None and each.case.opened_at < begin:
                return
            if asked.status in (None, status_word(each.case)):
                yield each
        after, walked = page.next, walked + len(page.cases)
        if after is None:
            return
        if walked >= LINES_MAX:
            # Never a page that is short without saying so.
            raise _too_far()


def _day(request: Request, name: str) -> date | None:
    """Return a day of the query; of an instant the day that it is in the house, as the register tells no more."""
    said = request.query_params.get(name, "")
    return start_from(said, name).astimezone(SHANGHAI).date() if said else None


def _too_far() -> InputRefused:
    return InputRefused(
        Text(
            f"一次最多查看 {LINES_MAX} 件；请用 start_date、end_date 缩小范围",
            f"One question looks at {LINES_MAX} cases at most; narrow it by start_date and end_date",
        )
    )


def _number(request: Request, name: str, otherwise: int, most: int) -> int:
    said = request.query_params.get(name, "")
    if not said:
        return otherwise
    if not (said.isascii() and said.isdigit() and len(said) <= 6 and 1 <= int(said) <= most):
        raise InputRefused(Text(f"{name} 应为 1 至 {most} 的整数", f"{name} is a whole number from 1 to {most}"))
    return int(said)


def _answer(shell: Shell, request: Request, tell: Telling) -> Response:
    """Return what is told, or a refusal as the form has it: a list of one code and description, 400 for bad words."""
    named = request.query_params.get("jurisdiction_id") or None
    try:
        visit, root = register_reader(shell, request, named)
        if named is not None and named != root:
            raise NotFound(
                Text("没有这个 jurisdiction_id，或者不属于您所在的组织", "There is no such jurisdiction_id for you")
            )
        words = Words(language_of(request))
        told = tell(Reading(reads=shell.edge.desk.reads, root=root, world=shell.edge.desk.world(root), words=words))
    except BanjieError as refusal:
        return _refused(shell, request, refusal)
    kept = "public" if visit.asker is None else "private"
    return _json(told, 200, {"Cache-Control": f"{kept}, max-age={KEPT_SECONDS}", "Vary": "Accept-Language, Cookie"})


def _refused(shell: Shell, request: Request, refusal: BanjieError) -> Response:
    known = status_of(refusal)
    status, said = 400 if known == 422 else known, refusal.text.read(language_of(request))
    problem: Json = {"code": status, "description": said}
    answer = _json([problem], status, headers_of(refusal))
    answer.background = shell.edge.denials.of(request, refusal)
    return answer


def _json(told: JsonValue, status: int, headers: dict[str, str]) -> Response:
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status_code=status, headers=headers, media_type="application/json; charset=utf-8")
