"""Keeping long work until it is over: pieces, their parts, and how far they have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Integer, and_, delete, literal_column, select, update

from engine.case.identity import CaseId, RootId
from engine.service.long_work_ports import PartRow, Which, WorkRow, WorkState
from engine.storage.compiled import Compiler, Pool, Record, Runner, Statement, at_most, bind
from engine.storage.long_work_tables import long_work, long_work_part
from engine.storage.tables import cases

_WORK, _PART = long_work.c, long_work_part.c
_OF_ROOT = _WORK.root == bind("root")
_ONE = and_(_OF_ROOT, _WORK.id == bind("id"))
_OF_WORK = and_(_PART.root == bind("root"), _PART.work == bind("work"))
# Spelt out and not a parameter: only so does the partial index apply.
_LIVE: ColumnElement[bool] = _WORK.state.in_([literal_column("'waiting'"), literal_column("'running'")])
_NONE: ColumnElement[int] = literal_column("0")


class StoredLongWork:
    """Implements ``LongWorkWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._working = transaction
        self._begin_work = compiler.compile(
            compiler.insert(long_work).on_conflict_do_nothing(index_elements=["root", "id"]), WorkRow._fields
        )
        self._begin_part = compiler.compile(compiler.insert(long_work_part), PartRow._fields)
        self._turn = compiler.compile(
            update(long_work)
            .where(_ONE, _LIVE)
            .values(
                state=literal_column("'running'"), attempts=_WORK.attempts + literal_column("1"), turn_at=bind("at")
            )
        )
        self._settle = compiler.compile(
            update(long_work_part)
            .where(_OF_WORK, _PART.number == bind("number"), _PART.settled == _NONE)
            .values(settled=literal_column("1"), done=bind("done"), skipped=bind("skipped"), sealed=bind("sealed"))
        )
        self._count = compiler.compile(
            update(long_work)
            .where(_ONE)
            .values(
                done=_WORK.done + bind("done", Integer()),
                skipped=_WORK.skipped + bind("skipped", Integer()),
                attempts=_NONE,
                turn_at=bind("at"),
            )
        )
        self._move = compiler.compile(
            update(long_work).where(_ONE, compiler.among(_WORK.state, "among")).values(state=bind("to"))
        )
        of_person = (_OF_ROOT, _WORK.who == bind("who"))
        over = (_OF_ROOT, _WORK.expires_at <= bind("at"))
        self._drop = [self._parts_of(compiler, *of_person), compiler.compile(delete(long_work).where(*of_person))]
        self._forget = [self._parts_of(compiler, *over), compiler.compile(delete(long_work).where(*over))]

    @staticmethod
    def _parts_of(compiler: Compiler, *works: ColumnElement[bool]) -> Statement:
        return compiler.compile(
            delete(long_work_part).where(_PART.root == bind("root"), _PART.work.in_(select(_WORK.id).where(*works)))
        )

    def begin_long_work(self, row: WorkRow, parts: Sequence[PartRow]) -> None:
        if self._working.run(self._begin_work, **row._asdict()):
            for part in parts:
                self._working.run(self._begin_part, **part._asdict())

    def turn_long_work(self, root: RootId, id_: str, at: int) -> None:
        self._working.run(self._turn, root=root, id=id_, at=at)

    def settle_part(self, part: PartRow, at: int) -> None:
        settled = self._working.run(
            self._settle,
            root=part.root,
            work=part.work,
            number=part.number,
            done=part.done,
            skipped=part.skipped,
            sealed=part.sealed,
        )
        if settled:
            self._working.run(self._count, root=part.root, id=part.work, done=part.done, skipped=part.skipped, at=at)

    def move_long_work(self, root: RootId, id_: str, to: WorkState, among: Sequence[WorkState]) -> None:
        self._working.run(self._move, root=root, id=id_, to=str(to), among=[str(state) for state in among])

    def drop_long_works(self, root: RootId, who: str) -> None:
        for statement in self._drop:
            self._working.run(statement, root=root, who=who)

    def forget_long_works(self, root: RootId, at: int) -> None:
        for statement in self._forget:
            self._working.run(statement, root=root, at=at)


class LongWorkReads:
    """The part of ``Reads`` that is about long work."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._work_pool = pool
        work = select(*(_WORK[name] for name in WorkRow._fields)).where(_WORK.expires_at > bind("at"))
        self._work_due = compiler.compile(
            lambda: at_most(work.where(_OF_ROOT, _LIVE).order_by(_WORK.turn_at, _WORK.id), literal_column("1"))
        )
        self._work = compiler.compile(work.where(_ONE))
        self._works = compiler.compile(
            lambda: at_most(
                work.where(_OF_ROOT, _WORK.who == bind("who")).order_by(_WORK.turn_at.desc(), _WORK.id),
                bind("limit", Integer()),
            )
        )
        self._versions = compiler.compile(
            lambda: select(cases.c.id, cases.c.version).where(
                cases.c.root == bind("root"), compiler.among(cases.c.id, "ids")
            )
        )
        of_kind: dict[Which, tuple[ColumnElement[bool], ...]] = {
            Which.ALL: (),
            Which.OPEN: (_PART.settled == _NONE,),
            Which.DONE: (_PART.done > _NONE,),
            Which.SKIPPED: (_PART.skipped > _NONE,),
        }
        parts = select(*(_PART[name] for name in PartRow._fields)).where(_OF_WORK, _PART.number > bind("after"))
        self._parts = {
            which: compiler.compile(at_most(parts.where(*conditions).order_by(_PART.number), bind("limit", Integer())))
            for which, conditions in of_kind.items()
        }

    def long_work_due(self, root: RootId, at: int) -> WorkRow | None:
        rows = self._work_pool.fetch(self._work_due, root=root, at=at)
        return _work(rows[0]) if rows else None

    def long_work(self, root: RootId, id_: str, at: int) -> WorkRow | None:
        rows = self._work_pool.fetch(self._work, root=root, id=id_, at=at)
        return _work(rows[0]) if rows else None

    def long_works(self, root: RootId, who: str, at: int, *, limit: int) -> Sequence[WorkRow]:
        return [_work(row) for row in self._work_pool.fetch(self._works, root=root, who=who, at=at, limit=limit)]

    def case_versions(self, root: RootId, wanted: Sequence[CaseId]) -> Mapping[CaseId, int]:
        rows = self._work_pool.fetch(self._versions, root=root, ids=list(wanted))
        return {CaseId(row[0]): row[1] for row in rows}

    def long_work_parts(self, root: RootId, work: str, which: Which, *, after: int, limit: int) -> Sequence[PartRow]:
        rows = self._work_pool.fetch(self._parts[which], root=root, work=work, after=after, limit=limit)
        found = [PartRow._make(row) for row in rows]
        return [row._replace(sealed=_octets(row.sealed)) for row in found]


def _work(row: Record) -> WorkRow:
    found = WorkRow._make(row)
    return found._replace(sealed=_octets(found.sealed))


def _octets(sealed: object) -> bytes:
    # SQLite keeps in a column what it was given: what is no bytes opens nothing.
    return bytes(sealed) if isinstance(sealed, bytes | memoryview) else b""
