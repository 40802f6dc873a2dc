"""Plays lives: each case is a script that yields dated commands, carried out together in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random

from engine.calendar.term import SHANGHAI, day_begins_at
from engine.case.case import Case
from engine.case.commands import Command
from engine.case.identity import CaseId, RootId
from engine.errors import BanjieError
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.notices import expand_all
from engine.service.polls import PollDesk, Standing
from engine.service.sweep import sweep
from runtime.clock import SetClock


@dataclass(frozen=True, slots=True)
class Act:
    """Something a script does at an instant."""

    at: datetime
    command: Command


Script = Generator[Act, CaseId, None]
"""Yields acts; is sent the case each act was about."""


class SampleRefusedError(Exception):
    """A command of the sample was refused: script and definition have drifted apart."""


class Simulation:
    """Carries out scripts together; commands of one instant go in one batch, the clock stands at that instant."""

    def __init__(self, desk: Desk, clock: SetClock, root: RootId, until: datetime) -> None:
        self._desk = desk
        self._clock = clock
        self._root = root
        self._until = until
        self._order = count()
        self._swept_on: date | None = None
        self._heap: list[tuple[datetime, int, Act, Script]] = []

    def add(self, script: Script) -> None:
        """Start a script: its first act is queued."""
        self._queue(script, None)

    def case(self, case: CaseId) -> Case:
        """Return a case as it is now; scripts look up children and numbers by it."""
        return self._desk.reads.cases(self._root, [case])[0]

    def cases(self, cases: Sequence[CaseId]) -> dict[CaseId, Case]:
        return {case.id: case for case in self._desk.reads.cases(self._root, cases)}

    def answer(self, case: CaseId, share: float, rng: Random) -> None:
        """Let a share of those asked answer the open polls of a case, most of them with one of the first choices."""
        found, world = self.case(case), self._desk.world(self._root)
        definition = world.rules.pinned(found.pins.definition, found.pins.lists)
        for grant in self._desk.reads.all_grants(self._root):
            actor = self._desk.queries.actor(self._root, grant.person, self._clock.now())
            polls = PollDesk.at(self._desk, actor)
            for poll in polls.polls(found, definition):
                if poll.standing is Standing.WAITING and rng.random() < share:
                    choices = list(poll.part.choices)
                    drawn = {
                        question.key: choices[min(int(rng.expovariate(1)), len(choices) - 1)]
                        for question in poll.questions
                    }
                    polls.cast(found, definition, poll.name, drawn)

    def run(self, progress: Callable[[int], None]) -> int:
        """Play until nothing is left before the end; returns how many commands were carried out."""
        done = 0
        while self._heap:
            at = self._heap[0][0]
            together: list[tuple[Act, Script]] = []
            while self._heap and self._heap[0][0] == at:
                _at, _order, act, script = heapq.heappop(self._heap)
                together.append((act, script))
            self._watch_until(at)
            self._clock.set(at)
            answers = self._desk.office.carry_out([act.command for act, _script in together])
            for (act, script), answer in zip(together, answers, strict=True):
                if isinstance(answer, BanjieError):
                    raise SampleRefusedError(f"{act.at:%F} {act.command}: {answer.text.zh} {answer.details}")
                assert isinstance(answer, Done)
                self._queue(script, answer.outcome.case)
            done += len(together)
            progress(done)
        self._watch_until(self._until)
        return done

    def _watch_until(self, at: datetime) -> None:
        """Sweep, and tell people, at the beginning of each day up to an instant, as a running server would have."""
        day = at.astimezone(SHANGHAI).date()
        while self._swept_on is None or self._swept_on < day:
            self._swept_on = day if self._swept_on is None else self._swept_on + timedelta(days=1)
            self._clock.set(day_begins_at(self._swept_on).astimezone(UTC))
            sweep(self._desk, self._root)
            expand_all(self._desk.office, self._desk.reads, self._desk.world(self._root), self._root)

    def _queue(self, script: Script, case: CaseId | None) -> None:
        try:
            act = next(script) if case is None else script.send(case)
        except StopIteration:
            return
        if act.at <= self._until:
            heapq.heappush(self._heap, (act.at, next(self._order), act, script))
