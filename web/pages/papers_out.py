"""The papers of a whole list of cases: asked for as long work, and downloaded as one archive when they are made."""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from api.incoming import read_form
from documents.files import PaperKind
from engine.case.scope import SHANGHAI
from engine.errors import InputRefused
from engine.service.papers_out import CASES_MAX, WANTED_TITLES, PapersWanted, ask, papers_asked, papers_made
from engine.text import Text
from web.pages.account import first
from web.pages.acting_many import address_of, hint_of_work
from web.pages.case import posted_key
from web.pages.cases import cases_asked
from web.pages.papers import paper_kind
from web.routing import Pages
from web.shell import Shell, Visit
from web.zipped import zip_pieces


def papers_out_pages(shell: Shell) -> Pages:
    """Return the addresses of papers of many cases."""
    router = Pages()

    @router.post("/cases/papers")
    async def begin(request: Request) -> Response:
        """Ask for the papers of all cases of the list that the address narrows down."""
        visit = await shell.visiting(request)
        posted = await read_form(request)
        return await run_in_threadpool(_begun, shell, visit, posted)

    @router.get("/cases/papers/{mark}")
    def taken(request: Request, mark: str) -> Response:
        visit = shell.visit(request)
        desk, asker = shell.edge.desk, visit.known
        work = papers_asked(desk, asker.root, asker.person, mark)
        if work.is_live:
            return RedirectResponse(address_of(work), status_code=303)
        wanted = PapersWanted(str(work.payload["wanted"]))
        day = visit.now.astimezone(SHANGHAI).date().isoformat()
        name = quote(f"{WANTED_TITLES[wanted].zh.removeprefix('下载')}-{day}.zip", safe="")
        return StreamingResponse(
            zip_pieces(papers_made(desk, work, asker.actor), visit.now),
            media_type="application/zip",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f"attachment; filename=\"{wanted}-{day}.zip\"; filename*=UTF-8''{name}",
            },
        )

    return router


def _begun(shell: Shell, visit: Visit, posted: dict[str, list[str]]) -> Response:
    desk, asker, world = shell.edge.desk, visit.known, shell.world(visit)
    wanted = first(posted, "wanted")
    if wanted not in tuple(PapersWanted):
        raise InputRefused(Text("请选择下载案卷还是文书", "Choose dossiers or papers"), parameter="wanted")
    kind: PaperKind = paper_kind(first(posted, "kind"))
    where = cases_asked(visit, world).where
    lines = desk.queries.lines(asker.root, asker.actor, where, limit=CASES_MAX + 1, world=world)
    if not lines:
        raise InputRefused(Text("没有符合条件的事项可下载", "There is no such case to make papers of"))
    cases = [line.id for line in lines]
    work = ask(desk, asker.root, asker.actor, cases, PapersWanted(wanted), kind, key=posted_key(posted))
    hint_of_work(shell)
    return RedirectResponse(address_of(work), status_code=303)
