"""A case on paper: each of its papers as Word or PDF, made anew for whoever asks."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from documents.pdf import as_pdf
from documents.word import as_word
from engine.case.identity import CaseId
from engine.errors import NotFound
from engine.text import Text
from web.pages.case import case_writer
from web.routing import Pages
from web.shell import Shell
from web.views.papers import CHINESE, paper_of, papers_of


class PaperKind(StrEnum):
    """The kinds of file."""

    PDF = "pdf"
    DOCX = "docx"


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
        part = papers_of(shell.edge.settings.workflows, view, lines).get(paper)
        if part is None:
            raise NotFound(
                Text(
                    "该事项现在没有这种文书：可能还没有办到出文的一步，或者名称有误",
                    "This case has no such paper now: the step it follows was not made yet, or its name is wrong",
                )
            )
        if kind not in PAPER_TYPES:
            raise NotFound(Text("文书只有PDF和Word两种格式", "Papers come as PDF and as Word (docx) only"))
        writer = case_writer(shell, visit, view, world, [view.fields, *(line.fields for line in lines)], {})
        made = paper_of(part, view, lines, writer)
        name = quote(f"{made.title}{made.number}.{kind}")
        return Response(
            as_pdf(made, visit.now) if kind == PaperKind.PDF else as_word(made, visit.now),
            media_type=PAPER_TYPES[PaperKind(kind)],
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f"attachment; filename=\"{paper}.{kind}\"; filename*=UTF-8''{name}",
            },
        )

    return router
