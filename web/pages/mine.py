"""The list from which somebody's day is worked: what must be done now, the next due first, and doing it from there."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.limits import PAGE_LINES, PAGE_LINES_MAX
from api.problems import status_of
from engine.case.identity import CaseId
from engine.case.search_words import ASKED_CHARACTERS_MAX, VERSION
from engine.errors import CaseNotFound, InputRefused
from engine.service.waiting import Group, Waiting, WaitingAsk, WaitingPage, Whose
from engine.service.world import World
from web.forms.drafting import stamp_for
from web.forms.widgets import Choices
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.extension import extension_view
from web.views.lines import shown_workflows
from web.views.mine import MineGroup, MineRow, groups_of, mine_row

FILTERS = ("when", "workflow", "unit", "whose", "q")
DAYS_DIGITS_MAX = 3


def mine_pages(shell: Shell) -> Pages:
    """Return the addresses of the list, of its print, and of an extension worked out."""
    router = Pages()

    @router.get("/mine")
    def mine(request: Request) -> Response:
        visit = shell.visit(request)
        return list_page(shell, visit, did=request.query_params.get("did"))

    @router.get("/mine/print")
    def day(request: Request) -> Response:
        """Show the list as it is put on paper: as many as fit one list, without buttons."""
        visit = shell.visit(request)
        world = shell.world(visit)
        asked, ask = filter_of(visit, world)
        page = _waiting(shell, visit).page(ask, limit=PAGE_LINES_MAX)
        return shell.page(
            visit,
            "mine_print.html",
            section="mine",
            groups=_groups(page, world, visit)[0],
            cut=len(page.entries) if page.next is not None else None,
            for_whom=visit.words.t(
                "mine_print_for",
                name="" if visit.person is None else visit.person.name,
                on=visit.words.day(visit.now),
            ),
            back=address(asked),
        )

    @router.get("/mine/{case_id}/extension")
    def extension(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        view = shell.edge.desk.queries.case(visit.known.root, CaseId(case_id), visit.known.actor, world)
        move = request.query_params.get("move", "")
        text = request.query_params.get("days", "").strip()
        days = int(text) if text.isascii() and text.isdigit() and len(text) <= DAYS_DIGITS_MAX else None
        calendar = world.calendar_of(view.case.unit)
        shown = extension_view(view.case, view.definition, move, days, calendar, visit.now, words)
        if shown is None or move not in view.offered:
            # A link from before the case moved on: its page says what can be done now.
            return RedirectResponse(f"/cases/{case_id}", status_code=303)
        return shell.page(
            visit,
            "mine_extension.html",
            section="mine",
            extension=shown,
            subject=str(view.fields.get(view.definition.workflow.subject_field) or words.t("no_subject")),
            case_address=f"/cases/{case_id}",
        )

    return router


def list_page(
    shell: Shell, visit: Visit, *, did: str | None = None, refusal: tuple[str, str | None] | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    """Return the list, with what was just done, or why it was refused: message and source."""
    world, params = shell.world(visit), visit.request.query_params
    asked, ask = filter_of(visit, world)
    after = params.get("after") or None
    selected = params.get("all") == "1"
    page, unsought = _page_or_refusal(_waiting(shell, visit), ask, after)
    groups, rows = _groups(page, world, visit)
    here = {**asked, **({"after": after} if after else {})}
    words = visit.words
    return shell.page(
        visit,
        "mine.html",
        section="mine",
        status=status if unsought is None else status_of(unsought),
        message=None if unsought is None else words.say(unsought.text),
        is_filling=ask.text is not None and shell.edge.desk.reads.search_is_filling(VERSION),
        is_cut=ask.text is not None and page.is_cut,
        groups=groups,
        tiles=_tiles(page, asked, visit) if ask.text is None else None,
        moves=_batch(rows),
        asked=asked,
        after=after,
        selected=selected,
        turn_selection=address(here if selected else {**here, "all": "1"}),
        next_page=None if page.next is None else address({**asked, "after": page.next}),
        first_page=address(asked) if after else None,
        print_address=f"/mine/print?{urlencode(asked)}" if asked else "/mine/print",
        units=Choices(surroundings=world.surroundings).units(words),
        workflows=[(part.name, words.say(part.title.text)) for part in shown_workflows(world.rules)],
        whose=[(str(each), words.t(f"mine_{each}")) for each in Whose],
        key=secrets.token_urlsafe(16),
        draft_of=stamp_for(shell, visit, "/mine/do"),
        did=None if did is None else _did(shell, visit, did),
        refusal=refusal,
    )


def filter_of(visit: Visit, world: World) -> tuple[dict[str, str], WaitingAsk]:
    """Return the filter that an address holds, as it stands there and as what is asked; nonsense is left out."""
    known = {
        "when": tuple(Group),
        "workflow": world.rules.names(),
        "unit": tuple(world.surroundings.units),
        "whose": tuple(Whose),
    }
    given = {name: visit.request.query_params.get(name, "").strip() for name in FILTERS}
    given["q"] = given["q"][:ASKED_CHARACTERS_MAX]
    asked = {name: value for name, value in given.items() if (bool(value) if name == "q" else value in known[name])}
    return asked, WaitingAsk(
        group=Group(asked["when"]) if "when" in asked else None,
        workflow=asked.get("workflow"),
        unit=asked.get("unit"),
        whose=Whose(asked["whose"]) if "whose" in asked else None,
        text=asked.get("q"),
    )


def address(asked: dict[str, str]) -> str:
    """Return the address of the list under a filter."""
    return f"/mine?{urlencode(asked)}" if asked else "/mine"


def _page_or_refusal(waiting: Waiting, ask: WaitingAsk, after: str | None) -> tuple[WaitingPage, InputRefused | None]:
    """Return a page of the list; words that cannot be looked for are refused beside their field."""
    try:
        return waiting.page(ask, after=after, limit=PAGE_LINES), None
    except InputRefused as refusal:
        if ask.text is None:
            raise
        return WaitingPage(entries=(), next=None, counts={}, is_cut=False), refusal


def _waiting(shell: Shell, visit: Visit) -> Waiting:
    return Waiting(shell.edge.desk, visit.known.root, visit.known.actor)


def _groups(page: WaitingPage, world: World, visit: Visit) -> tuple[list[MineGroup], list[MineRow]]:
    rows = [(entry.group, mine_row(entry, world, visit)) for entry in page.entries]
    return groups_of(rows, page.counts, page.is_cut, visit), [row for _group, row in rows]


def _tiles(page: WaitingPage, asked: dict[str, str], visit: Visit) -> list[dict[str, str | bool]]:
    """Return one figure for each group, with the address of the list narrowed to it; the one that is shown leads
    back to all."""
    kept = {name: value for name, value in asked.items() if name != "when"}
    return [
        {
            "title": visit.words.t(f"mine_{group}"),
            "count": visit.words.t("mine_at_least", n=count) if page.is_cut and count else str(count),
            "address": address(kept if asked.get("when") == group else {**kept, "when": group.value}),
            "tone": group.value,
            "is_shown": asked.get("when") == group,
        }
        for group, count in page.counts.items()
    ]


def _batch(rows: Sequence[MineRow]) -> list[tuple[str, str]]:
    """Return the moves that can be made on several of the lines at once, by name and title."""
    return list({move.name: move.title for row in rows for move in row.at_once}.items())


def _did(shell: Shell, visit: Visit, did: str) -> str | None:
    """Return what was just done, by the case and the move that the address names; None where that is nonsense."""
    case_id, _, move = did.partition(".")
    try:
        view = shell.edge.desk.queries.case(visit.known.root, CaseId(case_id), visit.known.actor, shell.world(visit))
    except CaseNotFound:
        return None
    workflow = view.definition.workflow
    part = workflow.transitions.get(move)
    numbers = (view.fields.get(name) for name in workflow.number_fields)
    return None if part is None else visit.words.t(
        "mine_done",
        title=visit.words.say(part.title.text),
        number=next((str(number) for number in numbers if number), ""),
        subject=view.fields.get(workflow.subject_field) or "",
    )  # fmt: skip
