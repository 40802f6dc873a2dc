"""Logging in with a password and out again: throttled by failures counted in the database, kept by a secret's hash."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.responses import Response

from api.limits import (
    LOGIN_CHARACTERS_MAX,
    LOGIN_FAILURES_MAX,
    LOGIN_FAILURES_MINUTES,
    LOGIN_HOURS,
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHECKS_AT_ONCE,
)
from engine.access.passwords import new_secret, password_fits, secret_hash
from engine.case.codec import microseconds
from engine.errors import LoginRefused
from engine.service.desk import Desk
from engine.service.plain import EndLogin, NoteFailure, OpenLogin
from engine.text import Text

COOKIE: Final = "banjie"
COOKIE_UNDER_HTTPS: Final = "__Host-banjie"


class Logins:
    """Opens and ends login sessions."""

    def __init__(self, desk: Desk, *, https: bool) -> None:
        self._desk = desk
        self._https = https
        # One at a time per slot also bounds how many guesses can pass the count of failures side by side.
        self._slots = CapacityLimiter(PASSWORD_CHECKS_AT_ONCE)

    @property
    def cookie(self) -> str:
        """The name of the cookie: browsers take a ``__Host-`` one only under https."""
        return COOKIE_UNDER_HTTPS if self._https else COOKIE

    async def open(self, login: str, password: str) -> str:
        """Return the secret of a new session; raises LoginRefused, which never says which half was wrong."""
        if len(login) > LOGIN_CHARACTERS_MAX or len(password) > PASSWORD_CHARACTERS_MAX:
            raise _wrong()
        return await to_thread.run_sync(self._open, login.strip(), password, limiter=self._slots)

    async def end(self, token_hash: str) -> None:
        """Revoke a session."""
        await to_thread.run_sync(self._desk.office.write, [EndLogin(token_hash)])

    def set_cookie(self, response: Response, secret: str) -> None:
        """Give the browser a session's secret. A new one at each login: none that was planted before is kept."""
        response.set_cookie(
            self.cookie,
            secret,
            max_age=LOGIN_HOURS * 3600,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self._https,
        )

    def clear_cookie(self, response: Response) -> None:
        """Let the browser forget the secret."""
        response.delete_cookie(self.cookie, path="/", httponly=True, samesite="lax", secure=self._https)

    def _open(self, login: str, password: str) -> str:
        office, now = self._desk.office, self._desk.office.now()
        since = microseconds(now - timedelta(minutes=LOGIN_FAILURES_MINUTES))
        # What is refused here is not counted: else a stranger could keep somebody out for ever.
        if self._desk.reads.failures_since(login, since) >= LOGIN_FAILURES_MAX:
            raise _too_often()
        account = self._desk.reads.account(login)
        if not password_fits(password, None if account is None else account.password_hash) or account is None:
            office.write([NoteFailure(login, now)])
            raise _wrong()
        secret = new_secret()
        office.write(
            [
                OpenLogin(
                    token_hash=secret_hash(secret),
                    root=account.root,
                    person=account.person,
                    kind="login",
                    title="",
                    at=now,
                    expires_at=now + timedelta(hours=LOGIN_HOURS),
                )
            ]
        )
        return secret


def _wrong() -> LoginRefused:
    return LoginRefused(Text("账号或密码不正确", "Wrong name or password"))


def _too_often() -> LoginRefused:
    return LoginRefused(
        Text(
            f"登录失败次数过多，请 {LOGIN_FAILURES_MINUTES} 分钟后再试",
            f"Too many failed logins; try again in {LOGIN_FAILURES_MINUTES} minutes",
        ),
        retry_after_minutes=LOGIN_FAILURES_MINUTES,
    )
