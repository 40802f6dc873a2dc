"""What tests of notices start from: a small procedure that tells people, an organisation, an office without a queue.

Nothing here decides anything; what is written goes through the plain writes themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from engine.access.directory import Deputation, GrantRow, Person, Surroundings, Unit
from engine.case.case import Case, Child, Party
from engine.case.codec import microseconds
from engine.case.commands import Command
from engine.case.identity import CaseId, PersonId, RootId, UnitId, ordered_id
from engine.definition.rulebook import Rulebook
from engine.service.case_rows import row_of
from engine.service.notice_ports import DeliveryRow, NoticeRow, Preference
from engine.service.notice_writes import SetPreference
from engine.service.office import Answer
from engine.service.plain import AddDeputation, AddGrant, AddPerson, AddUnit, PlainWrite, apply_write
from engine.service.rows import BatchRows, OutboxRow, ReaderRow
from engine.service.world import World
from engine.storage.compiled import POSTGRES, SQLITE, Compiler, Runner
from engine.storage.directory_writes import StoredDirectory
from engine.storage.notice_reads import NoticeReads
from engine.storage.notice_writes import StoredNotices
from engine.storage.reads import StoreReads
from engine.storage.store import Store
from engine.storage.urls import sqlite_path
from engine.text import Text
from tests.support.builders import PARENTS, ROOT, a_calendar, a_case, a_definition_with, a_list, a_rulebook, at
from tests.support.storage import opened, write, writes_of

NOON: Final = at("2026-03-04", 12)
"""A Wednesday in Shanghai."""

RULES: Final[Rulebook] = a_rulebook(
    a_definition_with(
        head="""
        lists: {levels: levels}
        ladders:
          late:
            rungs:
              - {id: blue, level: 1, colour: blue, title: {zh: 蓝色, en: Blue}, at: {before: 3 days}, to: [clerk]}
              - {id: red, level: 3, colour: red, title: {zh: 红色, en: Red}, at: {after: 1 day}, to: [clerk, head]}
        deadlines:
          reply: {title: {zh: 答复期限, en: Reply}, within: 30 days, ladder: late}
        notices:
          registered: {title: {zh: 已登记, en: Registered}, to: [proposer, clerk], template: proposal_registered}
          handed: {title: {zh: 交办, en: Handed}, to: [head, clerk, system], template: proposal_assigned}
          led: {title: {zh: 主办, en: Led}, to: [lead_head], template: proposal_assigned}
        """,
        fields="""
        level: {title: {zh: 级别, en: Level}, privacy: public, schema: {type: string}, list: levels}
        accused_units: {title: {zh: 被反映单位, en: Accused}, privacy: internal, schema: {type: array}}
        """,
        roles="""
        lead_head: {title: {zh: 主办负责人, en: Head}, bound: grant, of: [unit_head], in: lead_unit, inherited: false}
        """,
    ),
    lists=[a_list("levels", "open", "secret", flags={"strict": ["secret"]})],
)

UNITS: Final = {
    UnitId(unit): Unit(
        root=ROOT,
        id=UnitId(unit),
        parent=None if above is None else UnitId(above),
        code=unit,
        title=Text(unit, unit),
    )
    for unit, above in PARENTS.items()
}


def a_world(rules: Rulebook = RULES) -> World:
    """Return rules, calendar and units of the tests."""
    return World(
        rules=rules,
        calendar=a_calendar(),
        surroundings=Surroundings(root=ROOT, epoch=1, units=UNITS, sessions={}),
    )


def an_errand(
    name: str = "case-1", *parties: str, unit: str = "plant", led_by: str | None = None, **changes: Any
) -> Case:
    """Return a case of the small procedure; ``parties`` are its proposers, ``led_by`` leads its handling."""
    case = a_case(RULES, case=name, unit=unit, parties=[Party("proposer", PersonId(party)) for party in parties])
    if led_by is not None:
        changes["children"] = (
            Child(case=CaseId("child"), workflow="errand", role="lead", unit=UnitId(led_by), batch=1),
        )
    return case._replace(**changes)


def outbox(case: str, seq: int, name: str = "registered", kind: str = "notice", *, when: datetime = NOON) -> OutboxRow:
    """Return a row of the outbox; as those of entries, ids begin with their instant and go on in no order."""
    moment = microseconds(when)
    entry = ordered_id(when, sha256(f"{case}{seq}".encode()).hexdigest())
    return OutboxRow(ROOT, f"{entry}:{kind}:{name}", case, seq, kind, name, moment)


def a_delivery(case: str = "case-1", seq: int = 1, person: str = "li", **columns: Any) -> DeliveryRow:
    """Return a queued delivery by mail that is due at NOON."""
    plain = DeliveryRow(
        root=ROOT,
        id=f"{case}-{seq}-{person}",
        outbox=outbox(case, seq).id,
        person=person,
        channel="mail",
        address=f"{person}@example.org",
        language="zh",
        case=case,
        seq=seq,
        urgent=0,
        bundle="",
        state="queued",
        attempts=0,
        due_at=microseconds(NOON),
        at=microseconds(NOON),
        message_id=f"{case}-{seq}-{person}",
    )
    return plain._replace(**columns)


def notice_of(delivery: DeliveryRow, name: str = "registered", kind: str = "notice") -> NoticeRow:
    """Return the notice that a delivery carries."""
    return NoticeRow(
        root=delivery.root,
        person=delivery.person,
        outbox=delivery.outbox,
        case=delivery.case,
        seq=delivery.seq,
        kind=kind,
        name=name,
        role="clerk",
        acting_for=None,
        at=delivery.at,
        told_at=delivery.at,
    )


class AllReads(StoreReads, NoticeReads):
    """The reading side of a store with what notices ask."""

    def __init__(self, compiler: Compiler, store: Store) -> None:
        assert isinstance(store.reads, StoreReads)
        StoreReads.__init__(self, compiler, store.reads._pool)
        NoticeReads.__init__(self, compiler, store.reads._pool)


class AllWrites(StoredDirectory, StoredNotices):
    """What plain writes are carried out by."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        StoredDirectory.__init__(self, compiler, transaction)
        StoredNotices.__init__(self, compiler, transaction)


@dataclass(slots=True)
class Hall:
    """A store with its reads, and an office that carries plain writes out at once; the clock stands until set."""

    store: Store
    compiler: Compiler
    reads: AllReads
    clock: datetime = NOON
    revision: int = 0

    def now(self) -> datetime:
        return self.clock

    def write(self, writes: Sequence[PlainWrite]) -> None:
        with writes_of(self.store).begin() as transaction:
            to = AllWrites(self.compiler, transaction)  # type: ignore[arg-type]  # both stores' transactions run statements
            for one in writes:
                apply_write(one, to)

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        raise NotImplementedError(commands)

    async def ask(self, command: Command) -> Answer:
        raise NotImplementedError(command)

    def keep(self, *cases: Case, outbox: Sequence[OutboxRow] = (), readers: Mapping[str, str] | None = None) -> None:
        """Keep cases and rows of the outbox as a batch would; ``readers`` maps cases to one principal each."""
        rows = [row_of(case, RULES.pinned(case.pins.definition, case.pins.lists)) for case in cases]
        seen = [ReaderRow(ROOT, principal, case, None) for case, principal in (readers or {}).items()]
        write(self.store, BatchRows(created=rows, outbox=list(outbox), readers=seen))

    def people(self, *names: str) -> None:
        """Add people, each with their grants: ``li clerk@works handler@plant``."""
        for name in names:
            person, *grants = name.split()
            self.write([AddPerson(Person(root=ROOT, id=PersonId(person), name=f"{person}的姓名"))])
            for grant in grants:
                role, unit = grant.split("@")
                row = GrantRow(root=ROOT, person=PersonId(person), role=role, unit=UnitId(unit))
                self.write([AddGrant(row)])

    def by_mail(self, person: str, **parts: Any) -> None:
        """Let somebody be told by mail."""
        address = parts.pop("address", f"{person}@example.org")
        self.write([SetPreference(a_preference(person, address=address, **parts))])

    def deputed(self, principal: str, deputy: str, **parts: Any) -> None:
        """Let somebody act for another."""
        to = Deputation(root=ROOT, principal=PersonId(principal), deputy=PersonId(deputy), **parts)
        self.write([AddDeputation(to)])


def a_preference(person: str, *, root: RootId = ROOT, channel: str = "mail", **parts: Any) -> Preference:
    """Return a preference for mail."""
    parts.setdefault("address", f"{person}@example.org")
    return Preference(root=root, person=PersonId(person), channel=channel, **parts)


@contextmanager
def open_hall(url: str) -> Iterator[Hall]:
    """Open a database with the units of the tests in it."""
    with opened(url) as store:
        compiler = SQLITE if sqlite_path(url) is not None else POSTGRES
        hall = Hall(store, compiler, AllReads(compiler, store))
        hall.write([AddUnit(unit) for unit in UNITS.values()])
        yield hall
