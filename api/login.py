"""Logging in and out over HTTP: the cookies, who visits, and how many passwords are checked at once."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from api.device import device_words
from api.limits import (
    KNOWN_BROWSER_DAYS,
    LOGIN_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHECKS_AT_ONCE,
    TOKEN_CHARACTERS_MAX,
)
from engine.access.passwords import secret_hash
from engine.case.codec import microseconds
from engine.case.scope import SHANGHAI
from engine.errors import LoginRefused
from engine.service.account_writes import EndLogin
from engine.service.desk import Desk
from engine.service.logins import AccountRules, HalfWay, LetIn, Visitor, log_in, second_step
from engine.text import Text

COOKIE: Final = "banjie"
COOKIE_UNDER_HTTPS: Final = "__Host-banjie"
KNOWN: Final = "-known"
T = TypeVar("T")


class Logins:
    """Opens and ends login sessions."""

    def __init__(self, desk: Desk, *, https: bool, rules: AccountRules | None = None) -> None:
        self._desk = desk
        self._https = https
        self.rules = rules or AccountRules()
        # One at a time per slot also bounds how much memory strangers can make us use.
        self._slots = CapacityLimiter(PASSWORD_CHECKS_AT_ONCE)

    @property
    def cookie(self) -> str:
        """The name of the cookie: browsers take a ``__Host-`` one only under https."""
        return COOKIE_UNDER_HTTPS if self._https else COOKIE

    async def open(self, login: str, password: str, visitor: Visitor) -> LetIn | HalfWay:
        """Check a password; raises LoginRefused, which never says which half was wrong."""
        if len(login) > LOGIN_CHARACTERS_MAX or len(password) > PASSWORD_CHARACTERS_MAX:
            raise LoginRefused(Text("账号或密码不正确", "Wrong name or password"))
        return await self.with_passwords(lambda: log_in(self._desk, self.rules, login.strip(), password, visitor))

    async def second(self, ticket: str, code: str, visitor: Visitor) -> LetIn:
        """Check a code of the second factor; raises LoginRefused."""
        if len(ticket) > TOKEN_CHARACTERS_MAX or len(code) > LOGIN_CHARACTERS_MAX:
            raise LoginRefused(Text("验证码不正确或已使用", "Wrong code, or it was used before"))
        return await to_thread.run_sync(second_step, self._desk, self.rules, ticket, code, visitor)

    async def with_passwords(self, work: Callable[[], T]) -> T:
        """Run work that checks or hashes a password: only so much of it at once."""
        return await to_thread.run_sync(work, limiter=self._slots)

    async def end(self, token_hash: str) -> None:
        """Revoke a session."""
        await to_thread.run_sync(self._desk.office.write, [EndLogin(token_hash)])

    def visitor(self, request: Request) -> Visitor:
        """Return where a request comes from; must run in a thread, as it may ask the database."""
        held = request.cookies.get(self.cookie, "")
        previous = secret_hash(held) if 0 < len(held) <= TOKEN_CHARACTERS_MAX else ""
        if previous:
            session = self._desk.reads.session(previous, microseconds(self._desk.office.now()))
            previous = previous if session is not None and session.kind == "login" else ""
        return Visitor(
            source=self._source(request),
            device=device_words(request),
            known=request.cookies.get(self.cookie + KNOWN, "")[:TOKEN_CHARACTERS_MAX],
            previous=previous,
        )

    def set_cookies(self, response: Response, let_in: LetIn) -> None:
        """Give the browser a session's secret. A new one at each login: none that was planted before is kept."""
        self.set_cookie(response, let_in.secret)
        self._set(response, self.cookie + KNOWN, let_in.known, KNOWN_BROWSER_DAYS * 24 * 3600)

    def set_cookie(self, response: Response, secret: str) -> None:
        """Give the browser the secret of a session that takes the place of the one it had."""
        self._set(response, self.cookie, secret, self.rules.login_hours * 3600)

    def clear_cookie(self, response: Response) -> None:
        """Let the browser forget the secret."""
        response.delete_cookie(self.cookie, path="/", httponly=True, samesite="lax", secure=self._https)

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=self._https)

    def _source(self, request: Request) -> str | None:
        """Return a mark of the address a request comes from, another one every day.

        Behind a proxy on this machine everybody comes from the same address, so that it says nothing.
        """
        host = "" if request.client is None else request.client.host
        if not host or _is_loopback(host):
            return None
        today = self._desk.office.now().astimezone(SHANGHAI).date()
        return self._desk.box.mark(f"source {today} {host}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
