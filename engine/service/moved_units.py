"""A unit that is moved in the tree changes who reads its cases: their reader rows are written anew, slice by slice.

What a move takes away is gone with the move itself: until the rows are written anew, the ones that it has overtaken do
not count (``held_back``). What it gives comes as the slices are done. Nothing else changes readers of many cases: a
grant is looked up at every request, and a recusal is written by the step that names it, with the parts of the case.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from engine.access.readers import readers_of
from engine.case.case import Case
from engine.case.identity import CaseId, RootId, UnitId
from engine.case.units import UnitTree
from engine.errors import StorageUnavailable

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from engine.service.world import World

SLICE: Final = 200
"""Cases written in one transaction, which live commands wait for."""
ROUNDS_MAX: Final = 100
"""How often a slice is tried of which other processes hold or change cases."""
LATE: Final = timedelta(minutes=1)
"""What another process has opened so long before a move may come to light only after it, with readers of before."""


class UnitMove(NamedTuple):
    """A move whose cases do not all have their readers yet.

    ``units`` are the moved unit and all below it, ``lost`` those that stand no longer above it, ``gained`` those that
    do now. ``at`` is when it was moved, ``after`` the case up to which the readers are written.
    """

    id: str
    at: int
    after: str
    units: tuple[UnitId, ...]
    lost: tuple[UnitId, ...]
    gained: tuple[UnitId, ...]


class Held(NamedTuple):
    """What of somebody's sight does not count while a move is under way.

    ``above`` does not see cases of ``units`` any more, ``below`` none in which one of ``accused`` is complained about.
    """

    above: tuple[str, ...]
    units: tuple[str, ...]
    below: tuple[str, ...]
    accused: tuple[str, ...]


class CaseSight(NamedTuple):
    """Principals who no longer read a case, and those who do now, as they follow from the case with this head."""

    case: str
    head: str
    ends: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSight:
    """Write a slice of a move's cases, and that it is written; see ``MoveWrites.set_sight``."""

    root: RootId
    epoch: int
    move: str
    after: str
    cases: tuple[CaseSight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMove:
    """All cases of a move have their readers."""

    root: RootId
    move: str


MoveWrite = SetSight | EndMove


class MoveReads(Protocol):
    """The part of ``Reads`` that is about moved units."""

    def unit_moves(self, root: RootId) -> Sequence[UnitMove]:
        """Return the moves that are under way, oldest first."""

    def cases_in(self, root: RootId, units: Collection[UnitId], opened_from: int) -> Sequence[CaseId]:
        """Return the cases of units, those they lead, and the parents of these, opened at or after an instant, by id.

        It may look through every case of the organisation.
        """

    def readers(self, root: RootId, cases: Collection[CaseId]) -> Mapping[CaseId, frozenset[str]]:
        """Return the principals of the reader rows of cases; a case without rows is left out."""


class MoveWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about moved units."""

    def set_sight(self, write: SetSight) -> None:
        """Write readers, of cases that still have the head named, if the directory still has the epoch named.

        Only if that was so for every one of them is the slice noted as written.
        """

    def end_move(self, root: RootId, move: str) -> None: ...


def apply_move_write(write: MoveWrite, writes: MoveWrites) -> None:
    """Carry out one write in the transaction behind ``writes``."""
    match write:
        case SetSight():
            writes.set_sight(write)
        case EndMove(root=root, move=move):
            writes.end_move(root, move)


def moved(before: UnitTree, after: UnitTree, unit: UnitId) -> str:
    """Return what is kept of a move (see ``unit_move``)."""
    was, now = before.lineage(unit), after.lineage(unit)
    said = {
        "units": sorted(each for each in after.parents if unit in after.lineage(each)),
        "lost": sorted(set(was) - set(now)),
        "gained": sorted(set(now) - set(was)),
    }
    return json.dumps(said, ensure_ascii=False)


def unit_move(key: str, at: int, after: str, kept: str) -> UnitMove:
    """Return the move that is kept so."""
    said = json.loads(kept)
    return UnitMove(key, at, after, *(tuple(map(UnitId, said[name])) for name in ("units", "lost", "gained")))


def held_back(moves: Iterable[UnitMove], principals: Collection[str]) -> Held | None:
    """Return what of the sight of these principals does not count while the moves are under way, None if all does.

    Several moves are taken together, so that for that while somebody may see too little, and never too much.
    """
    above, units, below, accused = set[str](), set[str](), set[str](), set[str]()
    for move in moves:
        over = {principal for principal in principals if _unit_of(principal) in move.lost}
        under = {principal for principal in principals if move.gained and _unit_of(principal) in move.units}
        above |= over
        units |= set(move.units) if over else set()
        below |= under
        accused |= {f"unit:{unit}" for unit in move.gained} if under else set()
    if not above and not below:
        return None
    return Held(*(tuple(sorted(several)) for several in (above, units, below, accused)))


def rewrite_readers(desk: Desk, root: RootId) -> int:
    """Write the readers of all cases of units that were moved; return how many cases were looked at.

    It may be cut off anywhere and goes on behind the last slice that was written.

    Raises:
        StorageUnavailable: other processes hold one of the cases all the time.
    """
    done = 0
    for move in desk.reads.unit_moves(root):
        done += _written(desk, root, move.id, [case for case in _cases(desk, root, move, 0) if case > move.after])
        # What was opened while this went on, by somebody who did not know of the move yet, may lie behind us.
        since = move.at - LATE // timedelta(microseconds=1)
        _written(desk, root, move.id, _cases(desk, root, move, since))
        desk.office.write([EndMove(root=root, move=move.id)])
    return done


def sights(
    world: World, cases: Iterable[Case], parents: Mapping[CaseId, Case]
) -> Iterator[tuple[Case, frozenset[str]]]:
    """Yield each case with the principals who may read it now, worked out afresh."""
    for case in cases:
        definition = world.rules.pinned(case.pins.definition, case.pins.lists)
        parent = None if case.parent is None else parents.get(case.parent)
        yield case, readers_of(case, definition, world.rules, world.surroundings.tree, parent)


def _cases(desk: Desk, root: RootId, move: UnitMove, opened_from: int) -> Sequence[CaseId]:
    return desk.reads.cases_in(root, move.units, opened_from)


def _written(desk: Desk, root: RootId, move: str, cases: Sequence[CaseId]) -> int:
    waiting = iter(cases)
    while some := list(islice(waiting, SLICE)):
        for _round in range(ROUNDS_MAX):
            desk.office.write([_slice(desk, root, move, some)])
            if _is_written(desk, root, move, some[-1]):
                break
        else:
            raise StorageUnavailable
    return len(cases)


def _is_written(desk: Desk, root: RootId, move: str, last: CaseId) -> bool:
    """Return whether a slice is noted as written; a move that is under way no longer was finished by somebody else."""
    return all(one.after == last for one in desk.reads.unit_moves(root) if one.id == move)


def _slice(desk: Desk, root: RootId, move: str, ids: Sequence[CaseId]) -> SetSight:
    world, reads = desk.world(root), desk.reads
    cases = reads.cases(root, ids)
    # Asked after the cases: a step that comes between leaves another head, and the case is looked at once more.
    stored = reads.readers(root, ids)
    above = {case.parent for case in cases if case.parent is not None}
    parents = {case.id: case for case in reads.cases(root, above)} if above else {}
    changes = []
    for case, now in sights(world, cases, parents):
        was = stored.get(case.id, frozenset())
        changes.append(CaseSight(case.id, case.head, tuple(sorted(was - now)), tuple(sorted(now - was))))
    return SetSight(root=root, epoch=world.surroundings.epoch, move=move, after=ids[-1], cases=tuple(changes))


def _unit_of(principal: str) -> str:
    return principal.rpartition("@")[2]
