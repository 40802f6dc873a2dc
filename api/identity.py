"""Who asks: from the bearer token or the login cookie of a request to a person with grants, and what they may not do
before their account is in order, or with a token that was made for less."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.limits import IDENTITY_SECONDS, TOKEN_CHARACTERS_MAX, TOUCHED_SECONDS
from api.origin import demand_same_origin
from api.problems import AccountUnfinished, CrossSite, ScopeExceeded
from engine.access.passwords import secret_hash
from engine.access.token_scope import FEED, TokenScope, scope_from
from engine.case.actors import Actor
from engine.case.codec import instant, microseconds
from engine.case.identity import PersonId, RootId
from engine.errors import LoginRefused, StorageError
from engine.service.account_ports import Session
from engine.service.account_writes import TouchLogin
from engine.service.desk import Desk
from engine.service.logins import AccountRules, due_of
from engine.text import Text

KNOWN_MAX = 4096
ALWAYS_OPEN = ("/logout", "/me/password", "/api/me/password")
"""What somebody whose account is not in order may ask for all the same."""
OPEN_FOR = {"password": (), "second_factor": ("/me/second-factor",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Somebody who is logged in, with the grants of today.

    ``scope`` is what a token may be used for, None for everything. ``due`` is what must be done first: ``password``,
    ``second_factor``, or "" for nothing. ``by_token`` tells programs from people.
    """

    root: RootId
    person: PersonId
    actor: Actor
    token_hash: str = field(repr=False)
    by_token: bool = False
    scope: TokenScope | None = None
    due: str = ""


class Identities:
    """Finds out who asks, and remembers it for ``IDENTITY_SECONDS``.

    What this process writes is seen at once (``Office.revision``); what another process writes, after that time.
    ``ticks`` counts seconds from anywhere and never backwards; it measures how old an answer is, not what time it is.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        cookie: str,
        rules: AccountRules | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._cookie = cookie
        self._rules = rules or AccountRules()
        self._ticks = ticks
        self._known: dict[str, tuple[float, int, Asker]] = {}

    async def of(self, request: Request) -> Asker:
        """Return who asks, for endpoints on the event loop.

        Raises:
            LoginRefused: nobody is logged in.
            CrossSite: a page of another site sent the request.
            AccountUnfinished: a password or a second factor must be set first.
            ScopeExceeded: the token was not made for this.
        """
        token_hash = self._token_hash(request)
        known = self._remembered(token_hash)
        return _demand(request, known if known is not None else await run_in_threadpool(self._look_up, token_hash))

    def in_thread(self, request: Request) -> Asker:
        """Return the same, for endpoints in the thread pool."""
        token_hash = self._token_hash(request)
        known = self._remembered(token_hash)
        return _demand(request, known if known is not None else self._look_up(token_hash))

    def known(self, request: Request) -> Asker | None:
        """Return who asks, whatever it is they ask for, None for nobody known; must run in a thread."""
        with suppress(LoginRefused, CrossSite):
            token_hash = self._token_hash(request)
            return self._remembered(token_hash) or self._look_up(token_hash)
        return None

    def of_feed(self, token: str) -> Asker:
        """Return whose feed a secret in an address opens; must run in a thread.

        Raises LoginRefused for one that is none, is over, or may do anything else: such a secret does not belong into
        an address. So for somebody whose account asks for something first.
        """
        if not token or len(token) > TOKEN_CHARACTERS_MAX:
            raise unknown_asker()
        token_hash = secret_hash(token)
        asker = self._remembered(token_hash) or self._look_up(token_hash)
        if not asker.by_token or asker.scope != FEED or asker.due:
            raise unknown_asker()
        return asker

    def forget(self, token_hash: str) -> None:
        """Ask the database again for this login: it has just ended."""
        self._known.pop(token_hash, None)

    def _token_hash(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            token = request.cookies.get(self._cookie, "")
            if token:
                demand_same_origin(request)
        elif scheme.lower() != "bearer":
            raise unknown_asker()
        token = token.strip()
        if not token or len(token) > TOKEN_CHARACTERS_MAX:
            raise unknown_asker()
        return secret_hash(token)

    def _remembered(self, token_hash: str) -> Asker | None:
        known = self._known.get(token_hash)
        if known is None or self._ticks() - known[0] >= IDENTITY_SECONDS or known[1] != self._desk.office.revision:
            return None
        return known[2]

    def _look_up(self, token_hash: str) -> Asker:
        # Both are read before the database is: what is written meanwhile makes the answer old.
        asked_at, revision = self._ticks(), self._desk.office.revision
        now = self._desk.office.now()
        found = self._desk.reads.session(token_hash, microseconds(now))
        if found is None:
            self.forget(token_hash)
            raise unknown_asker()
        self._touch(token_hash, found)
        actor = self._desk.queries.actor(found.root, found.person, now)
        asker = Asker(
            root=found.root,
            person=found.person,
            actor=actor,
            token_hash=token_hash,
            by_token=found.kind == "token",
            scope=None if found.scope is None else scope_from(found.scope),
            due=due_of(found, actor, self._rules),
        )
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[token_hash] = (asked_at, revision, asker)
        return asker

    def _touch(self, token_hash: str, session: Session) -> None:
        """Note that it was used, to the minute for sessions that end when they lie unused, to the day for tokens."""
        now = self._desk.office.now()
        every = timedelta(seconds=TOUCHED_SECONDS) if session.kind == "login" else timedelta(days=1)
        if session.used_at is None or now - instant(session.used_at) >= every:
            # Whoever only reads is served even while nothing can be written.
            with suppress(StorageError):
                self._desk.office.write([TouchLogin(token_hash, now)])


def unknown_asker() -> LoginRefused:
    """Return the refusal for somebody who is not logged in."""
    return LoginRefused(Text("请先登录", "Log in first"))


def _demand(request: Request, asker: Asker) -> Asker:
    """Return the asker where the request may be made; the one place for every route."""
    path = str(request.scope["path"])
    if asker.scope is not None and not asker.scope.permits(request.method, path):
        raise ScopeExceeded(asker.scope)
    if asker.due and not _is_under(path, (*ALWAYS_OPEN, *OPEN_FOR[asker.due])):
        raise AccountUnfinished(asker.due)
    return asker


def _is_under(path: str, addresses: tuple[str, ...]) -> bool:
    return any(path == address or path.startswith(f"{address}/") for address in addresses)
