"""The board of a congress session: a table and columns by state, counts that stay live, and moves on a selection."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.limits import PAGE_LINES, PAGE_LINES_MAX
from api.problems import status_of
from engine.case.scope import SHANGHAI
from engine.case.search_words import ASKED_CHARACTERS_MAX, VERSION
from engine.definition.model import Workflow
from engine.definition.rulebook import Rulebook
from engine.errors import InputRefused
from engine.service.board import Board, Counts, can_be_sorted, moves_for_many, sessions_in_order
from engine.service.board_ports import BoardFilter, BoardOrder, due_key
from engine.service.exported import record_export
from engine.service.ports import CaseLine
from engine.service.worded_lines import Lines
from web.exports import EXPORT_ROWS_MAX, Kind, file_of, kind_of
from web.forms.widgets import Choices
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.board import Card, CountGroup, card_of, column_groups, count_groups
from web.views.exported import case_cells, case_columns, category_titles
from web.views.lines import shown_workflows
from web.words import Words

NO_SESSION = "none"
COLUMNS, TABLE = "columns", "table"
CARDS_MAX = 6
"""So many cards of a state are shown; the rest is a page of the table."""
REFRESH_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counts of all states, and where they are asked for anew; ``chosen`` is the state that is shown alone."""

    by_state: Counts
    groups: Sequence[CountGroup]
    chosen: str
    address: str
    refresh_seconds: int = REFRESH_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardAsked:
    """What an address asks for, nonsense left out; ``session`` is "none" for cases that belong to no session.

    What holds the words of ``text`` stands in the table and is not counted.
    """

    workflow: Workflow
    session: str
    view: str = COLUMNS
    order: BoardOrder = BoardOrder.DUE
    state: str = ""
    unit: str = ""
    category: str = ""
    text: str = ""

    @property
    def where(self) -> BoardFilter:
        """What is asked of the database: the states that cards rest in, or the one chosen."""
        return BoardFilter(
            workflow=self.workflow.name,
            congress_session=None if self.session == NO_SESSION else self.session,
            states=(self.state,) if self.state else tuple(self.workflow.states),
            unit=self.unit or None,
            category=self.category or None,
        )


def board_pages(shell: Shell) -> Pages:
    """Return the addresses of the board."""
    router = Pages()

    @router.get("/board")
    def board(request: Request) -> Response:
        visit = shell.visit(request)
        asked = board_asked(shell, visit)
        return _columns(shell, visit, asked) if asked.view == COLUMNS else _table(shell, visit, asked)

    @router.get("/board/counts")
    def counts(request: Request) -> Response:
        """Return the counts alone; 304 where they are what the browser has."""
        visit = shell.visit(request)
        asked = board_asked(shell, visit)
        page: Response = shell.page(visit, "board_counts.html", counted=_counts(shell, visit, asked))
        tag = f'"{hashlib.sha256(bytes(page.body)).hexdigest()[:32]}"'
        if tag in request.headers.get("If-None-Match", ""):
            page = Response(status_code=304)
        page.headers["ETag"] = tag
        page.headers["Cache-Control"] = "private, no-cache"
        return page

    @router.get("/board/export.{kind}")
    def export(request: Request, kind: str) -> Response:
        """Send the table as a file; that it was taken along is recorded."""
        visit = shell.visit(request)
        wanted = kind_of(kind)
        desk, reader, world = shell.edge.desk, visit.known, shell.world(visit)
        asked = board_asked(shell, visit)
        asked, _is_sortable = _in_order(asked, _counts(shell, visit, asked))
        lines = _lines(Board(desk, reader.root, reader.actor), asked)
        record_export(desk, reader.root, reader.person, "board", rows=len(lines))
        categories = category_titles(world, visit.words)
        return file_of(
            wanted,
            f"board-{visit.now.astimezone(SHANGHAI).date().isoformat()}",
            case_columns(visit.words),
            (case_cells(line, world, visit, categories) for line in lines),
        )

    return router


def board_asked(shell: Shell, visit: Visit) -> BoardAsked:
    """Return what an address asks for: the newest session and the first workflow, where it names no other."""
    world, params = shell.world(visit), visit.request.query_params
    workflows = {part.name: part for part in shown_workflows(world.rules) if part.counts_as_case}
    first = next((part for part in workflows.values() if part.meeting is not None), next(iter(workflows.values())))
    workflow = workflows.get(params.get("workflow", ""), first)
    sessions = [session.id for session in sessions_in_order(world.surroundings)]
    session = params.get("session", "")
    if session not in (NO_SESSION, *sessions):
        session = sessions[0] if sessions else NO_SESSION
    order, state, unit = params.get("order", ""), params.get("state", ""), params.get("unit", "")
    category, text = params.get("category", ""), params.get("q", "").strip()[:ASKED_CHARACTERS_MAX]
    return BoardAsked(
        workflow=workflow,
        session=session,
        view=TABLE if text or params.get("view") == TABLE else COLUMNS,
        order=BoardOrder(order) if order in tuple(BoardOrder) else BoardOrder.DUE,
        state=state if state in workflow.states else "",
        unit=unit if unit in world.surroundings.units else "",
        category=category if category in dict(categories_of(world.rules, workflow, visit.words)) else "",
        text=text,
    )


def board_address(asked: BoardAsked, **more: str) -> str:
    """Return the address of a board."""
    return f"/board?{urlencode({**_fields(asked), **more})}"


def _fields(asked: BoardAsked) -> dict[str, str]:
    fields = {
        "workflow": asked.workflow.name,
        "session": asked.session,
        "view": asked.view,
        "order": str(asked.order),
        "state": asked.state,
        "unit": asked.unit,
        "category": asked.category,
        "q": asked.text,
    }
    return {name: value for name, value in fields.items() if value}


def _counts(shell: Shell, visit: Visit, asked: BoardAsked) -> Counted:
    """Return the counts of all states, whichever is chosen and whatever words are looked for."""
    whole = replace(asked, state="")
    counts = Board(shell.edge.desk, visit.known.root, visit.known.actor).counts(whole.where)
    addresses = {
        name: board_address(replace(asked, state="" if name == asked.state else name, view=TABLE)) for name in counts.of
    }
    return Counted(
        by_state=counts,
        groups=count_groups(asked.workflow, counts, addresses, visit.words),
        chosen=asked.state,
        address=f"/board/counts?{urlencode(_fields(asked))}",
    )


def _columns(shell: Shell, visit: Visit, asked: BoardAsked) -> Response:
    asker, world = visit.known, shell.world(visit)
    counted = _counts(shell, visit, asked)
    found = Board(shell.edge.desk, asker.root, asker.actor).columns(asked.where, limit=CARDS_MAX + 1)
    cards = {state: [card_of(line, world, visit) for line in lines[:CARDS_MAX]] for state, lines in found.items()}
    more = {
        state: board_address(
            replace(asked, view=TABLE, state=state, order=BoardOrder.DUE), after=due_key(lines[CARDS_MAX - 1])
        )
        for state, lines in found.items()
        if len(lines) > CARDS_MAX
    }
    groups = tuple(column_groups(asked.workflow, counted.by_state, cards, more, visit.words))
    return _page(shell, visit, asked, counted, groups=groups, cards=(), resting=tuple(found))


def _table(shell: Shell, visit: Visit, asked: BoardAsked) -> Response:
    asker, world = visit.known, shell.world(visit)
    counted = _counts(shell, visit, asked)
    asked, is_sortable = _in_order(asked, counted)
    after = visit.request.query_params.get("after") or None
    page, refusal = _page_or_refusal(Board(shell.edge.desk, asker.root, asker.actor), asked, after)
    return _page(
        shell,
        visit,
        asked,
        counted,
        groups=(),
        cards=tuple(card_of(line, world, visit) for line in page.lines),
        resting=tuple({line.state for line in page.lines}),
        is_sortable=is_sortable,
        next_page=None if page.next is None else board_address(asked, after=page.next),
        first_page=board_address(asked) if after else None,
        is_cut=page.is_cut,
        refusal=refusal,
    )


def _in_order(asked: BoardAsked, counted: Counted) -> tuple[BoardAsked, bool]:
    """Return what is asked for in an order that so many can be put in, and whether that may be any."""
    is_sortable = can_be_sorted(counted.by_state, (asked.state,) if asked.state else tuple(asked.workflow.states))
    by_index = asked.order in (BoardOrder.DUE, BoardOrder.STATE)
    return asked if is_sortable or by_index else replace(asked, order=BoardOrder.DUE), is_sortable


def _lines(board: Board, asked: BoardAsked) -> Sequence[CaseLine]:
    """Return the lines of the whole table, as many as one file holds."""
    if asked.text:
        return board.with_words(asked.where, asked.order, asked.text).all(limit=EXPORT_ROWS_MAX)
    lines: list[CaseLine] = []
    after: str | None = None
    while len(lines) < EXPORT_ROWS_MAX:
        limit = min(PAGE_LINES_MAX, EXPORT_ROWS_MAX - len(lines))
        page = board.page(asked.where, asked.order, after=after, limit=limit)
        lines += page.lines
        after = page.next
        if after is None:
            break
    return lines


def _page_or_refusal(board: Board, asked: BoardAsked, after: str | None) -> tuple[Lines[CaseLine], InputRefused | None]:
    """Return a page of the table; words that cannot be looked for are refused beside their field."""
    if not asked.text:
        page = board.page(asked.where, asked.order, after=after, limit=PAGE_LINES)
        return Lines(page.lines, page.next), None
    try:
        return board.with_words(asked.where, asked.order, asked.text).page(after=after, limit=PAGE_LINES), None
    except InputRefused as refusal:
        return Lines((), None), refusal


def _page(
    shell: Shell,
    visit: Visit,
    asked: BoardAsked,
    counted: Counted,
    *,
    groups: tuple[object, ...],
    cards: tuple[Card, ...],
    resting: tuple[str, ...],
    is_sortable: bool = True,
    next_page: str | None = None,
    first_page: str | None = None,
    is_cut: bool = False,
    refusal: InputRefused | None = None,
) -> Response:
    world, words, workflow = shell.world(visit), visit.words, asked.workflow
    orders = (BoardOrder.NUMBER, BoardOrder.STATE, BoardOrder.UNIT, BoardOrder.DUE)
    sessions = [(session.id, words.say(session.title)) for session in sessions_in_order(world.surroundings)]
    titles = [(name, workflow.transitions[name]) for name in moves_for_many(workflow, resting, visit.known.actor)]
    is_all = visit.request.query_params.get("all") == "1"
    after = visit.request.query_params.get("after") or ""
    here = {"after": after} if after else {}
    return shell.page(
        visit,
        "board.html",
        section="board",
        status=200 if refusal is None else status_of(refusal),
        message=None if refusal is None else words.say(refusal.text),
        is_filling=bool(asked.text) and shell.edge.desk.reads.search_is_filling(VERSION),
        is_cut=is_cut,
        exports=[(words.t(f"export_{kind}"), f"/board/export.{kind}?{urlencode(_fields(asked))}") for kind in Kind],
        export_max=EXPORT_ROWS_MAX,
        counted=counted,
        asked=_fields(asked),
        groups=groups,
        cards=cards,
        moves=[(name, words.say(part.title.text)) for name, part in titles],
        orders={
            str(order): None
            if order is asked.order or (not is_sortable and order in (BoardOrder.NUMBER, BoardOrder.UNIT))
            else board_address(replace(asked, order=order))
            for order in orders
        },
        order=str(asked.order),
        is_sortable=is_sortable,
        views=[
            (view, title, board_address(replace(asked, view=view, text=asked.text if view == TABLE else "")))
            for view, title in ((TABLE, words.t("board_table")), (COLUMNS, words.t("board_columns")))
        ],
        sessions=[*sessions, (NO_SESSION, words.t("form_session_none"))],
        workflows=[
            (part.name, words.say(part.title.text)) for part in shown_workflows(world.rules) if part.counts_as_case
        ],
        units=Choices(surroundings=world.surroundings).units(words),
        categories=categories_of(world.rules, workflow, words),
        states=[(name, words.say(part.title.text)) for name, part in workflow.states.items()],
        turn_selection=board_address(asked, **here) if is_all else board_address(asked, **here, all="1"),
        is_all=is_all,
        next_page=next_page,
        first_page=first_page,
    )


def categories_of(rules: Rulebook, workflow: Workflow, words: Words) -> list[tuple[str, str]]:
    """Return the codes by which a workflow puts its cases into categories, none where it has no list of them."""
    name = workflow.category_field
    if name is None or workflow.fields[name].list is None:
        return []
    codes = rules.for_new(workflow.name).list_of(name)
    return [] if codes is None else [(item.code, words.say(item.title.text)) for item in codes.items]
