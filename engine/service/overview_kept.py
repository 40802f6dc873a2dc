"""The counts of supervision as a page gets them: at once for who sees few cases, else counted by a job and kept.

One count serves all who hold the same posts and are neither party to a case nor kept from one; who is has their own.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter
from pydantic_core import to_json

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.identity import CaseId, RootId
from engine.service.desk import Desk
from engine.service.figure_ports import KeptFigures
from engine.service.jobs import Jobs
from engine.service.kept_answers import asked_row, keep, kept_or_asked, shared_sight
from engine.service.overview import Counted, counted_for
from engine.service.overview_ports import DeadlineGroup, OpenGroup, PartGroup

OVERVIEW: Final = "overview"
FORM: Final = "overview/1"
"""Part of the key under which counts are kept: what was counted or written otherwise is not found any more."""
FEW: Final = 2_000
FRESH: Final = timedelta(minutes=10)
"""How old a count of very many cases is when it is made anew; it is shown until the new one is there."""
FRESH_ASKED: Final = timedelta(minutes=1)
"""How old it must be at least before somebody may have it made anew."""
KEPT_FOR: Final = timedelta(days=7)

_Kept = tuple[
    tuple[DeadlineGroup, ...],
    tuple[DeadlineGroup, ...],
    tuple[OpenGroup, ...],
    tuple[PartGroup, ...],
    tuple[tuple[CaseId, int], ...],
]
_KEPT: Final[TypeAdapter[_Kept]] = TypeAdapter(_Kept)


class OverviewDesk:
    """Answers what the overview counts for one reader."""

    def __init__(self, desk: Desk, jobs: Jobs | None, root: RootId, actor: Actor) -> None:
        """``jobs`` is None where none run: then everything is counted at once."""
        self._desk, self._jobs, self._root = desk, jobs, root
        self._principals = principals_of(actor)

    def counted(self, *, anew: bool = False) -> Counted | None:
        """Return what is counted for the reader, None while a job counts for the first time.

        ``anew`` asks for a new count where the kept one is not quite new; the kept one is shown meanwhile.
        """
        desk, root, now = self._desk, self._root, self._desk.office.now()
        if self._jobs is None or self._sees_few():
            return counted_for(desk, root, self._principals)
        asked = {"what": OVERVIEW, "principals": shared_sight(desk, root, self._principals)}
        row = asked_row(root, asked, [FORM], until=now + KEPT_FOR)
        fresh = FRESH_ASKED if anew else FRESH
        kept = kept_or_asked(desk, self._jobs, row, lambda then: timedelta(0) <= now - then < fresh)
        if kept.body is None or kept.as_of is None:
            return None
        deadlines, promises, opened, parts, bounced = _KEPT.validate_json(kept.body)
        return Counted(
            at=kept.as_of,
            deadlines=deadlines,
            promises=promises,
            open=opened,
            parts=parts,
            bounced=bounced,
            is_kept=True,
            is_pending=kept.is_pending,
        )

    def _sees_few(self) -> bool:
        return sum(self._desk.reads.readable(self._root, one, limit=FEW + 1) for one in self._principals) <= FEW


def keep_overview(desk: Desk, row: KeptFigures) -> None:
    """Count what was asked for and keep it."""
    found = counted_for(desk, RootId(row.root), json.loads(row.asked)["principals"])
    body = to_json([found.deadlines, found.promises, found.open, found.parts, found.bounced]).decode()
    keep(desk, row, body, as_of=found.at, until=found.at + KEPT_FOR)
