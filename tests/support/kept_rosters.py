"""The tables of rosters kept in memory, counted in the plainest way: what a database is compared with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from engine.case.identity import CaseId, RootId
from engine.case.rosters import KnownLine, Pair, Slot
from engine.service.roster_ports import CoverageAsk, CoverageCount, CoverageLine, Facet, HeldLine, NamedLine
from engine.service.roster_rows import RosterLineRow, RosterReachRow, RosterRows
from engine.service.rows import BatchRows


@dataclass(slots=True)
class KeptRosters:
    """Both tables, in no order. It asks nobody for rights."""

    lines: list[RosterLineRow] = field(default_factory=list)
    reaches: list[RosterReachRow] = field(default_factory=list)

    def write(self, rows: BatchRows) -> None:
        gone = {tuple(end) for end in rows.roster_ends}
        self.lines = [row for row in self.lines if (row.root, row.case) not in gone] + rows.roster_lines
        self.reaches = [row for row in self.reaches if (row.root, row.case) not in gone] + rows.roster_reaches
        keys = Counter((row.root, row.roster, row.key) for row in self.lines)
        slots = Counter((row.root, row.reach, row.slot, row.key) for row in self.reaches if row.slot is not None)
        assert max((*keys.values(), *slots.values()), default=1) == 1, "the indexes of a database are unique"

    def of(self, case: CaseId) -> RosterRows:
        return RosterRows(
            tuple(row for row in self.lines if row.case == case),
            tuple(row for row in self.reaches if row.case == case),
        )

    def roster_lines(self, root: RootId, pairs: Collection[Pair]) -> Mapping[Pair, KnownLine]:
        return {
            (row.roster, row.key): KnownLine(CaseId(row.case), row.name)
            for row in self.lines
            if row.root == root and (row.roster, row.key) in pairs
        }

    def roster_held(self, root: RootId, slots: Collection[Slot]) -> Mapping[Slot, HeldLine]:
        return {
            (row.reach, row.key, row.slot): HeldLine(CaseId(row.case), row.unit, row.day)
            for row in self.reaches
            if row.root == root and row.slot is not None and (row.reach, row.key, row.slot) in slots
        }

    def coverage_counts(
        self, root: RootId, principals: Sequence[str] | None, ask: CoverageAsk
    ) -> Sequence[CoverageCount]:
        found: dict[tuple[str, str | None], list[int]] = {}
        for line in self._among(root, ask):
            numbers = found.setdefault((line.unit, _facet(line, ask.by)), [0, 0, 0])
            covered = self._is_covered(line, ask)
            numbers[0] += 1
            numbers[1] += covered
            numbers[2] += not covered and any(
                row.planned
                and row.key == line.key
                and row.reach == ask.reach
                and (row.day is None or ask.from_day <= row.day <= ask.until_day)
                for row in self.reaches
            )
        return [CoverageCount(unit, value, *numbers) for (unit, value), numbers in found.items()]

    def coverage_twice(self, root: RootId, principals: Sequence[str] | None, ask: CoverageAsk) -> int:
        return sum(
            row.root == root
            and row.reach == ask.reach
            and bool(row.excused)
            and not row.planned
            and ask.from_day <= (row.day or "") <= ask.until_day
            for row in self.reaches
        )

    def roster_named(
        self, root: RootId, principals: Sequence[str] | None, roster: str, *, called: str | None, limit: int
    ) -> Sequence[NamedLine]:
        found = [
            NamedLine(line.key, line.name)
            for line in sorted(self.lines, key=lambda line: line.key)
            if (line.root, line.roster) == (root, roster)
            and (called is None or line.key == called or called in line.name)
        ]
        return found[:limit]

    def roster_seen(
        self, root: RootId, principals: Sequence[str] | None, roster: str, keys: Collection[str]
    ) -> Sequence[NamedLine]:
        return [
            NamedLine(line.key, line.name)
            for line in sorted(self.lines, key=lambda line: line.key)
            if (line.root, line.roster) == (root, roster) and line.key in keys
        ]

    def coverage_lines(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        ask: CoverageAsk,
        *,
        covered: bool,
        units: Sequence[str] | None,
        after: str,
        limit: int,
    ) -> Sequence[CoverageLine]:
        found = [
            CoverageLine(line.key, line.name, line.unit, CaseId(line.case), _facet(line, ask.by))
            for line in sorted(self._among(root, ask), key=lambda line: line.key)
            if self._is_covered(line, ask) == covered and line.key > after and (units is None or line.unit in units)
        ]
        return found[:limit]

    def _among(self, root: RootId, ask: CoverageAsk) -> list[RosterLineRow]:
        return [
            line
            for line in self.lines
            if line.root == root and line.roster == ask.roster and all(_holds(line, facet) for facet in ask.among)
        ]

    def _is_covered(self, line: RosterLineRow, ask: CoverageAsk) -> bool:
        if ask.reach is None:
            return all(_holds(line, facet) for facet in ask.has)
        return any(
            not row.planned
            and (row.root, row.reach, row.key) == (line.root, ask.reach, line.key)
            and ask.from_day <= (row.day or "") <= ask.until_day
            for row in self.reaches
        )


def _facet(line: RosterLineRow, name: str | None) -> str | None:
    value = None if name is None else json.loads(line.facets).get(name)
    return None if value is None else str(value)


def _holds(line: RosterLineRow, facet: Facet) -> bool:
    return _facet(line, facet[0]) in facet[1]
