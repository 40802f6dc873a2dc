"""Long work that the visitor has asked for: how far it has come, what was skipped and why, and a way to stop it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.limits import BATCH_COMMANDS_MAX, PAGE_LINES
from engine.access.readers import principals_of
from engine.case.case import Case
from engine.case.identity import CaseId
from engine.errors import NotFound
from engine.service.board import moves_for_many
from engine.service.bulk_moves import KIND as BULK_MOVES
from engine.service.exported import record_export
from engine.service.long_work import WORK_DAYS, Line, LongWork, Work
from engine.service.long_work_ports import Which
from engine.text import Text
from web.exports import Kind, file_of
from web.pages.acting_many import AT_ONCE_MAX
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.work import WorkLine, WorkView, cases_of, next_moves, work_line, work_view

SHOWN: Final = {"skipped": Which.SKIPPED, "done": Which.DONE}
REFRESH_SECONDS: Final = 5
PART_DIGITS_MAX: Final = 6


def work_pages(shell: Shell) -> Pages:
    """Return the addresses of the visitor's own long work."""
    router = Pages()

    @router.get("/long-work")
    def listed(request: Request) -> Response:
        visit = shell.visit(request)
        return shell.page(
            visit, "works.html", section="work", works=own_work(shell, visit), days=WORK_DAYS, at_once_max=AT_ONCE_MAX
        )

    @router.get("/long-work/{work_id}")
    def show(request: Request, work_id: str) -> Response:
        visit = shell.visit(request)
        return _page(shell, visit, _one(shell, visit, work_id))

    @router.get("/long-work/{work_id}/progress")
    def progress(request: Request, work_id: str) -> Response:
        """Return the part of the page that changes, for the module to put in its place."""
        visit = shell.visit(request)
        view = work_view(_one(shell, visit, work_id), visit.words)
        page: Response = shell.page(visit, "work_progress.html", work=view)
        page.headers["Cache-Control"] = "private, no-store"
        return page

    @router.post("/long-work/{work_id}/stop")
    async def stop(request: Request, work_id: str) -> Response:
        visit = await shell.visiting(request)
        asker = visit.known
        stopped = await run_in_threadpool(LongWork(shell.edge.desk).stop, asker.root, asker.person, work_id)
        return RedirectResponse(f"/long-work/{stopped.id}", status_code=303)

    @router.get("/long-work/{work_id}/skipped.{kind}")
    def skipped(request: Request, work_id: str, kind: str) -> Response:
        visit = shell.visit(request)
        work = _one(shell, visit, work_id)
        if kind not in tuple(Kind):
            raise NotFound(Text("没有这种格式的文件，可选 CSV 或 Excel", "There is no file of this kind: CSV or Excel"))
        record_export(shell.edge.desk, visit.known.root, visit.known.person, "skipped", rows=work.skipped)
        words = visit.words
        titles = [words.t("work_column_number"), words.t("number"), words.t("work_item"), words.t("work_reason")]
        titles.append(words.t("work_source"))
        return file_of(Kind(kind), f"skipped-{visit.now:%Y%m%d}", titles, _cells(shell, visit, work))

    return router


def own_work(shell: Shell, visit: Visit) -> list[WorkView]:
    """Return the visitor's long work, the newest first."""
    asker = visit.known
    return [work_view(work, visit.words) for work in LongWork(shell.edge.desk).of(asker.root, asker.person)]


def _one(shell: Shell, visit: Visit, work_id: str) -> Work:
    return LongWork(shell.edge.desk).one(visit.known.root, visit.known.person, work_id)


def _page(shell: Shell, visit: Visit, work: Work) -> Response:
    words, params = visit.words, visit.request.query_params
    view = work_view(work, words)
    shown = params.get("show", "")
    if shown not in SHOWN:
        shown = "skipped" if work.skipped or not work.done else "done"
    after = _after(params.get("after", ""))
    lines, following = LongWork(shell.edge.desk).lines(work, SHOWN[shown], after=after, limit=PAGE_LINES)
    seen = _seen(shell, visit, cases_of(lines))
    back, result = work.payload.get("back"), work.payload.get("result")
    return shell.page(
        visit,
        "work.html",
        section="work",
        work=view,
        shown=shown,
        tabs=[
            (name, words.t(f"work_{name}"), count, f"{view.address}?show={name}")
            for name, count in (("skipped", work.skipped), ("done", work.done))
        ],
        lines=[work_line(line, seen, shell.world(visit), words) for line in lines],
        next_page=None if following is None else f"{view.address}?show={shown}&after={following}",
        first_page=f"{view.address}?show={shown}" if after >= 0 else None,
        refresh_seconds=REFRESH_SECONDS if work.is_live else None,
        exports=[
            (words.t("work_export", kind=words.t(f"export_{kind}")), f"{view.address}/skipped.{kind}") for kind in Kind
        ]
        if work.skipped
        else [],
        back=back if isinstance(back, str) and back.startswith("/") else None,
        result=result
        if isinstance(result, str) and result.startswith("/") and work.done and not work.is_live
        else None,
        again=_again(work),
        moves=_moves(shell, visit, work),
        act=_act(work) if work.kind == BULK_MOVES else "",
    )


def _again(work: Work) -> str | None:
    """Return where the same move is tried once more on what was skipped by a bulk move that is over."""
    if work.kind != BULK_MOVES or work.is_live or not work.skipped:
        return None
    return f"{_act(work)}?work={work.id}&of=skipped&measure={work.payload['measure']}"


def _act(work: Work) -> str:
    return f"/{work.payload['section']}/act"


def _moves(shell: Shell, visit: Visit, work: Work) -> list[tuple[str, str]]:
    """Return the moves that may be open for the first cases that a bulk move was made on, also to undo it; the preview
    says it of each."""
    if work.kind != BULK_MOVES or work.is_live or not work.done:
        return []
    lines, _more = LongWork(shell.edge.desk).lines(work, Which.DONE, limit=PAGE_LINES)
    cases = list(_seen(shell, visit, cases_of(lines)).values())
    found: dict[str, str] = {}
    for workflow, states in next_moves(cases, shell.world(visit)):
        for name in moves_for_many(workflow, states, visit.known.actor):
            part = workflow.transitions[name]
            if work.payload["any_move"] or part.supervises:
                found[name] = visit.words.say(part.title.text)
    return list(found.items())


def _cells(shell: Shell, visit: Visit, work: Work) -> Iterator[Sequence[str]]:
    every = LongWork(shell.edge.desk).every_line(work, Which.SKIPPED)
    while lines := list(islice(every, BATCH_COMMANDS_MAX)):
        yield from (_cells_of(row) for row in _rows(shell, visit, lines))


def _rows(shell: Shell, visit: Visit, lines: Sequence[Line]) -> list[WorkLine]:
    seen = _seen(shell, visit, cases_of(lines))
    return [work_line(line, seen, shell.world(visit), visit.words) for line in lines]


def _cells_of(row: WorkLine) -> Sequence[str]:
    return str(row.number), row.case_number, row.title, row.reason, row.source


def _seen(shell: Shell, visit: Visit, cases: Sequence[CaseId]) -> dict[CaseId, Case]:
    """Return those of the cases that the visitor may see now."""
    asker = visit.known
    found = shell.edge.desk.reads.visible_cases(asker.root, cases, principals_of(asker.actor)) if cases else ()
    return {case.id: case for case in found}


def _after(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= PART_DIGITS_MAX
    return int(text) if is_number else -1
