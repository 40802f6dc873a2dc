"""The anonymous entrance: what to know first, the form, the query code shown once, and coming back with it.

Codes and cases stand in no address: every step is a form, and a hidden field carries the code. No cookie is asked for
or given; what else keeps to silence here stands in ``api.strangers``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import TOKEN_CHARACTERS_MAX
from api.multipart import Posted, Whose, uploads_of
from api.origin import refuse_foreign_page
from api.problems import headers_of, status_of
from api.receipts import deposit_receipt
from api.strangers import LOOKS_AT_ONCE, Patience
from engine.case.identity import RootId, UnitId
from engine.case.secrecy import ACCUSED_UNITS, next_boundary
from engine.errors import BanjieError, FieldProblem, FormInvalid, NotFound
from engine.ledger.receipts import short_form
from engine.service.deposits import DepositBox, Deposited
from engine.service.filing.cabinet import Cabinet
from engine.service.strangers import (
    NAMED,
    Entrance,
    Looked,
    act_anonymously,
    file_anonymously,
    look,
    refusal_of_filing,
)
from engine.text import Text
from web.forms.files import demand_files, names_in
from web.forms.filled import filled
from web.forms.moves import Attempt, error_links, message_of, source_of
from web.forms.widgets import Choices, FormMaker, Kind, Option, Widget
from web.pages.anonymous_entrances import (
    ACT,
    CHECK,
    EDIT,
    HERE,
    LOOK,
    entrance_name,
    entrance_named,
    mark_of,
    other_entrances,
    own_addresses,
    release_hours,
)
from web.pages.case import posted_key
from web.pages.new_case import in_sight
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.last_look import last_look
from web.views.openness import always_seen, levels_seen
from web.views.strangers import LookedView, looked_view
from web.words import Words

UNITS_SHOWN: Final = 12
"""Units complained about are shown folded where there are more."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed so far, and why it was refused if it was."""

    key: str
    unit: str = ""
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    refusal: BanjieError | None = None


def anonymous_pages(shell: Shell) -> Pages:
    """Return the addresses of the anonymous entrance."""
    router = Pages()
    desk, patience, looking = shell.edge.desk, Patience(), CapacityLimiter(LOOKS_AT_ONCE)
    cabinet = Cabinet(desk)

    async def found(request: Request, work: Callable[[], T]) -> T:
        """Carry out what a code is needed for; after many wrong ones the answer is patience."""
        try:
            return await to_thread.run_sync(work, limiter=looking)
        except NotFound as refusal:
            raise patience.wrong_code(request, refusal) from None

    @router.get(HERE)
    def front(request: Request) -> Response:
        visit = shell.stranger(request)
        return _front(shell, visit, entrance_named(shell, visit, request.query_params.get("to", "")))

    async def posted_form(request: Request) -> Posted:
        """Return a form of a new matter, its files in the cabinet of whoever holds its key."""
        refuse_foreign_page(request)

        def whose(fields: Mapping[str, list[str]]) -> Whose:
            entrance = entrance_named(shell, shell.stranger(request), fields.get("to", [""])[0])
            if entrance is None:
                raise NotFound(Text("没有匿名受理入口", "Nothing is taken anonymously here"))
            return entrance.root, cabinet.depositor(entrance.root, posted_key(fields))

        return await uploads_of(request, cabinet, whose)

    @router.get(CHECK)
    @router.get(EDIT)
    def nothing_kept(_request: Request) -> Response:
        """What stood on such a page came with its form and was kept nowhere."""
        return RedirectResponse(HERE, status_code=303)

    @router.post(CHECK)
    async def check(request: Request) -> Response:
        """Show what was filled in once more, or the form again with everything that is wrong with it."""
        return await run_in_threadpool(_checked, shell, request, await posted_form(request))

    @router.post(EDIT)
    async def edit(request: Request) -> Response:
        """Show the form again with all that was typed into it."""
        return await run_in_threadpool(_edited, shell, request, await posted_form(request))

    @router.post(HERE)
    async def file(request: Request) -> Response:
        return await run_in_threadpool(_filed, shell, patience, request, await posted_form(request))

    @router.get(LOOK)
    def ask_for_code(request: Request) -> Response:
        return _code_form(shell, shell.stranger(request))

    @router.get(ACT)
    def no_move(_request: Request) -> Response:
        return RedirectResponse(LOOK, status_code=303)

    @router.post(LOOK)
    async def looked(request: Request) -> Response:
        refuse_foreign_page(request)
        code = _code(await read_form(request))
        visit = shell.stranger(request)
        try:
            behind = await found(request, lambda: look(desk, code))
        except BanjieError as refusal:
            return _code_form(shell, visit, code, refusal)
        return await run_in_threadpool(_looked, shell, visit, code, behind)

    @router.post(ACT)
    async def act(request: Request) -> Response:
        refuse_foreign_page(request)

        def whose(fields: Mapping[str, list[str]]) -> Whose:
            root = look(desk, _code(fields)).root
            return root, DepositBox(desk).actor(root, _code(fields))

        try:
            sent = await uploads_of(request, cabinet, whose)
        except NotFound as refusal:
            raise patience.wrong_code(request, refusal) from None
        posted = sent.fields
        visit, code, move = shell.stranger(request), _code(posted), posted.get("move", [""])[0]
        try:
            behind = await found(request, lambda: look(desk, code))
        except BanjieError as refusal:
            return _code_form(shell, visit, code, refusal)
        return await run_in_threadpool(_acted, shell, visit, code, move, behind, sent)

    return router


def _filed(shell: Shell, patience: Patience, request: Request, sent: Posted) -> Response:
    visit = shell.stranger(request)
    entrance = entrance_named(shell, visit, sent.fields.get("to", [""])[0])
    if entrance is None:
        return _front(shell, visit, None)
    typed = _typed(entrance, sent)
    try:
        demand_files(sent)
        patience.filed(request)
        deposited = file_anonymously(shell.edge.desk, entrance, typed.unit, typed.values, typed.key)
    except BanjieError as refusal:
        return _front(shell, visit, entrance, replace(typed, refusal=refusal))
    return _code_page(shell, visit, entrance.root, deposited)


def _checked(shell: Shell, request: Request, sent: Posted) -> Response:
    visit = shell.stranger(request)
    entrance = entrance_named(shell, visit, sent.fields.get("to", [""])[0])
    if entrance is None:
        return _front(shell, visit, None)
    typed = _typed(entrance, sent)
    refusal = refusal_of_filing(shell.edge.desk, entrance, typed.unit, typed.values, typed.key)
    try:
        demand_files(sent)
    except FormInvalid as files:
        more = refusal.fields if isinstance(refusal, FormInvalid) else ()
        refusal = FormInvalid([*files.fields, *more])
    if refusal is not None:
        return _front(shell, visit, entrance, replace(typed, refusal=refusal))
    return _look_page(shell, visit, entrance, typed, sent)


def _edited(shell: Shell, request: Request, sent: Posted) -> Response:
    visit = shell.stranger(request)
    entrance = entrance_named(shell, visit, sent.fields.get("to", [""])[0])
    return _front(shell, visit, entrance, None if entrance is None else _typed(entrance, sent))


def _typed(entrance: Entrance, sent: Posted) -> Typed:
    posted = sent.fields
    return Typed(
        key=posted_key(posted),
        unit=posted.get("unit", [str(entrance.units[0])])[0],
        values=filled(entrance.definition, entrance.asked, posted),
    )


def _look_page(shell: Shell, visit: Visit, entrance: Entrance, typed: Typed, sent: Posted) -> Response:
    """Return what was filled in, once more: it stands in this page and in hidden fields, and nowhere with us."""
    desk, words, definition = shell.edge.desk, visit.words, entrance.definition
    cabinet = Cabinet(desk)
    whose = (entrance.root, cabinet.depositor(entrance.root, typed.key))
    return shell.page(
        visit,
        "anonymous_check.html",
        name=entrance_name(shell, entrance, words),
        seen=last_look(
            definition,
            typed.values,
            words,
            unit=UnitId(typed.unit),
            surroundings=desk.world(entrance.root).surroundings,
            persons={},
            files=names_in(cabinet, whose, definition, [typed.values]),
        ),
        levels=levels_seen(definition, words, anonymous=True),
        hidden=[(name, value) for name, values in sent.fields.items() for value in values if value],
        at=own_addresses(visit),
    )


def _front(shell: Shell, visit: Visit, entrance: Entrance | None, typed: Typed | None = None) -> Response:
    words, settings = visit.words, shell.edge.settings
    typed = typed or Typed(key=secrets.token_urlsafe(16))
    refusal, definition = typed.refusal, None if entrance is None else entrance.definition
    widgets = [] if entrance is None else _widgets(shell, entrance, typed, words)
    first, more = ([], []) if definition is None else in_sight(widgets, definition)
    response = shell.page(
        visit,
        "anonymous.html",
        status=200 if refusal is None else status_of(refusal),
        levels=() if definition is None else levels_seen(definition, words, anonymous=True),
        always=() if definition is None else always_seen(definition, words),
        hours=words.listed(release_hours(visit.now)),
        is_plain_http=not settings.https,
        has_login=shell.edge.logins.cookie in visit.request.cookies,
        entrance=None if entrance is None else mark_of(entrance),
        others=other_entrances(shell, visit, entrance),
        units=() if entrance is None else _units(shell, entrance, typed.unit, words),
        errors=() if refusal is None else error_links(widgets, "new", words, _elsewhere(typed, widgets, words)),
        has_files=any(widget.kind is Kind.FILES for widget in widgets),
        widgets=first,
        more=more,
        more_open=any(widget.error or widget.values for widget in more),
        folded=(ACCUSED_UNITS,) if _is_large(shell, entrance) else (),
        key=typed.key,
        message=None if refusal is None or definition is None else message_of(refusal, definition, words),
        message_source=None if refusal is None else source_of(refusal, words.language),
        at=own_addresses(visit),
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


def _elsewhere(typed: Typed, widgets: list[Widget], words: Words) -> list[str]:
    """Return what is wrong with what no control of the form bears."""
    problems = typed.refusal.fields if isinstance(typed.refusal, FormInvalid) else ()
    shown = {widget.name for widget in widgets}
    return [words.say(one.text) for one in problems if one.path.partition(".")[0] not in shown]


def _widgets(shell: Shell, entrance: Entrance, typed: Typed, words: Words) -> list[Widget]:
    world = shell.edge.desk.world(entrance.root)
    cabinet = Cabinet(shell.edge.desk)
    whose = (entrance.root, cabinet.depositor(entrance.root, typed.key))
    files = names_in(cabinet, whose, entrance.definition, [typed.values])
    choices = Choices(surroundings=world.surroundings, files=files)
    maker = FormMaker(words=words, definition=entrance.definition, choices=choices)
    problems: tuple[FieldProblem, ...] = typed.refusal.fields if isinstance(typed.refusal, FormInvalid) else ()
    return list(maker.widgets(entrance.asked, typed.values, problems, helped={NAMED: words.t("anonymous_named")}))


def _units(shell: Shell, entrance: Entrance, chosen: str, words: Words) -> list[Option]:
    """Return where it can be taken up; nothing to choose where there is one office only."""
    units = shell.edge.desk.world(entrance.root).surroundings.units
    offices = [(unit, words.say(units[unit].title)) for unit in entrance.units if unit in units]
    options = [Option(value=unit, title=title, is_chosen=unit == chosen) for unit, title in offices]
    return options if len(options) > 1 else []


def _is_large(shell: Shell, entrance: Entrance | None) -> bool:
    return entrance is not None and len(shell.edge.desk.world(entrance.root).surroundings.units) > UNITS_SHOWN


def _code_page(shell: Shell, visit: Visit, root: RootId, deposited: Deposited) -> Response:
    return shell.page(
        visit,
        "anonymous_code.html",
        code=deposited.code.split("-"),
        released=visit.words.instant(deposited.releases_at),
        mark=short_form(bytes.fromhex(deposited.command_hash)),
        receipt=deposit_receipt(shell.edge, root, deposited),
        at=own_addresses(visit),
    )


def _code_form(shell: Shell, visit: Visit, code: str = "", refusal: BanjieError | None = None) -> Response:
    response = shell.page(
        visit,
        "anonymous_ask.html",
        status=200 if refusal is None else status_of(refusal),
        code=code,
        message=None if refusal is None else visit.words.say(refusal.text),
        at=own_addresses(visit),
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


def _acted(shell: Shell, visit: Visit, code: str, move: str, behind: Looked, sent: Posted) -> Response:
    view, posted = behind.view, sent.fields
    part = None if view is None else view.definition.workflow.transitions.get(move)
    if view is None or part is None:
        return _looked(shell, visit, code, behind)
    form, key = filled(view.definition, part.form, posted), posted_key(posted)
    try:
        demand_files(sent)
        done = act_anonymously(shell.edge.desk, code, move, form, key)
    except BanjieError as refusal:
        attempt = Attempt(transition=move, key=key, values=form, refusal=refusal)
        return _looked(shell, visit, code, behind, attempt=attempt)
    told = visit.words.t("look_done", at=visit.words.instant(done.releases_at))
    receipt = deposit_receipt(shell.edge, behind.root, done)
    return _looked(shell, visit, code, look(shell.edge.desk, code), done=told, receipt=receipt)


def _looked(
    shell: Shell,
    visit: Visit,
    code: str,
    behind: Looked,
    *,
    attempt: Attempt | None = None,
    done: str | None = None,
    receipt: str | None = None,
) -> Response:
    refusal = None if attempt is None else attempt.refusal
    seen: LookedView = looked_view(behind, visit, attempt)
    # A move that is not offered any more has no form that could show why it was refused.
    homeless = (
        refusal if attempt is not None and all(move.transition != attempt.transition for move in seen.moves) else None
    )
    response = shell.page(
        visit,
        "anonymous_look.html",
        status=200 if refusal is None else status_of(refusal),
        code=code,
        seen=seen,
        next_release=visit.words.instant(next_boundary(visit.now)),
        done=done,
        receipt=receipt,
        refusal=None
        if homeless is None or behind.view is None
        else message_of(homeless, behind.view.definition, visit.words),
        at=own_addresses(visit),
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


def _code(posted: Mapping[str, list[str]]) -> str:
    return posted.get("code", [""])[0][:TOKEN_CHARACTERS_MAX]
