"""A file of a case, sent to be saved. Nothing of it is ever shown by a page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.routes.files import sent
from engine.case.identity import CaseId
from engine.service.filing.cabinet import Cabinet
from web.routing import Pages
from web.shell import Shell


def file_pages(shell: Shell) -> Pages:
    """Return the address of the files of a case."""
    router = Pages()
    cabinet = Cabinet(shell.edge.desk)

    @router.get("/cases/{case_id}/files/{file_id}")
    def file(request: Request, case_id: str, file_id: str) -> Response:
        visit = shell.visit(request)
        asker = visit.known
        return sent(cabinet.open(asker.root, CaseId(case_id), asker.actor, shell.world(visit), file_id))

    return router
