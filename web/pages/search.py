"""The search, and similar cases: one page for each; the latter also as a piece of other pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import PAGE_LINES
from api.problems import status_of
from engine.case.identity import CaseId
from engine.case.search_words import ASKED_CHARACTERS_MAX, VERSION, search_fields
from engine.definition.model import Workflow
from engine.definition.parts import Phase
from engine.errors import InputRefused, NotFound
from engine.service.ports import CaseFilter
from engine.service.search import FoundPage, search
from engine.service.search_ports import KeepNotAlike
from engine.service.similar import TEXT_MAX, not_alike, similar, taken_back
from engine.service.world import World
from engine.text import Text
from web.forms.widgets import Choices
from web.pages.account import first
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.lines import shown_workflows
from web.views.search import found_row
from web.views.similar import SimilarPanel, panel_of, similar_panel

FILTERS: Final = ("q", "workflow", "state", "unit", "phase", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The one field of the page of similar cases: where it goes, what it is called, what was typed."""

    address: str
    name: str
    title: str
    value: str


def search_pages(shell: Shell) -> Pages:
    """Return the addresses of the search and of similar cases."""
    router = Pages()
    desk = shell.edge.desk

    @router.get("/search")
    def search_page(request: Request) -> Response:
        return _search_page(shell, shell.visit(request))

    @router.get("/similar")
    def similar_page(request: Request) -> Response:
        visit = shell.visit(request)
        params = request.query_params
        typed = {"subject": params.get("subject", ""), "text": params.get("text", "")}
        return _similar_page(shell, visit, params.get("workflow", ""), typed)

    @router.post("/similar/{workflow}")
    async def similar_typed(request: Request, workflow: str) -> Response:
        """Answer the form of a new case; of what is typed only fields are read that a list may show as well."""
        visit = await shell.visiting(request)
        posted = await read_form(request)
        return await run_in_threadpool(_similar_typed, shell, visit, workflow, posted)

    @router.get("/cases/{case_id}/similar")
    def similar_of_case(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        panel = similar_panel(shell, visit, CaseId(case_id), back=f"/cases/{case_id}/similar")
        return _panel_page(shell, visit, panel, back=f"/cases/{case_id}")

    @router.post("/cases/{case_id}/similar/{other}/dismiss")
    async def dismiss(request: Request, case_id: str, other: str) -> Response:
        visit = await shell.visiting(request)
        posted = await read_form(request)
        said = await run_in_threadpool(_not_alike, shell, visit, CaseId(case_id), CaseId(other))
        await run_in_threadpool(desk.office.write, [said])
        return _back(case_id, first(posted, "back"), apart=other)

    @router.post("/cases/{case_id}/similar/{other}/again")
    async def take_back(request: Request, case_id: str, other: str) -> Response:
        visit = await shell.visiting(request)
        posted = await read_form(request)
        said = await run_in_threadpool(_not_alike, shell, visit, CaseId(case_id), CaseId(other))
        await run_in_threadpool(desk.office.write, [taken_back(said)])
        return _back(case_id, first(posted, "back"))

    return router


def _not_alike(shell: Shell, visit: Visit, case: CaseId, other: CaseId) -> KeepNotAlike:
    reads, asker = shell.edge.desk.reads, visit.known
    return not_alike(reads, asker.root, (case, other), asker.actor, shell.world(visit), visit.now)


def _back(case_id: str, back: str, **said: str) -> Response:
    """Return the way to the page that one came from, if it is one that shows what is similar; else to that of its own.

    Its address says which case was set apart, so that this can be taken back there.
    """
    path, _, query = back.partition("?")
    own = path in (f"/cases/{case_id}", "/meeting") and back.isprintable()
    kept = [(name, value) for name, value in parse_qsl(query) if name != "apart"] if own else []
    more = urlencode([*kept, *said.items()])
    address = path if own else f"/cases/{case_id}/similar"
    return RedirectResponse(f"{address}{'?' if more else ''}{more}#similar", status_code=303)


def _search_page(shell: Shell, visit: Visit) -> Response:
    world, words, asker = shell.world(visit), visit.words, visit.known
    params = visit.request.query_params
    asked = {name: params.get(name, "").strip() for name in FILTERS}
    workflows = shown_workflows(world.rules)
    chosen = next((part for part in workflows if part.name == asked["workflow"]), None)
    after = params.get("after") or None
    page: FoundPage | None = None
    refusal: InputRefused | None = None
    if asked["q"]:
        try:
            page = search(
                shell.edge.desk.reads,
                asker.root,
                asker.actor,
                asked["q"],
                world,
                _where(asked, chosen),
                after=after,
                limit=PAGE_LINES,
            )
        except InputRefused as error:
            refusal = error
    kept = {name: value for name, value in asked.items() if value}
    return shell.page(
        visit,
        "search.html",
        section="search",
        status=200 if refusal is None else status_of(refusal),
        asked=asked,
        is_asked=page is not None,
        rows=[] if page is None else [found_row(line, world, visit) for line in page.lines],
        is_cut=page is not None and page.is_cut,
        next_page=None if page is None or page.next is None else f"/search?{urlencode({**kept, 'after': page.next})}",
        first_page=f"/search?{urlencode(kept)}" if after else None,
        message=None if refusal is None else words.say(refusal.text),
        is_narrowed=bool(kept.keys() - {"q"}),
        is_filling=shell.edge.desk.reads.search_is_filling(VERSION),
        q_max=ASKED_CHARACTERS_MAX,
        workflows=[(part.name, words.say(part.title.text)) for part in workflows],
        states=[] if chosen is None else [(name, words.say(part.title.text)) for name, part in chosen.states.items()],
        phases=[(str(phase), words.t(f"phase_{phase}")) for phase in Phase],
        units=Choices(surroundings=world.surroundings).units(words),
        sessions=[(each.id, words.say(each.title)) for each in world.surroundings.sessions.values()],
    )


def _where(asked: Mapping[str, str], chosen: Workflow | None) -> CaseFilter:
    is_state = chosen is not None and asked["state"] in chosen.states
    return CaseFilter(
        workflow=None if chosen is None else chosen.name,
        states=(asked["state"],) if is_state else None,
        phase=asked["phase"] if asked["phase"] in tuple(Phase) else None,
        unit=asked["unit"] or None,
        congress_session=asked["session"] or None,
        children=True,
    )


def _similar_typed(shell: Shell, visit: Visit, workflow: str, posted: Mapping[str, list[str]]) -> Response:
    part = _workflow(shell.world(visit), workflow)
    definition = shell.world(visit).rules.for_new(workflow)
    names = [name for name in part.opening if name in search_fields(definition) and name != part.subject_field]
    is_open = part.subject_field in search_fields(definition)
    typed = {
        "subject": first(posted, f"f.{part.subject_field}") if is_open else "",
        "text": "\n".join(first(posted, f"f.{name}") for name in names),
    }
    return _similar_page(shell, visit, workflow, typed)


def _similar_page(shell: Shell, visit: Visit, workflow: str, typed: Mapping[str, str]) -> Response:
    world, asker = shell.world(visit), visit.known
    part = _workflow(world, workflow)
    subject, text = typed["subject"][:ASKED_CHARACTERS_MAX], typed["text"][:TEXT_MAX]
    is_typed = bool(subject.strip() or text.strip())
    found = (
        similar(
            shell.edge.desk.reads, asker.root, asker.actor, world, part.name, subject or text, text if subject else ""
        )
        if is_typed
        else ()
    )
    ask = Ask(
        address=f"/similar/{part.name}",
        name=f"f.{part.subject_field}",
        title=visit.words.say(part.fields[part.subject_field].title.text),
        value=subject,
    )
    panel = panel_of(found, world, visit) if is_typed else None
    return _panel_page(shell, visit, panel, back=f"/cases/new/{part.name}", ask=ask)


def _panel_page(
    shell: Shell, visit: Visit, panel: SimilarPanel | None, *, back: str, ask: Ask | None = None
) -> Response:
    # A script takes the piece out of the page by its id; there is no other form of the answer.
    return shell.page(
        visit,
        "similar.html",
        section="search",
        similar=panel,
        ask=ask,
        back=back,
    )


def _workflow(world: World, name: str) -> Workflow:
    known = next((part for part in shown_workflows(world.rules) if part.name == name), None)
    if known is None:
        raise NotFound(Text("没有这个流程", "There is no such workflow"))
    return known
