"""The sweep: lets time act on every case whose rungs are due, and proves that it looked at every open deadline.

It goes through due rows in their order, a bounded number at a time; where it stops, the next one goes on, since what
is done is no longer due. Several may run at once: a case is decided on under its lock, and a rung that stands is not
raised again. A case that fails is set aside and told, and keeps nothing else waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.case.codec import microseconds
from engine.case.commands import TendCase
from engine.case.identity import CaseId, RootId
from engine.errors import BanjieError
from engine.ledger.streams import Swept
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.office import Office
from engine.service.plain import RecordSweep
from engine.service.sweep_ports import SWEEP_SLOT, DueRung, LastSweep, SweepReads
from engine.text import Text

PAGE = 500
LATE_AFTER = timedelta(minutes=15)
"""A sweep is due every minute; after this long without one, nobody watches over the deadlines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A case that could not be tended, and why."""

    case: CaseId
    error: BanjieError


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReport:
    """What a sweep came to, with the cases set aside."""

    at: datetime
    swept: Swept
    set_aside: tuple[SetAside, ...]


def sweep(
    desk: Desk, root: RootId, *, slot: int = SWEEP_SLOT, progress: Callable[[int], None] | None = None
) -> SweepReport:
    """Tend every case of an organisation that time has come for, and record that it was done.

    Where the calendar is another than at the last sweep, every case with an open deadline is looked at, since any date
    may have moved.

    Args:
        desk: its clock says what is due; its office carries the commands out.
        root: the organisation.
        slot: the stream of the day that it is told in; sweeps have one to themselves.
        progress: told how many cases have been tended so far.
    """
    now, calendar = desk.office.now(), desk.world(root).calendar.version
    last = desk.reads.last_sweep(root)
    tending = _Tending(desk.office, desk.reads, root, progress)
    open_deadlines = desk.reads.open_deadlines(root)
    if last is not None and last.swept.calendar != calendar:
        tending.all_open()
    tending.due(now)
    failed = len(tending.set_aside)
    swept = Swept(
        calendar=calendar, open=open_deadlines, looked=open_deadlines - failed, raised=tending.raised, failed=failed
    )
    desk.office.write([RecordSweep(root=root, at=now, slot=slot, swept=swept)])
    return SweepReport(at=now, swept=swept, set_aside=tuple(tending.set_aside))


def late_sweep(last: LastSweep | None, now: datetime) -> Text | None:
    """Return what to say when nobody has swept for too long, None while all is well."""
    if last is not None and now - last.at <= LATE_AFTER:
        return None
    since = Text("从未巡检", "never yet")
    if last is not None:
        minutes = int((now - last.at).total_seconds() // 60)
        since = Text(f"距上次巡检已 {minutes} 分钟", f"{minutes} minutes ago")
    return Text(
        f"期限巡检已中断（{since.zh}），逾期提醒可能延误；请检查后台任务是否在运行",
        f"Deadlines are not being watched (last sweep: {since.en}); see whether the background work is running",
    )


@dataclass(slots=True)
class _Tending:
    """One sweep on its way."""

    office: Office
    reads: SweepReads
    root: RootId
    progress: Callable[[int], None] | None
    tended: set[CaseId] = field(default_factory=set)
    raised: int = 0
    set_aside: list[SetAside] = field(default_factory=list)

    def due(self, now: datetime) -> None:
        """Tend the cases whose rungs are due, page by page."""
        after: DueRung | None = None
        while page := self.reads.due_rungs(self.root, by=microseconds(now), after=after, limit=PAGE):
            self._tend(list(dict.fromkeys(row.case for row in page)))
            after = page[-1]

    def all_open(self) -> None:
        """Tend every case with an open deadline, in the order of their ids."""
        after: CaseId | None = None
        while page := self.reads.running_cases(self.root, after=after, limit=PAGE):
            self._tend(page)
            after = page[-1]

    def _tend(self, cases: Sequence[CaseId]) -> None:
        wanted = [case for case in cases if case not in self.tended]
        self.tended.update(wanted)
        answers = self.office.carry_out([TendCase(root=self.root, case=case) for case in wanted])
        for case, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, Done):
                self.raised += answer.rungs
            else:
                self.set_aside.append(SetAside(case=case, error=answer))
        if self.progress is not None:
            self.progress(len(self.tended))
