"""The anonymous entrance: what to know first, the form, the query code shown once, and coming back with it.

Codes and cases stand in no address: every step is a form, and a hidden field carries the code. No cookie is asked for
or given; what else keeps to silence here stands in ``api.strangers``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import TOKEN_CHARACTERS_MAX
from api.multipart import Posted, Whose, uploads_of
from api.origin import refuse_foreign_page
from api.problems import headers_of, status_of
from api.receipts import deposit_receipt
from api.strangers import LOOKS_AT_ONCE, Patience
from engine.case.identity import RootId
from engine.case.scope import SHANGHAI
from engine.case.secrecy import ACCUSED_UNITS, ANONYMOUS_HOURS, next_boundary
from engine.errors import BanjieError, FieldProblem, FormInvalid, NotFound
from engine.ledger.receipts import short_form
from engine.service.deposits import DepositBox, Deposited
from engine.service.filing.cabinet import Cabinet
from engine.service.strangers import (
    NAMED,
    Entrance,
    Looked,
    act_anonymously,
    entrances,
    file_anonymously,
    look,
)
from engine.text import Text
from web.forms.files import demand_files, names_in
from web.forms.filled import filled
from web.forms.moves import Attempt, message_of, source_of
from web.forms.widgets import Choices, FormMaker, Option, Widget
from web.pages.case import posted_key
from web.pages.new_case import in_sight
from web.shell import Shell, Visit
from web.views.openness import always_seen, levels_seen
from web.views.strangers import LookedView, looked_view
from web.words import Words

HERE: Final = "/anonymous"
LOOK: Final = "/anonymous/look"
ACT: Final = "/anonymous/act"
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


def anonymous_pages(shell: Shell) -> APIRouter:
    """Return the addresses of the anonymous entrance."""
    router = APIRouter(include_in_schema=False)
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
        return _front(shell, visit, _entrance(shell, visit, request.query_params.get("to", "")))

    @router.post(HERE)
    async def file(request: Request) -> Response:
        refuse_foreign_page(request)

        def whose(fields: Mapping[str, list[str]]) -> Whose:
            entrance = _entrance(shell, shell.stranger(request), fields.get("to", [""])[0])
            if entrance is None:
                raise NotFound(Text("没有匿名受理入口", "Nothing is taken anonymously here"))
            return entrance.root, cabinet.depositor(entrance.root, posted_key(fields))

        posted = await uploads_of(request, cabinet, whose)
        return await run_in_threadpool(_filed, shell, patience, request, posted)

    @router.get(LOOK)
    def ask_for_code(request: Request) -> Response:
        return _code_form(shell, shell.stranger(request))

    @router.get(ACT)
    def no_move() -> Response:
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
    visit, posted = shell.stranger(request), sent.fields
    entrance = _entrance(shell, visit, posted.get("to", [""])[0])
    if entrance is None:
        return _front(shell, visit, None)
    unit = posted.get("unit", [str(entrance.units[0])])[0]
    form = filled(entrance.definition, entrance.asked, posted)
    key = posted_key(posted)
    try:
        demand_files(sent)
        patience.filed(request)
        deposited = file_anonymously(shell.edge.desk, entrance, unit, form, key)
    except BanjieError as refusal:
        return _front(shell, visit, entrance, Typed(key=key, unit=unit, values=form, refusal=refusal))
    return _code_page(shell, visit, entrance.root, deposited)


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
        entrance=None if entrance is None else _mark(entrance),
        others=_others(shell, visit, entrance),
        units=() if entrance is None else _units(shell, entrance, typed.unit, words),
        widgets=first,
        more=more,
        more_open=any(widget.error or widget.values for widget in more),
        folded=(ACCUSED_UNITS,) if _is_large(shell, entrance) else (),
        key=typed.key,
        message=None if refusal is None or definition is None else message_of(refusal, definition, words),
        message_source=None if refusal is None else source_of(refusal, words.language),
        at=_own(visit),
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


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
        at=_own(visit),
    )


def _code_form(shell: Shell, visit: Visit, code: str = "", refusal: BanjieError | None = None) -> Response:
    response = shell.page(
        visit,
        "anonymous_ask.html",
        status=200 if refusal is None else status_of(refusal),
        code=code,
        message=None if refusal is None else visit.words.say(refusal.text),
        at=_own(visit),
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
        at=_own(visit),
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


def _entrance(shell: Shell, visit: Visit, named: str) -> Entrance | None:
    """Return the entrance that an address or a form names, the first one where it names none."""
    found = _all(shell, visit.now)
    return next((one for one in found if _mark(one) == named), found[0] if found else None)


def _others(shell: Shell, visit: Visit, chosen: Entrance | None) -> list[tuple[str, str]]:
    """Return the other organisations and procedures that can be turned to, by address and name."""
    found = [one for one in _all(shell, visit.now) if chosen is None or _mark(one) != _mark(chosen)]
    return [(_address(f"{HERE}?to={_mark(one)}", visit), _name(shell, one, visit.words)) for one in found]


def _all(shell: Shell, now: datetime) -> list[Entrance]:
    desk = shell.edge.desk
    return [one for root in desk.reads.roots() for one in entrances(desk, root, now)]


def _name(shell: Shell, entrance: Entrance, words: Words) -> str:
    unit = shell.edge.desk.world(entrance.root).surroundings.units.get(entrance.units[0])
    title = words.say(entrance.definition.workflow.title.text)
    return title if unit is None else f"{words.say(unit.title)} · {title}"


def _mark(entrance: Entrance) -> str:
    return f"{entrance.root}.{entrance.definition.workflow.name}"


def _code(posted: Mapping[str, list[str]]) -> str:
    return posted.get("code", [""])[0][:TOKEN_CHARACTERS_MAX]


def _own(visit: Visit) -> dict[str, str]:
    """Return the addresses of these pages in the reader's language: nothing remembers it but the address."""
    return {name: _address(path, visit) for name, path in (("here", HERE), ("look", LOOK), ("act", ACT))}


def _address(path: str, visit: Visit) -> str:
    if visit.words.language == "zh":
        return path
    return f"{path}{'&' if '?' in path else '?'}lang={visit.words.language}"


def release_hours(now: datetime) -> list[str]:
    """Return the hours of a day, in Shanghai, at which everything is released, in their order there.

    >>> release_hours(datetime(2026, 3, 2, 4, 30, tzinfo=UTC))
    ['0:00', '4:00', '8:00', '12:00', '16:00', '20:00']
    """
    first = datetime.combine(now.astimezone(UTC).date(), time(0), tzinfo=UTC)
    hours = {(first + timedelta(hours=step)).astimezone(SHANGHAI).hour for step in range(0, 24, ANONYMOUS_HOURS)}
    return [f"{hour}:00" for hour in sorted(hours)]
