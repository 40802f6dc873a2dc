"""Code lists and definitions as those who look after the house see them; a definition can be checked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.incoming import read_form
from api.limits import BODY_BYTES_MAX
from api.problems import status_of
from api.routes.accounts import demand_person
from engine.case.identity import PersonId
from engine.errors import BanjieError, DefinitionError, InputRefused
from engine.service.housekeeping import demand_keeper
from engine.service.publications import REASON_CHARACTERS_MAX, Kind
from engine.text import Text
from web.pages.account import first
from web.pages.admin import keeper_of
from web.pages.admin_calendar import UNPROCESSABLE, Problems, problem_line
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.publishing import PublicationLine, publication_lines

DEFINITION_BYTES_MAX: Final = 256 * 1024
NOTHING_TYPED: Final = Text("请粘贴流程文件的内容", "Paste what the file of the workflow says")
TOO_LARGE: Final = Text("流程文件不得超过 256 KB", "A definition has at most 256 KB")
LINES_SHOWN: Final = 100
"""So many codes of a list stand on the page of all lists; the others are on its own."""
DONE: Final = {"published": "publish_done", "withdrawn": "publish_withdrawn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """A version of a code list; its lines are code, title, note and the last day, the first of ``total``."""

    name: str
    title: str
    version: int
    source: str
    used_by: str
    is_newest: bool
    total: int
    lines: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowLine:
    """A workflow on the list."""

    name: str
    title: str
    version: int
    in_force: str
    versions: int


def admin_rules_pages(shell: Shell) -> Pages:
    """Return the addresses of code lists and definitions."""
    router = Pages()

    @router.get("/admin/lists")
    def lists(request: Request) -> Response:
        visit = shell.visit(request)
        demand_keeper(keeper_of(shell.edge, visit.known))
        return shell.page(
            visit,
            "admin_lists.html",
            section="admin",
            lists=_lists(shell, visit),
            published=_published(shell, visit, "list"),
            done=_done(visit),
        )

    @router.get("/admin/definitions")
    def definitions(request: Request) -> Response:
        return definitions_page(shell, shell.visit(request))

    @router.post("/admin/definitions")
    async def check(request: Request) -> Response:
        visit = await shell.visiting(request)
        demand_person(visit.known)
        form = await read_form(request, BODY_BYTES_MAX)
        name, text = first(form, "name").strip(), first(form, "definition")

        def act() -> Response:
            demand_keeper(keeper_of(shell.edge, visit.known))
            written = text.encode()
            try:
                if not text.strip():
                    raise InputRefused(NOTHING_TYPED)
                if len(written) > DEFINITION_BYTES_MAX:
                    raise InputRefused(TOO_LARGE)
                problems = shell.edge.running_house().check_definition(name, written)
            except InputRefused as error:
                return definitions_page(shell, visit, name, text, error=error)
            found = [problem_line(problem, visit.words) for problem in problems]
            return definitions_page(shell, visit, name, text, found=found)

        return await run_in_threadpool(act)

    return router


def _lists(shell: Shell, visit: Visit) -> list[ListView]:
    rules, words = shell.world(visit).rules, visit.words
    users: dict[str, list[str]] = {}
    for workflow in (rules.newest(name) for name in rules.names()):
        for name in set(workflow.lists.values()):
            users.setdefault(name, []).append(words.say(workflow.title.text))
    newest = {part.name: part.version for part in reversed(rules.every_list())}
    return [
        ListView(
            name=part.name,
            title=words.say(part.title.text),
            version=part.version,
            source=_source(part.source),
            used_by=words.listed(users.get(part.name, ())),
            is_newest=part.version == newest[part.name],
            total=len(part.items),
            lines=tuple(
                (
                    item.code,
                    words.say(item.title.text),
                    "" if item.note is None else words.say(item.note.text),
                    "" if item.until_on is None else words.date(item.until_on),
                )
                for item in part.items[:LINES_SHOWN]
            ),
        )
        for part in rules.every_list()
    ]


def _source(source: JsonValue) -> str:
    """Return what a list says of where it comes from, in the words it uses."""
    if isinstance(source, dict):
        return " ".join(str(part) for part in source.values())
    return "" if source is None else str(source)


def definitions_page(
    shell: Shell,
    visit: Visit,
    name: str = "",
    text: str = "",
    *,
    found: Sequence[Problems] | None = None,
    error: BanjieError | None = None,
) -> Response:
    demand_keeper(keeper_of(shell.edge, visit.known))
    if found is None and isinstance(error, DefinitionError):
        found = [problem_line(problem, visit.words) for problem in error.problems]
    rules, words = shell.world(visit).rules, visit.words
    newest = [rules.newest(known) for known in rules.names()]
    lines = [
        WorkflowLine(
            name=part.name,
            title=words.say(part.title.text),
            version=part.version,
            in_force=words.date(part.in_force_from),
            versions=len({one.version for one in rules.every(part.name) if one.version <= part.version}),
        )
        for part in newest
    ]
    return shell.page(
        visit,
        "admin_definitions.html",
        section="admin",
        status=200 if error is None else UNPROCESSABLE if isinstance(error, DefinitionError) else status_of(error),
        lines=lines,
        published=_published(shell, visit, "definition"),
        reason_max=REASON_CHARACTERS_MAX,
        done=_done(visit),
        name=name,
        text=text,
        problems=found,
        refusal=None if error is None or isinstance(error, DefinitionError) else words.say(error.text),
    )


def _published(shell: Shell, visit: Visit, kind: Kind) -> list[PublicationLine]:
    """Return what was published here, the newest first."""
    reads = shell.edge.desk.reads
    rows = reads.publications()
    people = reads.persons(visit.known.root, {PersonId(row.by) for row in rows if row.by is not None})
    return publication_lines(rows, kind, people, visit.words)


def _done(visit: Visit) -> str | None:
    done = DONE.get(visit.request.query_params.get("done", ""))
    return None if done is None else visit.words.t(done)
