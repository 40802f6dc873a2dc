"""Everything a surface works with, in one value: the door for writing, the questions, the rules as they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.access.secret_box import SecretBox
from engine.case.identity import RootId
from engine.ledger.commitments import Sealer
from engine.service.filing.folder import FileFolder
from engine.service.office import Office
from engine.service.ports import Reads
from engine.service.queries import Queries
from engine.service.watch import Watch
from engine.service.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the command line, the API, the pages, importers and the demo are given; made in ``runtime.wiring``."""

    office: Office
    reads: Reads
    queries: Queries
    sealer: Sealer
    box: SecretBox
    watch: Watch
    world: Callable[[RootId], World]
    files: FileFolder
