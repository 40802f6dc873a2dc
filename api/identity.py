"""Who asks: from the bearer token or the login cookie of a request to a person with grants."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.limits import IDENTITY_SECONDS, TOKEN_CHARACTERS_MAX
from api.origin import demand_same_origin
from engine.access.passwords import secret_hash
from engine.case.actors import Actor
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId
from engine.errors import LoginRefused
from engine.service.desk import Desk
from engine.text import Text

KNOWN_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Somebody who is logged in, with the grants of today."""

    root: RootId
    person: PersonId
    actor: Actor
    token_hash: str


class Identities:
    """Finds out who asks, and remembers it for ``IDENTITY_SECONDS``.

    ``ticks`` counts seconds from anywhere and never backwards; it measures how old an answer is, not what time it is.
    """

    def __init__(self, desk: Desk, *, cookie: str, ticks: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._cookie = cookie
        self._ticks = ticks
        self._known: dict[str, tuple[float, Asker]] = {}

    async def of(self, request: Request) -> Asker:
        """Return who asks, for endpoints on the event loop; raises LoginRefused, or CrossSite for a forged request."""
        token_hash = self._token_hash(request)
        known = self._remembered(token_hash)
        return known if known is not None else await run_in_threadpool(self._look_up, token_hash)

    def in_thread(self, request: Request) -> Asker:
        """Return the same, for endpoints in the thread pool."""
        token_hash = self._token_hash(request)
        known = self._remembered(token_hash)
        return known if known is not None else self._look_up(token_hash)

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
        return known[1] if known is not None and self._ticks() - known[0] < IDENTITY_SECONDS else None

    def _look_up(self, token_hash: str) -> Asker:
        asked_at = self._ticks()
        now = self._desk.office.now()
        found = self._desk.reads.session_person(token_hash, microseconds(now))
        if found is None:
            self.forget(token_hash)
            raise unknown_asker()
        root, person = found
        asker = Asker(
            root=root, person=person, actor=self._desk.queries.actor(root, person, now), token_hash=token_hash
        )
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[token_hash] = (asked_at, asker)
        return asker


def unknown_asker() -> LoginRefused:
    """Return the refusal for somebody who is not logged in."""
    return LoginRefused(Text("请先登录", "Log in first"))
