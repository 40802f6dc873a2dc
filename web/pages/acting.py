"""Making a move on a selection of cases: what is written, a preview, then what became of each.

From the list of deadlines it is a measure of supervision, from a session's board any move. The first page asks for the
reason, the second shows what every guard says to it; only what is ticked there is done. Few cases are done at once,
many as long work (``acting_many``).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import BATCH_COMMANDS_MAX
from api.problems import headers_of, status_of
from engine.case.commands import FireTransition
from engine.case.identity import CaseId
from engine.errors import BanjieError, FormInvalid, GuardRefused, StaleCase
from engine.service.execute import Done
from engine.service.measures import Planned, asked_fields, measure_called, plan, title_on
from engine.service.selecting import Selection, confirm, preview
from engine.service.world import World
from web.forms.asked import Values, asked_people, asked_widgets, typed_values
from web.forms.drafting import draft_asked, note_of, plain_fields, sent, stamp_for
from web.forms.filled import filled
from web.forms.moves import message_of, source_of
from web.forms.people import PeopleTyped
from web.pages.acting_many import (
    AT_ONCE_MAX,
    Cases,
    Many,
    as_open,
    begun,
    many_asked,
    many_view,
    matching_board,
    matching_overdue,
    versions_now,
)
from web.pages.board import board_address, board_asked
from web.pages.case import VERSION_DIGITS_MAX, posted_key
from web.pages.overdue import address, filter_of
from web.pages.receipt_kept import receipt_address
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.acting import PlannedRow, planned_row, sources_of
from web.views.meanwhile import meanwhile
from web.words import Words

Posted = Mapping[str, list[str]]
Answer = Done | BanjieError
STALE_TOLD_MAX = 20
"""Of so many cases that others were faster with it is told who did what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """What became of one case; ``receipt`` is where that of its entry is kept, None where there is none."""

    row: PlannedRow
    is_done: bool
    text: str
    reason: str | None
    source: str | None
    receipt: str | None = None
    since: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The list from which cases are selected: where it stands, what may be done from there, and what that is called.

    ``back`` returns the address of the list as the visitor left it, its filter in the query; ``matching`` all cases
    under that filter.
    """

    section: str
    any_move: bool
    title: Callable[[Words, str], str]
    back_title: Callable[[Words], str]
    back: Callable[[Shell, Visit], str]
    matching: Cases


def acting_pages(shell: Shell) -> Pages:
    """Return the addresses at which a measure, or any move, is prepared and made."""
    router = Pages()
    _add(router, shell, LATE)
    _add(router, shell, BOARD)
    return router


def _list(shell: Shell, visit: Visit) -> str:
    return address(filter_of(shell, visit)[0])


def _board(shell: Shell, visit: Visit) -> str:
    return board_address(board_asked(shell, visit))


LATE = Place(
    section="overdue",
    any_move=False,
    title=lambda words, title: words.t("act_title", title=title),
    back_title=lambda words: words.t("act_back"),
    back=_list,
    matching=matching_overdue,
)
BOARD = Place(
    section="board",
    any_move=True,
    title=lambda words, title: words.t("bulk_title", title=title),
    back_title=lambda words: words.t("bulk_back"),
    back=_board,
    matching=matching_board,
)


def _add(router: Pages, shell: Shell, place: Place) -> None:
    @router.get(f"/{place.section}/act")
    def prepare(request: Request) -> Response:
        visit = shell.visit(request)
        draft = draft_asked(shell, visit, f"/{place.section}/act")
        kept = None if draft is None else plain_fields(draft)
        if kept is not None and kept.get("everything") and "everything" not in request.query_params:
            # A form that is taken up again stands at its own address; which cases it is about is said by its filter.
            return RedirectResponse(_resumed_at(place, visit, kept), status_code=303)
        asked = kept if kept is not None else _asked(visit)
        many = many_asked(shell, visit, place.matching, asked)
        chosen = _chosen(asked, "case") if many is None else list(many.cases[:AT_ONCE_MAX])
        shown = _planned(shell, visit, place, asked.get("measure", [""])[0], chosen)
        if draft is not None and kept is not None:
            fields = asked_fields(
                shown.planned if many is None else as_open(shown.planned, shown.measure), shown.measure
            )
            people = replace(asked_people(shell, visit, fields, kept), problems=())
            shown = replace(shown, typed=typed_values(people.posted), people=people, note=note_of(visit, draft))
        return _page(shell, visit, replace(shown, many=many))

    @router.post(f"/{place.section}/act")
    async def act(request: Request) -> Response:
        """Show what the measure would come to; with ``confirmed``, and not asked to look again, take it."""
        visit = await shell.visiting(request)
        posted = await read_form(request)
        is_confirmed = "confirmed" in posted and "again" not in request.query_params
        many = await run_in_threadpool(many_asked, shell, visit, place.matching, posted)
        selection, people = await run_in_threadpool(_selection, shell, visit, place, posted, many)
        posted = people.posted
        if people.is_open:
            left = await run_in_threadpool(_planned, shell, visit, place, selection.measure, selection.cases)
            shown = replace(left, typed=typed_values(posted), many=many, people=people)
            return await run_in_threadpool(_page, shell, visit, shown)
        is_other = many is not None and posted.get("count", [""])[0] != str(len(many.cases))
        if not is_confirmed or is_other:
            note = visit.words.t("many_other", n=len(many.cases)) if is_confirmed and many is not None else None
            return await _previewed(shell, visit, place, posted, selection, many, note)
        if many is not None or len(_chosen(posted, "case")) > AT_ONCE_MAX:
            return await _begun(shell, visit, place, posted, selection, many)
        versions = {case: _version(case, posted) for case in _chosen(posted, "case")}
        agreed = await run_in_threadpool(confirm, shell.edge.desk, selection, versions, key=posted_key(posted))
        answers = await asyncio.gather(*(_answer(shell, command) for command in agreed.commands))
        results = agreed.results(answers)
        await run_in_threadpool(sent, shell, visit, f"/{place.section}/act")
        refused = [(answer, one.id) for one, answer in results if isinstance(answer, BanjieError)]
        left = await run_in_threadpool(
            _planned, shell, visit, place, selection.measure, [case for _why, case in refused]
        )
        shown = replace(left, results=results, typed=typed_values(posted))
        response = await run_in_threadpool(_page, shell, visit, shown)
        response.background = shell.edge.denials.among(request, refused)
        return response


async def _previewed(
    shell: Shell, visit: Visit, place: Place, posted: Posted, selection: Selection, many: Many | None, note: str | None
) -> Response:
    """Show what the move would come to; of many cases on the first ones."""
    planned = await run_in_threadpool(preview, shell.edge.desk, selection)
    shown = _Shown(
        place=place,
        measure=selection.measure,
        planned=planned,
        is_preview=True,
        typed=typed_values(posted),
        many=many,
        note=note,
    )
    response = await run_in_threadpool(_page, shell, visit, shown)
    refused = [(one.refusal, one.id) for one in planned if one.refusal is not None]
    response.background = shell.edge.denials.among(visit.request, refused)
    return response


async def _begun(
    shell: Shell, visit: Visit, place: Place, posted: Posted, selection: Selection, many: Many | None
) -> Response:
    """Begin long work on what was ticked, or on all that was chosen in one word, and lead to its progress.

    What is filled in wrong is said at once: it would be refused for each of them.
    """
    planned = await run_in_threadpool(preview, shell.edge.desk, replace(selection, cases=selection.cases[:AT_ONCE_MAX]))
    if any(isinstance(one.refusal, FormInvalid) for one in planned):
        return await _previewed(shell, visit, place, posted, selection, many, None)
    if many is None:
        versions = {case: _version(case, posted) for case in _chosen(posted, "case")}
    else:
        versions = await run_in_threadpool(versions_now, shell, visit, many.cases)
    begin = partial(begun, key=posted_key(posted), section=place.section, back=place.back(shell, visit))
    response = await run_in_threadpool(begin, shell, visit, selection, versions)
    await run_in_threadpool(sent, shell, visit, f"/{place.section}/act")
    return response


async def _answer(shell: Shell, command: FireTransition) -> Answer:
    try:
        return await shell.edge.ask(command)
    except BanjieError as refusal:
        return refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What a page is about: a measure on cases, planned or previewed, what became of others, and what was typed."""

    place: Place
    measure: str
    planned: Sequence[Planned]
    is_preview: bool = False
    results: Sequence[tuple[Planned, Answer]] = ()
    typed: Values = field(default_factory=dict)
    note: str | None = None
    many: Many | None = None
    people: PeopleTyped | None = None


def _planned(shell: Shell, visit: Visit, place: Place, measure: str, chosen: Sequence[CaseId]) -> _Shown:
    """Return what the measure is open for, before anything is typed."""
    asker, any_move = visit.known, place.any_move
    measure = measure_called(shell.world(visit).rules, measure, any_move=any_move)
    planned = plan(shell.edge.desk, asker.root, asker.actor, measure, chosen, any_move=any_move)
    return _Shown(place=place, measure=measure, planned=planned)


def _selection(
    shell: Shell, visit: Visit, place: Place, posted: Posted, many: Many | None
) -> tuple[Selection, PeopleTyped]:
    """Return what a form asks for: the cases ticked and those that stood beside them, or the first of many; and what
    was filled in, names become persons."""
    asker = visit.known
    any_move = place.any_move
    measure = measure_called(shell.world(visit).rules, posted.get("measure", [""])[0], any_move=any_move)
    cases = tuple(dict.fromkeys((*_chosen(posted, "case"), *_chosen(posted, "other"))))
    looked_at = cases if many is None else many.looked_at
    planned = plan(shell.edge.desk, asker.root, asker.actor, measure, looked_at, any_move=any_move)
    fields = asked_fields(planned if many is None else as_open(planned, measure), measure)
    if many is not None:
        cases = many.cases[:AT_ONCE_MAX]
    people = asked_people(shell, visit, fields, posted)
    form: dict[str, JsonValue] = {}
    for definition in {one.definition.hash: one.definition for one in planned if one.definition}.values():
        own: dict[str, Literal["required", "optional"]] = {
            name: "optional" for name, known in fields.items() if known is definition
        }
        form.update({name: value for name, value in filled(definition, own, people.posted).items() if name in own})
    asked = Selection(root=asker.root, actor=asker.actor, measure=measure, form=form, cases=cases, any_move=any_move)
    return asked, people


def _chosen(posted: Posted, name: str) -> list[CaseId]:
    return [CaseId(case) for case in posted.get(name, [])[:BATCH_COMMANDS_MAX]]


def _asked(visit: Visit) -> Posted:
    """Return what the address of the page asks for."""
    params = visit.request.query_params
    return {name: params.getlist(name) for name in params}


def _resumed_at(place: Place, visit: Visit, kept: Posted) -> str:
    """Return where a kept form about all that match a filter is gone on with."""
    own = [("measure", kept.get("measure", [""])[0]), ("everything", "1")]
    own.append(("draft", visit.request.query_params["draft"]))
    return f"/{place.section}/act?{urlencode([*parse_qsl(kept.get('filter', [''])[0]), *own])}"


def _version(case: CaseId, posted: Posted) -> int | None:
    text = posted.get(f"version.{case}", [""])[0]
    is_number = text.isascii() and text.isdigit() and len(text) <= VERSION_DIGITS_MAX
    return int(text) if is_number else None


def _page(shell: Shell, visit: Visit, shown: _Shown) -> Response:
    """Return the page: the form over what can still be done, below what became of a measure that was taken."""
    words, measure, place = visit.words, shown.measure, shown.place
    world = shell.world(visit)
    # Who has filled in something wrong puts it right for all: no case is left out for that.
    wrong = [one for one in shown.planned if isinstance(one.refusal, FormInvalid)]
    planned = [_put_right(one, FormInvalid) for one in shown.planned]
    open_ones = [one for one in planned if one.refusal is None]
    # What a guard refuses may be open to another answer, so the form stays.
    asked_of = [_put_right(one, GuardRefused) for one in planned]
    if shown.many is not None:
        some = plan(
            shell.edge.desk, visit.known.root, visit.known.actor, measure, shown.many.looked_at, any_move=place.any_move
        )
        asked_of = as_open(some, measure)
    refusals = [answer for _one, answer in shown.results if isinstance(answer, BanjieError)]
    unclear = None if shown.people is None else shown.people.refusal
    status = unclear or _status(shown, wrong)
    back = place.back(shell, visit)
    title = words.say(title_on(asked_of, world.rules, measure, any_move=place.any_move))
    problems = next((one.fields for one in (unclear, *refusals, *_refusals(wrong)) if isinstance(one, FormInvalid)), ())
    response = shell.page(
        visit,
        "overdue_act.html",
        section=place.section,
        status=200 if status is None else status_of(status),
        title=title,
        heading=place.title(words, title),
        back_title=place.back_title(words),
        measure=measure,
        rows=[planned_row(one, visit.words) for one in planned],
        open_count=len(open_ones),
        is_preview=shown.is_preview and not wrong,
        ready_count=len(open_ones) if not wrong else 0,
        widgets=asked_widgets(shell, visit, world, asked_of, measure, shown.typed, problems, shown.people),
        sources=sources_of([one for one in asked_of if one.refusal is None], measure, words),
        key=secrets.token_urlsafe(16),
        note=shown.note,
        draft_of=stamp_for(shell, visit, f"/{place.section}/act"),
        results=_results(shown.results, visit, shell, world),
        done_count=len(shown.results) - len(refusals),
        refused_count=len(refusals),
        many=None if shown.many is None else many_view(shown.many, words),
        at_once_max=AT_ONCE_MAX,
        back=back,
        here=back.replace("?", "/act?", 1),
    )
    if status is not None:
        response.headers.update(headers_of(status))
    return response


def _put_right(one: Planned, kind: type[BanjieError]) -> Planned:
    """Return the plan of a case as if it were open, where it was refused in a way that another answer may put right."""
    return replace(one, refusal=None) if isinstance(one.refusal, kind) else one


def _status(shown: _Shown, wrong: Sequence[Planned]) -> BanjieError | None:
    """Return the refusal that the answer's status tells: of the form, or where nothing at all was done."""
    if wrong:
        return wrong[0].refusal
    refusals = [answer for _one, answer in shown.results if isinstance(answer, BanjieError)]
    return refusals[0] if refusals and len(refusals) == len(shown.results) else None


def _refusals(planned: Sequence[Planned]) -> list[BanjieError]:
    return [one.refusal for one in planned if one.refusal is not None]


def _results(results: Sequence[tuple[Planned, Answer]], visit: Visit, shell: Shell, world: World) -> list[ResultRow]:
    """Return what became of each case; where somebody was first, with who did what, for so many as one looks at."""
    rows, told = [], 0
    for one, answer in results:
        row = _result(one, answer, visit, shell)
        if isinstance(answer, StaleCase) and told < STALE_TOLD_MAX:
            told += 1
            seen = answer.details["expected"]
            assert isinstance(seen, int), "a version is a number"
            row = replace(row, since=meanwhile(shell.edge.desk, visit, world, CaseId(one.id), seen))
        rows.append(row)
    return rows


def _result(one: Planned, answer: Answer, visit: Visit, shell: Shell) -> ResultRow:
    words = visit.words
    row = planned_row(one, words)
    if isinstance(answer, Done):
        text = words.t("act_repeated") if answer.repeated else words.t("act_done")
        receipt = receipt_address(shell, answer.outcome)
        return ResultRow(row=row, is_done=True, text=text, reason=None, source=None, receipt=receipt)
    told = words.say(answer.text) if one.definition is None else message_of(answer, one.definition, words)
    return ResultRow(
        row=row, is_done=False, text=words.t("act_refused"), reason=told, source=source_of(answer, words.language)
    )
