"""What a job does with an id under which a page has asked for something: it counts that and keeps the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from engine.case.identity import RootId
from engine.service.coverage_kept import COVERAGE, keep_coverage
from engine.service.desk import Desk
from engine.service.figure_ports import KeptFigures
from engine.service.figures import keep_figures
from engine.service.overview_kept import OVERVIEW, keep_overview
from engine.service.process_map import PROCESS, keep_process

_KEEPERS: Final[Mapping[str, Callable[[Desk, KeptFigures], None]]] = {
    OVERVIEW: keep_overview,
    PROCESS: keep_process,
    COVERAGE: keep_coverage,
}


def keep_asked(desk: Desk, root: RootId, id_: str) -> bool:
    """Count what was asked for under an id and keep it; returns False where nothing was."""
    row = desk.reads.figures_kept(root, id_)
    if row is None:
        return False
    # Figures were asked for before there was anything else, and do not say what they are.
    _KEEPERS.get(json.loads(row.asked).get("what", ""), keep_figures)(desk, row)
    return True
