"""Random (measure, instant, scope) triples, and where the engine's figures and an independent count of them differ.

The engine counts from spans; ``tests.oracle.recount`` from an exported bundle and the text of the definitions. The
numerator, the denominator, what is left out, what stands beside, and the very cases that are counted must be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final, NamedTuple, Protocol

from engine.definition.compiled import Definition
from engine.figures.facts import Facts
from engine.figures.survey import Section, Survey, members, survey, tally_of
from tests.oracle.recount import SCOPES, Recount, Recounted, Scope

AT_ONE_INSTANT: Final = 10
"""So many triples share a workflow and an instant, for which the engine counts everything in one pass."""
LISTED_OF: Final = 5
"""Of one in so many triples the counted cases are compared by their ids."""
MICROSECOND: Final = timedelta(microseconds=1)


class Triple(NamedTuple):
    """What is asked: a measure of a workflow, an instant, a scope."""

    workflow: str
    measure: str
    at: datetime
    scope: Scope


class Books(Protocol):
    """What the engine counts by."""

    def definition(self, workflow: str) -> Definition: ...
    def facts(self, workflow: str, cutoff: datetime, /) -> Iterable[Facts]: ...


@dataclass(slots=True)
class Compared:
    """How many triples were compared, of how many a case was counted, of how many some was left out or stood beside, in
    how many lists; and what differed."""

    triples: int = 0
    counted: int = 0
    lines: int = 0
    listed: int = 0
    scopes: set[str] = field(default_factory=set)
    differences: list[str] = field(default_factory=list)


def compared(
    books: Books,
    recount: Recount,
    instants: Sequence[datetime],
    triples: int,
    random: Random,
    *,
    until_different: bool = False,
) -> Compared:
    """Draw so many triples and count each of them both ways.

    Args:
        books: what the engine counts by.
        recount: the independent count of the same ledger.
        instants: those at which something happens or is due; drawn are they, what is next to them, and any between.
        triples: how many are drawn, a multiple of ``AT_ONE_INSTANT``.
        random: draws them.
        until_different: do not go on after the first difference.
    """
    found = Compared()
    workflows = sorted({body["opening"]["workflow"] for body in recount.entries if "opening" in body})
    measured = [name for name in workflows if books.definition(name).workflow.measures]
    for _group in range(triples // AT_ONE_INSTANT):
        if until_different and found.differences:
            break
        # What has most measures has most to be wrong in.
        weights = [len(books.definition(name).workflow.measures) for name in measured]
        (workflow,) = random.choices(measured, weights)
        at = _drawn(instants, random)
        definition, facts = books.definition(workflow), list(books.facts(workflow, at))
        engine = _Engine(definition, facts, at, survey(definition, facts, at))
        for number in range(AT_ONE_INSTANT):
            triple = Triple(workflow, random.choice(list(definition.workflow.measures)), at, engine.a_scope(random))
            again = recount.count(*triple)
            found.triples += 1
            found.counted += bool(again.counted)
            found.lines += bool(again.excluded or again.beside)
            found.scopes.add(triple.scope.kind)
            found.differences += engine.differences(triple, again)
            if number % LISTED_OF == 0:
                found.listed += 1
                found.differences += engine.list_differences(triple, again)
    return found


@dataclass(frozen=True, slots=True)
class _Engine:
    """What the engine says of one workflow at one instant."""

    definition: Definition
    facts: Sequence[Facts]
    at: datetime
    told: Survey

    def a_scope(self, random: Random) -> Scope:
        """Draw the whole or one of the groups there are."""
        kind = random.choice(SCOPES)
        keys = [section.key for section in self.told.groups.get(kind, ())]
        return Scope() if kind == "whole" or not keys else Scope(kind, random.choice(keys))

    def differences(self, triple: Triple, again: Recounted) -> Iterator[str]:
        section = self._section(triple.scope)
        tally = tally_of(self.definition, self.told, section, triple.measure)
        engine = {
            "numerator": tally.numerator,
            "denominator": tally.denominator,
            **{f"excluded.{line.id}": line.count for line in tally.excluded if line.count},
            **{f"beside.{line.id}": line.count for line in tally.beside if line.count},
        }
        counted = {
            "numerator": again.numerator,
            "denominator": again.denominator,
            **{f"excluded.{name}": count for name, count in again.excluded.items()},
            **{f"beside.{name}": count for name, count in again.beside.items()},
        }
        if engine != counted:
            yield f"{triple}: the engine says {engine}, counted again {counted}"

    def list_differences(self, triple: Triple, again: Recounted) -> Iterator[str]:
        """Yield where the list of cases behind a number is not of the cases that are counted."""
        group = None if triple.scope.kind == "whole" else (triple.scope.kind, triple.scope.key)
        column = f"{triple.measure} numerator"
        listed = sorted(members(self.definition, self.facts, self.at, column, None, group))
        if listed != again.counted:
            yield f"{triple}: the engine lists {listed}, counted again {again.counted}"

    def _section(self, scope: Scope) -> Section:
        found = self.told.whole if scope.kind == "whole" else self.told.group(scope.kind, scope.key)
        assert found is not None, "drawn from the groups there are"
        return found


def _drawn(instants: Sequence[datetime], random: Random) -> datetime:
    """Draw an instant: exactly one at which something happens or is due, next to it, or any other."""
    exact = random.choice(instants)
    between = instants[0] + random.random() * (instants[-1] - instants[0])
    return random.choice((exact, exact, exact - MICROSECOND, between, between))
