"""A rehearsal: plays commands through ``decide`` and ``write_entry`` and keeps what came of them; no database."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from engine.calendar.calendar import Calendar
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.commands import Command, FireTransition, OpenCase, Stated
from engine.case.decide import decide
from engine.case.events import Event, Step
from engine.case.identity import CaseId, SessionId, UnitId
from engine.case.situation import CongressSession, Situation
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError
from engine.ledger.entries import Written, write_entry
from tests.support.builders import CLERK, ROOT, a_calendar, a_tree, at


def counted_bytes() -> Callable[[int], bytes]:
    """Return a source of bytes that never repeats and is the same in every run."""
    calls = iter(range(10**9))

    def take(count: int) -> bytes:
        return hashlib.shake_256(str(next(calls)).encode()).digest(count)

    return take


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry that a rehearsal wrote, with the event behind it and the case before it."""

    before: Case | None
    event: Event
    written: Written
    definition: Definition


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """Plays commands through ``decide`` and ``write_entry`` and keeps the cases; no database, no committer.

    ``now`` moves on by a minute with every command that was carried out.
    """

    rules: Rulebook
    now: datetime = field(default_factory=lambda: at("2026-03-02"))
    sessions: Sequence[CongressSession] = ()
    calendar: Calendar = field(default_factory=a_calendar)
    cases: dict[CaseId, Case] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    recorded: list[Recorded] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    random: Callable[[int], bytes] = field(default_factory=counted_bytes)

    def ask(self, command: Command) -> Step | BanjieError:
        """Decide a command; a step is carried out, a refusal returned."""
        situation = Situation(
            root=ROOT,
            family=self.cases,
            rules=self.rules,
            units=a_tree(),
            calendar=self.calendar,
            sessions={session.id: session for session in self.sessions},
            numbers=self.numbers,
            seed=self.random(16).hex(),
        )
        step = decide(situation, command, self.now)
        if isinstance(step, Step):
            self._keep(situation, step)
            self.now += timedelta(minutes=1)
        return step

    def _keep(self, situation: Situation, step: Step) -> None:
        for event, after in zip(step.events, step.after, strict=True):
            before, definition = self.cases.get(event.case), situation.definition_of(after)
            written = write_entry(before, after, event, definition, self.random)
            self.recorded.append(Recorded(before, event, written, definition))
            self.cases[event.case] = written.case
        self.numbers.update(step.numbers)
        self.steps.append(step)

    def open(
        self,
        actor: Actor = CLERK,
        *,
        workflow: str = "errand",
        unit: str = "works",
        session: SessionId | None = None,
        parties: Mapping[str, tuple[str, ...]] | None = None,
        stated: Stated | None = None,
        **form: JsonValue,
    ) -> CaseId:
        """Open a case and return its id; raises what refuses it."""
        command = OpenCase(
            root=ROOT,
            actor=actor,
            key=f"open-{len(self.steps)}",
            workflow=workflow,
            unit=UnitId(unit),
            congress_session=session,
            form={"subject": "食堂", **form},
            parties=parties or {},
            stated=stated,
        )
        return self._done(self.ask(command)).case

    def fire(
        self,
        case: CaseId,
        transition: str,
        actor: Actor = CLERK,
        *,
        stated: Stated | None = None,
        expected_version: int | None = None,
        **form: JsonValue,
    ) -> Case:
        """Fire a transition and return the case after the whole step; raises what refuses it."""
        command = FireTransition(
            root=ROOT,
            actor=actor,
            key=f"fire-{len(self.steps)}",
            case=case,
            transition=transition,
            form=form,
            stated=stated,
            expected_version=expected_version,
        )
        self._done(self.ask(command))
        return self.cases[case]

    @staticmethod
    def _done(answer: Step | BanjieError) -> Step:
        if isinstance(answer, BanjieError):
            raise answer
        return answer

    @property
    def last(self) -> Step:
        """The newest step."""
        return self.steps[-1]
