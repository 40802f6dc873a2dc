"""Changing a code list: a page of its codes in a form, or all of them in a file; looked at first, then published.

Between the two stands what is to be changed, and not the list: of a list that somebody else has changed meanwhile all
else stays as they have made it.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.multipart import uploads_of
from api.problems import headers_of
from api.routes.accounts import demand_person
from engine.definition.model import CodeList
from engine.errors import BanjieError, DefinitionError, InputRefused, NotFound, TooBusy
from engine.service.housekeeping import Keeper, demand_keeper
from engine.service.list_changes import (
    CODES_MAX,
    FIRST_LINE,
    PARTS,
    CodeRow,
    RowProblem,
    carried,
    carried_rows,
    carried_version,
    code_row,
    codes_by_line,
    differing,
    next_version,
    row_problems,
    said_of,
)
from engine.service.list_sheets import HEADINGS, read_codes, rows_out
from engine.service.publications import REASON_CHARACTERS_MAX
from engine.text import Text
from web.exports import Kind, file_of
from web.forms.drafting import resumed, sent, stamp_for
from web.forms.registers import RegisterSpool
from web.pages.admin import keeper_of
from web.pages.admin_calendar import UNPROCESSABLE
from web.pages.admin_publish import VERSION_DIGITS, Typed, acting, status_for
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.code_lists import CODES_SHOWN, EntryView, change_groups, code_page, entries_of, entry, row_lines

NEW_ENTRIES: Final = 3
PROBLEMS_SHOWN: Final = 200
CONFLICT: Final = 409
_READING: Final = threading.BoundedSemaphore(1)
"""A file of tables is unpacked in a process of its own, one at a time: not many change lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """A code list as it is, and its versions by number."""

    newest: CodeList
    every: Mapping[int, CodeList]

    def of(self, number: int) -> CodeList:
        """Return the version that something was made from, the newest where nobody knows it."""
        return self.every.get(number, self.newest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What somebody has typed or brought, and the version that they had before them."""

    base: CodeList
    rows: Sequence[CodeRow]
    reason: str = ""
    note: str | None = None
    is_file: bool = False


def admin_lists_pages(shell: Shell) -> Pages:
    """Return the addresses of changing code lists."""
    router = Pages()
    edge = shell.edge

    @router.get("/admin/lists/{name}")
    def edit(request: Request, name: str) -> Response:
        visit = shell.visit(request)
        keeper = keeper_of(edge, visit.known)
        demand_keeper(keeper)
        versions = _versions(shell, visit, name)
        found = resumed(shell, visit, _form(name))
        if found is None:
            return _edit_page(shell, visit, versions)
        typed = {field: values[0] for field, values in found.fields.items()}
        if "changes" in typed:
            return _look(shell, visit, keeper, versions, _carried(versions, typed, found.note))
        return _edit_page(shell, visit, versions, _typed(versions, typed, found.note))

    @router.get("/admin/lists/{name}/codes.{kind}")
    def take(request: Request, name: str, kind: str) -> Response:
        """Send the codes of a list, to be changed and brought back."""
        visit = shell.visit(request)
        demand_keeper(keeper_of(edge, visit.known))
        if kind not in tuple(Kind):
            raise NotFound(Text("没有这种格式的文件，可选 CSV 或 Excel", "There is no file of this kind: CSV or Excel"))
        part = _versions(shell, visit, name).newest
        titles = [visit.words.say(heading) for heading in HEADINGS.values()]
        return file_of(Kind(kind), f"{part.name}-v{part.version}", titles, rows_out(part))

    @router.post("/admin/lists/{name}/preview")
    async def preview(request: Request, name: str) -> Response:
        def act(visit: Visit, keeper: Keeper, typed: Typed) -> Response:
            versions = _versions(shell, visit, name)
            return _look(shell, visit, keeper, versions, _typed(versions, typed))

        return await acting(shell, request, act)

    @router.post("/admin/lists/{name}/file")
    async def bring(request: Request, name: str) -> Response:
        """Take a file of codes, and show what it would change."""
        visit = await shell.visiting(request)
        demand_person(visit.known)
        keeper = keeper_of(edge, visit.known)
        demand_keeper(keeper)
        with tempfile.TemporaryDirectory() as folder:
            spool = RegisterSpool(edge.desk, Path(folder))
            posted = await uploads_of(request, spool, (keeper.root, visit.known.actor))
            return await run_in_threadpool(_brought, shell, visit, keeper, name, spool, posted.errors)

    @router.post("/admin/lists/{name}/publish")
    async def publish(request: Request, name: str) -> Response:
        def act(visit: Visit, keeper: Keeper, typed: Typed) -> Response:
            versions = _versions(shell, visit, name)
            try:
                tried = _carried(versions, typed)
            except InputRefused as error:
                return _edit_page(shell, visit, versions, error=error)
            newest = versions.newest
            if tried.base.version != newest.version or row_problems(newest, tried.rows):
                # What is published was seen before: of another version, or with something wrong in it, it was not.
                return _look(shell, visit, keeper, versions, tried, status=CONFLICT)
            try:
                edge.running_house().publish_rules(
                    keeper.root, "list", next_version(newest, tried.rows), tried.reason, keeper.person
                )
            except (DefinitionError, InputRefused) as error:
                return _look(shell, visit, keeper, versions, tried, error=error)
            sent(shell, visit, _form(name))
            return RedirectResponse("/admin/lists?done=published", status_code=303)

        return await acting(shell, request, act)

    return router


def _form(name: str) -> str:
    """Return where what is typed into the form of a list, or stands on its preview, is kept as a draft."""
    return f"/admin/lists/{name}"


def _versions(shell: Shell, visit: Visit, name: str) -> Versions:
    every = {part.version: part for part in shell.world(visit).rules.every_list() if part.name == name}
    if not every:
        raise NotFound(Text("没有这个代码表", "There is no such code list"))
    return Versions(newest=every[max(every)], every=every)


def _typed(versions: Versions, typed: Typed, note: str | None = None) -> Tried:
    """Return what a form says; a draft has no empty fields, so that what was shown stands in it by itself."""
    version = typed.get("version", "")
    known = version.isascii() and version.isdigit() and len(version) < VERSION_DIGITS
    base = versions.of(int(version) if known else 0)
    return Tried(base=base, rows=list(_form_rows(base, typed)), note=note)


def _form_rows(base: CodeList, typed: Typed) -> Iterator[CodeRow]:
    shown = set(typed.get("shown", "").split())
    for item in base.items:
        absent = "" if item.code in shown else None
        zh, en, until = (typed.get(f"{part}.{item.code}", absent) for part in PARTS)
        if (zh, en, until) != (None, None, None):
            yield code_row(item.code, zh, en, until)
    for number in range(1, NEW_ENTRIES + 1):
        code = typed.get(f"new.{number}", "")
        zh, en, until = (typed.get(f"new_{part}.{number}", "") for part in PARTS)
        if code.strip() or zh.strip() or en.strip():
            yield code_row(code, zh, en, until, is_new=True)


def _carried(versions: Versions, typed: Typed, note: str | None = None) -> Tried:
    """Return what a preview carries; raises InputRefused for what it never carried."""
    text = typed.get("changes", "")
    base = versions.of(carried_version(text))
    return Tried(base=base, rows=carried_rows(text, base), reason=typed.get("reason", ""), note=note)


def _brought(
    shell: Shell, visit: Visit, keeper: Keeper, name: str, spool: RegisterSpool, errors: Sequence[BanjieError]
) -> Response:
    versions = _versions(shell, visit, name)
    try:
        if errors:
            raise errors[0]
        if not spool.name:
            raise InputRefused(
                Text("请选择代码表文件（.xlsx .xls .ods .csv）", "Choose the file of codes (.xlsx .xls .ods .csv)")
            )
        if not _READING.acquire(blocking=False):
            raise TooBusy(
                Text("正在读取另一个代码表文件，请稍后再试", "Another file of codes is being read: try again"),
                retry_after_seconds=10,
            )
        try:
            rows = read_codes(spool.path)
        finally:
            _READING.release()
    except BanjieError as error:
        return _edit_page(shell, visit, versions, error=error)
    return _look(shell, visit, keeper, versions, Tried(base=versions.newest, rows=rows, is_file=True))


def _look(
    shell: Shell,
    visit: Visit,
    keeper: Keeper,
    versions: Versions,
    tried: Tried,
    *,
    error: BanjieError | None = None,
    status: int | None = None,
) -> Response:
    """Return what would be published with the form that does it, or where it was typed, with what is wrong."""
    newest, words = versions.newest, visit.words
    problems = row_problems(newest, tried.rows)
    if problems:
        return _edit_page(shell, visit, versions, tried, problems=problems)
    changed = list(differing(tried.base, tried.rows))
    try:
        if not changed:
            raise InputRefused(
                Text("与现行版相同，没有需要发布的修改", "It says what the list says now: nothing is to be published")
            )
        text = carried(newest, changed)
        proposed = shell.edge.running_house().proposed_rules(keeper.root, "list", next_version(newest, changed))
    except DefinitionError as wrong:
        found = _by_row(wrong, codes_by_line(newest, changed), tried.rows)
        return _edit_page(shell, visit, versions, tried, problems=found)
    except InputRefused as refused:
        return _edit_page(shell, visit, versions, tried, error=refused)
    after = proposed.part
    assert isinstance(after, CodeList)
    touched = {row.code for row in changed}
    return shell.page(
        visit,
        "admin_list_publish.html",
        section="admin",
        status=status or status_for(error),
        name=newest.name,
        title=words.say(after.title.text),
        version=after.version,
        before=newest.version,
        groups=change_groups(newest, after, words),
        unchanged=sum(item.code not in touched for item in newest.items),
        changes=text,
        reason=tried.reason,
        reason_max=REASON_CHARACTERS_MAX,
        draft_of=stamp_for(shell, visit, _form(newest.name)),
        note=tried.note,
        moved_on=_moved_on(visit, newest, tried),
        refusal=None if error is None else words.say(error.text),
    )


def _by_row(error: DefinitionError, codes: Sequence[str], rows: Sequence[CodeRow]) -> list[RowProblem]:
    """Return what the proof found, at the row that says it; what would be wrong elsewhere is at none."""
    places = {row.code: row.row for row in rows}
    found = []
    for problem in error.problems:
        at = problem.line - FIRST_LINE
        code = codes[at] if 0 <= at < len(codes) else ""
        said = Text(f"{problem.text.zh}。{problem.remedy.zh}", f"{problem.text.en}. {problem.remedy.en}")
        found.append(RowProblem(row=places.get(code), code=code, text=said))
    return found


def _moved_on(visit: Visit, newest: CodeList, tried: Tried | None) -> str | None:
    if tried is None or tried.base.version == newest.version:
        return None
    return visit.words.t("list_moved_on", n=newest.version)


def _edit_page(
    shell: Shell,
    visit: Visit,
    versions: Versions,
    tried: Tried | None = None,
    *,
    problems: Sequence[RowProblem] = (),
    error: BanjieError | None = None,
) -> Response:
    newest, words = versions.newest, visit.words
    codes = code_page(newest, visit.request.query_params)
    form = None if tried is None or tried.is_file else tried
    entries = [] if form is None else entries_of(newest, form.base, form.rows)
    response: Response = shell.page(
        visit,
        "admin_list.html",
        section="admin",
        status=UNPROCESSABLE if problems else status_for(error),
        name=newest.name,
        title=words.say(newest.title.text),
        version=newest.version,
        codes_max=f"{CODES_MAX:,}",
        shown_max=CODES_SHOWN,
        codes=codes,
        entries=entries or [entry(said_of(item)) for item in codes.items],
        total=len(newest.items),
        more=_new_entries(() if form is None else form.rows),
        draft_of=stamp_for(shell, visit, _form(newest.name)),
        note=None if tried is None else tried.note,
        moved_on=_moved_on(visit, newest, tried),
        refusal=None if error is None else words.say(error.text),
        problems=row_lines(problems[:PROBLEMS_SHOWN], words),
        problems_all=len(problems),
        files=[(words.t(f"export_{kind}"), f"/admin/lists/{newest.name}/codes.{kind}") for kind in Kind],
    )
    response.headers.update({} if error is None else headers_of(error))
    return response


def _new_entries(rows: Sequence[CodeRow]) -> list[EntryView]:
    typed = [entry(row) for row in rows if row.is_new][:NEW_ENTRIES]
    return typed + [EntryView(code="", zh="", en="", until="")] * (NEW_ENTRIES - len(typed))
