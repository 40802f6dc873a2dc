"""An organisation kept in memory: real commands through the real ``execute``, and tables a test may tamper with."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from engine.access.directory import Surroundings, Unit
from engine.calendar.calendar import Calendar
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.case import NOTHING, Case
from engine.case.commands import Command, FireTransition, KeepNote, OpenCase, Stated
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.polls import Box
from engine.case.rosters import KnownLine, Pair, Slot
from engine.definition.library import load_folder
from engine.definition.loader import load_workflow
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError
from engine.ledger.commitments import NullSealer
from engine.service.case_rows import case_from
from engine.service.execute import Batch, Done, Later, execute
from engine.service.file_ports import FileRow
from engine.service.history_ports import CaseFile, SpanLine, StoredSpan
from engine.service.ports import CaseKey, Claim, Stored, WriteTransaction
from engine.service.roster_ports import HeldLine
from engine.service.rows import BatchRows, CaseRow, DeadlineRow, EntryRow, PrivateRow
from engine.service.verify import Verification, verify
from engine.service.world import World
from engine.text import Text
from tests.support.kept_polls import KeptPolls
from tests.support.kept_rosters import KeptRosters

DATA: Final = Path(__file__).parents[1] / "data"
ROOT: Final = RootId("works")
UNITS: Final = ("works", "logistics", "safety")
BEGIN: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CLERK: Final = Actor(
    kind=ActorKind.PERSON,
    person=PersonId("clerk-1"),
    grants=frozenset(Grant("clerk", UnitId(unit)) for unit in UNITS),
)
SEALER: Final = NullSealer()
MATTER: Final[Mapping[str, JsonValue]] = {
    "subject": "更换三号库房照明",
    "kind": "safety",
    "grounds": "夜间照度不足。",
    "phone": "13900000000",
}


def small_rules() -> Rulebook:
    """Return the rules of ``tests/data``: matter with its parts, and the plain five states."""
    book = load_folder(DATA / "ledgers").rulebook()
    plain = load_workflow(DATA / "definitions" / "five_states.yaml")
    return replace(book, workflows={**book.workflows, (plain.part.name, plain.part.version): (plain.part, plain.hash)})


@dataclass(slots=True)
class Tables:
    """What a database holds of cases, row by row; tests change it at will. It is both the transaction and the reads."""

    cases: dict[str, CaseRow] = field(default_factory=dict)
    entries: list[EntryRow] = field(default_factory=list)
    privates: list[PrivateRow] = field(default_factory=list)
    spans: list[StoredSpan] = field(default_factory=list)
    deadlines: dict[tuple[str, str], DeadlineRow] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    attachments: dict[str, FileRow] = field(default_factory=dict)
    rosters: KeptRosters = field(default_factory=KeptRosters)
    polls: KeptPolls = field(default_factory=KeptPolls)

    @property
    def exclusive(self) -> bool:
        return True

    def claim(self, claims: Sequence[Claim], at: int) -> Mapping[Claim, Stored]:
        return {}

    def read_cases(self, keys: Collection[CaseKey]) -> Sequence[Case]:
        return [case_from(self.cases[case]) for _root, case in keys if case in self.cases]

    def lock_cases(
        self, keys: Collection[CaseKey], *, wait: bool, known: Mapping[CaseId, Case] = NOTHING
    ) -> Sequence[Case]:
        return self.read_cases(keys)

    def counters(self, root: RootId, series: Collection[str]) -> Mapping[str, int]:
        return {name: self.numbers.get(name, 0) for name in series}

    def epoch(self, root: RootId) -> int:
        return 1

    def surroundings(self, root: RootId) -> Surroundings:
        units = {
            UnitId(unit): Unit(
                root=root,
                id=UnitId(unit),
                parent=None if unit == root else UnitId(root),
                code=unit,
                title=Text(f"{unit}单位", unit.title()),
            )
            for unit in UNITS
        }
        return Surroundings(root=root, epoch=1, units=units, sessions={})

    def files(self, root: RootId, ids: Collection[str]) -> Sequence[FileRow]:
        return [row for row in self.attachments.values() if row.root == root and row.id in ids]

    def chain(self, root: RootId, case: CaseId) -> tuple[Sequence[EntryRow], Sequence[PrivateRow]]:
        (file,) = self.case_files(root, [case])
        return file.entries, file.privates

    def roster_lines(self, root: RootId, pairs: Collection[Pair]) -> Mapping[Pair, KnownLine]:
        return self.rosters.roster_lines(root, pairs)

    def roster_held(self, root: RootId, slots: Collection[Slot]) -> Mapping[Slot, HeldLine]:
        return self.rosters.roster_held(root, slots)

    def poll_electors(self, root: RootId, unit: UnitId, roles: Collection[str], on: date) -> Sequence[PersonId]:
        return []

    def poll_box(self, root: RootId, case: CaseId, name: str) -> Box | None:
        return self.polls.poll_box(root, case, name)

    def write(self, rows: BatchRows) -> None:
        self.rosters.write(rows)
        self.polls.write(rows)
        self.cases.update({row.id: row for row in (*rows.created, *rows.changed)})
        for taken in rows.files:
            self.attachments[taken.id] = self.attachments[taken.id]._replace(**taken._asdict())
        self.entries += rows.entries
        gone = set(map(tuple, rows.private_ends))
        self.privates = [row for row in [*self.privates, *rows.privates] if tuple(row[:4]) not in gone]
        self.deadlines.update({(row.case, row.name): row for row in rows.deadlines})
        self.numbers.update({row.series: row.value for row in rows.counters})
        # An end closes the newest span of its kind that began before it, whether that is new or was there before.
        spans = [*self.spans, *(StoredSpan(*span, None, None) for span in rows.spans)]
        for end in rows.span_ends:
            of_kind = [n for n, span in enumerate(spans) if (span.case, span.kind) == (end.case, end.kind)]
            last = max((n for n in of_kind if spans[n].seq < end.until_seq), key=lambda n: spans[n].seq)
            spans[last] = spans[last]._replace(until_at=end.until_at, until_seq=end.until_seq)
        dropped = set(map(tuple, rows.span_drops))
        self.spans = [span for span in spans if (span.root, span.case, span.kind) not in dropped]

    def kept_ids(self, root: RootId) -> Iterator[CaseId]:
        ids = {*self.cases, *(row.case for row in self.entries), *(row.case for row in self.privates)}
        ids |= {*(row.case for row in self.spans), *(row.case for row in self.deadlines.values())}
        return iter(sorted(map(CaseId, ids)))

    def case_files(self, root: RootId, cases: Sequence[CaseId]) -> Sequence[CaseFile]:
        return [
            CaseFile(
                case=case,
                row=self.cases.get(case),
                entries=tuple(sorted((row for row in self.entries if row.case == case), key=lambda row: row.seq)),
                privates=tuple(row for row in self.privates if row.case == case),
                spans=tuple(row for row in self.spans if row.case == case),
                deadlines=tuple(row for row in self.deadlines.values() if row.case == case),
                rosters=self.rosters.of(case),
                polls=self.polls.of(case),
            )
            for case in cases
        ]

    def spans_of_workflow(
        self, root: RootId, workflow: str, at: int, principals: Sequence[str] | None = None
    ) -> Iterator[SpanLine]:
        for span in sorted(self.spans, key=lambda span: (span.case, span.kind, span.seq)):
            if self.cases[span.case].workflow == workflow and span.from_at <= at:
                yield SpanLine(CaseId(span.case), span.kind, span.seq, span.value, span.from_at, span.until_at)


@dataclass(slots=True)
class Registry:
    """Tables with rules and a clock that a test moves; every command is a batch of its own."""

    rules: Rulebook
    tables: Tables = field(default_factory=Tables)
    now: datetime = BEGIN
    _keys: Iterator[int] = field(default_factory=count)
    _dice: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def world(self) -> World:
        return World(rules=self.rules, calendar=Calendar(notices=()), surroundings=self.tables.surroundings(ROOT))

    def do(self, command: Command) -> Done | BanjieError:
        """Carry out one command and return what came of it."""
        return self.all_at_once([command])[0]

    def all_at_once(self, commands: Sequence[Command]) -> list[Done | BanjieError]:
        """Carry out commands in one batch and return what came of each."""

        def world(_tx: WriteTransaction, _root: RootId) -> World:
            return self.world

        batch = Batch(tx=self.tables, now=self.now, world=world, sealer=SEALER, random=self._dice.randbytes, wait=True)
        results = execute(batch, commands)
        assert not any(isinstance(result, Later) for result in results), "nothing is ever locked here"
        return [result for result in results if not isinstance(result, Later)]

    def open(
        self, form: Mapping[str, JsonValue] = MATTER, *, workflow: str = "matter", stated: Stated | None = None
    ) -> CaseId:
        """Open a case and return its id."""
        return self._done(
            OpenCase(
                root=ROOT,
                actor=CLERK if stated is None else Actor(kind=ActorKind.IMPORT),
                key=self._key(),
                workflow=workflow,
                unit=UnitId("works"),
                form=form,
                stated=stated,
            )
        )

    def fire(self, case: CaseId, transition: str, *, actor: Actor = CLERK, **form: JsonValue) -> None:
        """Make a move that must succeed."""
        self._done(self.firing(case, transition, form, actor=actor))

    def firing(
        self, case: CaseId, transition: str, form: Mapping[str, JsonValue], *, actor: Actor = CLERK
    ) -> FireTransition:
        """Return the command of a move."""
        return FireTransition(root=ROOT, actor=actor, key=self._key(), case=case, transition=transition, form=form)

    def note(self, case: CaseId, title: str, **note: JsonValue) -> None:
        """Keep a note."""
        self._done(KeepNote(root=ROOT, actor=CLERK, key=self._key(), case=case, title=title, note=note))

    def later(self, **interval: float) -> None:
        """Let time pass."""
        self.now += timedelta(**interval)

    def state(self, case: CaseId) -> str:
        return self.tables.cases[case].state

    def children(self, case: CaseId) -> list[CaseId]:
        """Return the parts of a case, the newest assignment's first unit first."""
        return [child.case for child in case_from(self.tables.cases[case]).newest_children]

    def verify(self, only: CaseId | None = None) -> Verification:
        """Verify everything, or one case."""
        return verify(self.tables, self.rules, ROOT, SEALER, only=only)

    def found(self, only: CaseId | None = None) -> set[str]:
        """Return the ids of the rules found broken."""
        return {str(finding.rule) for finding in self.verify(only).findings}

    def _done(self, command: Command) -> CaseId:
        result = self.do(command)
        if isinstance(result, BanjieError):
            raise result
        return result.outcome.case

    def _key(self) -> str:
        return f"key-{next(self._keys)}"


def a_full_life(registry: Registry) -> CaseId:
    """Lead a case through review, assignment, extension, a stop, a reply, a second round and its end."""
    case = registry.open()
    registry.later(days=1)
    registry.fire(case, "review", outcome="filed")
    registry.later(days=1)
    registry.fire(case, "assign", lead_unit_id="logistics", co_units=["safety"])
    registry.later(days=1)
    registry.fire(case, "extend", extension_days=5)
    registry.fire(case, "suspend")
    registry.later(days=3)
    registry.fire(case, "resume")
    for child in registry.children(case):
        registry.fire(child, "finish")
    registry.note(case, "电话沟通", contacted=True)
    registry.later(days=2)
    registry.fire(case, "answer", reply_class="B", reply="列入计划。")
    registry.fire(case, "evaluate", satisfied=False)
    registry.later(days=30)
    registry.fire(case, "answer", reply_class="A", reply="已更换。")
    registry.fire(case, "evaluate", satisfied=True)
    return case
