"""Publishing definitions and code lists: looked at first, then in force everywhere, with a reason; and undone again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import BODY_BYTES_MAX
from api.problems import status_of
from api.routes.accounts import demand_person
from engine.definition.model import CodeList
from engine.errors import BanjieError, DefinitionError, InputRefused, NotFound
from engine.service.housekeeping import Keeper, demand_keeper
from engine.service.publications import REASON_CHARACTERS_MAX, Kind
from engine.service.rules_door import ProposedRules
from engine.text import Text
from web.pages.account import first
from web.pages.admin import keeper_of
from web.pages.admin_calendar import UNPROCESSABLE, problem_line
from web.pages.admin_rules import DEFINITION_BYTES_MAX, NOTHING_TYPED, TOO_LARGE, definitions_page
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.publishing import preview_view

RUNNING_MAX: Final = 1_000
"""So many running cases are counted; then it is said that there are more."""
NEW_ENTRIES: Final = 3
VERSION_DIGITS: Final = 9
NAMES: Final = ("zh", "en")
CHANGED: Final = (*NAMES, "until")
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A code on the page on which a list is changed, as it was typed."""

    code: str
    zh: str
    en: str
    until: str


def admin_publish_pages(shell: Shell) -> Pages:
    """Return the addresses of publishing."""
    router = Pages()
    edge = shell.edge

    async def acting(request: Request, act: Callable[[Visit, Keeper, Typed], Response]) -> Response:
        """Do for somebody who looks after the house what a posted form asks for."""
        visit = await shell.visiting(request)
        demand_person(visit.known)
        posted = await read_form(request, BODY_BYTES_MAX)
        typed = {name: first(posted, name) for name in posted}

        def kept() -> Response:
            keeper = keeper_of(edge, visit.known)
            demand_keeper(keeper)
            return act(visit, keeper, typed)

        return await run_in_threadpool(kept)

    def publishing(kind: Kind, back: str) -> Callable[[Visit, Keeper, Typed], Response]:
        def act(visit: Visit, keeper: Keeper, typed: Typed) -> Response:
            text, reason = typed.get("definition", ""), typed.get("reason", "")
            try:
                edge.running_house().publish_rules(keeper.root, kind, _written(text), reason, keeper.person)
            except (DefinitionError, InputRefused) as error:
                return _publish_page(shell, visit, kind, text, reason=reason, error=error)
            return RedirectResponse(f"{back}?done=published", status_code=303)

        return act

    @router.post("/admin/definitions/preview")
    async def preview(request: Request) -> Response:
        def act(visit: Visit, keeper: Keeper, typed: Typed) -> Response:
            text = typed.get("definition", "")
            try:
                proposed = edge.running_house().proposed_rules(keeper.root, "definition", _written(text))
            except (DefinitionError, InputRefused) as error:
                return definitions_page(shell, visit, typed.get("name", ""), text, error=error)
            return _publish_page(shell, visit, "definition", text, proposed=proposed)

        return await acting(request, act)

    @router.post("/admin/definitions/publish")
    async def publish(request: Request) -> Response:
        return await acting(request, publishing("definition", "/admin/definitions"))

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

        return await acting(request, act)

    @router.get("/admin/lists/{name}")
    def edit(request: Request, name: str) -> Response:
        visit = shell.visit(request)
        demand_keeper(keeper_of(edge, visit.known))
        part = _list_called(shell, visit, name)
        return _edit_page(shell, visit, part, _typed_of(part))

    @router.post("/admin/lists/{name}/preview")
    async def preview_list(request: Request, name: str) -> Response:
        def act(visit: Visit, keeper: Keeper, typed: Typed) -> Response:
            part = _list_called(shell, visit, name)
            text = json.dumps(changed_list(part, typed), ensure_ascii=False, indent=1)
            try:
                proposed = edge.running_house().proposed_rules(keeper.root, "list", text.encode())
            except (DefinitionError, InputRefused) as error:
                return _edit_page(shell, visit, part, typed, error=error)
            return _publish_page(shell, visit, "list", text, proposed=proposed)

        return await acting(request, act)

    @router.post("/admin/lists/publish")
    async def publish_list(request: Request) -> Response:
        return await acting(request, publishing("list", "/admin/lists"))

    return router


def changed_list(part: CodeList, typed: Typed) -> dict[str, JsonValue]:
    """Return the next version of a list as its file would say it, with what was typed: titles, last days, new codes.

    Whatever else it says stays. What is wrong with it is found where it is proved.
    """
    said: dict[str, JsonValue] = part.model_dump(mode="json", by_alias=True, exclude_unset=True)
    said["version"] = part.version + 1
    items: list[JsonValue] = []
    for item in part.items:
        kept: dict[str, JsonValue] = item.model_dump(mode="json", by_alias=True, exclude_unset=True)
        kept["title"] = {name: typed.get(f"{name}.{item.code}", getattr(item.title, name)).strip() for name in NAMES}
        kept.pop("until_on", None)
        items.append({**kept, **_last_day(typed.get(f"until.{item.code}", ""))})
    for number in range(1, NEW_ENTRIES + 1):
        code = typed.get(f"new.{number}", "").strip()
        title: dict[str, JsonValue] = {name: typed.get(f"new_{name}.{number}", "").strip() for name in NAMES}
        if code or any(title.values()):
            items.append({"code": code, "title": title, **_last_day(typed.get(f"new_until.{number}", ""))})
    return {**said, "items": items}


def _last_day(text: str) -> dict[str, JsonValue]:
    return {"until_on": text.strip()} if text.strip() else {}


def _typed_of(part: CodeList) -> dict[str, str]:
    """Return what stands in the form before anybody has typed into it."""
    typed: dict[str, str] = {}
    for item in part.items:
        typed |= {f"zh.{item.code}": item.title.zh, f"en.{item.code}": item.title.en}
        typed[f"until.{item.code}"] = "" if item.until_on is None else item.until_on.isoformat()
    return typed


def _list_called(shell: Shell, visit: Visit, name: str) -> CodeList:
    found = next((part for part in shell.world(visit).rules.every_list() if part.name == name), None)
    if found is None:
        raise NotFound(Text("没有这个代码表", "There is no such code list"))
    return found


def _written(text: str) -> bytes:
    """Return the bytes of a definition or list; raises InputRefused for what is none by its size."""
    if not text.strip():
        raise InputRefused(NOTHING_TYPED)
    written = text.encode()
    if len(written) > DEFINITION_BYTES_MAX:
        raise InputRefused(TOO_LARGE)
    return written


def _edit_page(shell: Shell, visit: Visit, part: CodeList, typed: Typed, error: BanjieError | None = None) -> Response:
    words = visit.words
    problems = error.problems if isinstance(error, DefinitionError) else ()
    entries = [
        EntryView(code=item.code, **{name: typed.get(f"{name}.{item.code}", "") for name in CHANGED})
        for item in part.items
    ]
    more = [
        EntryView(
            code=typed.get(f"new.{number}", ""), **{name: typed.get(f"new_{name}.{number}", "") for name in CHANGED}
        )
        for number in range(1, NEW_ENTRIES + 1)
    ]
    return shell.page(
        visit,
        "admin_list.html",
        section="admin",
        status=_status(error),
        name=part.name,
        title=words.say(part.title.text),
        version=part.version + 1,
        entries=entries,
        more=more,
        refusal=None if error is None else words.say(error.text),
        problems=[problem_line(problem, words) for problem in problems],
    )


def _publish_page(
    shell: Shell,
    visit: Visit,
    kind: Kind,
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
    if proposed is not None and kind == "definition":
        running = shell.edge.desk.reads.running_of_workflow(visit.known.root, proposed.name, RUNNING_MAX)
    return shell.page(
        visit,
        "admin_publish.html",
        section="admin",
        status=_status(error),
        kind=kind,
        back="/admin/lists" if kind == "list" else "/admin/definitions",
        preview=None if proposed is None else preview_view(proposed, text, words),
        running=f"{running:,}{'+' if running == RUNNING_MAX else ''}" if running else "",
        text=text,
        reason=reason,
        reason_max=REASON_CHARACTERS_MAX,
        refusal=None if error is None else words.say(error.text),
        problems=[problem_line(problem, words) for problem in problems],
    )


def _status(error: BanjieError | None) -> int:
    """Return the status of a page: what somebody typed is wrong, not what the house goes by."""
    return 200 if error is None else UNPROCESSABLE if isinstance(error, DefinitionError) else status_of(error)
