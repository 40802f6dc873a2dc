"""Coverage (覆盖率): how much of a roster was reached, or has something, against its goal; by facet and by unit.

What is counted is declared in ``coverage`` of a definition; each line counts once. A reader is told of the lines that
they may see, and of no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from engine.case.identity import RootId, UnitId
from engine.definition.model import Workflow
from engine.definition.roster_parts import CoveragePart, Facets
from engine.definition.rulebook import Rulebook
from engine.errors import NotFound
from engine.figures.measures import rate
from engine.service.roster_ports import CoverageAsk, CoverageCount, CoverageLine, Facet, RosterReads
from engine.service.roster_rows import facet_text
from engine.service.world import World
from engine.text import Text

YEAR_FIRST: Final = 2000
YEAR_LAST: Final = 2100


class Declared(NamedTuple):
    """A coverage as a definition declares it."""

    workflow: str
    name: str
    part: CoveragePart

    @property
    def id(self) -> str:
        return f"{self.workflow}.{self.name}"


class Numbers(NamedTuple):
    """What the database has counted of a coverage: by unit and facet, and how often lines were reached once more."""

    counts: tuple[CoverageCount, ...]
    twice: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many lines, how many of them count, and how many only stand in plans."""

    lines: int = 0
    covered: int = 0
    planned: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(
            lines=self.lines + other.lines,
            covered=self.covered + other.covered,
            planned=self.planned + other.planned,
        )

    @property
    def missing(self) -> int:
        return self.lines - self.covered

    def percent(self, decimals: int = 1) -> str:
        """Return the share in per cent, rounded half up; "—" where there is no line."""
        return rate(self.covered, self.lines, decimals)

    def short_of(self, goal: int | None) -> int:
        """Return how many more lines must count for the goal, in percent of all of them; 0 where it is reached."""
        return 0 if goal is None else max(0, -(-self.lines * goal // 100) - self.covered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was counted: of everything in the unit looked at, of each value of the facet, and of each unit below.

    ``own`` is of the unit itself without those below it. ``twice`` counts how often cases of the whole house that the
    reader may see have reached a line once more, with a reason.
    """

    declared: Declared
    year: int
    whole: Share
    by_value: Mapping[str | None, Share]
    by_unit: Mapping[UnitId, Share]
    own: Share
    twice: int


def declared_in(rules: Rulebook) -> Iterator[Declared]:
    """Yield every coverage that the newest definitions declare, workflow by workflow."""
    for name in rules.names():
        for coverage, part in rules.newest(name).coverage.items():
            yield Declared(name, coverage, part)


def find_declared(rules: Rulebook, id_: str) -> Declared:
    """Return the coverage with this id; raises NotFound."""
    found = next((one for one in declared_in(rules) if one.id == id_), None)
    if found is None:
        raise NotFound(Text("没有这项覆盖率", "No such coverage"), coverage=id_[:120])
    return found


def ask_of(declared: Declared, year: int) -> CoverageAsk:
    """Return what is asked of the database for a year, of two years where the part says so."""
    part = declared.part
    return CoverageAsk(
        roster=part.roster,
        among=_facets(part.among),
        reach=None if part.reach is None else f"{declared.workflow}.{part.reach}",
        from_day=f"{year - 1 if part.per == 'two_years' else year:04}-01-01",
        until_day=f"{year:04}-12-31",
        has=_facets(part.has),
        by=part.by,
    )


def roster_of(declared: Declared, rules: Rulebook) -> Workflow:
    """Return the newest definition of the roster."""
    return rules.newest(declared.part.roster)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageDesk:
    """Answers about coverage for one reader; ``principals`` None is the system itself."""

    reads: RosterReads
    root: RootId
    world: World
    principals: Sequence[str] | None

    def numbers(self, declared: Declared, year: int) -> Numbers:
        """Count a coverage in all units."""
        ask = ask_of(declared, year)
        counts = self.reads.coverage_counts(self.root, self.principals, ask)
        return Numbers(tuple(counts), self.reads.coverage_twice(self.root, self.principals, ask))

    def count(self, declared: Declared, year: int, unit: UnitId | None = None) -> Coverage:
        """Count a coverage in a unit and all units below it; None is the whole house."""
        return self.told(declared, year, self.numbers(declared, year), unit)

    def told(self, declared: Declared, year: int, numbers: Numbers, unit: UnitId | None = None) -> Coverage:
        """Return what was counted of a unit and all units below it; None is the whole house."""
        tree = self.world.surroundings.tree
        top = UnitId(tree.root) if unit is None else unit
        inside = [(line, one) for one in numbers.counts if top in (line := tree.lineage(UnitId(one.unit)))]
        by_value: dict[str | None, Share] = {}
        by_unit: dict[UnitId, Share] = {}
        own = whole = Share()
        for line, one in inside:
            share = _share(one)
            whole += share
            by_value[one.value] = by_value.get(one.value, Share()) + share
            place = line.index(top)
            if place == 0:
                own += share
            else:
                by_unit[line[place - 1]] = by_unit.get(line[place - 1], Share()) + share
        return Coverage(
            declared=declared,
            year=year,
            whole=whole,
            by_value=by_value if declared.part.by is not None else {},
            by_unit=by_unit,
            own=own,
            twice=numbers.twice,
        )

    def lines(
        self, declared: Declared, year: int, *, covered: bool, unit: UnitId | None, after: str, limit: int
    ) -> Sequence[CoverageLine]:
        """Return lines that count, or that do not, of a unit and all below it, in the order of their keys."""
        return self.reads.coverage_lines(
            self.root,
            self.principals,
            ask_of(declared, year),
            covered=covered,
            units=None if unit is None else list(self._below(unit)),
            after=after,
            limit=limit,
        )

    def _below(self, unit: UnitId) -> Iterable[str]:
        tree = self.world.surroundings.tree
        return [each for each in tree.parents if unit in tree.lineage(each)]


def _share(count: CoverageCount) -> Share:
    return Share(lines=count.lines, covered=count.covered, planned=count.planned)


def _facets(asked: Facets) -> tuple[Facet, ...]:
    return tuple(
        (name, (facet_text(value),) if isinstance(value, bool) else tuple(value)) for name, value in asked.items()
    )
