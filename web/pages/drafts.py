"""My drafts: forms that the visitor has begun and not sent, kept by a button or in the background."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from engine.access.readers import principals_of
from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.definition.wording import title_of
from engine.errors import BanjieError, InputRefused
from engine.service.drafts import DRAFT_DAYS, DRAFTS_MAX, Draft, Drafts, Stamp, stamp_of
from engine.service.world import World
from engine.text import Text
from web.forms.drafting import KEPT, OPEN, STAMP, page_of, plain_fields, stamp_for, typed_fields
from web.forms.filled import filled
from web.pages.account import first
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.case_reading import reader_of, visible_links
from web.views.changes import written
from web.views.fields import FieldWriter

OF_CASES: Final = frozenset({"cases", "meeting", "merge"})
"""Forms of a case, by the beginning of their address."""
TITLES: Final[Mapping[str, str]] = {
    "/overdue/act": "nav_overdue",
    "/board/act": "nav_board",
    "/mine/do": "nav_mine",
    "/me/absence": "me_absence",
    "/grants": "nav_grants",
    "/admin/delegations": "admin_delegations",
    "/admin/units": "admin_units",
    "/admin/people": "admin_people",
    "/admin/sessions": "admin_sessions",
    "/admin/calendar": "admin_calendar",
    "/admin/definitions": "admin_definitions",
    "/admin/lists": "admin_lists",
}
"""What the other forms are called: by the page on which they stand, the first two parts of their address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """One draft in the list: what it is of, when it was kept, what was typed, and where it is gone on with.

    ``address`` is None where there is no such form for the visitor any more; the words can still be read and copied.
    """

    title: str
    about: str
    kept: str
    address: str | None
    draft_of: str
    typed: tuple[tuple[str, str], ...]


def drafts_pages(shell: Shell) -> Pages:
    """Return the addresses of drafts."""
    router = Pages()
    drafts = Drafts(shell.edge.desk)

    @router.get("/drafts")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        is_done = request.query_params.get("done") == "discarded"
        return shell.page(
            visit,
            "drafts.html",
            section="front",
            drafts=draft_views(shell, visit),
            done=visit.words.t("draft_discarded") if is_done else None,
            days=DRAFT_DAYS,
            most=DRAFTS_MAX,
        )

    @router.post("/drafts")
    async def keep(request: Request) -> Response:
        visit = await shell.visiting(request)
        quiet = "quiet" in request.query_params
        try:
            posted = await read_form(request)
            stamped = _own_stamp(shell, visit, posted)
            draft = await run_in_threadpool(
                drafts.keep, visit.known.root, visit.known.person, stamped.form, typed_fields(posted)
            )
        except BanjieError as refusal:
            if quiet:
                return PlainTextResponse(visit.words.say(refusal.text), status_code=status_of(refusal))
            raise
        if quiet:
            said = "" if draft is None else visit.words.t("draft_saved", at=visit.words.clock(draft.kept_at))
            return PlainTextResponse(said)
        return RedirectResponse(page_of(stamped.form, None if draft is None else KEPT), status_code=303)

    @router.post("/drafts/discard")
    async def discard(request: Request) -> Response:
        visit = await shell.visiting(request)
        posted = await read_form(request)
        stamped = _own_stamp(shell, visit, posted)
        await run_in_threadpool(drafts.drop, visit.known.root, visit.known.person, stamped.form)
        listed = first(posted, "listed") == "1"
        return RedirectResponse("/drafts?done=discarded" if listed else page_of(stamped.form), status_code=303)

    return router


def _own_stamp(shell: Shell, visit: Visit, posted: Mapping[str, list[str]]) -> Stamp:
    """Return the stamp that a form carries; raises InputRefused for one of somebody else, and for none."""
    stamped = stamp_of(shell.edge.desk.box, first(posted, STAMP))
    if stamped is None or (stamped.root, stamped.person) != (visit.known.root, visit.known.person):
        raise InputRefused(
            Text("这份表单不是向您出示的，不能存为草稿", "This form was not shown to you and cannot be kept")
        )
    return stamped


def draft_views(shell: Shell, visit: Visit) -> list[DraftView]:
    """Return the visitor's drafts as a page lists them, the newest first."""
    found = Drafts(shell.edge.desk).of(visit.known.root, visit.known.person)
    return list(_views(shell, visit, found)) if found else []


def _views(shell: Shell, visit: Visit, drafts: Sequence[Draft]) -> Iterator[DraftView]:
    desk, world, words = shell.edge.desk, shell.world(visit), visit.words
    parts = [draft.form.strip("/").split("/") for draft in drafts]
    named = {CaseId(part[1]) for part in parts if part[0] in OF_CASES and part[1] != "new"}
    links = visible_links(sorted(named), reader_of(shell, visit, world))
    seen = desk.reads.visible_cases(visit.known.root, named & links.keys(), principals_of(visit.known.actor))
    definitions = {case.id: world.rules.pinned(case.pins.definition, case.pins.lists) for case in seen}
    for draft, part in zip(drafts, parts, strict=True):
        on_behalf = "on-behalf" in part
        definition: Definition | None = None
        title, about = words.t(TITLES.get("/".join(["", *part[:2]]), "draft_form")), ""
        if part[0] == "cases" and part[1] == "new":
            definition = world.rules.for_new(part[2]) if part[2] in world.rules.names() else None
            if definition is not None:
                what = words.say(definition.workflow.title.text)
                title = words.t("behalf_new", title=what) if on_behalf else words.t("new_case_of", title=what)
        elif part[0] in OF_CASES:
            definition = definitions.get(CaseId(part[1]))
            if definition is not None:
                is_erasure = part[2:] == ["erasure", "ask"]
                asked = words.t("erasure_ask") if is_erasure else ""
                move = asked or words.say(title_of(part[-1], definition.workflow.transitions))
                title = words.t("behalf_move", title=move) if on_behalf else move
                about = links[CaseId(part[1])].title
        known = definition is not None or part[0] not in OF_CASES
        yield DraftView(
            title=title,
            about=about,
            kept=words.instant(draft.kept_at),
            address=page_of(draft.form, OPEN) if known else None,
            draft_of=stamp_for(shell, visit, draft.form),
            typed=tuple(_typed(draft, definition, world, visit)),
        )


def _typed(draft: Draft, definition: Definition | None, world: World, visit: Visit) -> Iterable[tuple[str, str]]:
    """Yield what was typed under the titles of its fields; names of controls where no definition tells better."""
    fields = plain_fields(draft)
    if definition is None:
        titles = _titles(world, visit)
        named = [(name.partition(".")[2], values) for name, values in fields.items() if name.startswith("f.")]
        return [(titles.get(name, visit.words.t("draft_form")), "\n".join(values)) for name, values in named]
    writer = FieldWriter(words=visit.words, definition=definition, surroundings=world.surroundings, persons={})
    every = dict.fromkeys(definition.workflow.fields, "optional")
    values = filled(definition, every, fields)  # type: ignore[arg-type]  # every need is a literal of its kind
    return [(writer.title(name), written(writer, name, value)) for name, value in values.items()]


def _titles(world: World, visit: Visit) -> dict[str, str]:
    """Return what the fields of all workflows are called: a form for several cases is of no one definition."""
    rules = world.rules
    workflows = [rules.newest(name) for name in rules.names()]
    return {name: visit.words.say(part.title.text) for workflow in workflows for name, part in workflow.fields.items()}
