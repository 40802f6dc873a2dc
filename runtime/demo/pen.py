"""What every script writes with: its own dice, its own place in time, commands with keys of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from pydantic import JsonValue

from engine.calendar.calendar import Calendar
from engine.calendar.term import SHANGHAI
from engine.case.case import Case
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, SessionId
from runtime.demo.corpus import Corpus
from runtime.demo.organisation import Cast
from runtime.demo.simulation import Act, Simulation

OPENS_AT_HOUR, CLOSES_AT_HOUR = 9, 16


class Pen:
    """One script's hand. ``at`` is where its story has come to; time only moves forward, to office hours."""

    def __init__(
        self, simulation: Simulation, corpus: Corpus, cast: Cast, calendar: Calendar, *, name: str, seed: int
    ) -> None:
        self.simulation = simulation
        self.corpus = corpus
        self.cast = cast
        self.calendar = calendar
        self.rng = Random(f"{seed}/{name}")
        self.at = datetime(2025, 12, 8, tzinfo=UTC)
        self._name = f"sample:{seed}:{name}"
        self._step = 0

    def begin_on(self, day: date) -> None:
        """Put the story on a working day at or after this one."""
        self.at = self._office_hour(day)

    def wait(self, least: float, most: float) -> None:
        """Let some calendar days pass, then come back in office hours."""
        day = (self.at + timedelta(days=self.rng.uniform(least, most))).astimezone(SHANGHAI).date()
        later = self._office_hour(day)
        self.at = later if later > self.at else self.at + timedelta(hours=1)

    def wait_until(self, day: date) -> None:
        """Let time pass up to a day, if it lies ahead."""
        later = self._office_hour(day)
        self.at = max(later, self.at + timedelta(hours=1))

    def open(self, person: str, workflow: str, session: SessionId | None, form: Mapping[str, JsonValue]) -> Act:
        """Return the act of opening a case in the enterprise."""
        command = OpenCase(
            root=self.cast.root,
            actor=self.cast.actor(person),
            key=self._key(),
            workflow=workflow,
            unit=self.cast.home,
            congress_session=session,
            form=form,
        )
        return Act(self.at, command)

    def fire(self, person: str, case: CaseId, transition: str, **form: JsonValue) -> Act:
        """Return the act of making a move now."""
        command = FireTransition(
            root=self.cast.root,
            actor=self.cast.actor(person),
            key=self._key(),
            case=case,
            transition=transition,
            form={name: value for name, value in form.items() if value is not None},
        )
        return Act(self.at, command)

    def case(self, case: CaseId) -> Case:
        return self.simulation.case(case)

    def anyone(self, role: str, unit: str | None = None, *, but: str | None = None) -> str:
        """Return somebody who holds a role (in a unit), never the one excepted."""
        return self.rng.choice([person for person in self.cast.in_role(role, unit) if person != but])

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _key(self) -> str:
        self._step += 1
        return f"{self._name}:{self._step}"

    def _office_hour(self, day: date) -> datetime:
        while not self.calendar.is_working_day(day):
            day += timedelta(days=1)
        hour = self.rng.randint(OPENS_AT_HOUR, CLOSES_AT_HOUR)
        return datetime.combine(day, time(hour), SHANGHAI).astimezone(UTC)
