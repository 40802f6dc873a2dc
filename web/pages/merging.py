"""Merging a case into another: the main case is looked for, both texts stand side by side, and what follows is said."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import headers_of, status_of
from api.rendering import number_of
from engine.case.case import Case
from engine.case.commands import FireTransition
from engine.case.identity import CaseId
from engine.definition.parts import Privacy
from engine.definition.wording import title_of
from engine.errors import BanjieError, CaseNotFound, NotFound
from engine.service.main_cases import likely_main_cases, main_cases, merging_moves
from engine.service.meeting import moves_open
from engine.service.queries import CaseView
from engine.text import Text
from web.forms.drafting import draft_asked, keeping_of, note_of, page_of, plain_fields, sent
from web.forms.filled import filled
from web.forms.moves import Attempt, ErrorLink, error_links, has_long_text, message_of, source_of
from web.forms.widgets import Choices, FormMaker, Widget
from web.pages.case import VERSION_DIGITS_MAX, posted_key
from web.pages.meeting import MeetingAsked, meeting_asked
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.clocks import due_words
from web.views.compared import Piece, alike_percent, compared
from web.views.fields import format_of

Q_CHARACTERS_MAX = 200
MARKED_FROM_PERCENT = 10
_NO_FILTER = frozenset({"lang", "draft", "move"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedField:
    """One field of two cases; ``alike`` in percent. Where it ``is_other`` altogether, nothing is marked."""

    title: str
    mine: tuple[Piece, ...]
    main: tuple[Piece, ...]
    alike: int
    is_other: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeForm:
    """The form that merges, or that takes out again; the main case stands in a hidden field."""

    address: str
    title: str
    key: str
    version: int
    hidden: tuple[tuple[str, str], ...]
    widgets: tuple[Widget, ...]
    message: str | None
    source: str | None
    draft_of: str
    draft: str | None
    resume: str
    note: str | None
    has_long_text: bool
    errors: tuple[ErrorLink, ...]


def merging_pages(shell: Shell) -> Pages:
    """Return the addresses of merging."""
    router = Pages()

    @router.get("/merge/{case_id}")
    def merge(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        return _page(shell, visit, CaseId(case_id), _resumed(shell, visit, CaseId(case_id)))

    @router.post("/merge/{case_id}/{move}")
    async def make(request: Request, case_id: str, move: str) -> Response:
        """Merge or take out again, then go back to where the visitor came from."""
        visit = await shell.visiting(request)
        posted = await read_form(request)
        command = await run_in_threadpool(_command, shell, visit, CaseId(case_id), move, posted)
        begin = await run_in_threadpool(_begin, shell, visit, command, posted)
        try:
            if begin is not None:
                await shell.edge.ask(begin)
            await shell.edge.ask(command if begin is None else replace(command, expected_version=None))
        except CaseNotFound:
            raise
        except BanjieError as refusal:
            attempt = Attempt(transition=move, key=command.key, values=command.form, refusal=refusal)
            response = await run_in_threadpool(_page, shell, visit, CaseId(case_id), attempt)
            response.background = shell.edge.denials.of(request, refusal)
            return response
        await run_in_threadpool(sent, shell, visit, f"/merge/{case_id}/{move}")
        meeting = await run_in_threadpool(_meeting, shell, visit)
        done = f"/cases/{case_id}?done={move}" if meeting is None else meeting.after(CaseId(case_id), move)
        return RedirectResponse(done, status_code=303)

    return router


def _meeting(shell: Shell, visit: Visit) -> MeetingAsked | None:
    """Return the meeting that the visitor came from, None from elsewhere."""
    return meeting_asked(shell, visit) if visit.request.query_params.get("back") == "meeting" else None


def _command(shell: Shell, visit: Visit, case: CaseId, move: str, posted: dict[str, list[str]]) -> FireTransition:
    asker, world = visit.known, shell.world(visit)
    view = shell.edge.desk.queries.case(asker.root, case, asker.actor, world)
    workflow = view.definition.workflow
    if move not in merging_moves(workflow):
        raise NotFound(Text("没有这样的并案步骤", "There is no such move of merging"), move=move)
    version = posted.get("version", [""])[0]
    is_number = version.isascii() and version.isdigit() and len(version) <= VERSION_DIGITS_MAX
    return FireTransition(
        root=asker.root,
        actor=asker.actor,
        key=posted_key(posted),
        case=case,
        transition=move,
        form=filled(view.definition, workflow.transitions[move].form, posted),
        expected_version=int(version) if is_number else None,
    )


def _resumed(shell: Shell, visit: Visit, case_id: CaseId) -> Attempt | None:
    """Return the merge that the address asks to go on with, as its draft says it; None where there is none."""
    move = visit.request.query_params.get("move", "")
    draft = draft_asked(shell, visit, f"/merge/{case_id}/{move}") if move else None
    if draft is None:
        return None
    command = _command(shell, visit, case_id, move, plain_fields(draft))
    return Attempt(transition=move, key=command.key, values=command.form, refusal=None, note=note_of(visit, draft))


def _main_typed(view: CaseView, attempt: Attempt | None) -> CaseId | None:
    """Return the main case that a form was about which is shown again."""
    fields = view.definition.workflow.fields
    values = {} if attempt is None else attempt.values
    cases = (str(value) for name, value in values.items() if name in fields and format_of(fields[name]) == "case")
    return next((CaseId(case) for case in cases if case), None)


def _begin(shell: Shell, visit: Visit, command: FireTransition, posted: dict[str, list[str]]) -> FireTransition | None:
    """Return the command that begins the review first, where the form says that it had not begun."""
    view = shell.edge.desk.queries.case(command.root, command.case, command.actor, shell.world(visit))
    meeting = view.definition.workflow.meeting
    if "begin" not in posted or meeting is None or meeting.begin is None:
        return None
    return replace(command, key=f"{command.key}:begin", transition=meeting.begin, form={})


def _open(shell: Shell, visit: Visit, view: CaseView, move: str | None) -> tuple[bool, bool]:
    """Return whether the review must be begun first, and whether the move is open to the visitor then."""
    if move is None or move in view.offered:
        return False, move is not None
    meeting = view.definition.workflow.meeting
    if meeting is None:
        return False, False
    units = shell.world(visit).surroundings.tree
    begins, names = moves_open(view, meeting, [move], visit.known.actor, units)
    return begins, bool(names)


def _page(shell: Shell, visit: Visit, case_id: CaseId, attempt: Attempt | None = None) -> Response:
    world, words, asker, desk = shell.world(visit), visit.words, visit.known, shell.edge.desk
    params = visit.request.query_params
    view = desk.queries.case(asker.root, case_id, asker.actor, world)
    workflow = view.definition.workflow
    merging, leaving = merging_moves(workflow)
    is_merged = view.case.merged_into is not None
    text = params.get("q", "").strip()[:Q_CHARACTERS_MAX]
    chosen = view.case.merged_into or CaseId(params.get("into", "")) or _main_typed(view, attempt)
    found = [] if is_merged else main_cases(desk, asker.root, asker.actor, view.case, workflow, text)
    if not text and chosen is None:
        found = likely_main_cases(desk, asker.root, asker.actor, view.case)
    main = None if chosen is None else _main(shell, visit, chosen, is_merged)
    move = leaving if is_merged else merging
    begins, can_move = _open(shell, visit, view, move)
    refusal = None if attempt is None else attempt.refusal
    kept = [(name, value) for name, value in params.multi_items() if name not in ("q", "into", "lang", "draft", "move")]
    here = f"/merge/{case_id}"
    response = shell.page(
        visit,
        "merge.html",
        section="meeting" if params.get("back") == "meeting" else "cases",
        status=200 if refusal is None else status_of(refusal),
        title=words.t("merge_title", number=number_of(view) or words.t("no_number")),
        case=_named(view, visit),
        case_address=f"/cases/{case_id}",
        here=here,
        kept=kept,
        q=text,
        is_merged=is_merged,
        can_move=can_move,
        state=words.say(title_of(view.case.state, workflow.states)),
        found=[
            (_title(one, workflow.number_fields, workflow.subject_field), _choose(here, kept, text, one))
            for one in found
        ],
        main=None if main is None else _named(main, visit),
        main_address=None if main is None else f"/cases/{main.case.id}",
        fields=[] if main is None else list(_fields(view, main, visit)),
        means=[] if main is None or is_merged else list(_means(view, main, visit)),
        until=_until(main, visit) if is_merged and main is not None else None,
        begin=None
        if not begins or workflow.meeting is None
        else words.say(title_of(workflow.meeting.begin or "", workflow.transitions)),
        form=_form(shell, visit, view, move, main, attempt)
        if main is not None and move is not None and can_move
        else None,
        back=_back(shell, visit, case_id),
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


def _main(shell: Shell, visit: Visit, chosen: CaseId, is_merged: bool) -> CaseView | None:
    """Return the main case as the visitor sees it; one that may not be seen is not there, unless an address names it.

    Raises:
        CaseNotFound: the address names a case that the visitor may not see.
    """
    try:
        return shell.edge.desk.queries.case(visit.known.root, chosen, visit.known.actor, shell.world(visit))
    except CaseNotFound:
        if not is_merged:
            raise
        return None


def _form(shell: Shell, visit: Visit, view: CaseView, move: str, main: CaseView, attempt: Attempt | None) -> MergeForm:
    words, workflow = visit.words, view.definition.workflow
    part = workflow.transitions[move]
    cases = tuple(name for name in part.form if format_of(workflow.fields[name]) == "case")
    asked = {name: need for name, need in part.form.items() if name not in cases}
    typed: dict[str, JsonValue] = {} if attempt is None else dict(attempt.values)
    refusal = None if attempt is None else attempt.refusal
    maker = FormMaker(
        words=words, definition=view.definition, choices=Choices(surroundings=shell.world(visit).surroundings)
    )
    kept = [(name, value) for name, value in visit.request.query_params.multi_items() if name not in _NO_FILTER]
    query = urlencode(kept if "into" in visit.request.query_params or not cases else [*kept, ("into", main.case.id)])
    address, keeping = f"/merge/{view.case.id}/{move}", keeping_of(shell, visit)
    widgets = maker.widgets(asked, typed, () if attempt is None else attempt.problems)
    return MergeForm(
        address=address + (f"?{query}" if query else ""),
        title=words.say(part.title.text),
        key=secrets.token_urlsafe(16) if attempt is None else attempt.key,
        version=view.case.version,
        hidden=tuple((name, str(main.case.id)) for name in cases),
        widgets=widgets,
        draft_of=keeping.stamp(address),
        draft=None if attempt is not None else keeping.kept.get(address),
        resume=page_of(address, "open"),
        note=None if attempt is None else attempt.note,
        has_long_text=has_long_text(widgets),
        errors=() if refusal is None else error_links(widgets, "merge", words),
        message=None if refusal is None else message_of(refusal, view.definition, words),
        source=None if refusal is None else source_of(refusal, words.language),
    )


def _fields(view: CaseView, main: CaseView, visit: Visit) -> Iterator[ComparedField]:
    """Yield the texts of the proposers side by side, as far as the visitor may know them."""
    workflow = view.definition.workflow
    for name in workflow.opening:
        part = workflow.fields[name]
        is_text = part.json_schema.get("type") == "string" and part.list is None and format_of(part) is None
        if not is_text or part.privacy not in (Privacy.PUBLIC, Privacy.INTERNAL):
            continue
        mine, other = (str(one.fields.get(name) or "") for one in (view, main))
        if mine or other:
            left, right = compared(mine, other)
            title = visit.words.say(part.title.text)
            alike = alike_percent(left, right)
            if alike < MARKED_FROM_PERCENT:  # marks on everything say nothing
                left, right = ((Piece(text, False),) if text else () for text in (mine, other))
            yield ComparedField(title=title, mine=left, main=right, alike=alike, is_other=alike < MARKED_FROM_PERCENT)


def _means(view: CaseView, main: CaseView, visit: Visit) -> Iterator[str]:
    """Yield in words what follows from merging, with the dates of both cases."""
    words, workflow = visit.words, view.definition.workflow
    merging, _leaving = merging_moves(workflow)
    to = workflow.transitions[merging].to if merging is not None else None
    yield words.t("merge_means_handled", state=words.say(title_of(to or "", workflow.states)))
    yield words.t("merge_means_people")
    yield words.t("merge_means_dates")
    for clock in view.clocks:
        other = main.case.clock(clock.name)
        if clock.is_open and other is not None and other.is_open:
            title = words.say(workflow.deadlines[clock.name].title.text)
            mine, its = (due_words(one.due_on, one.due_at, words) for one in (clock, other))
            yield words.t("merge_means_due", title=title, mine=mine, main=its)
    yield words.t("merge_means_undo")


def _until(main: CaseView, visit: Visit) -> str:
    """Return until when the merge can be undone: up to the reply, with the day it is due first."""
    open_clocks = [clock for clock in main.clocks if clock.is_open]
    if not open_clocks:
        return visit.words.t("merge_undo_open")
    first = min(open_clocks, key=lambda clock: clock.due_at)
    title = visit.words.say(main.definition.workflow.deadlines[first.name].title.text)
    due = due_words(first.due_on, first.due_at, visit.words)
    return visit.words.t("merge_undo_until", due=due, title=title)


def _named(view: CaseView, visit: Visit) -> str:
    subject = view.fields.get(view.definition.workflow.subject_field)
    parts = (number_of(view), subject or visit.words.t("no_subject"))
    return " ".join(str(part) for part in parts if part)


def _title(case: Case, numbers: Sequence[str], subject: str) -> str:
    number = next((case.data[name] for name in numbers if case.data.get(name)), None)
    return " ".join(str(part) for part in (number, case.data.get(subject)) if part) or case.id


def _choose(here: str, kept: Sequence[tuple[str, str]], text: str, case: Case) -> str:
    return f"{here}?{urlencode([*kept, ('q', text), ('into', case.id)])}"


def _back(shell: Shell, visit: Visit, case_id: CaseId) -> str:
    meeting = _meeting(shell, visit)
    return f"/cases/{case_id}" if meeting is None else meeting.address(at=case_id)
