"""Random walks over offered transitions: forms filled in by their schemas, moves made by whoever may.

What is asked of a walk stands with the tests. A walk is repeatable: everything random comes from one generator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import NamedTuple, cast

from pydantic import JsonValue

from engine.case.actors import Actor, ActorKind, Grant
from engine.case.case import Case
from engine.case.commands import OpenCase, TendCase
from engine.case.events import Step
from engine.case.identity import CaseId, PersonId, SessionId, UnitId
from engine.case.offers import offered
from engine.definition.checks_graph import moves
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import Merge, Phase
from tests.support.builders import PARENTS, ROOT, SHANGHAI, a_session, a_tree, asked
from tests.support.rehearsal import Rehearsal

PERSONS = ("zhao", "qian", "sun", "li")


# The short ways out, so that the walks come to the long ones.
SHORT = frozenset({"withdraw", "refuse", "presidium_refuse", "reject", "redirect", "transfer", "record_reply"})
MEETING = a_session(
    opens_on=date(2026, 4, 1),
    closes_on=date(2026, 4, 20),
    call_opens_on=date(2026, 1, 5),
    call_closes_on=date(2026, 3, 31),
    reply_due_on=date(2026, 8, 1),
)


class Chance(NamedTuple):
    """A move that is offered to somebody."""

    case: CaseId
    transition: str
    actor: Actor


@dataclass(slots=True)
class Walk:
    """A rehearsal on which random offered moves are made. Everybody holds every grant in every unit.

    ``avoided`` are transitions that nobody makes, however short a way they are to an end.
    """

    play: Rehearsal
    random: Random
    avoided: frozenset[str] = frozenset()
    tried: dict[tuple[CaseId, str], int] = field(default_factory=dict)
    people: list[Actor] = field(init=False)
    distances: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        grants = frozenset(
            Grant(grant, UnitId(unit))
            for workflow in self.play.rules.names()
            for role in self.play.rules.newest(workflow).roles.values()
            for grant in role.of
            for unit in PARENTS
        )
        self.people = [Actor(kind=ActorKind.PERSON, person=PersonId(name), grants=grants) for name in PERSONS]

    def open(self, workflow: str, session: SessionId | None) -> CaseId | None:
        """Open a case; None when the form filled in at random was refused."""
        definition = self.play.rules.for_new(workflow)
        step = self.play.ask(
            OpenCase(
                root=ROOT,
                actor=self.random.choice(self.people),
                key=f"open-{len(self.play.steps)}",
                workflow=workflow,
                unit=UnitId("works"),
                congress_session=session,
                form=self._filled(definition, definition.workflow.opening, "opening"),
            )
        )
        return step.case if isinstance(step, Step) else None

    def chances(self) -> Iterator[Chance]:
        """Yield every move offered to somebody now, case by case, in the order of the definition."""
        units = a_tree()
        for case in self.play.cases.values():
            workflow = self.play.rules.pinned(case.pins.definition, case.pins.lists).workflow
            for actor in self.people:
                for name in offered(workflow, case, actor, units):
                    if name not in self.avoided:
                        yield Chance(case.id, name, actor)

    def make(self, chance: Chance) -> bool:
        """Try a move with a form filled in at random; return whether it was made."""
        case = self.play.cases[chance.case]
        definition = self.play.rules.pinned(case.pins.definition, case.pins.lists)
        form = self._filled(definition, definition.workflow.transitions[chance.transition].form, chance.transition)
        self.tried[chance.case, chance.transition] = self.tried.get((chance.case, chance.transition), 0) + 1
        step = self.play.ask(asked(case, chance.transition, chance.actor, form=form))
        return isinstance(step, Step)

    def step(self) -> bool:
        """Let up to nine days pass and act on a case, try one random move, rather one not tried yet.

        Returns whether the move was made.
        """
        self.play.now += timedelta(hours=self.random.randrange(0, 216))
        if self.play.cases:
            self.play.ask(TendCase(root=ROOT, case=self.random.choice(list(self.play.cases))))
        chances = list(self.chances())
        if not chances:
            return False
        drawn = [self.random.choice(chances) for _ in range(3)]
        return self.make(min(drawn, key=lambda chance: self.tried.get((chance.case, chance.transition), 0)))

    def finish(self, rounds: int) -> bool:
        """Drive everything towards final states; return whether it came there. What was tried least goes first."""
        for _round in range(rounds):
            if not self.unfinished():
                return True
            chances = sorted(
                self.chances(),
                key=lambda chance: (self.tried.get((chance.case, chance.transition), 0), self.far(chance)),
            )
            if not any(self.make(chance) for chance in chances[:12]):
                self.play.now += timedelta(days=30)
        return not self.unfinished()

    def unfinished(self) -> list[Case]:
        return [case for case in self.play.cases.values() if case.phase is not Phase.FINAL]

    def stranded(self) -> list[CaseId]:
        """Return the unfinished cases that neither somebody here nor the next move of their parent takes further."""
        able = {chance.case for chance in self.chances()}
        waiting = {case.id for case in self.unfinished()}
        return sorted(case.id for case in self.unfinished() if case.id not in able and case.parent not in waiting)

    def far(self, chance: Chance) -> int:
        """Return how many moves a final state is away after this one, at least."""
        case = self.play.cases[chance.case]
        workflow = self.play.rules.pinned(case.pins.definition, case.pins.lists).workflow
        distance = self.distances.get(case.pins.definition) or _distances(workflow)
        self.distances[case.pins.definition] = distance
        after = workflow.transitions[chance.transition]
        targets = [way.to for way in after.alternatives] or [after.to or case.state]
        return min(distance.get(state, 99) for state in targets)

    def _filled(self, definition: Definition, form: Mapping[str, str], move: str) -> dict[str, JsonValue]:
        asked_for = (name for name, need in form.items() if need == "required" or self.random.random() < 0.4)
        return {name: self._value(definition, name, move) for name in asked_for}

    def _value(self, definition: Definition, name: str, move: str) -> JsonValue:
        part = definition.workflow.fields[name]
        targets = {
            effect.into
            for transition in definition.workflow.transitions.values()
            for effect in transition.effects
            if isinstance(effect, Merge)
        }
        if name in targets:
            alike = [case for case in self.play.cases.values() if case.workflow == definition.workflow.name]
            return self.random.choice([case.id for case in alike if case.phase is Phase.ACTIVE] or [alike[0].id])
        if part.columns:
            return [self._row(definition, name) for _ in range(self.random.randrange(1, 4))]
        codes = sorted(definition.codes.get(name, ()))
        return self._of_schema(part.json_schema, codes)

    def _row(self, definition: Definition, table: str) -> dict[str, JsonValue]:
        return {
            name: self._of_schema(column.json_schema, sorted(definition.codes.get(f"{table}.{name}", ())))
            for name, column in definition.field(table).columns.items()
            if column.value is None and (column.required or self.random.random() < 0.5)
        }

    def _of_schema(self, schema: Mapping[str, JsonValue], codes: list[str]) -> JsonValue:
        kind = schema.get("type")
        if codes and kind == "string":
            return self.random.choice(codes)
        if isinstance(choices := schema.get("enum"), list):
            return self.random.choice(choices)
        if kind == "array":
            return self._many(schema, codes)
        if kind == "integer":
            return self.random.randint(cast(int, schema.get("minimum", 0)), cast(int, schema.get("maximum", 40)))
        if kind == "boolean":
            return self.random.random() < 0.5
        match schema.get("format"):
            case "date":
                days = self.random.randrange(-10, 60)
                return (self.play.now.astimezone(SHANGHAI).date() + timedelta(days=days)).isoformat()
            case "unit":
                return self.random.choice(list(PARENTS))
            case "person":
                return self.random.choice(PERSONS)
        return "字" * max(3, cast(int, schema.get("minLength", 1)))

    def _many(self, schema: Mapping[str, JsonValue], codes: list[str]) -> JsonValue:
        items = cast(Mapping[str, JsonValue], schema.get("items", {"type": "string"}))
        count = max(cast(int, schema.get("minItems", 0)), self.random.randrange(1, 3))
        found = (self._of_schema(items, codes) for _ in range(count * 3))
        return list[JsonValue](dict.fromkeys(cast(Iterator[str], found)))[:count]


def _distances(workflow: Workflow) -> dict[str, int]:
    """Return how many moves each state is away from a final one."""
    distance = {name: 0 for name, state in workflow.states.items() if state.phase is Phase.FINAL}
    ways = [(move.from_state, move.to_state) for move in moves(workflow)]
    for _round in workflow.states:
        for origin, target in ways:
            if target in distance:
                distance[origin] = min(distance.get(origin, 99), distance[target] + 1)
    return distance
