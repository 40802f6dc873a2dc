"""A works kept in memory, in which scenarios act: real commands through the real ``execute``, and a record of all that
came of them. Knows nothing of pytest, of a single workflow, or of sentences."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Final

from pydantic import JsonValue

from engine.access.directory import Surroundings
from engine.case.actors import Actor, Grant
from engine.case.case import Case
from engine.case.codec import at_from
from engine.case.commands import Command, FireTransition, OnBehalf, OpenCase, Stated, TendCase
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.roles import opening_capacity
from engine.case.scope import SHANGHAI
from engine.case.situation import CongressSession
from engine.definition.compiled import Definition
from engine.definition.loader import content_hash
from engine.definition.model import Workflow
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError
from engine.ledger.commitments import NullSealer
from engine.service.case_rows import case_from
from engine.service.execute import Batch, Done, execute
from engine.service.polls import PollDesk
from engine.service.ports import WriteTransaction
from engine.service.rows import BatchRows
from engine.service.world import World
from runtime.rules import Rules
from tests.support.answers import Answer, Move
from tests.support.cast import ROOT, SESSION, Cast
from tests.support.ledgers import Tables
from tests.support.wording import Names, anything

OFFICE_OPENS: Final = time(9)
FIRST_DAY: Final = datetime(2026, 1, 1, 1, tzinfo=UTC)
Form = Mapping[str, JsonValue]

# What a field that must be answered says when the scenario does not speak of it, where just anything would be wrong.
USUAL: Final[Form] = {
    "proposed_unit": "personnel",
    "extension_days": 10,
    "requested_co_handlers": ["finance"],
    "seconding_scan": "5c" * 32,
}


@dataclass(slots=True)
class _HallTables(Tables):
    """Tables of the hall's own organisation, remembering which entries were written last."""

    cast: Cast = field(default_factory=Cast)
    fresh: list[bytes] = field(default_factory=list)
    exclusive: bool = True

    def surroundings(self, root: RootId) -> Surroundings:
        return self.cast.surroundings()

    def poll_electors(self, root: RootId, unit: UnitId, roles: Collection[str], on: date) -> Sequence[PersonId]:
        held = {Grant(role, unit) for role in roles}
        return [PersonId(name) for name, grants in self.cast.grants.items() if grants & held]

    def write(self, rows: BatchRows) -> None:
        self.fresh = [entry.body for entry in rows.entries]
        Tables.write(self, rows)


@dataclass(slots=True)
class Hall:
    """Cases by the names scenarios give them, a clock that only scenarios move, and every answer in order.

    ``asked`` are the answers a scenario is about, without those that only led up to it; the refusals among the first
    ``refusals_seen`` of them were spoken of.
    """

    rules: Rules
    cast: Cast = field(default_factory=Cast)
    now: datetime = FIRST_DAY
    session: CongressSession | None = SESSION
    cases: dict[str, CaseId] = field(default_factory=dict)
    current: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[Answer] = field(default_factory=list)
    refusals_seen: int = 0
    parameters: dict[tuple[str, str], JsonValue] = field(default_factory=dict)
    coverage_asked: set[tuple[str, str]] = field(default_factory=set)
    tables: _HallTables = field(init=False)
    book: Rulebook = field(init=False)
    _keys: Iterator[int] = field(default_factory=count)
    _dice: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        self.tables = _HallTables(cast=self.cast)
        self.book = _book(self.rules, {})

    # ------------------------------------------------------------------------------------------------- time and rules
    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    def go_to(self, on: date) -> None:
        """Put the clock on nine o'clock of a day; it never goes back once something has happened."""
        at = datetime.combine(on, OFFICE_OPENS, SHANGHAI).astimezone(UTC)
        assert at >= self.now or not self.answers, f"{on}早于{self.today}"
        self.now = at

    def set_parameter(self, workflow: str, name: str, value: JsonValue) -> None:
        """Let the unit rule otherwise than the definition's default; before any case is opened."""
        assert not self.answers, "先有规定，后有事项"
        self.parameters[(workflow, name)] = value
        self.book = _book(self.rules, self.parameters)

    def set_session(self, title: str, **dates: date | None) -> None:
        """Give a congress session other dates."""
        changed = replace(self.cast.sessions[title], **dates)  # type: ignore[arg-type]  # only dates are given
        self.cast.sessions[title] = changed
        if self.session is not None and self.session.id == changed.id:
            self.session = changed

    # --------------------------------------------------------------------------------------------------------- looking
    @property
    def names(self) -> Names:
        return Names(unit=self.cast.unit, person=self.cast.person, case=self.case_id)

    @property
    def last(self) -> Answer:
        """The answer to what was last asked."""
        return self.answers[-1]

    def case_id(self, name: str) -> CaseId:
        assert name in self.cases, f"没有“{name}”，有：{'、'.join(self.cases)}"
        return self.cases[name]

    def case(self, case: CaseId) -> Case:
        """Return a case as it is now."""
        return case_from(self.tables.cases[case])

    def definition(self, workflow: str) -> Definition:
        return self.book.for_new(workflow)

    @property
    def world(self) -> World:
        """The rules and the organisation as they stand."""
        return World(rules=self.book, calendar=self.rules.calendar, surroundings=self.cast.surroundings())

    def child(self, case: CaseId, unit: UnitId, *, earlier: bool = False) -> CaseId:
        """Return the unit's part in the newest assignment, or in the newest of those before it; where the unit has none
        there, its part in what was passed on from one of them."""
        found = self._parts(case, unit, earlier=earlier)
        assert found, f"没有{self.cast.unit_title(unit)}的承办件"
        return found[-1]

    def _parts(self, case: CaseId, unit: UnitId, *, earlier: bool = False) -> list[CaseId]:
        newest = self.case(case).newest_children
        among = [child for child in self.case(case).children if child not in newest] if earlier else newest
        found = [child.case for child in among if child.unit == unit]
        return found or [one for child in among for one in self._parts(child.case, unit)]

    def children(self, case: CaseId, role: str) -> list[Case]:
        """Return the parts of the newest assignment that a role (lead, co_handler) has."""
        return [self.case(child.case) for child in self.case(case).newest_children if child.role == role]

    # ---------------------------------------------------------------------------------------------------------- acting
    def open(
        self,
        who: str,
        workflow: str,
        name: str,
        form: Form | None = None,
        *,
        stated: Stated | None = None,
        on_behalf: OnBehalf | None = None,
    ) -> Answer:
        """Ask for a new case called ``name``, which becomes the current one; fields not given are filled in."""
        definition = self.definition(workflow)
        given: dict[str, JsonValue] = {definition.workflow.subject_field: name, **(form or {})}
        actor = self.cast.actor(who)
        answer = self._do(
            workflow,
            OpenCase(
                root=ROOT,
                actor=actor,
                key=self._key(),
                workflow=workflow,
                unit=self._unit_of(definition, actor),
                congress_session=None if self.session is None else self.session.id,
                form=self._filled(definition, definition.workflow.opening, given),
                stated=stated,
                on_behalf=on_behalf,
            ),
        )
        if answer.refusal is None:
            self.cases[name] = answer.moves[0].case
            self.current = name
        return answer

    def _unit_of(self, definition: Definition, actor: Actor) -> UnitId:
        """Return where somebody opens a case: in the works, or else in the unit in which they may."""
        tree = self.cast.surroundings().tree
        own = sorted(grant.unit for grant in actor.grants)
        places = (unit for unit in (UnitId(ROOT), *own) if opening_capacity(definition, actor, unit, tree) is not None)
        return next(places, UnitId(ROOT))

    def fire(
        self,
        who: str,
        case: CaseId,
        transition: str,
        form: Form | None = None,
        *,
        stated: Stated | None = None,
        on_behalf: OnBehalf | None = None,
    ) -> Answer:
        """Ask for a move; fields that must be answered and are not given are filled in."""
        workflow = self.case(case).workflow
        definition = self.definition(workflow)
        part = definition.workflow.transitions.get(transition)
        return self._do(
            workflow,
            FireTransition(
                root=ROOT,
                actor=self.cast.actor(who),
                key=self._key(),
                case=case,
                transition=transition,
                form=self._filled(definition, {} if part is None else part.form, form or {}),
                stated=stated,
                on_behalf=on_behalf,
            ),
        )

    def cast_ballot(self, who: str, case: CaseId, poll: str, answers: Form) -> Answer:
        """Ask to answer a poll, by the codes of its choices; nothing of it comes into the ledger."""
        found = self.case(case)
        desk = PollDesk(self.tables.polls, self.tables.polls.cast, marked, self.cast.actor(who))
        refusal: BanjieError | None = None
        try:
            desk.cast(found, self.definition(found.workflow), poll, answers)
        except BanjieError as error:
            refusal = error
        self.answers.append(Answer(workflow=found.workflow, refusal=refusal))
        return self.last

    def sweep(self) -> list[tuple[str, str]]:
        """Let time act on every case, as the system does by itself; return the rungs that this raised."""
        raised: list[tuple[str, str]] = []
        for name in map(CaseId, list(self.tables.cases)):
            answer = self._do(self.case(name).workflow, TendCase(root=ROOT, case=name))
            raised += (rung for move in answer.moves for rung in move.rungs)
        return raised

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Count what happens in this block as what the scenario is about, whether it succeeds or not."""
        before = len(self.answers)
        yield
        self.asked += self.answers[before:]

    def _filled(self, definition: Definition, asked: Mapping[str, str], given: Form) -> dict[str, JsonValue]:
        needed = [name for name, need in asked.items() if need == "required" and name not in given]
        filled = {
            name: USUAL[name] if name in USUAL else anything(definition, name, self.today, self.names)
            for name in needed
        }
        return {**filled, **given}

    def _do(self, workflow: str, command: Command) -> Answer:
        world = self.world

        def here(_tx: WriteTransaction, _root: RootId) -> World:
            return world

        batch = Batch(
            tx=self.tables,
            now=self.now,
            world=here,
            sealer=NullSealer(),
            random=self._dice.randbytes,
            wait=True,
            mark=marked,
        )
        result = execute(batch, [command])[0]
        match result:
            case Done():
                answer = Answer(workflow=workflow, moves=tuple(map(self._move, self.tables.fresh)))
            case BanjieError():
                answer = Answer(workflow=workflow, refusal=result)
            case _:
                raise AssertionError("nothing is ever locked here")
        self.answers.append(answer)
        return answer

    def _move(self, entry: bytes) -> Move:
        body = json.loads(entry)
        return Move(
            case=CaseId(body["case"]),
            workflow=self.tables.cases[body["case"]].workflow,
            transition=body.get("transition"),
            at=at_from(body["at"]),
            verdicts=dict(body.get("guards", ())),
            notices=tuple(body.get("notices", ())),
            clocks=tuple(clock["name"] for clock in body.get("clocks", ())),
            rungs=tuple((deadline, rung) for deadline, rung in body.get("rungs", ())),
        )

    def _key(self) -> str:
        return f"key-{next(self._keys)}"


def marked(text: str) -> str:
    """Return what stands for a text; in a house it is a keyed hash."""
    return hashlib.sha256(text.encode()).hexdigest()


_BOOKS: dict[str, Rulebook] = {}
"""Rulebooks by what units have ruled otherwise: compiling one takes longer than a scenario."""


def _book(rules: Rules, parameters: Mapping[tuple[str, str], JsonValue]) -> Rulebook:
    key = f"{id(rules)} {sorted((*name, json.dumps(value)) for name, value in parameters.items())}"
    if key not in _BOOKS:
        workflows = [_otherwise(part, parameters) for part in rules.workflows]
        book = rules.rulebook()
        _BOOKS[key] = replace(
            book,
            workflows={(part.name, part.version): (part, content_hash(part)) for part in workflows},
            _made={},
        )
    return _BOOKS[key]


def _otherwise(part: Workflow, parameters: Mapping[tuple[str, str], JsonValue]) -> Workflow:
    changed = {
        name: known.model_copy(update={"value": parameters[(part.name, name)]})
        if (part.name, name) in parameters
        else known
        for name, known in part.parameters.items()
    }
    return part.model_copy(update={"parameters": changed})
