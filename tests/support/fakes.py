"""Stand-ins for the ports behind a surface, for tests that need no database: accounts, sessions and a set clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

from starlette.requests import Request

from engine.case.actors import Actor, ActorKind
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId
from engine.service.account_ports import Session
from engine.service.account_writes import EndLogin, OpenLogin, TouchLogin
from engine.service.desk import Desk
from engine.service.plain import PlainWrite


@dataclass(slots=True)
class FakeOffice:
    """Keeps sessions in memory, and stands at one instant until it is set."""

    at: datetime = datetime(2026, 3, 2, 1, tzinfo=UTC)
    revision: int = 0
    sessions: dict[str, OpenLogin] = field(default_factory=dict)
    used: dict[str, datetime] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.at

    def write(self, writes: Sequence[PlainWrite]) -> None:
        for write in writes:
            match write:
                case OpenLogin():
                    self.sessions[write.token_hash] = write
                    self.used[write.token_hash] = write.at
                case EndLogin():
                    self.sessions.pop(write.token_hash, None)
                case TouchLogin():
                    self.used[write.token_hash] = write.at
                    continue
                case _:
                    raise NotImplementedError(write)
            self.revision += 1


@dataclass(slots=True)
class FakeReads:
    """Answers from what the office keeps; ``asked`` counts how often somebody's session was looked up.

    ``unfinished`` holds when each person's password became due.
    """

    office: FakeOffice
    asked: int = 0
    unfinished: dict[str, int] = field(default_factory=dict)

    def session(self, token_hash: str, at: int) -> Session | None:
        self.asked += 1
        session = self.office.sessions.get(token_hash)
        if session is None or microseconds(session.expires_at) <= at:
            return None
        return Session(
            root=session.root,
            person=session.person,
            kind=session.kind,
            used_at=microseconds(self.office.used[token_hash]),
            idle=None,
            scope=session.scope,
            password_due_at=self.unfinished.get(session.person),
            enrolled_at=None,
        )


class FakeQueries:
    """Knows everybody as a person without grants."""

    def actor(self, root: RootId, person: PersonId, now: datetime) -> Actor:
        return Actor(kind=ActorKind.PERSON, person=person)


@dataclass(slots=True)
class FakeDesk:
    """The parts of a desk that asking needs."""

    office: FakeOffice = field(default_factory=FakeOffice)
    reads: FakeReads = field(init=False)

    def __post_init__(self) -> None:
        self.reads = FakeReads(self.office)

    @property
    def desk(self) -> Desk:
        """This fake where a desk is asked for."""
        return cast(Desk, SimpleNamespace(office=self.office, reads=self.reads, queries=FakeQueries()))


def a_request(
    *, method: str = "GET", path: str = "/", query: str = "", headers: dict[str, str] | None = None
) -> Request:
    """Return a request as a server hands it over, without a body."""
    return Request(
        {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        }
    )
