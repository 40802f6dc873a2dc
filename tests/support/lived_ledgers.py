"""Cases that lived in memory, with their ledger as a bundle to be counted again, and the figures the engine counts.

Lives are random walks over several workflows that rather make the moves which were made least, so that merges,
reassignments, suspensions, extensions and second rounds are all among them. The same seed gives the same lives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final, cast

from pydantic import JsonValue

from engine.case.actors import IMPORT
from engine.case.case import Case
from engine.case.commands import OpenCase, Stated, TendCase
from engine.case.events import Step
from engine.case.identity import CaseId, UnitId
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.figures.facts import Facts, Span, facts_of
from engine.ledger.bundle import Bundle, BundleEntry, Opening, bundle_bytes
from engine.ledger.chain import entry_hash
from engine.ledger.merkle import Tree
from engine.ledger.replay import Move
from engine.service.history_ports import StoredSpan
from engine.service.projection import spans_of
from tests.support.builders import ROOT, SESSION, at
from tests.support.bundles import KEYS, checkpoint
from tests.support.rehearsal import Recorded, Rehearsal, counted_bytes
from tests.support.walks import MEETING, SHORT, Chance, Walk

OPENED: Final = ("proposal",) * 4 + ("grievance",) * 3 + ("inspection", "mediation", "intake", "hardship")
"""What is opened in each house; the parts that are handed out, and what is linked, come by themselves."""
BASES: Final = ("登记簿第3行", "登记簿第4行;undated")
"""How an imported case may say when it happened."""
FIRST_AT: Final = at("2026-02-01", 1)
"""The first night of a month here, and the month before in Greenwich."""
TO_BE_FILED: Final = ("submit", "endorse", "begin_review", "file")
TRIES: Final = 6
ONWARD: Final = 0.7
"""How often a move that leads on is preferred to one after which a case stays where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What is left of lives: the bundle that is handed out, and what the engine counts by.

    ``fired`` says how often each move was made; ``instants`` are those of entries and those at which something is due.
    """

    rules: Rulebook
    bundle: bytes
    spans: Mapping[str, Sequence[StoredSpan]]
    fired: Counter[str]
    instants: Sequence[datetime]

    def definition(self, workflow: str) -> Definition:
        """Return the rules that figures are counted by."""
        return self.rules.for_new(workflow)

    def facts(self, workflow: str, cutoff: datetime) -> Iterable[Facts]:
        """Return what the engine knows of every case as of an instant."""
        return facts_of(cast(Sequence[Span], self.spans.get(workflow, ())), cutoff)


class _Walk(Walk):
    """A walk that draws the move made least so far in all lives, and may import a case."""

    fired: Counter[str]

    def open_one(self, workflow: str, basis: str | None = None, **fixed: JsonValue) -> CaseId | None:
        """Open a case, or import one on a basis, by a form that is drawn until it is taken."""
        definition = self.play.rules.for_new(workflow)
        for _try in range(TRIES):
            happened_at = self.play.now - timedelta(days=self.random.randint(1, 90))
            stated = None if basis is None else Stated(happened_at, basis)
            command = OpenCase(
                root=ROOT,
                actor=IMPORT if stated else self.random.choice(self.people),
                key=f"open-{len(self.play.steps)}",
                workflow=workflow,
                unit=UnitId(self.random.choice(("works", "plant"))),
                congress_session=SESSION if workflow == "proposal" else None,
                form={**self._filled(definition, definition.workflow.opening, "opening"), **fixed},
                stated=stated,
            )
            step = self.play.ask(command)
            if isinstance(step, Step):
                return step.case
        return None

    def file_some(self) -> None:
        """Lead proposals of delegations so far that they can be merged with each other."""
        for _proposal in range(3):
            case = self.open_one("proposal", proposer_type="delegation")
            for transition in TO_BE_FILED:
                chances = [one for one in self.chances() if (one.case, one.transition) == (case, transition)]
                any(self.make(chance) for chance in chances)

    def move(self) -> None:
        """Let some days pass, look at the clocks of a case, and make one of the moves that are offered."""
        self.play.now += timedelta(hours=self.random.randrange(0, 100))
        self.play.ask(TendCase(root=ROOT, case=self.random.choice(list(self.play.cases))))
        chances = list(self.chances())
        self.random.shuffle(chances)
        goes_on = self.random.random() < ONWARD
        chances.sort(key=lambda chance: (goes_on and self._stays(chance), *self._made(chance)))
        for chance in chances[:TRIES]:
            if self.make(chance):
                self.fired[chance.transition] += 1
                return

    def _stays(self, chance: Chance) -> bool:
        case = self.play.cases[chance.case]
        workflow = self.play.rules.pinned(case.pins.definition, case.pins.lists).workflow
        return workflow.transitions[chance.transition].stay

    def _made(self, chance: Chance) -> tuple[int, int]:
        return self.tried.get((chance.case, chance.transition), 0), self.fired[chance.transition]


def lived_cases(rules: Rulebook, seed: int, houses: int, moves: int) -> list[Case]:
    """Let cases live, and return each as it is at last."""
    recorded = recorded_lives(rules, seed, houses, moves)
    return list({one.event.case: one.written.case for one in recorded}.values())


def lived(rules: Rulebook, seed: int, houses: int, moves: int) -> Lived:
    """Let cases live, each time in so many houses by so many moves, and return what is left of all of them."""
    recorded, fired = _lives(rules, seed, houses, moves)
    return Lived(
        rules=rules,
        bundle=exported(recorded),
        spans=spans_by_workflow(recorded),
        fired=fired,
        instants=sorted({one.event.at for one in recorded} | {due for one in recorded for due in _due(one)}),
    )


def recorded_lives(rules: Rulebook, seed: int, houses: int, moves: int) -> list[Recorded]:
    """Let cases live, and return every entry of theirs."""
    return _lives(rules, seed, houses, moves)[0]


def _lives(rules: Rulebook, seed: int, houses: int, moves: int) -> tuple[list[Recorded], Counter[str]]:
    random, fired, source = Random(seed), Counter[str](), counted_bytes()
    recorded: list[Recorded] = []
    for house in range(houses):
        begun = FIRST_AT + timedelta(days=house * 19)
        walk = _Walk(Rehearsal(rules=rules, sessions=[MEETING], random=source, now=begun), random, SHORT)
        walk.fired = fired
        for workflow in OPENED:
            walk.open_one(workflow, random.choice((None, None, None, *BASES)))
        walk.file_some()
        for _move in range(moves):
            walk.move()
        recorded += walk.play.recorded
    return recorded, fired


def exported(recorded: Sequence[Recorded]) -> bytes:
    """Return the bundle of all that was recorded, with every value opened."""
    tree = Tree([entry_hash(one.written.body) for one in recorded])
    return bundle_bytes(
        Bundle(
            ledger=ROOT,
            checkpoint=checkpoint(tree, tree.size, None),
            made_at=recorded[-1].event.at,
            tool="tests",
            entries=[
                BundleEntry(
                    chain=one.event.case,
                    seq=one.written.seq,
                    body=one.written.body,
                    index=place,
                    proof=tree.inclusion(place),
                )
                for place, one in enumerate(recorded)
            ],
            keys=KEYS,
            openings=[
                Opening(entry=one.written.id, path=private.path, salt=private.salt, value=private.value)
                for one in recorded
                for private in one.written.privates
            ],
        )
    )


def spans_by_workflow(recorded: Sequence[Recorded]) -> Mapping[str, Sequence[StoredSpan]]:
    """Return the spans that the engine makes of all that was recorded, those of a case together."""
    by_case: dict[CaseId, list[Recorded]] = {}
    for one in recorded:
        by_case.setdefault(one.event.case, []).append(one)
    spans: dict[str, list[StoredSpan]] = {}
    for each in by_case.values():
        moves = [
            Move(one.before, one.written.case, one.event, last.definition, one.definition)
            for last, one in zip((each[0], *each), each, strict=False)
        ]
        spans.setdefault(moves[0].after.workflow, []).extend(spans_of(moves))
    return spans


def _due(one: Recorded) -> Iterator[datetime]:
    yield from (clock.due_at for clock in one.event.clocks)
