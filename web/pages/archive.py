"""The archive (档案): what is over, by workflow, congress session and year, page by page and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.limits import PAGE_LINES
from api.problems import status_of
from engine.case.codec import microseconds
from engine.case.identity import SessionId
from engine.case.scope import SHANGHAI
from engine.case.search_words import VERSION
from engine.definition.model import Workflow
from engine.definition.parts import Milestone, Phase, StatePart
from engine.errors import InputRefused
from engine.service.archive import ArchivePage, archive_page, archive_whole, due_for_erasure
from engine.service.archive_ports import ArchiveFilter
from engine.service.board import sessions_in_order
from engine.service.exported import record_export
from engine.service.world import World
from web.exports import EXPORT_ROWS_MAX, Kind, file_of, kind_of
from web.forms.widgets import Choices
from web.pages.board import categories_of
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.archive import COLUMNS, archive_cells, archive_row, due_row
from web.views.lines import shown_workflows

FILTERS: Final = ("workflow", "session", "year", "category", "unit", "q")
TEXT_CHARACTERS: Final = 200
YEARS: Final = range(2000, 2101)
YEARS_OFFERED: Final = 10
DUE_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an address asks for, nonsense left out; there is always a workflow, the first where none is named."""

    workflow: Workflow
    where: ArchiveFilter
    kept: Mapping[str, str]

    @property
    def query(self) -> str:
        """The query that asks for the same."""
        return urlencode(self.kept)


def archive_pages(shell: Shell) -> Pages:
    """Return the addresses of the archive."""
    router = Pages()
    desk = shell.edge.desk

    @router.get("/archive")
    def archive(request: Request) -> Response:
        visit = shell.visit(request)
        world, words, known = shell.world(visit), visit.words, visit.known
        asked = _asked(visit, world)
        after = request.query_params.get("after") or None
        page, refusal = _page_or_refusal(shell, visit, world, asked.where, after)
        today = visit.now.astimezone(SHANGHAI).date()
        due = due_for_erasure(desk, known.root, known.actor, world, limit=DUE_SHOWN) if after is None else ()
        return shell.page(
            visit,
            "archive.html",
            section="archive",
            status=200 if refusal is None else status_of(refusal),
            message=None if refusal is None else words.say(refusal.text),
            is_cut=page.is_cut,
            is_filling=asked.where.text is not None and desk.reads.search_is_filling(VERSION),
            rows=[archive_row(one, world, words, today) for one in page.cases],
            has_bundles=shell.edge.settings.receipts is not None,
            next_page=None if page.next is None else f"/archive?{urlencode({**asked.kept, 'after': page.next})}",
            first_page=f"/archive?{asked.query}" if after else None,
            asked={**dict.fromkeys(FILTERS, ""), **asked.kept},
            narrowed=[name for name in asked.kept if name != "workflow"],
            exports=[(words.t(f"export_{kind}"), f"/archive/export.{kind}?{asked.query}") for kind in Kind],
            export_max=EXPORT_ROWS_MAX,
            workflows=[(part.name, words.say(part.title.text)) for part in _workflows(world)],
            sessions=[(session.id, words.say(session.title)) for session in sessions_in_order(world.surroundings)],
            years=[str(today.year - back) for back in range(YEARS_OFFERED)],
            categories=categories_of(world.rules, asked.workflow, words),
            units=Choices(surroundings=world.surroundings).units(words),
            waiting=[
                (words.say(part.title.text), f"/cases?{urlencode({'workflow': asked.workflow.name, 'state': name})}")
                for name, part in _closed_and_open(asked.workflow)
            ],
            due=[due_row(one, world, words) for one in due],
        )

    @router.get("/archive/export.{kind}")
    def export(request: Request, kind: str) -> Response:
        """Send what the filter finds as a file; that it was taken along is recorded."""
        visit = shell.visit(request)
        wanted = kind_of(kind)
        world, words = shell.world(visit), visit.words
        asked = _asked(visit, world)
        root, actor = visit.known.root, visit.known.actor
        found = archive_whole(desk, root, actor, world, asked.where, limit=EXPORT_ROWS_MAX)
        # Written as they are read: of ten thousand cases only their cells are held at once.
        rows = [archive_cells(one, world, words) for one in found]
        record_export(desk, root, visit.known.person, "archive", rows=len(rows))
        return file_of(
            wanted,
            f"archive-{visit.now.astimezone(SHANGHAI).date().isoformat()}",
            [words.t(name) for name in COLUMNS],
            rows,
        )

    return router


def _page_or_refusal(
    shell: Shell, visit: Visit, world: World, where: ArchiveFilter, after: str | None
) -> tuple[ArchivePage, InputRefused | None]:
    """Return a page of the archive; words that cannot be looked for are refused beside their field."""
    desk, reader = shell.edge.desk, visit.known
    try:
        return archive_page(desk, reader.root, reader.actor, world, where, after=after, limit=PAGE_LINES), None
    except InputRefused as refusal:
        if where.text is None:
            raise
        return ArchivePage(cases=(), next=None), refusal


def _workflows(world: World) -> list[Workflow]:
    """Return the workflows that have an archive of their own, those of a congress first: parts are kept with the case
    they belong to."""
    counted = (part for part in shown_workflows(world.rules) if part.counts_as_case)
    return sorted(counted, key=lambda part: part.meeting is None)


def _closed_and_open(workflow: Workflow) -> list[tuple[str, StatePart]]:
    """Return the states of cases that are closed and wait to be put into the archive."""
    return [
        (name, part)
        for name, part in workflow.states.items()
        if part.milestone is Milestone.CLOSED and part.phase is not Phase.FINAL
    ]


def _asked(visit: Visit, world: World) -> Asked:
    params = visit.request.query_params
    typed = {name: params.get(name, "").strip()[:TEXT_CHARACTERS] for name in FILTERS}
    offered = _workflows(world)
    workflow = next((part for part in offered if part.name == typed["workflow"]), offered[0])
    year = typed["year"]
    known = {
        "session": SessionId(typed["session"]) in world.surroundings.sessions,
        "year": year.isascii() and year.isdigit() and len(year) == 4 and int(year) in YEARS,
        "category": bool(typed["category"]),
        "unit": bool(typed["unit"]),
        "q": bool(typed["q"]),
    }
    kept = {"workflow": workflow.name, **{name: typed[name] for name in FILTERS[1:] if known[name]}}
    where = ArchiveFilter(
        workflow=workflow.name,
        congress_session=kept.get("session"),
        from_at=_new_year(int(year)) if known["year"] else None,
        until_at=_new_year(int(year) + 1) if known["year"] else None,
        unit=kept.get("unit"),
        category=kept.get("category"),
        text=kept.get("q"),
    )
    return Asked(workflow=workflow, where=where, kept=kept)


def _new_year(year: int) -> int:
    return microseconds(datetime(year, 1, 1, tzinfo=SHANGHAI))
