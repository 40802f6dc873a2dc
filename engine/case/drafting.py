"""A step while it is being decided: the working copy of the cases, and the events so far. Lives for one ``decide``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from engine.case.actors import Actor, ActorKind
from engine.case.behalf import Entered, behalf_of, check_order
from engine.case.case import Case, Child, Clock, ClockState, Party
from engine.case.commands import Stated
from engine.case.deadlines import ended, with_rung
from engine.case.escalation import planned, rungs_of_move
from engine.case.events import Cause, Event, EventType, Opening, Verdict
from engine.case.evolve import evolve
from engine.case.files import TakenFile
from engine.case.identity import CaseId, SessionId, derived_id, ordered_id
from engine.case.roles import Capacity
from engine.case.situation import CongressSession, Situation
from engine.definition.compiled import Definition

FIRINGS_MAX = 8


@dataclass(slots=True)
class Drafting:
    """The working set of one command. Later firings of the step see what earlier ones did."""

    situation: Situation
    actor: Actor
    at: datetime
    stated: Stated | None
    key_hash: str | None
    events: list[Event] = field(default_factory=list)
    after: list[Case] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    family: dict[CaseId, Case] = field(init=False)

    def __post_init__(self) -> None:
        self.family = dict(self.situation.family)

    @property
    def happened_at(self) -> datetime:
        return self.stated.occurred_at if self.stated is not None else self.at

    def definition_of(self, case: Case) -> Definition:
        return self.situation.definition_of(case)

    def merged_into(self, case_id: CaseId) -> list[Case]:
        """Return the cases that were merged into this one, as they are now."""
        return [self.family[merged] for merged in self.family[case_id].merged_from if merged in self.family]

    def session_of(self, session: SessionId | None) -> CongressSession | None:
        return None if session is None else self.situation.sessions.get(session)

    def record(self, event: Event, definition: Definition) -> Case:
        """Append the event and return the case as it is after it.

        Whatever moved a clock, the next rung of its ladder is worked out here.
        """
        if event.stated is not None and self.actor.kind is ActorKind.PERSON:
            check_order(self.family.get(event.case), event.stated.occurred_at)
        if event.clocks:
            unit = self.family[event.case].unit if event.opening is None else event.opening.unit
            calendar = self.situation.calendar_of(unit)
            clocks = tuple(planned(clock, definition.workflow, calendar) for clock in event.clocks)
            event = event._replace(clocks=clocks)
        case = evolve(self.family.get(event.case), event, definition)
        self.family[event.case] = case
        self.events.append(event)
        self.after.append(case)
        return case

    def next_number(self, series: str) -> int:
        """Return the next number of a series; numbers issued earlier in the step are taken into account."""
        # A series nobody looked up must fail: counting it from nothing would issue its numbers a second time.
        number = (self.numbers[series] if series in self.numbers else self.situation.numbers[series]) + 1
        self.numbers[series] = number
        return number

    def new_id(self, *parts: str | int) -> CaseId:
        return CaseId(ordered_id(self.at, derived_id(self.situation.seed, *parts)))


@dataclass(slots=True, kw_only=True)
class Building:
    """One event while its effects are worked out; ``after`` is what must follow once it is recorded.

    ``actor`` stands in the entry; ``mover`` is who made the move: the same, or whom the actor entered it for.
    """

    case: Case
    definition: Definition
    actor: Actor
    capacity: Capacity | None
    form: dict[str, JsonValue]
    fields: dict[str, JsonValue]
    cause: Cause | None = None
    entered: Entered | None = None
    joined: list[Party] = field(default_factory=list)
    left: list[Party] = field(default_factory=list)
    clocks: dict[str, Clock] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    linked: list[CaseId] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    rungs: list[tuple[str, str]] = field(default_factory=list)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    merge: CaseId | None = None
    resume_state: str | None = None
    published: bool = False
    taken: tuple[TakenFile, ...] = ()
    after: list[Callable[[], None]] = field(default_factory=list)

    @property
    def mover(self) -> Actor:
        return self.actor if self.entered is None else self.entered[1]

    def clock(self, name: str) -> Clock | None:
        return self.clocks.get(name) or self.case.clock(name)

    def value(self, name: str) -> JsonValue:
        """Return what a field holds so far: set in this step, else on the case."""
        return self.fields.get(name, self.case.data.get(name))

    def cancel_open_clocks(self, at: datetime) -> None:
        """A final state asks for nothing any more: what still runs is cancelled."""
        for name in dict.fromkeys((*(clock.name for clock in self.case.clocks), *self.clocks)):
            clock = self.clock(name)
            if clock is not None and clock.is_open:
                self.clocks[name] = ended(clock, ClockState.CANCELLED, at)

    def raise_rungs_of(self, move: str) -> None:
        """Raise the rungs that stand at this move and not at a time, as the second hand-back."""
        names = dict.fromkeys((*(clock.name for clock in self.case.clocks), *self.clocks))
        clocks = [clock for name in names if (clock := self.clock(name)) is not None]
        for clock, raised in list(rungs_of_move(self.case, clocks, self.definition.workflow, move)):
            self.clocks[clock.name] = with_rung(self.clocks.get(clock.name, clock), raised.name)
            self.rungs.append((clock.name, raised.name))

    def event(
        self,
        drafting: Drafting,
        event_type: EventType,
        *,
        transition: str | None = None,
        to_state: str | None = None,
        opening: Opening | None = None,
    ) -> Event:
        """Return the finished event; a state change brings phase and milestone with it."""
        state = None if to_state is None else self.definition.workflow.states[to_state]
        milestone = None if state is None or state.milestone is None else str(state.milestone)
        return Event(
            case=self.case.id,
            type=event_type,
            at=drafting.at,
            actor=self.actor,
            role=None if self.capacity is None else self.capacity.role,
            acting_unit=None if self.capacity is None else self.capacity.unit,
            stated=drafting.stated,
            behalf=None if self.entered is None else behalf_of(*self.entered),
            key_hash=drafting.key_hash,
            opening=opening,
            transition=transition,
            to_state=to_state,
            to_phase=None if state is None else state.phase,
            milestone=milestone,
            verdicts=tuple(self.verdicts),
            cause=self.cause,
            fields=dict(self.fields),
            joined=tuple(self.joined),
            left=tuple(self.left),
            clocks=tuple(self.clocks.values()),
            children=tuple(self.children),
            merge=self.merge,
            resume_state=self.resume_state,
            linked=tuple(self.linked),
            published=self.published,
            notices=tuple(self.notices),
            rungs=tuple(self.rungs),
            withdrawn=tuple(self.withdrawn),
            taken=self.taken,
        )
