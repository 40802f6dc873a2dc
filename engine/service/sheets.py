"""Sheets as their readers see them: whose figures are in, what they come to now, and what was kept of it.

A reader is told of the sheets below that they may see, and of how many there are besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.access.disclosure import disclosed
from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import CaseId, RootId
from engine.case.scope import table_rows
from engine.case.sheets import Asked, Sum, amounts, asked_items, awaited, rolled_up
from engine.definition.compiled import Definition
from engine.definition.sheet_parts import SheetPart
from engine.errors import NotFound
from engine.service.ports import Reads
from engine.service.queries import CaseView, Json
from engine.service.world import World
from engine.text import Text

LEVELS_MAX: Final = 12
"""So many levels a tree of sheets is followed down; an organisation has fewer."""


class Standing(StrEnum):
    """Whether a sheet below counts, owes nothing, or is awaited."""

    COUNTED = "counted"
    SPARED = "spared"
    AWAITED = "awaited"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One unit's sheet below another: ``level`` is 1 for those sent from there. ``totals`` by code, where it counts."""

    case: Case
    level: int
    standing: Standing
    totals: Mapping[str, int]
    own: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet of a case: what it asks, the unit's own figures, the sheets right below, and the totals.

    ``kept`` are the totals as a move worked them out, empty before; ``hidden`` counts the sheets below that the reader
    may not see, so that ``now`` is known only without any.
    """

    case: Case
    definition: Definition
    name: str
    part: SheetPart
    items: tuple[Asked, ...]
    own: Mapping[str, int]
    kept: tuple[Sum, ...]
    lines: tuple[SheetLine, ...]
    hidden: int

    @property
    def now(self) -> tuple[Sum, ...] | None:
        """What the items come to as the sheets below stand now; None where the reader does not see all of them."""
        if self.hidden:
            return None
        return rolled_up(self.items, self.own, [line.totals for line in self.lines if line.totals])

    @property
    def is_outdated(self) -> bool:
        """Whether the totals that were kept are other than those of now."""
        return bool(self.kept) and self.now is not None and tuple(self.now) != self.kept

    def count(self, standing: Standing) -> int:
        """Return how many of the sheets right below stand so."""
        return sum(line.standing is standing for line in self.lines)


@dataclass(frozen=True, slots=True)
class SheetDesk:
    """Answers about sheets for one reader."""

    reads: Reads
    root: RootId
    world: World
    actor: Actor

    def sheet(self, view: CaseView, name: str) -> Sheet:
        """Return a sheet of a case that the reader may see; raises NotFound where the case has none of this name."""
        part = view.definition.workflow.sheets.get(name)
        if part is None:
            raise NotFound(Text("这件没有这张统计表", "This case has no such sheet"), sheet=name[:60])
        children = awaited(view.case, part)
        lines = self._lines([view.case], name, level=1)
        return Sheet(
            case=view.case,
            definition=view.definition,
            name=name,
            part=part,
            items=asked_items(view.fields.get(part.asked)),
            own=_own(view.fields, part),
            kept=_kept(view.fields, part),
            lines=tuple(lines),
            hidden=len(children) - len(lines),
        )

    def tree(self, sheet: Sheet) -> Iterator[SheetLine]:
        """Yield every sheet below that the reader may see, each before those below it."""
        below: dict[CaseId, list[SheetLine]] = {}
        at: Sequence[Case] = [sheet.case]
        for level in range(1, LEVELS_MAX + 1):
            found = self._lines(at, sheet.name, level=level)
            parents = {child.case: case.id for case in at for child in case.children}
            for line in found:
                below.setdefault(parents[line.case.id], []).append(line)
            at = [line.case for line in found]
            if not at:
                break
        yield from _walk(sheet.case.id, below)

    def _lines(self, cases: Sequence[Case], name: str, *, level: int) -> list[SheetLine]:
        """Return the visible sheets right below some cases, in the order in which they were sent."""
        wanted: dict[CaseId, SheetPart] = {}
        for case in cases:
            part = self._part(case, name)
            if part is not None:
                wanted.update({child.case: part for child in awaited(case, part)})
        if not wanted:
            return []
        found = self.reads.visible_cases(self.root, list(wanted), principals_of(self.actor))
        by_id = {case.id: case for case in found}
        return [self._line(by_id[id_], wanted[id_], name, level) for id_ in wanted if id_ in by_id]

    def _part(self, case: Case, name: str) -> SheetPart | None:
        return self._definition(case).workflow.sheets.get(name)

    def _definition(self, case: Case) -> Definition:
        return self.world.rules.pinned(case.pins.definition, case.pins.lists)

    def _line(self, case: Case, above: SheetPart, name: str, level: int) -> SheetLine:
        definition, below = self._definition(case), above.below
        part = definition.workflow.sheets.get(name)
        standing = Standing.AWAITED
        if below is not None and case.state in below.spared:
            standing = Standing.SPARED
        elif below is not None and case.state in below.states:
            standing = Standing.COUNTED
        if part is None or standing is not Standing.COUNTED:
            return SheetLine(case=case, level=level, standing=standing, totals={}, own={})
        known = disclosed(case, definition, self.actor, self.world.surroundings.tree).fields
        fields = {field: value for field, value in case.data.items() if field in known}
        totals = amounts(fields.get(part.totals), "total")
        return SheetLine(case=case, level=level, standing=standing, totals=totals, own=_own(fields, part))


def _own(fields: Json, part: SheetPart) -> dict[str, int]:
    return {} if part.filled is None else amounts(fields.get(part.filled))


def _kept(fields: Json, part: SheetPart) -> tuple[Sum, ...]:
    own, below = (amounts(fields.get(part.totals), column) for column in ("own", "below"))
    return tuple(
        Sum(code, own.get(code, 0), below.get(code, 0))
        for code in (str(row.get("code")) for row in table_rows(fields.get(part.totals)))
    )


def _walk(case: CaseId, below: Mapping[CaseId, Sequence[SheetLine]]) -> Iterator[SheetLine]:
    for line in below.get(case, ()):
        yield line
        yield from _walk(line.case.id, below)
