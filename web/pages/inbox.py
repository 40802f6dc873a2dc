"""The inbox: everything one was told, what of it is unread, and signing for it (签收)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import PAGE_LINES
from api.routes.own import today_at
from engine.service.absences import absences
from engine.service.notice_inbox import Notices
from engine.service.notice_writes import AcknowledgeNotice, ReadNotices
from engine.service.plain import PlainWrite
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.absences import end_words
from web.views.notices import notice_lines

UNREAD = "unread"
DONE = {"read": "inbox_done_read", "acknowledged": "inbox_done_acknowledged"}


def inbox_pages(shell: Shell) -> Pages:
    """Return the addresses of the inbox."""
    router = Pages()
    notices, office = Notices(shell.edge.desk.reads), shell.edge.desk.office

    @router.get("/notices")
    def inbox(request: Request) -> Response:
        visit = shell.visit(request)
        show = UNREAD if request.query_params.get("show") == UNREAD else ""
        after = request.query_params.get("after") or None
        page = notices.inbox(visit.known.root, visit.known.actor, after=after, limit=PAGE_LINES, unread=show == UNREAD)
        done = DONE.get(request.query_params.get("done", ""))
        return shell.page(
            visit,
            "inbox.html",
            section="notices",
            lines=list(notice_lines(page, shell.world(visit), visit)),
            show=show,
            after=after or "",
            first_page=None if after is None else _address(show),
            next_page=None if page.next is None else _address(show, page.next),
            done=None if done is None else visit.words.t(done),
            standing_in=_standing_in(shell, visit),
        )

    @router.post("/notices/read")
    async def read(request: Request) -> Response:
        visit = await shell.visiting(request)
        posted = await read_form(request)
        write = ReadNotices(
            root=visit.known.root,
            person=visit.known.person,
            veil=visit.known.actor.veil,
            outbox=tuple(posted.get("notice", ())),
            at=visit.now,
        )
        await run_in_threadpool(office.write, [write])
        return _back(posted, "read")

    @router.post("/notices/acknowledge")
    async def acknowledge(request: Request) -> Response:
        visit = await shell.visiting(request)
        posted = await read_form(request)
        writes = _acknowledged(posted.get("notice", ()), visit)
        await run_in_threadpool(office.write, writes)
        return _back(posted, "acknowledged")

    return router


def _acknowledged(names: Sequence[str], visit: Visit) -> list[PlainWrite]:
    asker = visit.known
    return [
        AcknowledgeNotice(root=asker.root, person=asker.person, veil=asker.actor.veil, outbox=name, at=visit.now)
        for name in names
    ]


def _standing_in(shell: Shell, visit: Visit) -> list[str]:
    """Return a sentence for each absence of today: whom the reader stands in for, and who does for the reader."""
    words = visit.words
    found = absences(shell.edge.desk.reads, visit.known.root, visit.known.person, today_at(shell.edge))
    return [
        *(
            words.t("inbox_standing_in", name=line.principal, on=end_words(line.deputation, words))
            for line in found.for_others
            if line.standing == "now"
        ),
        *(
            words.t("inbox_away", name=line.deputy, on=end_words(line.deputation, words))
            for line in found.own
            if line.standing == "now"
        ),
    ]


def _back(posted: Mapping[str, Sequence[str]], done: str) -> Response:
    """Return the way back to the page of the list that was looked at."""
    show, after = (next(iter(posted.get(name, ())), "") for name in ("show", "after"))
    address = _address(UNREAD if show == UNREAD else "", after, done)
    return RedirectResponse(address, status_code=303)


def _address(show: str, after: str = "", done: str = "") -> str:
    kept = {name: value for name, value in {"show": show, "after": after, "done": done}.items() if value}
    return f"/notices?{urlencode(kept)}" if kept else "/notices"
