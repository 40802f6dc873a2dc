"""Adding a form of figures up over a tree of 3,000 units: the page of the top, the file of all units, and the move.

Every return is sent, filled in and reported by real commands.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Final

from pydantic import JsonValue

from benchmarks.kept import HOME
from benchmarks.overdue_list import NOW, ROOT, median_seconds
from benchmarks.report import Results
from engine.access.directory import Unit
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.execute import Done
from engine.service.plain import AddUnit
from engine.service.sheets import SheetDesk
from engine.text import Text
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of

ROLL_UP_MS_MAX: Final = 2_000.0
BELOW: Final = (10, 27, 10)
"""Counties of the city, townships of a county, units of a township: 2,980 that report."""
SEED: Final = 20261123
ITEMS: Final = 20
CODES: Final = [f"A{n}" for n in range(ITEMS)]
DEFINED: Final[list[JsonValue]] = [{"code": code, "title": f"指标{code}", "adds_up": True} for code in CODES]


def sheets(results: Results) -> None:
    """Measure on a SQLite file."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        measured(results, f"sqlite:///{folder}/sheets.db", "SQLite")


def sheets_postgres(results: Results, url: str) -> None:
    """Measure the same on PostgreSQL."""
    measured(results, url, "PostgreSQL")


def measured(results: Results, url: str, database: str, below: Sequence[int] = BELOW) -> None:
    """Let all units report and tell how long it takes to add them up, at the top and all together."""
    with desk_of(Settings(database_url=url), clock=SetClock(NOW)) as opened:
        tree = _Tree(opened, below)
        began = time.perf_counter()
        expected = tree.play()
        played = time.perf_counter() - began
        desk, world, office = opened.desk, opened.desk.world(ROOT), tree.office(ROOT)
        reading = SheetDesk(desk.reads, ROOT, world, office)

        def whole() -> dict[str, int]:
            """Add up every unit's own figures, as the file of all levels does."""
            view = desk.queries.case(ROOT, tree.form, office, world)
            totals: dict[str, int] = dict.fromkeys(expected, 0)
            for line in reading.tree(reading.sheet(view, "figures")):
                for code, amount in line.own.items():
                    totals[code] += amount
            return totals

        def top() -> object:
            view = desk.queries.case(ROOT, tree.form, office, world)
            return reading.sheet(view, "figures").now

        assert whole() == expected, "the figures of all units come to something else"
        note = f"{tree.reporting:,} units, {ITEMS} items; reported in {played:.0f} s"
        results.at_most(
            f"{database}: all levels added up anew", 1e3 * median_seconds(whole), "ms", ROLL_UP_MS_MAX, note
        )
        results.add(f"{database}: the page of the top", 1e3 * median_seconds(top), "ms", "", met=None)
        took = tree.summarised()
        results.at_most(f"{database}: the move that adds up the top", 1e3 * took, "ms", ROLL_UP_MS_MAX)


class _Tree:
    """A city and the units below it, level by level, with a form that is sent down."""

    def __init__(self, opened: Opened, below: Sequence[int]) -> None:
        self._opened, self._keys, self._chance = opened, count(), random.Random(SEED)
        self._below_of: dict[str, list[str]] = {}
        level: list[str] = [ROOT]
        for width in below:
            self._below_of.update({above: [f"{above}.{n}" for n in range(width)] for above in level})
            level = [name for above in level for name in self._below_of[above]]
        places: list[tuple[str, UnitId | None]] = [(ROOT, None)]
        places += [(name, UnitId(above)) for above, names in self._below_of.items() for name in names]
        self.reporting = len(places) - 1
        opened.desk.office.write(
            [
                AddUnit(Unit(root=ROOT, id=UnitId(name), parent=above, code=name, title=Text(name, name)))
                for name, above in places
            ]
        )
        self.form = CaseId("")

    def office(self, unit: str, person: str = "officer") -> Actor:
        """Return somebody of the union office of a unit."""
        return Actor(
            kind=ActorKind.PERSON,
            person=PersonId(f"{person}-{unit}"),
            grants=frozenset({Grant("union_office", UnitId(unit))}),
        )

    def play(self) -> dict[str, int]:
        """Send the form down to all units, let each report, and return what the figures come to."""
        form: dict[str, JsonValue] = {"subject": "年报", "period": "2026年", "due_on": "2026-12-15", "items": DEFINED}
        command = OpenCase(
            root=ROOT, actor=self.office(ROOT), key=self._key(), workflow="report_form", unit=UnitId(ROOT), form=form
        )
        self.form = self._done([command])[0]
        self._fire([(self.form, ROOT, "send", {"units": list[JsonValue](self._below_of[ROOT])})])
        totals = dict.fromkeys(CODES, 0)
        self._report(self._below(self.form), totals)
        return totals

    def summarised(self) -> float:
        """Add the form up and return how many seconds that took."""
        began = time.perf_counter()
        self._fire([(self.form, ROOT, "summarise", {})])
        return time.perf_counter() - began

    def _report(self, cases: Sequence[tuple[str, CaseId]], totals: dict[str, int]) -> None:
        """Let units report, those below each of them first."""
        filled: list[tuple[CaseId, str, str, Mapping[str, JsonValue]]] = []
        for unit, case in cases:
            if unit in self._below_of:
                self._fire([(case, unit, "forward", {"units": list[JsonValue](self._below_of[unit])})])
                self._report(self._below(case), totals)
        for unit, case in cases:
            own = {code: self._chance.randrange(1000) for code in totals}
            for code, amount in own.items():
                totals[code] += amount
            rows: JsonValue = [{"code": code, "amount": amount} for code, amount in own.items()]
            filled.append((case, unit, "fill_in", {"figures": rows}))
        self._fire(filled)
        self._fire([(case, unit, "report", {}) for unit, case in cases], person="checker")

    def _below(self, case: CaseId) -> list[tuple[str, CaseId]]:
        (found,) = self._opened.desk.reads.cases(ROOT, [case])
        return [(child.unit, child.case) for child in found.children]

    def _fire(self, moves: Sequence[tuple[CaseId, str, str, Mapping[str, JsonValue]]], person: str = "officer") -> None:
        self._done(
            [
                FireTransition(
                    root=ROOT, actor=self.office(unit, person), key=self._key(), case=case, transition=move, form=form
                )
                for case, unit, move, form in moves
            ]
        )

    def _done(self, commands: Sequence[OpenCase | FireTransition]) -> list[CaseId]:
        return list(self._cases(commands))

    def _cases(self, commands: Sequence[OpenCase | FireTransition]) -> Iterator[CaseId]:
        for answer in self._opened.desk.office.carry_out(commands):
            assert isinstance(answer, Done), answer
            yield answer.outcome.case

    def _key(self) -> str:
        return f"key-{next(self._keys)}"
