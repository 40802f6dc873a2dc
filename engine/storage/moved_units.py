"""Moves of units whose cases do not all have their readers yet, and those readers: reading and writing them.

A move waits in the outbox under an id of its own kind, written with the unit; ``case`` is how far its cases are done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Select,
    delete,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from engine.case.identity import CaseId, RootId, UnitId
from engine.case.units import UnitTree
from engine.service.moved_units import CaseSight, SetSight, UnitMove, moved, unit_move
from engine.storage.compiled import Compiler, Pool, Runner, bind
from engine.storage.directory_tables import directory_epoch, unit
from engine.storage.tables import cases, outbox, reader

_ENDS: Final[Callable[[CaseSight], tuple[str, ...]]] = attrgetter("ends")
_NEW: Final[Callable[[CaseSight], tuple[str, ...]]] = attrgetter("new")
MOVED: Final = "moved"
"""The kind of an outbox row that tells of a move."""
MOVES: Final[Mapping[str, str]] = {"moves_from": f"{MOVED}:", "moves_until": f"{MOVED};"}
"""What ``moves_statement`` asks for, beside the root: the ids that begin so; ``;`` follows ``:``."""


def moves_statement() -> Select[*tuple[Any, ...]]:
    """Return the question for the moves of an organisation, by their ids, which are in the order of time."""
    return (
        select(outbox.c.id, outbox.c.at, outbox.c.case, outbox.c.name)
        .where(outbox.c.root == bind("root"), outbox.c.id > bind("moves_from"), outbox.c.id < bind("moves_until"))
        .order_by(outbox.c.id)
    )


class MoveStatements:
    """The statements, compiled once for each database."""

    def __init__(self, compiler: Compiler) -> None:
        compile_ = compiler.compile
        of_root, this = outbox.c.root == bind("root"), outbox.c.id == bind("id")
        self.moves = compile_(moves_statement())
        in_units = or_(compiler.among(cases.c.unit, "units"), compiler.among(cases.c.lead_unit, "units"))
        # Not sorted, and by no index: these are read through from the first row to the last.
        self.cases_in = compile_(
            select(cases.c.id, cases.c.parent).where(
                cases.c.root == bind("root"),
                cases.c.opened_at + literal_column("0") >= bind("opened_from", BigInteger()),
                in_units,
            )
        )
        self.readers = compile_(
            select(reader.c.case, reader.c.principal).where(
                reader.c.root == bind("root"), compiler.among(reader.c.case, "cases")
            )
        )
        heads = select(cases.c.id, cases.c.head).where(
            cases.c.root == bind("root"), compiler.among(cases.c.id, "cases")
        )
        self.heads = compile_(heads if compiler.is_sqlite else heads.with_for_update(skip_locked=True))
        self.epoch = compile_(select(directory_epoch.c.epoch).where(directory_epoch.c.root == bind("root")))
        self.parents = compile_(select(unit.c.id, unit.c.parent).where(unit.c.root == bind("root")))
        self.parent = compile_(select(unit.c.parent).where(unit.c.root == bind("root"), unit.c.id == bind("id")))
        self.keep = compile_(insert(outbox), list(outbox.c.keys()))
        self.note = compile_(update(outbox).where(of_root, this).values(case=bind("after", outbox.c.case.type)))
        self.end = compile_(delete(outbox).where(of_root, this))
        self.end_readers = compile_(
            delete(reader).where(
                reader.c.root == bind("root"),
                reader.c.principal == bind("principal", reader.c.principal.type),
                compiler.among(reader.c.case, "cases"),
            )
        )
        # Each row with the next due instant of its case; one that is there stays.
        rows = select(cases.c.root, bind("principal", reader.c.principal.type), cases.c.id, cases.c.next_due_at).where(
            cases.c.root == bind("root"), compiler.among(cases.c.id, "cases")
        )
        named = ["root", "principal", "case", "due_at"]
        self.add_readers = compile_(compiler.insert(reader).from_select(named, rows).on_conflict_do_nothing())

    @staticmethod
    @cache
    def of(compiler: Compiler) -> MoveStatements:
        """Return the statements of a database."""
        return MoveStatements(compiler)


class MoveReads:
    """The part of ``Reads`` that is about moved units."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._moved = MoveStatements.of(compiler)
        self._pool = pool

    def unit_moves(self, root: RootId) -> Sequence[UnitMove]:
        return [unit_move(*row) for row in self._pool.fetch(self._moved.moves, root=root, **MOVES)]

    def cases_in(self, root: RootId, units: Collection[UnitId], opened_from: int) -> Sequence[CaseId]:
        found = set[str]()
        for case, parent in self._pool.stream(
            self._moved.cases_in, root=root, units=list(units), opened_from=opened_from
        ):
            found.add(case)
            if parent is not None:
                found.add(parent)
        return [CaseId(case) for case in sorted(found)]

    def readers(self, root: RootId, cases: Collection[CaseId]) -> Mapping[CaseId, frozenset[str]]:
        found: dict[CaseId, set[str]] = defaultdict(set)
        for case, principal in self._pool.fetch(self._moved.readers, root=root, cases=list(cases)):
            found[CaseId(case)].add(principal)
        return {case: frozenset(principals) for case, principals in found.items()}


class StoredMoves:
    """The part of ``DirectoryWrites`` that is about moved units, inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._moved = MoveStatements.of(compiler)
        self._moving = transaction

    def parent_of(self, root: RootId, name: UnitId) -> tuple[str | None] | None:
        """Return the parent of a unit, as a row; None when there is no such unit yet."""
        found = self._moving.fetch(self._moved.parent, root=root, id=name)
        return (found[0][0],) if found else None

    def keep_move(self, root: RootId, name: UnitId, was_below: str | None, at: int) -> None:
        """Note that a unit stands elsewhere now; its row, and the epoch that it has led to, are written already."""
        parents = {UnitId(row[0]): _unit(row[1]) for row in self._moving.fetch(self._moved.parents, root=root)}
        before = UnitTree(root, parents | {name: _unit(was_below)})
        epoch = self._epoch(root)
        self._moving.run(
            self._moved.keep,
            root=root,
            id=f"{MOVED}:{epoch:012d}:{name}",
            case="",
            seq=0,
            kind=MOVED,
            name=moved(before, UnitTree(root, parents), name),
            at=at,
        )

    def set_sight(self, write: SetSight) -> None:
        if self._epoch(write.root) != write.epoch:
            return
        asked = [each.case for each in write.cases]
        heads: dict[str, str] = dict(self._moving.fetch(self._moved.heads, root=write.root, cases=asked))
        known = [each for each in write.cases if heads.get(each.case) == each.head]
        for statement, which in ((self._moved.end_readers, _ENDS), (self._moved.add_readers, _NEW)):
            for principal, names in _by_principal(known, which).items():
                self._moving.run(statement, root=write.root, principal=principal, cases=names)
        if len(known) == len(write.cases):
            self._moving.run(self._moved.note, root=write.root, id=write.move, after=write.after)

    def end_move(self, root: RootId, move: str) -> None:
        self._moving.run(self._moved.end, root=root, id=move)

    def _epoch(self, root: RootId) -> int:
        return int(self._moving.fetch(self._moved.epoch, root=root)[0][0])


def _by_principal(changes: Sequence[CaseSight], which: Callable[[CaseSight], tuple[str, ...]]) -> dict[str, list[str]]:
    """Return the cases of each principal: there are few of these in a slice, and one statement is enough for each."""
    found: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        for principal in which(change):
            found[principal].append(change.case)
    return found


def _unit(name: str | None) -> UnitId | None:
    return None if name is None else UnitId(name)
