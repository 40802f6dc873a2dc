"""The frame of every page: who visits, in which language, and a template rendered with what all pages share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.edge import Edge
from api.identity import Asker
from api.language import LANGUAGE_COOKIE, chosen_language
from engine.access.directory import Person
from engine.errors import BanjieError
from engine.service.anchoring import newest_head
from engine.service.notice_inbox import Notices
from engine.service.notice_ports import UNREAD_MAX
from engine.service.world import World
from engine.text import Language
from web.appearance import PRINTS, THEMES, Appearance, appearance_of
from web.exports import EXPORT_ROWS_MAX
from web.page_sheets import sheet_links
from web.sections import Menu, Section, Viewer, menus_for
from web.statics import Statics
from web.views.refused import refused_view
from web.words import Words

FOLDER = Path(__file__).resolve().parent
CHOICE_SECONDS = 365 * 24 * 3600
"""How long a browser keeps what somebody chose about language and looks."""
LOOKS: Final = {"theme": THEMES, "print": PRINTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request for a page: its reader, or nobody on the login page, and the instant it is answered at."""

    request: Request
    words: Words
    now: datetime
    asker: Asker | None
    person: Person | None

    @property
    def known(self) -> Asker:
        """The reader of a page that nobody sees without a login."""
        assert self.asker is not None, "the page was asked for by somebody who is logged in"
        return self.asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page: the navigation, the marks of the static files, how pages look and may look."""

    menus: tuple[Menu, ...]
    marks: Mapping[str, str]
    appearance: Appearance
    looks: Mapping[str, tuple[str, ...]]
    address: str


@cache
def environment() -> Environment:
    """Return where the templates of the pages come from: read and compiled once in a process, for all its sites."""
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


class Shell:
    """Finds out who visits and renders pages."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.statics = Statics(FOLDER / "static")
        self.sections: tuple[Section, ...] = ()
        """The parts of the navigation that the site has pages of; set when all of them stand."""
        self._notices = Notices(edge.desk.reads)

    def visit(self, request: Request) -> Visit:
        """Return the visit of somebody who is logged in; raises LoginRefused for anybody else."""
        asker = self.edge.identities.in_thread(request)
        person = self.edge.desk.reads.persons(asker.root, [asker.person]).get(asker.person)
        return self._visit(request, asker, person)

    async def visiting(self, request: Request) -> Visit:
        """Return the same, for endpoints on the event loop."""
        await self.edge.identities.of(request)
        return await run_in_threadpool(self.visit, request)

    def stranger(self, request: Request) -> Visit:
        """Return a visit without a login."""
        return self._visit(request, None, None)

    def world(self, visit: Visit) -> World:
        """Return the rules, the calendar and the units the visitor's organisation has now."""
        return self.edge.world(visit.known)

    def page(
        self, visit: Visit, template: str, *, section: str = "", status: int = 200, **view: object
    ) -> HTMLResponse:
        """Return a rendered page. ``section`` is the part of the navigation it belongs to."""
        words, asker = visit.words, visit.asker
        text = (
            environment()
            .get_template(template)
            .render(
                t=words.t,
                words=words,
                visit=visit,
                section=section,
                unread=self._unread(asker),
                frame=Frame(
                    menus=() if asker is None else self._menus(asker),
                    marks=self.statics.marks,
                    appearance=appearance_of(visit.request),
                    looks=LOOKS,
                    address=_address(visit),
                ),
                settings=self.edge.settings,
                clock_banner=self._clock_banner(words),
                shown_at=words.t("shown_at", at=words.instant(visit.now)),
                checkpoint=None if asker is None else self._checkpoint(asker, words),
                other_language=_other_language(visit),
                sheet=partial(_sheet, visit),
                sheet_rows_max=EXPORT_ROWS_MAX,
                **view,
            )
        )
        response = HTMLResponse(text, status_code=status)
        if visit.request.query_params.get("lang") == words.language:
            response.set_cookie(
                LANGUAGE_COOKIE, words.language, max_age=CHOICE_SECONDS, path="/", httponly=True, samesite="lax"
            )
        return response

    def _unread(self, asker: Asker | None) -> str:
        """Return how many notices the reader has not read, "" for none; beyond a limit they are not counted."""
        unread = 0 if asker is None else self._notices.unread(asker.root, asker.actor)
        return f"{UNREAD_MAX - 1}+" if unread >= UNREAD_MAX else str(unread or "")

    def _menus(self, asker: Asker) -> tuple[Menu, ...]:
        """Return the navigation; none for those who must put their account in order first."""
        viewer = Viewer(
            actor=asker.actor,
            root=asker.root,
            staff=self.edge.settings.accounts.staff,
            runs_jobs=self.edge.jobs is not None,
        )
        return () if asker.due else menus_for(viewer, self.sections)

    def error_page(self, request: Request, error: BanjieError, status: int) -> HTMLResponse:
        """Return the page of a refusal that no other page shows."""
        visit = self.stranger(request)
        return self.page(visit, "error.html", status=status, refused=refused_view(error, status, visit.words))

    def _visit(self, request: Request, asker: Asker | None, person: Person | None) -> Visit:
        return Visit(
            request=request,
            words=Words(page_language(request)),
            now=self.edge.desk.office.now(),
            asker=asker,
            person=person,
        )

    def _checkpoint(self, asker: Asker, words: Words) -> str | None:
        """Return the newest checkpoint as the foot of a page prints it: a printed page is tied to the ledger by it."""
        head = newest_head(self.edge.desk.reads, asker.root)
        if head is None:
            return None
        return words.t("foot_checkpoint", origin=head.origin, size=head.size, short=head.short)

    def _clock_banner(self, words: Words) -> str | None:
        begun = self.edge.settings.set_clock
        return None if begun is None else words.t("clock_banner", on=words.day(begun))


def page_language(request: Request) -> Language:
    """Return the language of a page: Chinese first, English for those who chose it."""
    return chosen_language(request) or "zh"


def _other_language(visit: Visit) -> str:
    """Return the address of this page in the other language."""
    pairs = [(name, value) for name, value in visit.request.query_params.multi_items() if name != "lang"]
    other = "en" if visit.words.language == "zh" else "zh"
    return f"{_own_path(visit)}?{urlencode([*pairs, ('lang', other)])}"


def _sheet(visit: Visit, name: str) -> list[tuple[str, str]]:
    """Return what a list of this page is had as, and where (``web.page_sheets``)."""
    links = sheet_links(_own_path(visit), visit.request.url.query, name)
    return [(visit.words.t(f"export_{kind}"), address) for kind, address in links]


def _address(visit: Visit) -> str:
    """Return the address of this page, to come back to it."""
    query = visit.request.url.query
    return _own_path(visit) + (f"?{query}" if query and visit.request.method == "GET" else "")


def _own_path(visit: Visit) -> str:
    # A form that was refused stands at an address that only takes forms; its page is where the reader came from.
    return visit.request.url.path if visit.request.method == "GET" else "/"
