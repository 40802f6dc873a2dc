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
from engine.service.desk import Desk
from engine.service.plain import EndLogin, NoteFailure, OpenLogin, PlainWrite
from engine.service.ports import Account


@dataclass(slots=True)
class FakeOffice:
    """Keeps sessions and failures in memory, and stands at one instant until it is set."""

    at: datetime = datetime(2026, 3, 2, 1, tzinfo=UTC)
    sessions: dict[str, OpenLogin] = field(default_factory=dict)
    failures: list[NoteFailure] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def write(self, writes: Sequence[PlainWrite]) -> None:
        for write in writes:
            match write:
                case OpenLogin():
                    self.sessions[write.token_hash] = write
                case EndLogin():
                    self.sessions.pop(write.token_hash, None)
                case NoteFailure():
                    self.failures.append(write)
                case _:
                    raise NotImplementedError(write)


@dataclass(slots=True)
class FakeReads:
    """Answers from what the office keeps; ``asked`` counts how often somebody's session was looked up."""

    office: FakeOffice
    accounts: dict[str, Account] = field(default_factory=dict)
    asked: int = 0

    def account(self, login: str) -> Account | None:
        return self.accounts.get(login)

    def failures_since(self, login: str, since: int) -> int:
        return sum(1 for note in self.office.failures if note.login == login and microseconds(note.at) >= since)

    def session_person(self, token_hash: str, at: int) -> tuple[RootId, PersonId] | None:
        self.asked += 1
        session = self.office.sessions.get(token_hash)
        if session is None or microseconds(session.expires_at) <= at:
            return None
        return session.root, session.person


class FakeQueries:
    """Knows everybody as a person without grants."""

    def actor(self, root: RootId, person: PersonId, now: datetime) -> Actor:
        return Actor(kind=ActorKind.PERSON, person=person)


@dataclass(slots=True)
class FakeDesk:
    """The parts of a desk that logging in and asking need."""

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
