"""The stages lives are played on: a rehearsal that keeps nothing, and the office itself.

The rehearsal decides every command by the very function that decides it later, so that a row whose life the workflow
does not allow is refused before anything of it is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from engine.case.case import Case
from engine.case.codec import at_from
from engine.case.commands import Command, FireTransition, Stated
from engine.case.decide import decide, key_hash
from engine.case.identity import CaseId, RootId
from engine.case.situation import Situation
from engine.errors import BanjieError, KeyReused
from engine.figures.spans import UNDATED
from engine.ledger.canonical import parse_canonical
from engine.service.claims import actor_scope
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.families import relatives
from engine.service.importing.waves import with_stated
from engine.service.office import Answer
from engine.service.ports import Outcome
from engine.service.rosters import BatchRosters, stands
from engine.service.world import World
from engine.text import Text


class Rehearsal:
    """Plays commands on cases in memory; nothing is written and no number is used up."""

    def __init__(self, desk: Desk, root: RootId, world: World) -> None:
        self._desk = desk
        self._root = root
        self._world = world
        self._now = desk.office.now()
        self._cases: dict[CaseId, Case] = {}
        self._rosters = BatchRosters()
        self._count = 0

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        return [self._one(command) for command in commands]

    def cases(self, cases: Collection[CaseId]) -> Sequence[Case]:
        return [self._cases[case] for case in cases if case in self._cases]

    def case_called(self, workflow: str, number: str) -> CaseId | None:
        found = self._desk.reads.case_by_field(self._root, workflow, number)
        if found is not None:
            self._learn([found])
            self._learn([other for case in self.cases([found]) for other in relatives(case)])
        return found

    def _learn(self, cases: Sequence[CaseId]) -> None:
        unknown = [case for case in cases if case not in self._cases]
        if unknown:
            self._cases.update((case.id, case) for case in self._desk.reads.cases(self._root, unknown))

    def _one(self, command: Command) -> Answer:
        self._count += 1
        world = self._world
        situation = Situation(
            root=self._root,
            family=self._cases,
            rules=world.rules,
            units=world.surroundings.tree,
            calendar=world.calendar,
            sessions=world.surroundings.sessions,
            numbers=defaultdict(int),
            seed=f"rehearsal {self._count}",
        )
        decided = decide(situation, command, self._now)
        step = stands(decided, situation, self._desk.reads, world, self._rosters)
        if isinstance(step, BanjieError):
            return step
        for case in step.after:
            self._rosters.moved(self._cases.get(case.id), case, situation.definition_of(case))
            self._cases[case.id] = case
        return Done(Outcome(step.case, self._cases[step.case].seq, ""))


class OfficeStage:
    """Plays commands through the office. What was imported before from another file counts as repeated if it says
    the same; what says something else is refused."""

    def __init__(self, desk: Desk, root: RootId) -> None:
        self._desk = desk
        self._root = root

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        answers = self._desk.office.carry_out(commands)
        as_before: dict[int, Command] = {}
        for place, answer in enumerate(answers):
            if isinstance(answer, KeyReused):
                answers[place] = _differs(answer)
                command = self._as_recorded(commands[place])
                if command is not None:
                    as_before[place] = command
        if as_before:
            retried = self._desk.office.carry_out(list(as_before.values()))
            for place, answer in zip(as_before, retried, strict=True):
                answers[place] = _differs(answer) if isinstance(answer, KeyReused) else answer
        return answers

    def cases(self, cases: Collection[CaseId]) -> Sequence[Case]:
        return self._desk.reads.cases(self._root, cases)

    def case_called(self, workflow: str, number: str) -> CaseId | None:
        return self._desk.reads.case_by_field(self._root, workflow, number)

    def _as_recorded(self, command: Command) -> Command | None:
        """Return the command on the basis it was recorded on: another file may hold the same row elsewhere."""
        stored = self._desk.reads.find_outcome(self._root, actor_scope(command), key_hash(command.key))
        if stored is None or command.stated is None:
            return None
        if isinstance(command, FireTransition) and command.case != stored.outcome.case:
            return None
        entries = self._desk.reads.entries(self._root, stored.outcome.case)
        recorded = _stated(entries[stored.outcome.seq - 1].body)
        if recorded is None:
            return None
        undated = command.stated.basis.endswith(UNDATED) and recorded.basis.endswith(UNDATED)
        at = recorded.occurred_at if undated else command.stated.occurred_at
        return with_stated(command, Stated(at, recorded.basis))


def _stated(body: bytes) -> Stated | None:
    entry = parse_canonical(body)
    stated = entry.get("stated") if isinstance(entry, Mapping) else None
    if not isinstance(stated, Mapping):
        return None
    return Stated(at_from(str(stated["occurred_at"])), str(stated["basis"]))


def _differs(refusal: KeyReused) -> BanjieError:
    return KeyReused(
        Text("与已导入内容不同；已导入的不会改动", "Differs from what was imported before, which stays as it is"),
        **refusal.details,
    )
