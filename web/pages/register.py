"""The public register: what was published with consent, for everybody who is logged in, or for all where it is open."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.limits import PAGE_LINES
from api.problems import status_of
from engine.case.identity import CaseId, RootId
from engine.case.search_words import VERSION
from engine.definition.model import Workflow
from engine.errors import InputRefused, LoginRefused
from engine.service.ports import CaseFilter, Reads
from engine.service.register import RegisterPage, published_by, published_case, register_page
from engine.service.world import World
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.lines import shown_workflows
from web.views.register import register_case, register_row
from web.words import Words

FILTERS = ("workflow", "session", "category", "q")
TEXT_CHARACTERS_MAX = 200


def register_pages(shell: Shell) -> Pages:
    """Return the addresses of the register."""
    router = Pages()

    @router.get("/register")
    def register(request: Request) -> Response:
        visit, root = register_reader(shell, request, request.query_params.get("of"))
        world, words = shell.edge.desk.world(root), visit.words
        asked = {name: request.query_params.get(name, "").strip()[:TEXT_CHARACTERS_MAX] for name in FILTERS}
        where = CaseFilter(
            workflow=asked["workflow"] or None,
            congress_session=asked["session"] or None,
            category=asked["category"] or None,
            text=asked["q"] or None,
        )
        after = request.query_params.get("after") or None
        page, refusal = _page_or_refusal(shell.edge.desk.reads, root, world, where, after)
        houses = _houses(shell, visit, root)
        of = {"of": str(root)} if houses else {}
        kept = {**of, **{name: value for name, value in asked.items() if value}}
        return shell.page(
            visit,
            "register.html",
            section="register",
            status=200 if refusal is None else status_of(refusal),
            message=None if refusal is None else words.say(refusal.text),
            is_cut=page.is_cut,
            is_filling=where.text is not None and shell.edge.desk.reads.search_is_filling(VERSION),
            rows=[register_row(each, world, words, f"?{urlencode(of)}" if of else "") for each in page.cases],
            asked=asked,
            of=of.get("of"),
            houses=houses,
            sessions=[(each.id, words.say(each.title)) for each in world.surroundings.sessions.values()],
            workflows=[(one.name, words.say(one.title.text)) for one in _publishing(world)],
            categories=_categories(world, words),
            next_page=None if page.next is None else f"/register?{urlencode({**kept, 'after': page.next})}",
            first_page=f"/register?{urlencode(kept)}" if after else None,
        )

    @router.get("/register/{published}")
    def one(request: Request, published: str) -> Response:
        visit, root = register_reader(shell, request, request.query_params.get("of"))
        world = shell.edge.desk.world(root)
        found = published_case(shell.edge.desk.reads, root, CaseId(published), world)
        back = f"/register?{urlencode({'of': root})}" if _houses(shell, visit, root) else "/register"
        shown = register_case(found, world, visit.words)
        return shell.page(visit, "register_case.html", section="register", shown=shown, back=back)

    return router


def _page_or_refusal(
    reads: Reads, root: RootId, world: World, where: CaseFilter, after: str | None
) -> tuple[RegisterPage, InputRefused | None]:
    """Return a page of the register; words that cannot be looked for are refused beside their field."""
    try:
        return register_page(reads, root, world, where, after=after, limit=PAGE_LINES), None
    except InputRefused as refusal:
        if where.text is None:
            raise
        return RegisterPage(cases=(), next=None), refusal


def register_reader(shell: Shell, request: Request, named: str | None) -> tuple[Visit, RootId]:
    """Return who reads, and the organisation whose register it is: one's own, or for strangers the one they name.

    Raises:
        LoginRefused: nobody is logged in, and the register is not open to all.
    """
    try:
        visit = shell.visit(request)
    except LoginRefused:
        if not shell.edge.settings.register_open:
            raise
        visit, roots = shell.stranger(request), shell.edge.desk.reads.roots()
        if not roots:
            raise
        return visit, next((root for root in roots if root == named), roots[0])
    return visit, visit.known.root


def _houses(shell: Shell, visit: Visit, chosen: RootId) -> list[tuple[str, str, bool]]:
    """Return the organisations a stranger may choose from; none for those who belong to one, or where there is one."""
    roots = () if visit.asker is not None else shell.edge.desk.reads.roots()
    if len(roots) < 2:
        return []
    return [(root, _name(shell, root, visit.words), root == chosen) for root in roots]


def _name(shell: Shell, root: RootId, words: Words) -> str:
    tree = shell.edge.desk.world(root).surroundings.units
    return next((words.say(unit.title) for unit in tree.values() if unit.parent is None), str(root))


def _publishing(world: World) -> list[Workflow]:
    """Return the workflows whose cases may stand in the register."""
    return [workflow for workflow in shown_workflows(world.rules) if published_by(workflow)]


def _categories(world: World, words: Words) -> list[tuple[str, str]]:
    """Return the categories of what may be published by code, each once."""
    found: dict[str, str] = {}
    for workflow in _publishing(world):
        definition = world.rules.for_new(workflow.name, None)
        code_list = None if workflow.category_field is None else definition.list_of(workflow.category_field)
        for item in () if code_list is None else code_list.items:
            found.setdefault(item.code, words.say(item.title.text))
    return list(found.items())
