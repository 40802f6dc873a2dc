"""Every error as an answer: one table from error class to HTTP status, and the form of RFC 9457.

No text of an exception that is not ours ever leaves the process.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue
from pydantic_core import ErrorDetails
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.headers import SECURITY_HEADERS
from api.hygiene import Unreadable
from api.language import language_of
from api.limits import BODY_BYTES_MAX, KEY_CHARACTERS_MAX
from api.numbered import HEADER, incident_of
from engine.access.token_scope import TokenScope
from engine.calendar.reading import YEAR_FIRST, YEAR_LAST
from engine.errors import (
    BanjieError,
    CalendarEnds,
    CaseNotFound,
    CommandFailed,
    DefinitionError,
    FormInvalid,
    GuardRefused,
    ImportRefused,
    InputRefused,
    KeyReused,
    KeysUnavailable,
    LoginRefused,
    NotFound,
    NotPermitted,
    OutcomeUnknown,
    PaperNotMade,
    SealingStopped,
    StaleCase,
    StorageError,
    StorageUnavailable,
    TooBusy,
    TooMany,
    TransitionNotOffered,
)
from engine.text import Language, Text

_LOG = logging.getLogger(__name__)
STORAGE_AGAIN_SECONDS = 5
"""Where something could not be written, or a server ended, one may come again after so long: it starts in less."""
Respond = Callable[[Request, BanjieError], Response]
After = Callable[[Request, BanjieError], BackgroundTask | None]


def _nothing(_request: Request, _error: BanjieError) -> None:
    """Leave nothing to be done."""


class BodyInvalid(InputRefused):
    """The body is JSON but not what this address takes; ``errors`` names every place."""

    code = "body_invalid"

    def __init__(self, errors: Sequence[ErrorDetails]) -> None:
        super().__init__(
            Text("请求内容不符合接口要求", "The request does not have the form this address takes"),
            errors=[
                {"type": error["type"], "loc": [str(part) for part in error["loc"]], "msg": error["msg"]}
                for error in errors
            ],
        )


class BodyTooLarge(InputRefused):
    """The body is larger than any command."""

    code = "body_too_large"

    def __init__(self) -> None:
        super().__init__(
            Text(f"内容不得超过 {BODY_BYTES_MAX // 1024} KiB", f"A body has at most {BODY_BYTES_MAX // 1024} KiB"),
            maximum=BODY_BYTES_MAX,
        )


class MediaTypeRefused(InputRefused):
    """The body is of a kind that this address does not read."""

    code = "media_type_refused"

    def __init__(self, expected: str) -> None:
        super().__init__(
            Text(f"请求内容的类型应为 {expected}", f"Send the body as {expected}"),
            expected=expected,
        )


class KeyRequired(InputRefused):
    """Every POST carries an idempotency key, so that repeating it does nothing twice."""

    code = "key_required"

    def __init__(self) -> None:
        super().__init__(
            Text(
                f"缺少 Idempotency-Key 请求头（1 至 {KEY_CHARACTERS_MAX} 个可见 ASCII 字符）",
                f"Send an Idempotency-Key header of 1 to {KEY_CHARACTERS_MAX} visible ASCII characters",
            )
        )


class CrossSite(NotPermitted):
    """A page of another site asked in the name of somebody who is logged in here."""

    code = "cross_site"

    def __init__(self) -> None:
        super().__init__(
            Text("请求不是从本站页面发出的，已拒绝", "The request does not come from a page of this site; refused")
        )


class AccountUnfinished(NotPermitted):
    """Another password or a second factor must be set before anything else; ``due`` says which."""

    code = "account_unfinished"

    def __init__(self, due: str) -> None:
        self.due = due
        text = (
            Text("请先修改密码", "Set another password first")
            if due == "password"
            else Text("您的角色须使用动态验证码，请先绑定", "Your role needs a second factor; set one up first")
        )
        super().__init__(text, due=due)


class ScopeExceeded(NotPermitted):
    """The API token was made for less than this."""

    code = "scope_exceeded"

    def __init__(self, scope: TokenScope) -> None:
        super().__init__(Text("该令牌的授权范围不包括此操作", "This token was not made for that"), scope=str(scope))


class AddressRefused(NotFound):
    """There is nothing at this address, or not by this method; ``status`` is what the router said."""

    code = "address_not_found"

    def __init__(self, status: int) -> None:
        self.status = status
        found = status != 404
        self.code = "method_not_allowed" if status == 405 else "request_refused" if found else "address_not_found"
        text = Text("该地址不支持这种请求", "This address does not take such a request")
        super().__init__(text if found else Text("没有这个页面或接口", "There is nothing at this address"))


STATUS: Final[Mapping[type[BanjieError], int]] = {
    DefinitionError: 500,
    TransitionNotOffered: 409,
    GuardRefused: 409,
    NotPermitted: 403,
    FormInvalid: 422,
    CaseNotFound: 404,
    StaleCase: 412,
    KeyReused: 422,
    InputRefused: 422,
    Unreadable: 400,
    BodyInvalid: 422,
    BodyTooLarge: 413,
    MediaTypeRefused: 415,
    KeyRequired: 400,
    CrossSite: 403,
    NotFound: 404,
    AddressRefused: 404,
    LoginRefused: 401,
    TooBusy: 503,
    TooMany: 429,
    PaperNotMade: 503,
    ImportRefused: 422,
    CalendarEnds: 503,
    CommandFailed: 500,
    OutcomeUnknown: 503,
    KeysUnavailable: 503,
    SealingStopped: 503,
    StorageUnavailable: 503,
}
"""Error class → status. A class that is not named stands under the nearest one above it that is."""


def status_of(error: BanjieError) -> int:
    """Return the status of an error; 500 for one that no line of the table covers."""
    if isinstance(error, AddressRefused):
        return error.status
    if isinstance(error, CalendarEnds) and not YEAR_FIRST <= error.year <= YEAR_LAST:
        # No notice will ever cover such a year: trying again later is no help, another date is.
        return 422
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(error: BanjieError, language: Language) -> dict[str, JsonValue]:
    """Return the problem of an error: type, title, status, stable code, and what the error adds."""
    return {
        "type": f"urn:banjie:problem:{error.code}",
        "title": error.text.read(language),
        "status": status_of(error),
        "code": error.code,
        **{name: localised(value, language) for name, value in error.details.items()},
    }


def problem_response(request: Request, error: BanjieError) -> Response:
    """Return the answer to a request that was refused, in the reader's language."""
    return Response(
        json.dumps(problem(error, language_of(request)), ensure_ascii=False, separators=(",", ":")),
        status_code=status_of(error),
        headers=headers_of(error),
        media_type="application/problem+json",
    )


def headers_of(error: BanjieError) -> dict[str, str]:
    """Return the headers an answer to this error carries: how to log in, when to try again."""
    match error:
        case LoginRefused():
            return {"WWW-Authenticate": "Bearer"}
        case TooBusy():
            return {"Retry-After": str(error.details.get("retry_after_seconds", 1))}
        case StorageError():
            return {"Retry-After": str(STORAGE_AGAIN_SECONDS)}
        case _:
            return {}


def localised(value: object, language: Language) -> JsonValue:
    """Return details with every pair of texts read in one language; beside other members it becomes ``message``."""
    if isinstance(value, Mapping):
        members = {str(name): localised(inner, language) for name, inner in value.items()}
        if {"zh", "en"} <= members.keys():
            message = members[language]
            rest: dict[str, JsonValue] = {name: inner for name, inner in members.items() if name not in ("zh", "en")}
            return {**rest, "message": message} if rest else message
        return members
    if isinstance(value, list | tuple | frozenset):
        return [localised(inner, language) for inner in value]
    return value if isinstance(value, str | int | bool) or value is None else str(value)


def install_problems(app: FastAPI, respond: Respond = problem_response, after: After = _nothing) -> None:
    """Answer every error of an application through ``respond``; what is not ours is known by an id only.

    ``after`` says what is left to be done when the answer has left.
    """

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, BanjieError)
        _LOG.info("refused with %s", error.code)
        response = respond(request, error)
        response.background = after(request, error)
        return response

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return respond(request, BodyInvalid(cast("Sequence[ErrorDetails]", error.errors())))

    async def not_routed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = respond(request, AddressRefused(error.status_code))
        response.headers.update(error.headers or {})
        return response

    async def gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=400)

    async def defect(request: Request, error: Exception) -> Response:
        incident = incident_of(request)
        _LOG.error("unexpected error, incident %s", incident, exc_info=error)
        response = respond(request, CommandFailed(incident))
        # This handler stands outside the middleware that adds them to every other answer.
        response.headers.update({**SECURITY_HEADERS, HEADER: incident})
        return response

    app.add_exception_handler(BanjieError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, not_routed)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, defect)
