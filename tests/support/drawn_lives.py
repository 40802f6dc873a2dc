"""Small drawn histories on a real desk: random moves of real definitions, and whatever else a house lives through.

Files, entries on behalf, anonymous submissions, erasures, holds, merges, changes of the house, rotated keys, sealing.
What is drawn comes from one generator; ids and keys are new each time, as they always are.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Final, cast

from pydantic import JsonValue

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.commands import BasisKind, Command, EraseValues, ErasureBasis, KeepNote, OnBehalf, OpenCase, Stated
from engine.case.files import is_file_field
from engine.case.identity import CaseId, PersonId, SessionId, UnitId
from engine.case.secrecy import next_boundary
from engine.case.situation import CongressSession
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError
from engine.service.deposits import DepositBox
from engine.service.execute import Done
from engine.service.filing.cabinet import Cabinet
from engine.service.office import Answer
from engine.service.plain import (
    AddDelegation,
    AddDeputation,
    AddGrant,
    AddPerson,
    AddSession,
    AddUnit,
    KeepNotice,
    PlainWrite,
    RemoveDeputation,
    RemoveGrant,
)
from engine.service.sealing import heartbeat
from engine.text import Text
from runtime.backups import back_up, back_up_keys, lay_back, read_manifest
from runtime.clock import SetClock
from runtime.jobs.handlers import sweep_all, tell_all
from runtime.keys.rotation import rotate
from runtime.keys.shredding import finish_erasures
from runtime.rules import load_notice
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from runtime.wiring import Opened, desk_of
from tests.support.builders import CALENDARS, PARENTS, ROOT, asked
from tests.support.house import House
from tests.support.rehearsal import Rehearsal
from tests.support.sealing import sealed
from tests.support.walks import PERSONS, SHORT, Chance, Walk

BEGIN: Final = datetime(2026, 1, 20, 2, tzinfo=UTC)
LATE_IN_THE_YEAR: Final = datetime(2025, 12, 22, 2, tzinfo=UTC)
SESSION: Final = SessionId("s6m3")
WORKFLOWS: Final = ("proposal", "grievance")
TRIES: Final = 8
ROLES: Final = ("staff", "delegate", "union_office", "committee_member", "auditor")


@dataclass(slots=True)
class Play:
    """What ``Walk`` needs of a rehearsal, on a real desk with a clock that is set."""

    opened: Opened
    clock: SetClock
    asked: int = 0

    @property
    def rules(self) -> Rulebook:
        return self.opened.desk.world(ROOT).rules

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @now.setter
    def now(self, at: datetime) -> None:
        self.clock.set(at)

    @property
    def cases(self) -> Mapping[CaseId, Case]:
        reads = self.opened.desk.reads
        return {case.id: case for case in reads.cases(ROOT, list(reads.all_case_ids(ROOT)))}

    def ask(self, command: Command) -> Answer:
        self.asked += 1
        return self.opened.desk.office.carry_out([command])[0]


class DeskWalk(Walk):
    """A walk over offered moves that are really made."""

    acting: Actor

    def open(
        self,
        workflow: str,
        session: SessionId | None,
        *,
        fixed: Mapping[str, JsonValue] | None = None,
        stated: Stated | None = None,
        on_behalf: OnBehalf | None = None,
    ) -> CaseId | None:
        """Open a case; ``fixed`` are the answers of its form that are not drawn."""
        definition = self.play.rules.for_new(workflow)
        for _try in range(TRIES):
            self.acting = self.random.choice(self.people)
            command = OpenCase(
                root=ROOT,
                actor=self.acting,
                key=f"open-{self._desk_play.asked}",
                workflow=workflow,
                unit=UnitId("works"),
                congress_session=session,
                form={**self._filled(definition, definition.workflow.opening, "opening"), **(fixed or {})},
                stated=stated,
                on_behalf=on_behalf,
            )
            answer = self._desk_play.ask(command)
            if isinstance(answer, Done):
                return answer.outcome.case
        return None

    def make(self, chance: Chance) -> bool:
        case = self.play.cases[chance.case]
        definition = self.play.rules.pinned(case.pins.definition, case.pins.lists)
        self.acting = chance.actor
        form = self._filled(definition, definition.workflow.transitions[chance.transition].form, chance.transition)
        self.tried[chance.case, chance.transition] = self.tried.get((chance.case, chance.transition), 0) + 1
        answer = self._desk_play.ask(
            replace(
                asked(case, chance.transition, chance.actor, form=form),
                key=f"fire-{self._desk_play.asked}",
                root=ROOT,
            )
        )
        return isinstance(answer, Done)

    def some_of(self, *names: str, case: CaseId | None = None) -> bool:
        """Make a move of one of these names, in this case or any, if one is offered to somebody."""
        chances = [chance for chance in self.chances() if chance.transition in names and case in (None, chance.case)]
        self.random.shuffle(chances)
        return any(self.make(chance) for chance in chances[:TRIES])

    def form_of(self, workflow: str) -> dict[str, JsonValue]:
        """Return a form to open a case with, filled in at random, without files."""
        definition = self.play.rules.for_new(workflow)
        opening = definition.workflow.opening
        files = {name for name in opening if is_file_field(definition.workflow.fields[name])}
        form = {name: need for name, need in opening.items() if name not in files}
        return self._filled(definition, form, "opening")

    def _value(self, definition: Definition, name: str, move: str) -> JsonValue:
        if not is_file_field(definition.workflow.fields[name]):
            return super()._value(definition, name, move)
        if self.random.random() < 0.6:
            return []  # each file is looked into by a process of its own, which takes its time
        desk = self._desk_play.opened.desk
        with Cabinet(desk).intake(ROOT, self.acting, "附件.txt") as intake:
            intake.write(f"第{self._desk_play.asked}份附件。".encode() * self.random.randint(1, 40))
            return [intake.finish().id]

    @property
    def _desk_play(self) -> Play:
        return cast(Play, self.play)


@dataclass(slots=True)
class Life:
    """A house on its way; ``log`` names what happened, in order."""

    url: str
    opened: Opened
    clock: SetClock
    keeper: Keeper
    random: Random
    walk: DeskWalk
    log: list[str] = field(default_factory=list)
    keys: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def house(self) -> House:
        return House(self.opened.desk, self.clock, self.keys)

    def house_of(self, opened: Opened) -> House:
        """Return another database as a house at the same time."""
        return House(opened.desk, self.clock, self.keys)

    def go(self, steps: int) -> None:
        """Live through so many things, and seal some of it at the end."""
        while not self.walk.play.cases:
            self.open_case()
        for _step in range(steps):
            name = self.random.choices(list(_EVENTS), [weight for weight, _do in _EVENTS.values()])[0]
            self.clock.set(self.clock.now() + timedelta(minutes=self.random.randint(1, 40)))
            if _EVENTS[name][1](self):
                self.log.append(name)
        self.opened.desk.watch.flush()
        finish_erasures(self.opened)

    def open_case(self) -> bool:
        workflow = self.random.choice(WORKFLOWS)
        return self.walk.open(workflow, SESSION if workflow == "proposal" else None) is not None

    def have_a_file(self) -> None:
        """Open cases until one of them has a file."""
        while not self.opened.desk.reads.files_of_cases(ROOT):
            self.open_case()

    def step(self) -> bool:
        return any(self.walk.step() for _try in range(TRIES))

    def hold(self) -> bool:
        return self.walk.some_of("place_hold", "lift_hold")

    def merge(self) -> bool:
        """Merge a proposal into another, or take one out again; two that can be are brought so far first."""
        if self.walk.some_of("unmerge", "merge"):
            return True
        for _proposal in range(2):
            case = self.walk.open("proposal", SESSION, fixed={"proposer_type": "delegation"})
            if case is not None:
                for move in ("submit", "endorse", "begin_review", "file"):
                    self.walk.some_of(move, case=case)
        return self.walk.some_of("merge")

    def on_behalf(self) -> bool:
        whom = self.random.choice(self.walk.people)
        stated = Stated(self.clock.now() - timedelta(days=self.random.randint(1, 9)), "来访登记")
        kind = self.random.choice(list(BasisKind))
        entered = OnBehalf(kind=kind, person=whom, scan="5c" * 32 if kind is BasisKind.PAPER else None)
        return self.walk.open("grievance", None, stated=stated, on_behalf=entered) is not None

    def anonymous(self) -> bool:
        box = DepositBox(self.opened.desk)
        try:
            form = {**self.walk.form_of("grievance"), "confidentiality": "anonymous"}
            form = {name: value for name, value in form.items() if not name.startswith("petitioner")}
            box.file(ROOT, "grievance", UnitId("works"), form, f"anonymous-{self.clock.now()}")
        except BanjieError:
            return False
        self.clock.set(next_boundary(self.clock.now()) + timedelta(seconds=3))
        box.release(ROOT)
        return True

    def erase(self) -> bool:
        """Erase something of what is kept of any case; what may not be erased is tried too."""
        return any(self._erase_some() for _try in range(TRIES))

    def _erase_some(self) -> bool:
        desk = self.opened.desk
        case = self.random.choice(list(self.walk.play.cases))
        held = sorted({row.path for row in desk.reads.privates(ROOT, case)})
        by, approver = self.random.sample(self.walk.people, 2)
        if not held:
            return False
        command = EraseValues(
            root=ROOT,
            actor=by,
            key=f"erase-{next(self.keys)}",
            case=case,
            paths=tuple(self.random.sample(held, self.random.choice((1, 1, min(2, len(held)))))),
            basis=ErasureBasis.CONSENT,
            approver=approver,
        )
        done = isinstance(desk.office.carry_out([command])[0], Done)
        finish_erasures(self.opened)
        return done

    def note(self) -> bool:
        case = self.random.choice(list(self.walk.play.cases))
        by = self.random.choice(self.walk.people)
        command = KeepNote(root=ROOT, actor=by, key=f"note-{self.clock.now()}", case=case, title="电话沟通")
        return isinstance(self.opened.desk.office.carry_out([command])[0], Done)

    def look(self) -> bool:
        """Let somebody look at a case; that is told where the case is under a strict level. Another is turned away."""
        desk, by = self.opened.desk, self.random.choice(self.walk.people)
        assert by.person is not None
        desk.watch.read(ROOT, self.random.choice(list(self.walk.play.cases)), by)
        desk.watch.denied(ROOT, by.person, "/api/jobs")
        return True

    def change_house(self) -> bool:
        desk, draw = self.opened.desk, self.random
        person, unit = PersonId(draw.choice(PERSONS)), UnitId(draw.choice(list(PARENTS)))
        on = self.clock.now().date() + timedelta(days=draw.randint(-3, 30))
        grants = desk.reads.all_grants(ROOT)
        deputations = desk.reads.deputations(ROOT, person)
        writes: list[PlainWrite] = [
            AddGrant(GrantRow(root=ROOT, person=person, role=draw.choice(ROLES), unit=unit, until_on=on), by=person),
            AddDeputation(
                Deputation(root=ROOT, principal=person, deputy=PersonId(f"p{draw.randint(1, 9)}"), from_on=on)
            ),
            AddUnit(_unit(unit, f"{unit}{draw.randint(1, 99)}")),
            AddPerson(Person(root=ROOT, id=PersonId(f"p{draw.randint(1, 9)}"), name=f"职工{draw.random()}", unit=unit)),
            AddDelegation(
                Delegation(root=ROOT, congress_session=SESSION, code="d1", title=Text("一团", "One"), members=(person,))
            ),
            AddSession(_session(on)),
            KeepNotice(2026, load_notice(CALENDARS / "2026.yaml").text),
            *map(RemoveGrant, grants[-1:]),
            *map(RemoveDeputation, deputations[:1]),
        ]
        desk.office.write([draw.choice(writes)])
        return True

    def seal(self) -> bool:
        sealed(self.house, self.keeper)
        return True

    def beat(self) -> bool:
        heartbeat(self.opened.desk.office, self.opened.desk.reads, ROOT, schema="ab" * 32, build="1")
        return True

    def rotate(self) -> bool:
        rotate(self.opened.keys.file, force=True)
        return True

    def sweep(self) -> bool:
        sweep_all(self.opened.desk)
        tell_all(self.opened.desk)
        return True


_EVENTS: Final[Mapping[str, tuple[int, Callable[[Life], bool]]]] = {
    "step": (12, Life.step),
    "open": (3, Life.open_case),
    "on behalf": (1, Life.on_behalf),
    "anonymous": (1, Life.anonymous),
    "erased": (2, Life.erase),
    "held": (1, Life.hold),
    "merged": (2, Life.merge),
    "note": (1, Life.note),
    "looked at": (1, Life.look),
    "house changed": (2, Life.change_house),
    "sealed": (3, Life.seal),
    "heartbeat": (1, Life.beat),
    "keys rotated": (1, Life.rotate),
    "swept": (1, Life.sweep),
}
"""What may happen, with how often it is drawn."""


def a_founded_house(folder: Path, at: datetime = BEGIN) -> Path:
    """Make a database with an organisation in it and nothing else; lives begin with a copy of the folder."""
    folder.mkdir(parents=True)
    with desk_of(Settings(database_url=f"sqlite:///{folder}/banjie.db"), clock=SetClock(at)) as opened:
        writes: list[PlainWrite] = [AddUnit(_unit(UnitId(unit), unit)) for unit in PARENTS]
        writes.append(AddSession(_session(date(2026, 4, 1))))
        for name in PERSONS:
            writes.append(AddPerson(Person(root=ROOT, id=PersonId(name), name=name, login=name, unit=UnitId(ROOT))))
            writes.append(AddGrant(GrantRow(root=ROOT, person=PersonId(name), role="staff", unit=UnitId(ROOT))))
        opened.desk.office.write(writes)
    return folder


@contextmanager
def a_life(founded: Path, folder: Path, number: int, at: datetime = BEGIN) -> Iterator[Life]:
    """Open a house of its own for the length of a block, to live in by what ``number`` draws."""
    shutil.copytree(founded, folder)
    url = f"sqlite:///{folder}/banjie.db"
    clock, draw = SetClock(at + timedelta(hours=1)), Random(number)
    keeper = Keeper(folder / "signer")
    try:
        with desk_of(Settings(database_url=url), clock=clock) as opened:
            walk = DeskWalk(cast(Rehearsal, Play(opened, clock)), draw, SHORT)
            walk.people = [
                replace(opened.desk.queries.actor(ROOT, PersonId(name), at), grants=walk.people[0].grants)
                for name in PERSONS
            ]
            yield Life(url, opened, clock, keeper, draw, walk)
    finally:
        keeper.close()


@contextmanager
def restored(life: Life, folder: Path) -> Iterator[Opened]:
    """Back a house up with its keys, lay both back elsewhere, and open what came of it."""
    settings = Settings(database_url=life.url)
    file = back_up(settings, folder / "backup", life.clock.now(), lambda _done, _whole: None)
    back_up_keys(settings, folder / "keys", folder / "backup")
    (folder / "new").mkdir()
    again = Settings(database_url=f"sqlite:///{folder}/new/banjie.db")
    lay_back(again, file, read_manifest(file), folder / "keys")
    with desk_of(again, clock=life.clock) as opened:
        yield opened


def _unit(unit: UnitId, title: str) -> Unit:
    above = PARENTS[unit]
    parent = None if above is None else UnitId(above)
    return Unit(root=ROOT, id=unit, parent=parent, code=unit, title=Text(title, title))


def _session(opens_on: date) -> CongressSession:
    return CongressSession(
        id=SESSION,
        root=ROOT,
        unit=UnitId(ROOT),
        term=6,
        meeting=3,
        title=Text("六届三次", "Sixth congress, third meeting"),
        call_opens_on=date(2025, 12, 1),
        call_closes_on=date(2026, 3, 31),
        opens_on=opens_on,
    )
