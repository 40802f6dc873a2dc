"""What the sweep asks: how many deadlines run, whose rungs are due, and when it was here last."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Integer, func, literal_column, select, tuple_

from engine.case.codec import instant
from engine.case.identity import CaseId, RootId
from engine.ledger.streams import Swept
from engine.service.sweep_ports import DueRung, LastSweep
from engine.storage.compiled import Compiler, Pool, at_most, bind
from engine.storage.tables import cases, deadline, sweep


class SweepReads:
    """The part of ``Reads`` that is about sweeps."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._pool = pool
        of_root, runs = deadline.c.root == bind("root"), deadline.c.state == literal_column("'running'")
        order = (deadline.c.rung_at, deadline.c.case, deadline.c.name)
        due = select(*order).where(of_root, deadline.c.rung_at <= bind("by")).order_by(*order)
        following = due.where(tuple_(*order) > tuple_(bind("after_at"), bind("after_case"), bind("after_name")))
        running = select(cases.c.id).where(
            cases.c.root == bind("root"), cases.c.phase != literal_column("'final'"), cases.c.id > bind("after")
        )
        limit = bind("limit", Integer())
        self._open = compiler.compile(lambda: select(func.count()).select_from(deadline).where(of_root, runs))
        self._due = compiler.compile(lambda: at_most(due, limit))
        self._due_after = compiler.compile(lambda: at_most(following, limit))
        self._running = compiler.compile(lambda: at_most(running.order_by(cases.c.id), limit))
        self._last = compiler.compile(
            lambda: select(
                sweep.c.at, sweep.c.calendar, sweep.c.open, sweep.c.looked, sweep.c.raised, sweep.c.failed
            ).where(sweep.c.root == bind("root"))
        )

    def open_deadlines(self, root: RootId) -> int:
        return int(self._pool.fetch(self._open, root=root)[0][0])

    def due_rungs(self, root: RootId, *, by: int, after: DueRung | None, limit: int) -> Sequence[DueRung]:
        if after is None:
            rows = self._pool.fetch(self._due, root=root, by=by, limit=limit)
        else:
            at, case, name = after
            rows = self._pool.fetch(
                self._due_after, root=root, by=by, after_at=at, after_case=case, after_name=name, limit=limit
            )
        return [DueRung(row[0], CaseId(row[1]), row[2]) for row in rows]

    def running_cases(self, root: RootId, *, after: CaseId | None, limit: int) -> Sequence[CaseId]:
        return [CaseId(row[0]) for row in self._pool.fetch(self._running, root=root, after=after or "", limit=limit)]

    def last_sweep(self, root: RootId) -> LastSweep | None:
        found = self._pool.fetch(self._last, root=root)
        if not found:
            return None
        at, calendar, open_, looked, raised, failed = found[0]
        swept = Swept(calendar=calendar, open=open_, looked=looked, raised=raised, failed=failed)
        return LastSweep(instant(at), swept)
