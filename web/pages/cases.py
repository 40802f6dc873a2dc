"""The list of cases: narrowed, in the order asked for, page by page, and as a file to take along."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.limits import PAGE_LINES
from api.problems import status_of
from engine.case.identity import SessionId
from engine.case.scope import SHANGHAI
from engine.case.search_words import VERSION
from engine.definition.model import Workflow
from engine.definition.parts import Phase
from engine.errors import InputRefused
from engine.service.board import sessions_in_order
from engine.service.exported import record_export
from engine.service.importing.own_maps import own_maps
from engine.service.list_orders import Order
from engine.service.papers_out import CASES_MAX
from engine.service.ports import CaseFilter, Page
from engine.service.world import World
from web.exports import EXPORT_ROWS_MAX, Kind, file_of, kind_of
from web.forms.widgets import Choices
from web.pages.board import categories_of
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.exported import case_cells, case_columns, category_titles
from web.views.lines import case_row, shown_workflows

FILTERS: Final = ("workflow", "state", "phase", "session", "category", "unit", "q", "order")
TEXT_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an address asks for, nonsense left out: the workflow, the condition, and the texts to ask the same again."""

    workflow: Workflow | None
    where: CaseFilter
    kept: Mapping[str, str]

    @property
    def query(self) -> str:
        """The query that asks for the same."""
        return urlencode(self.kept)


def cases_pages(shell: Shell) -> Pages:
    """Return the addresses of the list and of its files."""
    router = Pages()

    @router.get("/cases")
    def cases(request: Request) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        asked = cases_asked(visit, world)
        after = request.query_params.get("after") or None
        page, refusal = _page_or_refusal(shell, visit, world, asked, after)
        chosen = asked.workflow
        return shell.page(
            visit,
            "cases.html",
            section="cases",
            status=200 if refusal is None else status_of(refusal),
            message=None if refusal is None else words.say(refusal.text),
            is_cut=page.is_cut,
            is_filling=asked.where.text is not None and shell.edge.desk.reads.search_is_filling(VERSION),
            rows=[case_row(line, world, visit) for line in page.lines],
            next_page=None if page.next is None else f"/cases?{urlencode({**asked.kept, 'after': page.next})}",
            first_page=f"/cases?{asked.query}" if after else None,
            asked={**dict.fromkeys(FILTERS, ""), **asked.kept},
            narrowed=[name for name in asked.kept if name != "order"],
            orders=[(str(order), words.t(f"order_{order}")) for order in _orders(chosen)],
            order_note=None if asked.where.order is Order.OPENED else words.t(f"order_{asked.where.order}_note"),
            exports=[(words.t(f"export_{kind}"), f"/cases/export.{kind}?{asked.query}") for kind in Kind],
            export_max=EXPORT_ROWS_MAX,
            papers_address=f"/cases/papers?{asked.query}",
            papers_max=CASES_MAX,
            key=secrets.token_urlsafe(16),
            as_register=_as_register(shell, asked),
            workflows=[(part.name, words.say(part.title.text)) for part in shown_workflows(world.rules)],
            states=[]
            if chosen is None
            else [(name, words.say(part.title.text)) for name, part in chosen.states.items()],
            phases=[(str(phase), words.t(f"phase_{phase}")) for phase in Phase],
            sessions=[(session.id, words.say(session.title)) for session in sessions_in_order(world.surroundings)],
            categories=[] if chosen is None else categories_of(world.rules, chosen, words),
            units=Choices(surroundings=world.surroundings).units(words),
        )

    @router.get("/cases/export.{kind}")
    def export(request: Request, kind: str) -> Response:
        """Send the whole list as a file; that it was taken along is recorded beside the cases."""
        visit = shell.visit(request)
        wanted = kind_of(kind)
        world = shell.world(visit)
        asked = cases_asked(visit, world)
        desk, reader = shell.edge.desk, visit.known
        lines = desk.queries.lines(reader.root, reader.actor, asked.where, limit=EXPORT_ROWS_MAX, world=world)
        record_export(desk, reader.root, reader.person, "cases", rows=len(lines))
        categories = category_titles(world, visit.words)
        return file_of(
            wanted,
            f"cases-{visit.now.astimezone(SHANGHAI).date().isoformat()}",
            case_columns(visit.words),
            (case_cells(line, world, visit, categories) for line in lines),
        )

    return router


def _page_or_refusal(
    shell: Shell, visit: Visit, world: World, asked: Asked, after: str | None
) -> tuple[Page, InputRefused | None]:
    """Return a page of the list; words that cannot be looked for are refused beside their field."""
    queries, reader = shell.edge.desk.queries, visit.known
    try:
        page = queries.page(reader.root, reader.actor, asked.where, after=after, limit=PAGE_LINES, world=world)
    except InputRefused as refusal:
        if asked.where.text is None:
            raise
        return Page((), None), refusal
    return page, None


def _as_register(shell: Shell, asked: Asked) -> str | None:
    """Return where the list is taken along as a register, None where its workflow has no form of register."""
    if asked.workflow is None or asked.workflow.name not in own_maps(shell.edge.settings.workflows):
        return None
    named = {name: asked.kept[name] for name in ("workflow", "session") if name in asked.kept}
    return f"/registers?{urlencode(named)}#out"


def cases_asked(visit: Visit, world: World) -> Asked:
    """Return what the address of a list asks for."""
    params = visit.request.query_params
    typed = {name: params.get(name, "").strip() for name in FILTERS}
    chosen = next((part for part in shown_workflows(world.rules) if part.name == typed["workflow"]), None)
    known = {
        "workflow": chosen is not None,
        "state": chosen is not None and typed["state"] in chosen.states,
        "phase": typed["phase"] in tuple(Phase),
        "session": SessionId(typed["session"]) in world.surroundings.sessions,
        "category": chosen is not None and bool(typed["category"]),
        "unit": bool(typed["unit"]),
        "q": bool(typed["q"]),
        "order": typed["order"] in _orders(chosen) and typed["order"] != Order.OPENED,
    }
    kept = {name: typed[name][:TEXT_CHARACTERS] for name in FILTERS if known[name]}
    where = CaseFilter(
        workflow=kept.get("workflow"),
        states=(kept["state"],) if "state" in kept else None,
        phase=kept.get("phase"),
        congress_session=kept.get("session"),
        category=kept.get("category"),
        unit=kept.get("unit"),
        text=kept.get("q"),
        # Assignments are part of their case; they stand in a list only when they are asked for.
        children=chosen is not None and not chosen.counts_as_case,
        order=Order(kept.get("order", Order.OPENED)),
    )
    return Asked(workflow=chosen, where=where, kept=kept)


def _orders(workflow: Workflow | None) -> Sequence[Order]:
    """Return in which orders a list may stand: by number only within a workflow, as each numbers its own."""
    return tuple(Order) if workflow is not None else (Order.OPENED, Order.DUE)
