"""Publishing definitions: looked at first, then in force everywhere, with a reason; and undone again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import BODY_BYTES_MAX
from api.problems import status_of
from api.routes.accounts import demand_person
from engine.errors import BanjieError, DefinitionError, InputRefused, NotFound
from engine.service.housekeeping import Keeper, demand_keeper
from engine.service.publications import REASON_CHARACTERS_MAX
from engine.service.rules_door import ProposedRules
from web.pages.account import first
from web.pages.admin import keeper_of
from web.pages.admin_calendar import UNPROCESSABLE, problem_line
from web.pages.admin_rules import DEFINITION_BYTES_MAX, NOTHING_TYPED, TOO_LARGE, definitions_page
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.publishing import preview_view

RUNNING_MAX: Final = 1_000
"""So many running cases are counted; then it is said that there are more."""
VERSION_DIGITS: Final = 9
Typed = Mapping[str, str]


def admin_publish_pages(shell: Shell) -> Pages:
    """Return the addresses of publishing."""
    router = Pages()
    edge = shell.edge

    @router.post("/admin/definitions/preview")
    async def preview(request: Request) -> Response:
        def act(visit: Visit, keeper: Keeper, typed: Typed) -> Response:
            text = typed.get("definition", "")
            try:
                proposed = edge.running_house().proposed_rules(keeper.root, "definition", _written(text))
            except (DefinitionError, InputRefused) as error:
                return definitions_page(shell, visit, typed.get("name", ""), text, error=error)
            return _publish_page(shell, visit, text, proposed=proposed)

        return await acting(shell, request, act)

    @router.post("/admin/definitions/publish")
    async def publish(request: Request) -> Response:
        def act(visit: Visit, keeper: Keeper, typed: Typed) -> Response:
            text, reason = typed.get("definition", ""), typed.get("reason", "")
            try:
                edge.running_house().publish_rules(keeper.root, "definition", _written(text), reason, keeper.person)
            except (DefinitionError, InputRefused) as error:
                return _publish_page(shell, visit, text, reason=reason, error=error)
            return RedirectResponse("/admin/definitions?done=published", status_code=303)

        return await acting(shell, request, act)

    @router.post("/admin/definitions/withdraw")
    async def withdraw(request: Request) -> Response:
        def act(visit: Visit, keeper: Keeper, typed: Typed) -> Response:
            version = typed.get("version", "")
            try:
                edge.running_house().withdraw_rules(
                    keeper.root,
                    "definition",
                    typed.get("name", ""),
                    int(version) if version.isascii() and version.isdigit() and len(version) < VERSION_DIGITS else 0,
                    typed.get("reason", ""),
                    keeper.person,
                )
            except (InputRefused, NotFound) as error:
                return definitions_page(shell, visit, error=error)
            return RedirectResponse("/admin/definitions?done=withdrawn", status_code=303)

        return await acting(shell, request, act)

    return router


async def acting(shell: Shell, request: Request, act: Callable[[Visit, Keeper, Typed], Response]) -> Response:
    """Do for somebody who looks after the house what a posted form asks for."""
    visit = await shell.visiting(request)
    demand_person(visit.known)
    posted = await read_form(request, BODY_BYTES_MAX)
    typed = {name: first(posted, name) for name in posted}

    def kept() -> Response:
        keeper = keeper_of(shell.edge, visit.known)
        demand_keeper(keeper)
        return act(visit, keeper, typed)

    return await run_in_threadpool(kept)


def _written(text: str) -> bytes:
    """Return the bytes of a definition; raises InputRefused for what is none by its size."""
    if not text.strip():
        raise InputRefused(NOTHING_TYPED)
    written = text.encode()
    if len(written) > DEFINITION_BYTES_MAX:
        raise InputRefused(TOO_LARGE)
    return written


def _publish_page(
    shell: Shell,
    visit: Visit,
    text: str,
    *,
    proposed: ProposedRules | None = None,
    reason: str = "",
    error: BanjieError | None = None,
) -> Response:
    """Return what would be published with the form that does it, or why that was refused, with what was typed."""
    words = visit.words
    problems = error.problems if isinstance(error, DefinitionError) else ()
    running = 0
    if proposed is not None:
        running = shell.edge.desk.reads.running_of_workflow(visit.known.root, proposed.name, RUNNING_MAX)
    return shell.page(
        visit,
        "admin_publish.html",
        section="admin",
        status=status_for(error),
        preview=None if proposed is None else preview_view(proposed, text, words),
        running=f"{running:,}{'+' if running == RUNNING_MAX else ''}" if running else "",
        text=text,
        reason=reason,
        reason_max=REASON_CHARACTERS_MAX,
        refusal=None if error is None else words.say(error.text),
        problems=[problem_line(problem, words) for problem in problems],
    )


def status_for(error: BanjieError | None) -> int:
    """Return the status of a page: what somebody typed is wrong, not what the house goes by."""
    return 200 if error is None else UNPROCESSABLE if isinstance(error, DefinitionError) else status_of(error)
