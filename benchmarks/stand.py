"""The stand: a database with the two benchmark workflows, some cases in it, and the commands that move them."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engine.access.directory import GrantRow, Person, Unit
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.commands import Command, FireTransition, OpenCase
from engine.case.decide import key_hash
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.service.claims import actor_scope, request_hash
from engine.service.execute import Done
from engine.service.office import Answer
from engine.service.plain import AddGrant, AddPerson, AddUnit, PlainWrite
from engine.service.ports import Reads
from engine.text import Text
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of, open_desk

ROOT = RootId("bench")
CLERK = Actor(kind=ActorKind.PERSON, person=PersonId("clerk"), grants=frozenset({Grant("clerk", UnitId("bench"))}))
DEFINITIONS = Path(__file__).resolve().parent / "definitions"
Workflow = Literal["plain_steps", "real_steps"]
REPLY = {"code": "B", "text": "已列入计划，年内完成改造，并向提案人说明进度。" * 4, "contact": "承办人，电话内线 8123"}
TAKE, GIVE_BACK = MOVES = ("take", "give_back")
IN_HAND = "working"
"""The state a case rests in after the first of the two moves."""

BATCH = 5_000
"""Cases opened at a time: what an interrupted build asks for again."""

FIRST_CASES_MAX = 2_000
"""Cases of each workflow that are kept at hand for measuring."""

Progress = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Stand:
    """An open database and the first cases of each workflow, all waiting at first, so that everybody moves the same.

    ``run`` begins every key of a move, so that keys never repeat where a database is used by one run after the other;
    ``moved`` counts how often the cases of a workflow were moved.
    """

    opened: Opened
    cases: dict[Workflow, list[CaseId]]
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    keys: int = 0
    moved: dict[str, int] = field(default_factory=dict)

    @classmethod
    def build(cls, url: str, cases: int, progress: Progress = lambda _done: None) -> Stand:
        """Make the database with that many cases, half of each workflow, through the same door as everything else.

        What an interrupted build left is taken over: opening a case twice under one key gives the case of the first
        time. ``progress`` is told after every batch how many cases there are.
        """
        with desk_of(settings_for(url)) as opened:
            _open_cases(opened, cases, progress)
        return cls.reopen(url, cases)

    @classmethod
    def reopen(cls, url: str, cases: int) -> Stand:
        """Open a database that was built with that many cases."""
        stand = cls(opened=open_desk(settings_for(url)), cases={})
        for workflow, count in shares(cases).items():
            stand.cases[workflow] = stand.found(workflow, range(min(count, FIRST_CASES_MAX)))
            stand.settle(workflow, stand.cases[workflow])
        return stand

    def found(self, workflow: Workflow, places: Iterable[int]) -> list[CaseId]:
        """Return the cases that were opened in these places of their workflow, from 0."""
        reads, scope = self.opened.desk.reads, actor_scope(_opening(workflow, 0))
        cases = []
        for place in places:
            stored = reads.find_outcome(ROOT, scope, key_hash(_opening_key(workflow, place)))
            assert stored is not None, f"case {place} of {workflow} was opened"
            cases.append(stored.outcome.case)
        return cases

    def settle(self, workflow: Workflow, cases: Sequence[CaseId]) -> int:
        """Give back the cases that an earlier run left in hand, be it between two moves; return how many there were."""
        states = self.opened.desk.reads.cases(ROOT, cases)
        in_hand = [case.id for case in states if case.state == IN_HAND]
        if in_hand:
            self.bulk(self.moves(workflow, in_hand, GIVE_BACK))
        return len(in_hand)

    def commands(self, workflow: Workflow, count: int) -> list[Command]:
        """Return one move for each of the first cases; the next call moves them back."""
        assert count <= len(self.cases[workflow]), "there are so many cases at hand"
        move = MOVES[self.moved.get(workflow, 0) % 2]
        self.moved[workflow] = self.moved.get(workflow, 0) + 1
        return self.moves(workflow, self.cases[workflow][:count], move)

    def moves(self, workflow: Workflow, cases: Sequence[CaseId], move: str) -> list[Command]:
        """Return this move for each of the cases: plain ones without a key, real ones under keys never used before."""
        self.keys += 1
        real = workflow == "real_steps"
        return [
            FireTransition(
                root=ROOT,
                actor=CLERK,
                key=f"{self.run}:{self.keys}:{n}" if real else "",
                case=case,
                transition=move,
                form=REPLY if real else {},
            )
            for n, case in enumerate(cases)
        ]

    def one_caller(self, commands: Sequence[Command]) -> float:
        """Carry the commands out one after the other; return the seconds."""
        began = time.perf_counter()
        answers = [self.opened.desk.office.carry_out([command])[0] for command in commands]
        return _checked(answers, began)

    def bulk(self, commands: Sequence[Command]) -> float:
        """Carry the commands out as one piece of bulk work; return the seconds."""
        began = time.perf_counter()
        return _checked(self.opened.desk.office.carry_out(commands), began)

    def callers(self, commands: Sequence[Command], count: int = 16) -> float:
        """Let so many callers share the commands, each waiting for its answer; return the seconds."""
        waiting = list(reversed(commands))
        answers: list[Answer] = []

        async def caller() -> None:
            while waiting:
                answers.append(await self.opened.desk.office.ask(waiting.pop()))

        async def all_callers() -> None:
            await asyncio.gather(*(caller() for _ in range(count)))

        began = time.perf_counter()
        asyncio.run(all_callers())
        return _checked(answers, began)

    def close(self) -> None:
        self.opened.close()


def settings_for(url: str) -> Settings:
    """Return the settings of a process that works with the benchmark workflows."""
    return Settings(database_url=url, workflows=DEFINITIONS)


def directory_of_the_stand() -> list[PlainWrite]:
    """Return the one unit and the one clerk."""
    return [
        AddUnit(Unit(root=ROOT, id=UnitId("bench"), parent=None, code="bench", title=Text("测量", "Bench"))),
        AddPerson(Person(root=ROOT, id=PersonId("clerk"), name="经办人", login="clerk")),
        AddGrant(GrantRow(root=ROOT, person=PersonId("clerk"), role="clerk", unit=UnitId("bench"))),
    ]


def shares(cases: int) -> dict[Workflow, int]:
    """Return how many cases of each workflow make up that many cases: half of each."""
    return {"plain_steps": cases - cases // 2, "real_steps": cases // 2}


def count_cases(reads: Reads, workflow: Workflow) -> int:
    """Return how many cases of a workflow there are."""
    return sum(reads.count_cases(ROOT, None, workflow).values())


def hash_of_definitions() -> str:
    """Return a hash of the definitions and of the commands that open the cases."""
    digest = hashlib.sha256(hash_of_files(DEFINITIONS, "*.yaml").encode())
    for workflow in shares(0):
        digest.update(request_hash(_opening(workflow, 0)).encode())
    return digest.hexdigest()


def hash_of_files(folder: Path, pattern: str) -> str:
    """Return a hash of the files below a folder that are named so: their paths there, and what they hold."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _open_cases(opened: Opened, cases: int, progress: Progress) -> None:
    """Open the cases that are not there yet, one batch after the other.

    They are opened in order, so those that are there are the first ones; the last batch is asked for again, so that
    nobody has to trust that.
    """
    office, reads = opened.desk.office, opened.desk.reads
    if ROOT not in reads.roots():
        office.write(directory_of_the_stand())
    before = 0
    for workflow, wanted in shares(cases).items():
        for first in range(max(0, count_cases(reads, workflow) - BATCH), wanted, BATCH):
            last = min(first + BATCH, wanted)
            answers = office.carry_out([_opening(workflow, n) for n in range(first, last)])
            wrong = [answer for answer in answers if not isinstance(answer, Done)]
            assert not wrong, f"{len(wrong)} of {len(answers)} cases were not opened: {wrong[0]}"
            progress(before + last)
        assert count_cases(reads, workflow) == wanted, "every case was opened, and none twice"
        before += wanted


def _opening_key(workflow: str, n: int) -> str:
    return f"open:{workflow}:{n}"


def _opening(workflow: str, n: int) -> OpenCase:
    return OpenCase(
        root=ROOT,
        actor=CLERK,
        key=_opening_key(workflow, n),
        workflow=workflow,
        unit=UnitId("bench"),
        form={"subject": f"测量用事项第{n}号"},
    )


def _checked(answers: Sequence[Answer], began: float) -> float:
    seconds = time.perf_counter() - began
    wrong = [answer for answer in answers if not isinstance(answer, Done) or answer.repeated]
    assert not wrong, f"{len(wrong)} of {len(answers)} commands were not carried out: {wrong[0]}"
    return seconds
