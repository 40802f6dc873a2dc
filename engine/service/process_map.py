"""What really happened to the cases that a reader may see: counted at once where there are few, else by a job.

The job goes through all of them. Where no jobs run, only the newest cases are looked at, and it is said since when.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from engine.access.readers import principals_of
from engine.calendar.calendar import Calendar
from engine.case.actors import Actor
from engine.case.identity import RootId
from engine.case.scope import SHANGHAI
from engine.errors import CalendarEnds
from engine.figures.process import Process, process_of
from engine.figures.process_json import FORM, process_from, process_text
from engine.service.audit_ports import Drawn, StateSpan
from engine.service.desk import Desk
from engine.service.figure_ports import KeptFigures
from engine.service.figures import LIVE_CASES_MAX
from engine.service.jobs import Jobs
from engine.service.kept_answers import asked_row, keep, kept_or_asked, shared_sight

PROCESS: Final = "process"
SPANS_MAX: Final = 40_000
"""So many states are looked at while somebody waits; where there are more, those of the newest cases."""
FRESH: Final = timedelta(minutes=30)
"""Going through a million cases takes a minute or more; a picture of all of them hardly changes in this time."""
KEPT_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What happened, None while a job counts it for the first time, and as of when; ``is_pending``: it is being counted
    anew. ``cut_at``: there were too many cases, and those opened before this instant (microseconds) were left out."""

    process: Process | None
    as_of: datetime
    is_pending: bool = False
    cut_at: int | None = None


class ProcessDesk:
    """Answers what happened to the cases that one reader may see."""

    def __init__(self, desk: Desk, jobs: Jobs | None, root: RootId, actor: Actor) -> None:
        """``jobs`` is None where none run."""
        self._desk, self._jobs, self._root = desk, jobs, root
        self._principals = principals_of(actor)

    def of(self, where: Drawn) -> Mapped:
        """Return what happened to the chosen cases."""
        desk, now, calendar = self._desk, self._desk.office.now(), self._desk.world(self._root).calendar
        if self._jobs is None or self._is_small(where.workflow):
            spans = desk.reads.states_passed(self._root, self._principals, where, limit=SPANS_MAX + 1)
            cut_at: int | None = None
            if len(spans) > SPANS_MAX:
                spans = _whole(spans)
                cut_at = spans[-1].opened_at
            return Mapped(process=process_of(spans, counter(calendar)), as_of=now, cut_at=cut_at)
        seen_by = shared_sight(desk, self._root, self._principals)
        asked = {"what": PROCESS, "where": where._asdict(), "principals": seen_by}
        row = asked_row(self._root, asked, [FORM, calendar.version], until=now + KEPT_FOR)
        kept = kept_or_asked(desk, self._jobs, row, lambda then: timedelta(0) <= now - then < FRESH)
        process = None if kept.body is None else process_from(kept.body)
        return Mapped(process=process, as_of=kept.as_of or now, is_pending=kept.is_pending)

    def _is_small(self, workflow: str) -> bool:
        reads = self._desk.reads
        if reads.cases_up_to(self._root, workflow, LIVE_CASES_MAX + 1) <= LIVE_CASES_MAX:
            return True
        return reads.sees_few(self._root, self._principals)


def keep_process(desk: Desk, row: KeptFigures) -> None:
    """Count what was asked for and keep it."""
    asked, root, now = json.loads(row.asked), RootId(row.root), desk.office.now()
    units = asked["where"].pop("units")
    where = Drawn(**asked["where"], units=None if units is None else tuple(units))
    passed = desk.reads.all_states_passed(root, asked["principals"], where)
    process = process_of(passed, counter(desk.world(root).calendar))
    keep(desk, row, process_text(process), as_of=now, until=now + KEPT_FOR)


def counter(calendar: Calendar) -> Callable[[int, int], int | None]:
    """Return what counts working days between two instants; each pair of days is counted once."""

    @lru_cache(maxsize=100_000)
    def between(first: int, last: int) -> int | None:
        try:
            return calendar.working_days_between(date.fromordinal(first), date.fromordinal(last))
        except (CalendarEnds, ValueError):
            return None

    def counted(begin: int, end: int) -> int | None:
        return between(_ordinal(begin), _ordinal(end))

    return counted


_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400_000_000
_AHEAD: Final = int((datetime(2020, 1, 1, tzinfo=SHANGHAI).utcoffset() or timedelta()).total_seconds()) * 1_000_000


def _ordinal(at: int) -> int:
    """Return the day of an instant in Shanghai, where the clock has been the same all the year since 1991."""
    return _EPOCH + (at + _AHEAD) // _DAY


def _whole(spans: Sequence[StateSpan]) -> Sequence[StateSpan]:
    """Return the spans without those of the last case, of which some may be missing."""
    last = spans[-1].case
    return [span for span in spans if span.case != last]
