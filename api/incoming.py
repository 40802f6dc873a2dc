"""Reads what a request carries, within the limits: its address in a middleware, its body where a route asks for it."""

from __future__ import annotations

import re
from typing import Final, TypeVar
from urllib.parse import unquote_to_bytes, urlencode

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.hygiene import Unreadable, clean_query, clean_text, parse_form, parse_json
from api.limits import BODY_BYTES_MAX, KEY_CHARACTERS_MAX, PATH_BYTES_MAX, QUERY_BYTES_MAX, TEXT_CHARACTERS_MAX
from api.problems import BodyInvalid, BodyTooLarge, KeyRequired, MediaTypeRefused, Respond, problem_response
from engine.errors import InputRefused
from engine.text import Text

M = TypeVar("M", bound=BaseModel)
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{KEY_CHARACTERS_MAX}}}")
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


class CleanAddress:
    """Refuses addresses and queries that no field may hold, and hands the query on in NFC.

    ``respond`` gives the answer to a refused one: what stands behind, where all else is answered, is not asked.
    """

    def __init__(self, app: ASGIApp, respond: Respond = problem_response) -> None:
        self._app = app
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a clean request on; answer any other with its refusal."""
        if scope["type"] == "http":
            try:
                _clean_address(scope)
            except InputRefused as refusal:
                await self._respond(Request(scope), refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def read_model(request: Request, model: type[M]) -> M:
    """Return the JSON body of a request as a model; raises what ``parse_json`` raises, or names all that is wrong."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise MediaTypeRefused("application/json")
    value = parse_json(await _body(request))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise BodyInvalid(error.errors(include_url=False, include_context=False, include_input=False)) from None


async def read_form(request: Request, characters_max: int = TEXT_CHARACTERS_MAX) -> dict[str, list[str]]:
    """Return the fields of a posted form, each of at most so many characters."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM_TYPE:
        raise MediaTypeRefused(_FORM_TYPE)
    return parse_form(await _body(request), characters_max)


def read_key(request: Request) -> str:
    """Return the idempotency key; raises KeyRequired without a usable one."""
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise KeyRequired
    return key


async def _body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced[:12]) > BODY_BYTES_MAX:
        raise BodyTooLarge
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _clean_address(scope: Scope) -> None:
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    if b"%" in raw_path or not raw_path.isascii():
        _clean_path(raw_path)
    query: bytes = scope["query_string"]
    if len(raw_path) > PATH_BYTES_MAX or len(query) > QUERY_BYTES_MAX:
        raise Unreadable(Text("地址过长，请从首页重新进入", "The address is too long; come in from the start"))
    if query:
        scope["query_string"] = urlencode(clean_query(query)).encode("ascii")


def _clean_path(raw_path: bytes) -> None:
    try:
        clean_text(unquote_to_bytes(raw_path).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable(
            Text(
                "地址中有无法识别的字符（不是有效的 UTF-8）",
                "The address has characters that cannot be read (it is not valid UTF-8)",
            )
        ) from error
