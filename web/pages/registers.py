"""Registers (台账) in and out: a file is rehearsed, shown, and confirmed; cases go out in the columns of the import."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.multipart import uploads_of
from api.problems import headers_of, status_of
from engine.case.identity import SessionId, UnitId
from engine.case.scope import SHANGHAI
from engine.definition.model import Workflow
from engine.errors import BanjieError, FormInvalid, InputRefused, NotFound, TooBusy
from engine.service.board import sessions_in_order
from engine.service.exported import record_export
from engine.service.filing.names import stem_of
from engine.service.importing.maps import RegisterMap
from engine.service.importing.outgoing import headings_out
from engine.service.importing.own_maps import own_map, own_maps
from engine.service.importing.registers import definition_for, proved_map
from engine.service.importing.reports import write_refused
from engine.service.importing.template import template
from engine.service.long_work import LongWork, NoSuchWork, Work
from engine.service.long_work_ports import WorkState
from engine.service.ports import CaseFilter
from engine.service.registers_in import KIND, Wanted, confirm, may_import, propose, proposed, sample
from engine.service.registers_out import AT_ONCE_MAX, ask, cases_of, rows_of, rows_written, written
from engine.service.world import World
from engine.text import Text
from web.exports import TYPES, Kind, file_of
from web.forms.registers import RegisterSpool
from web.forms.widgets import Choices
from web.pages.account import first
from web.pages.acting_many import address_of, hint_of_work
from web.pages.case import posted_key
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.registers import REFUSED_SHOWN, SAMPLE_SHOWN, preview_view

NO_SESSION: Final = "-"
YEARS: Final = range(2000, 2101)
YEARS_OFFERED: Final = 10
NAME_CHARACTERS: Final = 80
REHEARSALS_AT_ONCE: Final = 2
_REHEARSALS: Final = threading.BoundedSemaphore(REHEARSALS_AT_ONCE)


def registers_pages(shell: Shell) -> Pages:
    """Return the addresses of registers."""
    router = Pages()
    desk = shell.edge.desk

    @router.get("/registers")
    def show(request: Request) -> Response:
        return _page(shell, shell.visit(request))

    @router.get("/registers/template.xlsx")
    def empty(request: Request) -> Response:
        """Send a register to be filled in."""
        visit = shell.visit(request)
        world = shell.world(visit)
        part = _map(shell, visit, world, request.query_params.get("workflow", ""))
        units = [unit.title for _depth, unit in world.surroundings.as_tree()]
        made = template(part, world.rules.for_new(part.workflow), units)
        return _attached(made, f"register-{part.workflow}.xlsx", TYPES[Kind.XLSX])

    @router.post("/registers")
    async def bring(request: Request) -> Response:
        """Take a file, rehearse it, and show what would come in."""
        visit = await shell.visiting(request)
        root, actor = visit.known.root, visit.known.actor
        with tempfile.TemporaryDirectory() as folder:
            spool = RegisterSpool(desk, Path(folder))
            posted = await uploads_of(request, spool, (root, actor))
            try:
                if posted.errors:
                    raise posted.errors[0]
                work = await run_in_threadpool(_proposed, shell, visit, spool, posted.fields)
            except BanjieError as error:
                return await run_in_threadpool(_page, shell, visit, error=error, typed=posted.fields)
        return RedirectResponse(f"/registers/{work.id}", status_code=303)

    @router.post("/registers/out")
    async def take(request: Request) -> Response:
        """Send the register of a session or a year; a large one is written as long work."""
        visit = await shell.visiting(request)
        posted = await read_form(request)
        return await run_in_threadpool(_taken, shell, visit, posted)

    @router.get("/registers/out/{mark}")
    def taken(request: Request, mark: str) -> Response:
        """Send a register that was written as long work."""
        visit = shell.visit(request)
        work, part = written(desk, visit.known.root, visit.known.person, mark)
        return file_of(Kind.XLSX, f"register-{part.workflow}", headings_out(part), rows_written(desk, work))

    @router.get("/registers/{work_id}")
    def preview(request: Request, work_id: str) -> Response:
        visit = shell.visit(request)
        work = _one(shell, visit, work_id)
        if work.state is not WorkState.PROPOSED:
            return RedirectResponse(address_of(work), status_code=303)
        world = shell.world(visit)
        return shell.page(
            visit,
            "registers_preview.html",
            section="registers",
            view=preview_view(proposed(work), sample(desk, work, SAMPLE_SHOWN), world, visit.words),
            refused_max=REFUSED_SHOWN,
            refused_files=[(visit.words.t(f"export_{kind}"), f"/registers/{work_id}/refused.{kind}") for kind in Kind],
        )

    @router.post("/registers/{work_id}")
    async def take_in(request: Request, work_id: str) -> Response:
        """Let a register come in that was looked at; it is done as long work."""
        visit = await shell.visiting(request)
        await read_form(request)

        def act() -> Response:
            _one(shell, visit, work_id)
            work = confirm(desk, visit.known.root, visit.known.actor, work_id)
            hint_of_work(shell)
            return RedirectResponse(address_of(work), status_code=303)

        return await run_in_threadpool(act)

    @router.get("/registers/{work_id}/refused.{kind}")
    def refused(request: Request, work_id: str, kind: str) -> Response:
        """Send the rows that would not come in, to be mended and brought again."""
        visit = shell.visit(request)
        if kind not in tuple(Kind):
            raise NotFound(Text("没有这种格式的文件，可选 CSV 或 Excel", "There is no file of this kind: CSV or Excel"))
        found = proposed(_one(shell, visit, work_id))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"refused.{kind}"
            write_refused(found, path)
            return _attached(path.read_bytes(), f"refused.{kind}", TYPES[Kind(kind)])

    return router


def _one(shell: Shell, visit: Visit, work_id: str) -> Work:
    """Return a register that the visitor has brought; raises NoSuchWork for anything else."""
    work = LongWork(shell.edge.desk).one(visit.known.root, visit.known.person, work_id)
    if work.kind != KIND:
        raise NoSuchWork
    return work


def _map(shell: Shell, visit: Visit, world: World, workflow: str) -> RegisterMap:
    """Return the map that a workflow brings along; raises NotFound where it brings none."""
    path = own_maps(shell.edge.settings.workflows).get(workflow)
    if path is None or workflow not in world.rules.names():
        raise NotFound(Text("请选择有台账格式的流程", "Choose a procedure that has a form of register"))
    definition = definition_for(world, workflow, UnitId(visit.known.root), None)
    return proved_map(path, workflow, definition, world)


def _proposed(shell: Shell, visit: Visit, spool: RegisterSpool, typed: Mapping[str, list[str]]) -> Work:
    world, known = shell.world(visit), visit.known
    workflow, session = first(typed, "workflow"), first(typed, "session")
    if not session and world.surroundings.sessions:
        raise InputRefused(
            Text("请选择届次；不属于届次的，选“不属于届次”", "Choose a congress session, or that it belongs to none")
        )
    path = own_maps(shell.edge.settings.workflows).get(workflow)
    if path is None or workflow not in world.rules.names():
        raise InputRefused(Text("请选择流程", "Choose a procedure"))
    if not spool.name:
        raise InputRefused(
            Text("请选择台账文件（.xlsx .xls .ods .csv）", "Choose the file of a register (.xlsx .xls .ods .csv)")
        )
    wanted = Wanted(
        workflow=workflow,
        unit=UnitId(first(typed, "unit") or known.root),
        session=SessionId(session) if session not in ("", NO_SESSION) else None,
        file=spool.path,
        map=path,
        file_name=stem_of(spool.name)[:NAME_CHARACTERS] or "register",
    )
    if not _REHEARSALS.acquire(blocking=False):
        raise TooBusy(
            Text("正在核对其他台账，请稍后再试", "Other registers are being looked at: try again"),
            retry_after_seconds=10,
        )
    try:
        return propose(shell.edge.desk, known.root, known.actor, wanted, key=posted_key(typed))
    finally:
        _REHEARSALS.release()


def _taken(shell: Shell, visit: Visit, posted: Mapping[str, list[str]]) -> Response:
    desk, known, world = shell.edge.desk, visit.known, shell.world(visit)
    part = _map(shell, visit, world, first(posted, "workflow"))
    session, typed = first(posted, "session"), first(posted, "year").strip()
    year = int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 and int(typed) in YEARS else None
    where = CaseFilter(workflow=part.workflow, congress_session=session or None)
    ids = cases_of(desk, known.root, known.actor, where, year=year)
    if not ids:
        error = InputRefused(
            Text("没有符合条件的事项可导出；请换一个届次或年度", "There is nothing to take: another session or year?")
        )
        return _page(shell, visit, error=error, typed=posted)
    if len(ids) > AT_ONCE_MAX:
        workflow = world.rules.newest(part.workflow)
        title = Text(f"导出台账：{workflow.title.zh}", f"Register taken along: {workflow.title.en}")
        try:
            work = ask(desk, known.root, known.actor, part, ids, title=title, key=posted_key(posted))
        except InputRefused as error:
            return _page(shell, visit, error=error, typed=posted)
        hint_of_work(shell)
        return RedirectResponse(address_of(work), status_code=303)
    rows = rows_of(desk, known.root, known.actor, world, part, ids)
    record_export(desk, known.root, known.person, "register", rows=len(rows), scope=part.workflow)
    name = f"register-{part.workflow}-{visit.now.astimezone(SHANGHAI).date().isoformat()}"
    return file_of(Kind.XLSX, name, headings_out(part), chain.from_iterable(rows.values()))


def _page(
    shell: Shell,
    visit: Visit,
    *,
    error: BanjieError | None = None,
    typed: Mapping[str, list[str]] | None = None,
) -> Response:
    world, words, known = shell.world(visit), visit.words, visit.known
    offered = _offered(shell, world)
    maps = {part.name: own_map(path) for part, path in offered}
    given = {name: first(typed or {}, name) or visit.request.query_params.get(name, "") for name in FIELDS}
    units = [
        (id_, title)
        for id_, title in Choices(surroundings=world.surroundings).units(words)
        if any(may_import(known.actor, known.root, part, UnitId(id_), world) for part in maps.values())
    ]
    bringing = [
        part
        for part, _path in offered
        if any(may_import(known.actor, known.root, maps[part.name], UnitId(id_), world) for id_, _title in units)
    ]
    sessions = [(session.id, words.say(session.title)) for session in sessions_in_order(world.surroundings)]
    today = visit.now.astimezone(SHANGHAI).date()
    page: Response = shell.page(
        visit,
        "registers.html",
        section="registers",
        status=200 if error is None else status_of(error),
        refusals=[] if error is None else _refusals(error, visit),
        typed=given,
        may_bring=bool(units),
        units=units,
        workflows_in=[(part.name, words.say(part.title.text)) for part in bringing],
        workflows=[(part.name, words.say(part.title.text)) for part, _path in offered],
        templates=[
            (words.say(part.title.text), f"/registers/template.xlsx?{urlencode({'workflow': part.name})}")
            for part, _path in offered
        ],
        sessions=sessions,
        sessions_in=[*sessions, (NO_SESSION, words.t("registers_no_session"))],
        years=[(str(today.year - back), str(today.year - back)) for back in range(YEARS_OFFERED)],
        at_once=AT_ONCE_MAX,
        key=posted_key({}),
        out_key=posted_key({}),
    )
    page.headers.update({} if error is None else headers_of(error))
    return page


FIELDS: Final = ("workflow", "session", "unit", "year")


def _refusals(error: BanjieError, visit: Visit) -> list[str]:
    if isinstance(error, FormInvalid):
        return list(dict.fromkeys(visit.words.say(problem.text) for problem in error.fields))
    return [visit.words.say(error.text)]


def _offered(shell: Shell, world: World) -> list[tuple[Workflow, Path]]:
    """Return the workflows whose folder has a map, those that are there, those of a congress first."""
    names = set(world.rules.names())
    maps = own_maps(shell.edge.settings.workflows)
    found = [(world.rules.newest(name), path) for name, path in maps.items() if name in names]
    return sorted(found, key=lambda each: each[0].meeting is None)


def _attached(content: bytes, name: str, type_: str) -> Response:
    return Response(content, media_type=type_, headers={"Content-Disposition": f'attachment; filename="{name}"'})
