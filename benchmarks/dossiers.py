"""Dossiers of two hundred cases of the sample congress, as PDF and as Word: reading, redacting and setting each."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.kept import HOME
from benchmarks.report import Results
from documents.files import PaperKind
from engine.service.papers_out import PapersWanted
from engine.service.ports import CaseFilter
from runtime.clock import WallClock
from runtime.demo.build import build_sample
from runtime.settings import Settings
from runtime.wiring import desk_of
from web.views.case_files import files_of_case, read_case
from web.views.case_reading import CaseReader
from web.views.papers import CHINESE

DOSSIERS: Final = 200
PDF_SECONDS_MAX: Final = 60.0
READER: Final = "office"


def dossiers(results: Results) -> None:
    """Measure on a SQLite file, one after the other, as one worker makes them; each is of another case."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'sample.db'}")
        build_sample(settings)
        with desk_of(settings, clock=WallClock()) as opened:
            desk = opened.desk
            account = desk.reads.account(READER)
            assert account is not None, "the sample has a union office"
            now, root = desk.office.now(), account.root
            actor = desk.queries.actor(root, account.person, now)
            reader = CaseReader(desk=desk, world=desk.world(root), root=root, actor=actor, words=CHINESE, now=now)
            lines = desk.queries.lines(root, actor, CaseFilter(), limit=DOSSIERS, world=reader.world)
            assert len(lines) == DOSSIERS, "the sample has too few cases"
            for kind in (PaperKind.PDF, PaperKind.DOCX):
                began, size, entries = time.perf_counter(), 0, 0
                for line in lines:
                    read = read_case(reader, line.id)
                    entries += len(read.lines)
                    (made,) = files_of_case(read, settings.workflows, PapersWanted.DOSSIER, kind)
                    size += len(made.content)
                took = time.perf_counter() - began
                name = f"{DOSSIERS} dossiers as {kind.upper()}"
                note = f"{size / 1e6:.1f} MB, {entries:,} entries"
                if kind is PaperKind.PDF:
                    results.at_most(name, took, "s", PDF_SECONDS_MAX, note=note)
                else:
                    results.add(name, took, "s", "", met=None, note=note)
