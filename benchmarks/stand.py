"""The stand: a database with the two benchmark workflows, some cases in it, and the commands that move them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engine.access.directory import GrantRow, Person, Unit
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.commands import Command, FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.service.execute import Done
from engine.service.office import Answer
from engine.service.plain import AddGrant, AddPerson, AddUnit
from engine.text import Text
from runtime.settings import Settings
from runtime.wiring import Opened, open_desk

ROOT = RootId("bench")
CLERK = Actor(kind=ActorKind.PERSON, person=PersonId("clerk"), grants=frozenset({Grant("clerk", UnitId("bench"))}))
DEFINITIONS = Path(__file__).resolve().parent / "definitions"
Workflow = Literal["plain_steps", "real_steps"]
REPLY = {"code": "B", "text": "已列入计划，年内完成改造，并向提案人说明进度。" * 4, "contact": "承办人，电话内线 8123"}
MOVES = ("take", "give_back")


@dataclass(slots=True)
class Stand:
    """An open database, the cases of each workflow, and how often each was moved (so that keys never repeat)."""

    opened: Opened
    cases: dict[str, list[CaseId]]
    keys: int = 0
    moved: dict[str, int] = field(default_factory=dict)

    @classmethod
    def build(cls, url: str, cases: int) -> Stand:
        """Make the database with that many cases of each workflow, through the same door as everything else."""
        opened = open_desk(Settings(database_url=url, workflows=DEFINITIONS))
        opened.desk.office.write(
            [
                AddUnit(Unit(root=ROOT, id=UnitId("bench"), parent=None, code="bench", title=Text("测量", "Bench"))),
                AddPerson(Person(root=ROOT, id=PersonId("clerk"), name="经办人", login="clerk")),
                AddGrant(GrantRow(root=ROOT, person=PersonId("clerk"), role="clerk", unit=UnitId("bench"))),
            ]
        )
        stand = cls(opened, {})
        for workflow in ("plain_steps", "real_steps"):
            answers = opened.desk.office.carry_out([_opening(workflow, n) for n in range(cases)])
            stand.cases[workflow] = [answer.outcome.case for answer in answers if isinstance(answer, Done)]
            assert len(stand.cases[workflow]) == cases, "every case was opened"
        return stand

    def commands(self, workflow: Workflow, count: int) -> list[Command]:
        """Return one move for each of the first cases; the next call moves them back."""
        move = MOVES[self.moved.get(workflow, 0) % 2]
        self.moved[workflow] = self.moved.get(workflow, 0) + 1
        self.keys += 1
        form = REPLY if workflow == "real_steps" else {}
        return [
            FireTransition(root=ROOT, actor=CLERK, key=f"{self.keys}:{n}", case=case, transition=move, form=form)
            for n, case in enumerate(self.cases[workflow][:count])
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


def _opening(workflow: str, n: int) -> OpenCase:
    return OpenCase(
        root=ROOT,
        actor=CLERK,
        key=f"open:{workflow}:{n}",
        workflow=workflow,
        unit=UnitId("bench"),
        form={"subject": f"测量用事项第{n}号"},
    )


def _checked(answers: Sequence[Answer], began: float) -> float:
    seconds = time.perf_counter() - began
    wrong = [answer for answer in answers if not isinstance(answer, Done) or answer.repeated]
    assert not wrong, f"{len(wrong)} of {len(answers)} commands were not carried out: {wrong[0]}"
    return seconds
