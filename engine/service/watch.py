"""Records who looked at a case under a strict level, and who was turned away: facts beside the cases, not in them.

Each reader of a case is told once a minute, however many pages that takes. Denials are counted by person and minute:
the first is recorded at once, the others of the same minute together when it is over.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.case.actors import Actor
from engine.case.identity import CaseId, PersonId, RootId
from engine.ledger.streams import Fact
from engine.service.office import Office
from engine.service.plain import RecordFact

READ: Final = "read"
DENIED: Final = "denied"
REMEMBERED_MAX: Final = 10_000

ANONYMOUS_MAX: Final = 20
OTHERS: Final = "*"
"""Strangers can fill so many lines of a minute; all their further tries are counted in one."""

_Denial = tuple[RootId, PersonId | None, str]


@dataclass(slots=True)
class Watch:
    """Remembers the minute that runs; everything older is in the ledger."""

    office: Office
    slot: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _minute: str = ""
    _read: set[tuple[CaseId, PersonId]] = field(default_factory=set)
    _denied: dict[_Denial, int] = field(default_factory=dict)

    def read(self, root: RootId, case: CaseId, actor: Actor) -> None:
        """Record that somebody looked at a case; the engine's own looks are none."""
        if actor.person is None:
            return
        now = self.office.now()
        with self._lock:
            facts = self._turned(now)
            key = (case, actor.person)
            if key not in self._read and len(self._read) < REMEMBERED_MAX:
                self._read.add(key)
                facts.append((root, Fact(type=READ, details={"case": case}, by=actor.person, about=case)))
        self._record(now, facts)

    def denied(self, root: RootId, person: PersonId | None, what: str) -> None:
        """Record that somebody was refused something, named by the address as the API describes it.

        Who is not known is None; the engine then stands as the one who tells of it.
        """
        now = self.office.now()
        with self._lock:
            facts = self._turned(now)
            key = (root, person, what)
            if key not in self._denied and self._is_full(person):
                key = (root, person, OTHERS)
            known = key in self._denied
            self._denied[key] = self._denied.get(key, -1) + 1
            if not known:
                facts.append((root, _denial(person, key[2], 1)))
        self._record(now, facts)

    def flush(self) -> None:
        """Record what was counted so far."""
        with self._lock:
            facts = self._turned(None)
        self._record(self.office.now(), facts)

    def _is_full(self, person: PersonId | None) -> bool:
        if person is not None:
            return len(self._denied) >= REMEMBERED_MAX
        return sum(1 for _root, who, _what in self._denied if who is None) >= ANONYMOUS_MAX

    def _turned(self, now: datetime | None) -> list[tuple[RootId, Fact]]:
        """Return what the minute that is over has left to be recorded, and forget it."""
        minute = "" if now is None else f"{now:%Y-%m-%dT%H:%M}"
        if minute == self._minute:
            return []
        more = [(root, _denial(person, what, times)) for (root, person, what), times in self._denied.items() if times]
        self._minute = minute
        self._read.clear()
        self._denied.clear()
        return more

    def _record(self, at: datetime, facts: list[tuple[RootId, Fact]]) -> None:
        if facts:
            self.office.write([RecordFact(root=root, at=at, fact=fact, slot=self.slot) for root, fact in facts])


def _denial(person: PersonId | None, what: str, times: int) -> Fact:
    return Fact(type=DENIED, details={"what": what, "times": times}, by=person)
