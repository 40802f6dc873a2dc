"""A case on paper: each of its papers, and its whole dossier, as Word or PDF, made anew for whoever asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from documents.booklet import Booklet
from documents.files import PaperKind, paper_bytes
from documents.paper import Paper
from engine.case.identity import CaseId
from engine.errors import NotFound
from engine.service.exported import record_whole_case
from engine.text import Text
from web.routing import Pages
from web.shell import Shell
from web.views.case_reading import case_writer, reader_of
from web.views.dossier import case_read, dossier_of
from web.views.papers import CHINESE, paper_of, papers_of

PAPER_TYPES: Final = {
    PaperKind.PDF: "application/pdf",
    PaperKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def papers_pages(shell: Shell) -> Pages:
    """Return the address of the papers of a case."""
    router = Pages()

    @router.get("/cases/{case_id}/papers/{paper}.{kind}")
    def paper(request: Request, case_id: str, paper: str, kind: str) -> Response:
        visit = replace(shell.visit(request), words=CHINESE)
        desk, asker, world = shell.edge.desk, visit.known, shell.world(visit)
        view = desk.queries.case(asker.root, CaseId(case_id), asker.actor, world)
        lines = desk.queries.timeline(asker.root, view.case.id, asker.actor, world)
        part = papers_of(shell.edge.settings.workflows, view, lines, world.surroundings).get(paper)
        if part is None:
            raise NotFound(
                Text(
                    "该事项现在没有这种文书：可能还没有办到出文的一步，或者名称有误",
                    "This case has no such paper now: the step it follows was not made yet, or its name is wrong",
                )
            )
        as_kind = paper_kind(kind)
        writer = case_writer(reader_of(shell, visit, world), view, [view.fields, *(line.fields for line in lines)], {})
        made = paper_of(part, view, lines, writer)
        return paper_file(made, as_kind, visit.now, f"{made.title}{made.number}", paper)

    @router.get("/cases/{case_id}/dossier.{kind}")
    def dossier(request: Request, case_id: str, kind: str) -> Response:
        visit = shell.visit(request)
        desk, asker, world = shell.edge.desk, visit.known, shell.world(visit)
        as_kind = paper_kind(kind)
        view = desk.queries.case(asker.root, CaseId(case_id), asker.actor, world)
        lines = desk.queries.timeline(asker.root, view.case.id, asker.actor, world)
        read = case_read(reader_of(shell, visit, world), view, lines)
        made = dossier_of(read, shell.edge.settings.workflows)
        answer = paper_file(made, as_kind, visit.now, f"案卷{made.number}", "dossier")
        record_whole_case(desk, asker.root, asker.actor, view.case.id, world, "dossier")
        return answer

    return router


def paper_kind(kind: str) -> PaperKind:
    """Return the kind of file that an address names; raises NotFound for any other."""
    if kind not in PAPER_TYPES:
        raise NotFound(Text("文书只有PDF和Word两种格式", "Papers come as PDF and as Word (docx) only"))
    return PaperKind(kind)


def paper_file(made: Paper | Booklet, kind: PaperKind, now: datetime, name: str, plain_name: str) -> Response:
    """Return a paper as the file that a browser saves; ``plain_name`` is for those that know no Chinese names."""
    named = quote(f"{name}.{kind}", safe="")
    return Response(
        paper_bytes(made, kind, now),
        media_type=PAPER_TYPES[kind],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f"attachment; filename=\"{plain_name}.{kind}\"; filename*=UTF-8''{named}",
        },
    )
