"""``make campaign``, the hunt ``recount``: random (measure, instant, scope) triples, counted by the engine and, from an
exported bundle and the text of the definitions, by the script of ``tests/oracle``. Both must say the same.

Most lives are played in memory. Some are lived in real houses, with erasures, anonymous cases and sealing: there the
engine reads its tables, and the bundle is the one that ``banjie bundle`` makes for a reader of all cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from benchmarks.hunting import caught
from benchmarks.report import Results

if TYPE_CHECKING:
    from engine.definition.compiled import Definition
    from engine.figures.facts import Facts
    from tests.oracle.recount import Recount
    from tests.support.drawn_lives import Life
    from tests.support.lived_ledgers import Lived
    from tests.support.recounting import Compared

RULES = Path("workflows")
LEDGERS, TRIPLES_OF_A_LEDGER = 10, 900
HOUSES, TRIPLES_OF_A_HOUSE = 4, 250
HOUSES_IN_MEMORY, MOVES, STEPS = 4, 130, 45
TRIPLES_TO_CATCH = 3_000


def recount(results: Results, folder: Path, number: int) -> None:
    """Count 10,000 triples both ways."""
    found = [_of_a_ledger(number + each) for each in range(LEDGERS)]
    found += _of_houses(folder, number)
    triples = sum(each.triples for each in found)
    differences = [line for each in found for line in each.differences]
    results.add(
        f"{triples} (measure, instant, scope) triples, {sum(each.counted for each in found)} with cases, "
        f"{sum(each.listed for each in found)} lists: counted otherwise by the script of tests/oracle",
        len(differences), "", "0", met=not differences and triples >= 10_000, note="; ".join(differences[:3])[:600],
    )  # fmt: skip


def recount_bugs(results: Results, _folder: Path, number: int) -> None:
    """Put each bug into the engine's figures; the two counts must part."""
    from tests.support.recount_bugs import BUGS, seeded

    lives, again = _lives(number)
    found = {}
    for name in BUGS:
        with seeded(name):
            compared = _compared(lives, again, lives.instants, TRIPLES_TO_CATCH, number, is_control=True)
        found[name] = bool(compared.differences)
    caught(results, "recount", found)


def _lives(number: int) -> tuple[Lived, Recount]:
    from runtime.rules import load_rules
    from tests.oracle.recount import Recount
    from tests.oracle.written import Rules
    from tests.support.lived_ledgers import lived

    lives = lived(load_rules(RULES).rulebook(), number, HOUSES_IN_MEMORY, MOVES)
    return lives, Recount(lives.bundle, Rules(RULES))


def _of_a_ledger(number: int) -> Compared:
    lives, again = _lives(number)
    return _compared(lives, again, lives.instants, TRIPLES_OF_A_LEDGER, number)


def _of_houses(folder: Path, number: int) -> list[Compared]:
    from tests.oracle.recount import Recount
    from tests.oracle.written import Rules
    from tests.support.drawn_lives import a_founded_house, a_life

    founded, rules, found = a_founded_house(folder / "founded"), Rules(RULES), []
    for each in range(HOUSES):
        with a_life(founded, folder / f"life-{each}", number + each) as life:
            life.go(STEPS)
            while not life.erase():
                life.step()
            life.seal()
            again = Recount(handed_out(life), rules)
            instants = sorted({datetime.fromisoformat(body["at"]) for body in again.entries})
            found.append(_compared(Tables(life), again, instants, TRIPLES_OF_A_HOUSE, number + each))
    return found


@dataclass(frozen=True, slots=True)
class Tables:
    """What the engine counts by in a house for the reader to whom the bundle is handed out."""

    life: Life

    def definition(self, workflow: str) -> Definition:
        """Return the rules that figures are counted by."""
        return self.life.walk.play.rules.for_new(workflow)

    def facts(self, workflow: str, cutoff: datetime) -> Iterable[Facts]:
        """Return what the tables say of the cases that the reader may see."""
        from engine.access.readers import principals_of
        from engine.case.codec import microseconds
        from engine.figures.facts import facts_of
        from tests.support.builders import ROOT

        principals = principals_of(self.life.walk.people[0])
        reads = self.life.opened.desk.reads
        return facts_of(reads.spans_of_workflow(ROOT, workflow, microseconds(cutoff), principals), cutoff)


def handed_out(life: Life) -> bytes:
    """Return the bundle of every case that the reader may see, as it is handed out."""
    from engine.errors import CaseNotFound
    from engine.ledger.bundle import bundle_bytes
    from engine.service.proving import bundle_of
    from tests.support.builders import ROOT

    desk, reader, world = life.opened.desk, life.walk.people[0], life.opened.desk.world(ROOT)
    seen = []
    for case in life.walk.play.cases:
        try:
            desk.queries.case(ROOT, case, reader, world)
        except CaseNotFound:
            continue
        seen.append(case)
    made = bundle_of(
        desk, ROOT, seen, reader, world, now=life.clock.now(), tool="campaign",
        keys=lambda origin: [("log", life.keeper.key(origin))],
    )  # fmt: skip
    return bundle_bytes(made)


def _compared(
    books: Lived | Tables,
    again: Recount,
    instants: Sequence[datetime],
    triples: int,
    number: int,
    *,
    is_control: bool = False,
) -> Compared:
    from tests.support.recounting import compared

    return compared(books, again, instants, triples, Random(number), until_different=is_control)
