"""Coverage as a page gets it: counted at once for who sees few cases, else by a job and kept.

One count holds every coverage of a year, and serves all who hold the same posts and see nothing by their own name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import to_json

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.identity import RootId
from engine.service.coverage import CoverageDesk, Declared, Numbers, declared_in
from engine.service.desk import Desk
from engine.service.figure_ports import KeptFigures
from engine.service.jobs import Jobs
from engine.service.kept_answers import asked_row, keep, kept_or_asked, shared_sight
from engine.service.overview_kept import FRESH, FRESH_ASKED, KEPT_FOR
from engine.service.world import World

COVERAGE: Final = "coverage"
FORM: Final = "coverage/1"
"""Part of the key under which counts are kept: what was counted or written otherwise is not found any more."""
FEW: Final = 20_000
"""Of so many visible cases a coverage is counted within a fifth of a second (``benchmarks.coverage``)."""

_KEPT: Final[TypeAdapter[dict[str, Numbers]]] = TypeAdapter(dict[str, Numbers])


class Told(NamedTuple):
    """What was counted, by the id of each coverage, at an instant; ``is_kept``: it is shown again as it was then, and
    with ``is_pending`` being counted anew."""

    numbers: Mapping[str, Numbers]
    at: datetime
    is_kept: bool = False
    is_pending: bool = False


class KeptCoverage:
    """Answers what the coverages of a year count for one reader."""

    def __init__(self, desk: Desk, jobs: Jobs | None, root: RootId, actor: Actor, world: World) -> None:
        """``jobs`` is None where none run: then everything is counted at once."""
        self._desk, self._jobs, self._root, self._world = desk, jobs, root, world
        self._principals = principals_of(actor)

    def counted(self, year: int, wanted: Sequence[Declared], *, anew: bool = False) -> Told | None:
        """Return what was counted, of those wanted at least; None while a job counts for the first time.

        ``anew`` asks for a new count where the kept one is not quite new; the kept one is shown meanwhile.
        """
        desk, root, now = self._desk, self._root, self._desk.office.now()
        if self._jobs is None or self._sees_few():
            counting = CoverageDesk(reads=desk.reads, root=root, world=self._world, principals=self._principals)
            return Told({one.id: counting.numbers(one, year) for one in wanted}, now)
        asked = {"what": COVERAGE, "year": year, "principals": shared_sight(desk, root, self._principals)}
        declared = [[one.id, one.part.model_dump_json()] for one in declared_in(self._world.rules)]
        row = asked_row(root, asked, [FORM, declared], until=now + KEPT_FOR)
        fresh = FRESH_ASKED if anew else FRESH
        kept = kept_or_asked(desk, self._jobs, row, lambda then: timedelta(0) <= now - then < fresh)
        if kept.body is None or kept.as_of is None:
            return None
        return Told(_KEPT.validate_json(kept.body), kept.as_of, is_kept=True, is_pending=kept.is_pending)

    def _sees_few(self) -> bool:
        return sum(self._desk.reads.readable(self._root, one, limit=FEW + 1) for one in self._principals) <= FEW


def keep_coverage(desk: Desk, row: KeptFigures) -> None:
    """Count every coverage of the year that was asked for and keep it."""
    root, asked, at = RootId(row.root), json.loads(row.asked), desk.office.now()
    world = desk.world(root)
    counting = CoverageDesk(reads=desk.reads, root=root, world=world, principals=asked["principals"])
    found = {one.id: counting.numbers(one, asked["year"]) for one in declared_in(world.rules)}
    keep(desk, row, to_json(found).decode(), as_of=at, until=at + KEPT_FOR)
