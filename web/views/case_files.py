"""The papers of a case as files, for a page, a job and a command: the dossier, or every paper that can be made now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from api.rendering import number_of
from documents.booklet import Booklet
from documents.files import PaperKind, paper_bytes
from documents.paper import Paper
from engine.case.identity import CaseId
from engine.service.desk import Desk
from engine.service.long_work_waves import Wave
from engine.service.papers_out import MadeFile, Maker, PapersWanted
from web.views.case_reading import CaseReader
from web.views.dossier import CaseRead, case_read, dossier_of
from web.views.papers import CHINESE, paper_of, papers_of

NAME_CHARACTERS: Final = 80
_NOT_IN_NAMES: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]')
"""What some system does not take in the name of a file, or what turns a name around."""


def read_case(reader: CaseReader, case: CaseId) -> CaseRead:
    """Read a case as somebody may see it, once for all that is made of it; raises CaseNotFound."""
    reader, queries = replace(reader, words=CHINESE), reader.desk.queries
    view = queries.case(reader.root, case, reader.actor, reader.world)
    return case_read(reader, view, queries.timeline(reader.root, case, reader.actor, reader.world))


def papers_in(read: CaseRead, folder: Path) -> Iterator[tuple[str, Paper]]:
    """Yield every paper that can be made of a case now, by its key."""
    there = read.reader.world.surroundings
    for key, part in papers_of(folder, read.view, read.lines, there).items():
        yield key, paper_of(part, read.view, read.lines, read.writer)


def files_of_case(read: CaseRead, folder: Path, wanted: PapersWanted, kind: PaperKind) -> list[MadeFile]:
    """Return what is wanted of a case as files, named by its number and their titles."""
    made: list[tuple[str, Paper | Booklet]]
    if wanted is PapersWanted.DOSSIER:
        made = [("案卷", dossier_of(read, folder))]
    else:
        made = [(paper.title, paper) for _key, paper in papers_in(read, folder)]
    view = read.view
    subject = view.fields.get(view.definition.workflow.subject_field)
    called = number_of(view) or (str(subject) if subject else str(view.case.id))
    return [
        MadeFile(name=file_name(f"{called} {title}", kind), content=paper_bytes(paper, kind, read.reader.now))
        for title, paper in made
    ]


def maker_of(desk: Desk, folder: Path) -> Maker:
    """Return what makes the files of a case in a wave of long work."""

    def make(wave: Wave, case: CaseId) -> Sequence[MadeFile]:
        work = wave.work
        reader = CaseReader(
            desk=desk,
            world=desk.world(work.root),
            root=work.root,
            actor=wave.actor,
            words=CHINESE,
            now=desk.office.now(),
        )
        wanted, kind = PapersWanted(str(work.payload["wanted"])), PaperKind(str(work.payload["kind"]))
        return files_of_case(read_case(reader, case), folder, wanted, kind)

    return make


def file_name(name: str, kind: PaperKind) -> str:
    r"""Return a name that every system saves a file under.

    >>> file_name("六届三次第001号\n提案/附页 案卷", PaperKind.PDF)
    '六届三次第001号 提案 附页 案卷.pdf'
    """
    return f"{_NOT_IN_NAMES.sub(' ', name)[:NAME_CHARACTERS].strip(' .')}.{kind}"
