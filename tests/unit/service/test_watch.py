"""Who looked at a confidential case, and who was turned away: told once, counted, never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from engine.case.actors import SYSTEM
from engine.case.identity import CaseId, PersonId, RootId
from engine.service.office import Office
from engine.service.plain import PlainWrite, RecordFact
from engine.service.watch import Watch
from tests.support.builders import a_person

ROOT, CASE, OTHER = RootId("works"), CaseId("c1"), CaseId("c2")
LI, DU = a_person("li"), a_person("du")


class Ledger:
    """Keeps what is written, and a clock that tests move."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 1, 0, 5, tzinfo=UTC)
        self.facts: list[RecordFact] = []

    def now(self) -> datetime:
        return self.at

    def write(self, writes: list[PlainWrite]) -> None:
        self.facts += [write for write in writes if isinstance(write, RecordFact)]

    def later(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    def told(self) -> list[tuple[str, str | None, object]]:
        return [
            (one.fact.type, one.fact.by, one.fact.about or (one.fact.details["what"], one.fact.details["times"]))
            for one in self.facts
        ]


def watching() -> tuple[Ledger, Watch]:
    ledger = Ledger()
    return ledger, Watch(cast(Office, ledger))


def test_a_look_is_told_once_a_minute_for_each_person_and_case() -> None:
    ledger, watch = watching()
    for actor, case in ((LI, CASE), (LI, CASE), (DU, CASE), (LI, OTHER)):
        watch.read(ROOT, case, actor)
    assert ledger.told() == [("read", "li", CASE), ("read", "du", CASE), ("read", "li", OTHER)]
    ledger.later(54)
    watch.read(ROOT, CASE, LI)
    assert len(ledger.facts) == 3
    ledger.later(1)
    watch.read(ROOT, CASE, LI)
    assert ledger.told()[3:] == [("read", "li", CASE)]


def test_the_engine_looks_unseen() -> None:
    ledger, watch = watching()
    watch.read(ROOT, CASE, SYSTEM)
    assert ledger.facts == []


def test_the_first_denial_is_told_at_once_and_the_others_of_its_minute_together() -> None:
    ledger, watch = watching()
    for _ in range(4):
        watch.denied(ROOT, PersonId("li"), "GET /cases/{id}")
    watch.denied(ROOT, PersonId("li"), "POST /transitions")
    assert ledger.told() == [("denied", "li", ("GET /cases/{id}", 1)), ("denied", "li", ("POST /transitions", 1))]
    ledger.later(60)
    watch.denied(ROOT, PersonId("du"), "GET /cases/{id}")
    assert ledger.told()[2:] == [("denied", "li", ("GET /cases/{id}", 3)), ("denied", "du", ("GET /cases/{id}", 1))]


def test_what_was_counted_is_told_at_the_end() -> None:
    ledger, watch = watching()
    for _ in range(3):
        watch.denied(ROOT, PersonId("li"), "x")
    watch.flush()
    watch.flush()
    assert ledger.told() == [("denied", "li", ("x", 1)), ("denied", "li", ("x", 2))]
