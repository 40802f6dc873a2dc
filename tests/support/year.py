"""A year of the congress on a real database: cases opened, moved by whoever may, stopped, extended and handed over, the
calendar corrected twice, people away, a sweep every day. What is expected of it stands with the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from engine.access.directory import Deputation, GrantRow, Person, Unit
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.commands import Command, FireTransition, OpenCase
from engine.case.events import Step
from engine.case.identity import CaseId, PersonId, UnitId
from engine.case.offers import offered
from engine.definition.parts import Merge, Phase, UnMerge
from engine.errors import BanjieError, CommandFailed, InputRefused
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.plain import AddDeputation, AddGrant, AddPerson, AddSession, AddUnit, PlainWrite
from engine.service.sweep import sweep
from engine.text import Text
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of
from tests.support.agreement import NOTICE_2027
from tests.support.builders import PARENTS, ROOT, SESSION, SHANGHAI, a_session, a_tree
from tests.support.rehearsal import Rehearsal
from tests.support.walks import PERSONS, SHORT, Chance, Walk

WORKFLOWS = Path(__file__).parents[2] / "workflows"
FIRST_ON, LAST_ON = date(2026, 1, 5), date(2027, 1, 4)
CORRECTED_ON, NOTICED_ON = date(2026, 7, 1), date(2026, 11, 6)
CALL_CLOSES_ON, CONGRESS_CLOSES_ON = date(2026, 3, 20), date(2026, 4, 10)
CONGRESS_OPENS_ON = date(2026, 4, 8)
DATES_OF_SESSION = {
    "call_closes_on": CALL_CLOSES_ON,
    "opens_on": CONGRESS_OPENS_ON,
    "closes_on": CONGRESS_CLOSES_ON,
}
NOTICE_OF_JULY = """year: 2026
title: {zh: 假定的补充通知, en: A notice that a test adds}
number: 测试3号
issued_on: 2026-06-28
holidays:
  - name: {zh: 临时放假, en: Days off at short notice}
    from: 2026-07-13
    until: 2026-07-17
make_up_days:
  - 2026-07-11
"""
AWAY = (("zhao", "qian", date(2026, 3, 2), date(2026, 3, 20)), ("sun", "li", date(2026, 8, 3), date(2026, 8, 21)))
"""Who is away, who acts for them, from and until when."""
HOURS = (9, 11, 15)
MOVES_A_DAY = 60
ALMOST_NEVER = SHORT | {"unmerge"}
RATHER = frozenset(
    {"submit", "second", "invite_seconder", "reassign", "hand_back", "uphold_hand_back"}
    | {"suspend_reply", "resume_reply", "request_extension", "grant_extension"}
    | {"suspend_handling", "resume_handling", "extend_hotline"}
)
"""What moves dates, or brings a proposal to where they are moved."""


@dataclass(slots=True, kw_only=True)
class Asking(Rehearsal):
    """A rehearsal that decides nothing: it gathers what a walk asks for, with a key for each."""

    asked: list[Command] = field(default_factory=list)
    keys: int = 0

    def ask(self, command: Command) -> Step | BanjieError:
        """Keep the command for the desk."""
        self.keys += 1
        self.asked.append(replace(command, key=f"year-{self.keys}"))
        return InputRefused(Text("尚未办理", "Not carried out yet"))


@dataclass(slots=True)
class Year:
    """The year as it goes by: ``swept`` are the instants of the sweeps, ``made`` counts moves by name."""

    folder: Path
    opened_of_each: int
    seed: int
    swept: list[tuple[datetime, int]] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    for_others: int = 0
    failures: list[str] = field(default_factory=list)
    clock: SetClock = field(init=False)
    walk: Walk = field(init=False)
    waiting: dict[CaseId, None] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "year.db"

    def settings(self, number: int) -> Settings:
        return Settings(database_url=f"sqlite:///{self.database}", workflows=self.folder / f"workflows-{number}")

    def live(self) -> None:
        """Let the year pass; each calendar holds from the day on which the desk is opened with it."""
        self._write_folders()
        self.clock = SetClock(begin_of(FIRST_ON))
        for number, (first, last) in enumerate(periods()):
            with desk_of(self.settings(number), clock=self.clock) as opened:
                if number == 0:
                    opened.desk.office.write(list(directory()))
                    rules = opened.desk.world(ROOT).rules
                    self.walk = Walk(Asking(rules=rules, sessions=[]), Random(self.seed))
                self._pass_days(opened, first, last)

    def _write_folders(self) -> None:
        for number, _period in enumerate(periods()):
            place = self.folder / f"workflows-{number}"
            shutil.copytree(WORKFLOWS, place)
            if number >= 1:
                correct(place / "calendars")
            if number >= 2:
                (place / "calendars" / "2027.yaml").write_text(NOTICE_2027, encoding="utf-8")

    def _pass_days(self, opened: Opened, first: date, last: date) -> None:
        day = first
        while day <= last:
            self.clock.set(begin_of(day))
            report = sweep(opened.desk, ROOT)
            self.swept.append((report.at, report.swept.raised))
            self.failures += [f"{aside.case}: {aside.error}" for aside in report.set_aside]
            if opened.rules.calendar.is_working_day(day):
                for hour in HOURS:
                    self.clock.set(begin_of(day) + timedelta(hours=hour))
                    self._work(opened.desk, day)
            day += timedelta(days=1)

    def _work(self, desk: Desk, day: date) -> None:
        """Open what is due to be opened by now, and let some cases be moved."""
        play = self._asking
        play.now = self.clock.now()
        for workflow in ("proposal", "grievance"):
            for _number in range(self._missing(workflow, day)):
                self._open(workflow)
        self._carry_out(desk)
        chosen = self.walk.random.sample(list(self.waiting), min(MOVES_A_DAY // len(HOURS), len(self.waiting)))
        self._meet(desk, chosen)
        alone = []
        for case in chosen:
            chance = self._chance(play.cases[case], day)
            if chance is not None:
                self.walk.make(chance)
                if self._merges(chance):
                    alone.append(play.asked.pop())
        self._carry_out(desk)
        for command in alone:  # what moves the dates of two cases at once has an instant of its own
            self.clock.set(self.clock.now() + timedelta(minutes=1))
            play.asked.append(command)
            self._carry_out(desk)
        self._meet(desk, chosen)

    def _open(self, workflow: str) -> None:
        """Ask for a case to be opened; every other proposal is a delegation's, which needs nobody to second it."""
        proposal = workflow == "proposal"
        self.walk.open(workflow, SESSION if proposal else None)
        command = self._asking.asked[-1]
        if proposal and self.walk.random.random() < 0.5:
            assert isinstance(command, OpenCase)
            self._asking.asked[-1] = replace(command, form={**command.form, "proposer_type": "delegation"})

    def _missing(self, workflow: str, day: date) -> int:
        """Return how many cases are to be opened now, so that they come evenly over their season."""
        last = CALL_CLOSES_ON if workflow == "proposal" else date(2026, 11, 30)
        share = min(1.0, ((day - FIRST_ON).days + 1) / (last - FIRST_ON).days)
        return min(10, round(self.opened_of_each * share) - self.begun.get(workflow, 0))

    def _meet(self, desk: Desk, cases: Sequence[CaseId]) -> None:
        """Take in how cases stand now, and make the acquaintance of their parts and of what was opened from them."""
        known = self._asking.cases
        now = {case.id: case for case in desk.reads.cases(ROOT, cases)}
        known.update({case: now[case] for case in cases})
        new = [
            other
            for met in cases
            for other in (*(child.case for child in known[met].children), *known[met].linked)
            if other not in known
        ]
        read = {case.id: case for case in desk.reads.cases(ROOT, new)}
        known.update({case: read[case] for case in new})
        # All in the order in which they were met: ids are drawn anew in every run, and the year is to be the same.
        for case in (known[each] for each in (*cases, *new)):
            if case.phase is Phase.FINAL:
                self.waiting.pop(case.id, None)
            else:
                self.waiting[case.id] = None

    def _chance(self, case: Case, day: date) -> Chance | None:
        """Return a move that is offered to somebody, rather one not tried yet; whoever is away has a deputy."""
        random, tried = self.walk.random, self.walk.tried
        workflow = self._asking.rules.pinned(case.pins.definition, case.pins.lists).workflow
        short = random.random() < 0.03
        chances = [
            Chance(case.id, name, actor)
            for actor in (deputised(person, day) for person in self.walk.people)
            for name in offered(workflow, case, actor, a_tree())
            if short or name not in ALMOST_NEVER
        ]
        if not chances:
            return None
        wished = [chance for chance in chances if chance.transition in RATHER]
        leading = [chance for chance in chances if not workflow.transitions[chance.transition].stay]
        if wished and random.random() < 0.4:
            chances = wished
        elif leading and random.random() < 0.8:
            chances = leading
        drawn = [random.choice(chances) for _ in range(3)]
        return min(drawn, key=lambda chance: tried.get((chance.case, chance.transition), 0))

    def _merges(self, chance: Chance) -> bool:
        case = self._asking.cases[chance.case]
        workflow = self._asking.rules.pinned(case.pins.definition, case.pins.lists).workflow
        effects = workflow.transitions[chance.transition].effects
        return case.merged_into is not None or any(isinstance(effect, Merge | UnMerge) for effect in effects)

    def _carry_out(self, desk: Desk) -> None:
        commands, self._asking.asked = self._asking.asked, []
        opened = []
        for command, answer in zip(commands, desk.office.carry_out(commands), strict=True):
            if isinstance(answer, CommandFailed):
                self.failures.append(f"{command}: {answer}")
            elif not isinstance(answer, Done):
                self.refused += 1
            elif isinstance(command, OpenCase):
                self.begun[command.workflow] = self.begun.get(command.workflow, 0) + 1
                opened.append(answer.outcome.case)
            elif isinstance(command, FireTransition):
                self.made[command.transition] = self.made.get(command.transition, 0) + 1
                self.for_others += command.actor.acting_for is not None
        self._meet(desk, opened)

    @property
    def _asking(self) -> Asking:
        assert isinstance(self.walk.play, Asking)
        return self.walk.play


def periods() -> list[tuple[date, date]]:
    """Return the first and the last day on which each calendar holds."""
    one = timedelta(days=1)
    return [(FIRST_ON, CORRECTED_ON - one), (CORRECTED_ON, NOTICED_ON - one), (NOTICED_ON, LAST_ON)]


def begin_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def correct(calendars: Path) -> None:
    """Correct the notice of 2026, and add one: five days off in July, a Saturday worked for them."""
    path = calendars / "2026.yaml"
    text = path.read_text(encoding="utf-8")
    assert "until: 2026-10-07" in text
    assert "  - 2026-10-10\n" in text
    path.write_text(text.replace("until: 2026-10-07", "until: 2026-10-08").replace("  - 2026-10-10\n", ""), "utf-8")
    (calendars / "2026-more.yaml").write_text(NOTICE_OF_JULY, encoding="utf-8")


def deputised(actor: Actor, day: date) -> Actor:
    """Return who acts for somebody on a day: the deputy of one who is away."""
    for principal, deputy, from_on, until_on in AWAY:
        if actor.person == principal and from_on <= day <= until_on:
            return replace(actor, person=PersonId(deputy), acting_for=PersonId(principal))
    return actor


def directory() -> Iterator[PlainWrite]:
    """Yield the organisation of the walks as rows, its congress session, and who acts for whom."""
    for unit, above in PARENTS.items():
        parent = None if above is None else UnitId(above)
        yield AddUnit(Unit(root=ROOT, id=UnitId(unit), parent=parent, code=unit, title=Text(unit, unit)))
    for name in PERSONS:
        yield AddPerson(Person(root=ROOT, id=PersonId(name), name=name, login=name, unit=UnitId(ROOT)))
        yield AddGrant(GrantRow(root=ROOT, person=PersonId(name), role="handler", unit=UnitId(ROOT)))
    yield AddSession(
        a_session(
            call_opens_on=FIRST_ON,
            call_closes_on=CALL_CLOSES_ON,
            opens_on=CONGRESS_OPENS_ON,
            closes_on=CONGRESS_CLOSES_ON,
        )
    )
    for principal, deputy, from_on, until_on in AWAY:
        yield AddDeputation(
            Deputation(
                root=ROOT,
                principal=PersonId(principal),
                deputy=PersonId(deputy),
                from_on=from_on,
                until_on=until_on,
            )
        )
