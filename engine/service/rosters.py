"""Rosters where moves are made and rehearsed: what is known of the lines a step names, and the rows it leaves.

``decide`` does not know which lines a step will name: they are looked up when it has said so, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.case.case import Case
from engine.case.events import Step
from engine.case.identity import CaseId, RootId, UnitId
from engine.case.roster_problems import Asked, asked_of, refused_by_rosters
from engine.case.rosters import KnownLine, KnownReach, Pair, RosterFacts, Slot, is_rostered
from engine.case.situation import Situation
from engine.definition.compiled import Definition
from engine.errors import BanjieError, FormInvalid
from engine.service.roster_ports import RosterLookups
from engine.service.roster_rows import NO_ROWS, RosterEnd, RosterLineRow, RosterReachRow, RosterRows, roster_rows
from engine.service.rows import BatchRows
from engine.service.world import World
from engine.text import Text


@dataclass(slots=True)
class BatchRosters:
    """What the commands of a batch so far have made of rosters; it lies over what the database says.

    ``stored`` are the rows of each case as the batch found them.
    """

    stored: dict[CaseId, RosterRows] = field(default_factory=dict)
    now: dict[CaseId, RosterRows] = field(default_factory=dict)
    _lines: dict[tuple[RootId, Pair], KnownLine] = field(default_factory=dict)
    _held: dict[tuple[RootId, Slot], RosterReachRow] = field(default_factory=dict)

    def moved(self, before: Case | None, after: Case, definition: Definition) -> None:
        """Take note of what a move has made of a case."""
        if is_rostered(definition):
            if after.id not in self.stored:
                self.stored[after.id] = NO_ROWS if before is None else roster_rows(before, definition)
            self._forget(self.now.get(after.id, NO_ROWS))
            self.now[after.id] = now = roster_rows(after, definition)
            for line in now.lines:
                self._lines[_line_place(line)] = KnownLine(after.id, line.name)
            for one in now.reaches:
                if (place := _slot_place(one)) is not None:
                    self._held[place] = one

    def _forget(self, rows: RosterRows) -> None:
        """Take out what a case said before its newest move, but not what another has said since."""
        for line in rows.lines:
            known = self._lines.get(_line_place(line))
            if known is not None and known.case == line.case:
                del self._lines[_line_place(line)]
        for one in rows.reaches:
            place = _slot_place(one)
            if place is not None and place in self._held and self._held[place].case == one.case:
                del self._held[place]

    def write(self, rows: BatchRows) -> None:
        """Add the rows of the cases whose place on rosters is another than the batch found."""
        for case, now in self.now.items():
            was = self.stored[case]
            if now == was:
                continue
            roots = {*(row.root for row in was.lines), *(row.root for row in was.reaches)}
            rows.roster_ends.extend(RosterEnd(root, case) for root in roots)
            rows.roster_lines.extend(now.lines)
            rows.roster_reaches.extend(now.reaches)

    def facts(self, lookups: RosterLookups, root: RootId, world: World, asked: Asked) -> RosterFacts:
        """Return what is known of lines and slots, the database's word counting for cases the batch left alone."""
        pairs, slots = asked
        lines = {pair: line for pair, line in lookups.roster_lines(root, pairs).items() if line.case not in self.now}
        held = {
            slot: KnownReach(one.case, _unit(world, one.unit), one.day)
            for slot, one in (lookups.roster_held(root, slots) if slots else {}).items()
            if one.case not in self.now
        }
        lines |= {pair: self._lines[root, pair] for pair in pairs if (root, pair) in self._lines}
        for slot in slots:
            if (one := self._held.get((root, slot))) is not None:
                held[slot] = KnownReach(CaseId(one.case), _unit(world, one.unit), one.day)
        return RosterFacts(lines, held)


def refused(
    step: Step, situation: Situation, lookups: RosterLookups, world: World, rosters: BatchRosters | None = None
) -> FormInvalid | None:
    """Return why a step cannot stand for the lines that it names; None where it can, or names none."""
    asked = asked_of(step, situation.definition_of)
    if not asked.lines:
        return None
    facts = (rosters or BatchRosters()).facts(lookups, situation.root, world, asked)
    return refused_by_rosters(step, situation.family, situation.definition_of, facts)


def stands(
    step: Step | BanjieError,
    situation: Situation,
    lookups: RosterLookups,
    world: World,
    rosters: BatchRosters | None = None,
) -> Step | BanjieError:
    """Return a step that is only rehearsed, or why it could not stand; a refusal stays what it is."""
    if isinstance(step, BanjieError):
        return step
    return refused(step, situation, lookups, world, rosters) or step


def _line_place(line: RosterLineRow) -> tuple[RootId, Pair]:
    return RootId(line.root), (line.roster, line.key)


def _slot_place(one: RosterReachRow) -> tuple[RootId, Slot] | None:
    return None if one.slot is None else (RootId(one.root), (one.reach, one.key, one.slot))


def _unit(world: World, unit: str) -> Text:
    known = world.surroundings.units.get(UnitId(unit))
    return Text(unit, unit) if known is None else known.title
