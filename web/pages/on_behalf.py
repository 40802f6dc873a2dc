"""Entries on behalf (代录): a new case or a move that somebody brought on paper, by telephone or in person, and the
slip that the person is given."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.multipart import Posted, uploads_of
from api.problems import headers_of, status_of
from api.rendering import number_of
from engine.case.codec import at_from
from engine.case.commands import BasisKind, FireTransition, OnBehalf, OpenCase, Stated
from engine.case.forms import Asked
from engine.case.identity import CaseId, SessionId, UnitId
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.definition.wording import title_of
from engine.errors import BanjieError, CaseNotFound, FieldProblem, FormInvalid
from engine.service.behalf import Entry, day_stated, entered, entering_units
from engine.service.filing.cabinet import Cabinet
from engine.service.queries import CaseView
from web.forms.asked import roster_of
from web.forms.drafting import draft_asked, keeping_of, note_of, page_of, plain_fields, sent, stamp_for
from web.forms.files import demand_files, names_in
from web.forms.filled import filled
from web.forms.moves import ErrorLink, error_links, has_long_text, message_of, source_of
from web.forms.people import PeopleTyped, Roster, people_typed, with_people
from web.forms.widgets import Choices, FormMaker, Kind, Option, Widget
from web.pages.case import posted_key
from web.pages.receipt_kept import slip_receipt
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.timeline import entered_words, stated_words
from web.words import Words

_BASIS = "on_behalf."
FIELDS = ("person", "kind", "basis", "occurred_at", "scan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed so far, and why it was refused if it was."""

    key: str
    basis: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    unit: str = ""
    session: str = ""
    refusal: BanjieError | None = None
    people: PeopleTyped | None = None
    note: str | None = None

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """What was wrong with single fields."""
        return self.refusal.fields if isinstance(self.refusal, FormInvalid) else ()


def on_behalf_pages(shell: Shell) -> Pages:
    """Return the addresses of entries on behalf."""
    router = Pages()
    cabinet = Cabinet(shell.edge.desk)

    @router.get("/cases/new/{workflow}/on-behalf")
    def new_form(request: Request, workflow: str) -> Response:
        visit = shell.visit(request)
        draft = draft_asked(shell, visit, f"/cases/new/{workflow}/on-behalf")
        if draft is not None:
            kept = _typed_new(shell, visit, workflow, plain_fields(draft))
            return _new_page(shell, visit, workflow, replace(kept, note=note_of(visit, draft)))
        session = _newest_session(shell, visit)
        return _new_page(shell, visit, workflow, Typed(key=secrets.token_urlsafe(16), session=session))

    @router.post("/cases/new/{workflow}/on-behalf")
    async def open_case(request: Request, workflow: str) -> Response:
        visit = await shell.visiting(request)
        posted = await uploads_of(request, cabinet, (visit.known.root, visit.known.actor))
        typed = await run_in_threadpool(_typed_new, shell, visit, workflow, posted.fields)
        if typed.people is not None and typed.people.is_open:
            return await run_in_threadpool(_new_page, shell, visit, workflow, _refused(typed, typed.people.refusal))
        try:
            on_behalf, stated = await run_in_threadpool(_entry, shell, visit, typed, posted)
            done = await shell.edge.ask(
                OpenCase(
                    root=visit.known.root,
                    actor=visit.known.actor,
                    key=typed.key,
                    workflow=workflow,
                    unit=UnitId(typed.unit),
                    congress_session=SessionId(typed.session) if typed.session else None,
                    form=typed.values,
                    stated=stated,
                    on_behalf=on_behalf,
                )
            )
        except BanjieError as refusal:
            return await run_in_threadpool(_new_page, shell, visit, workflow, _refused(typed, refusal))
        await run_in_threadpool(sent, shell, visit, f"/cases/new/{workflow}/on-behalf")
        return _to_slip(done.outcome.case, done.outcome.seq)

    @router.get("/cases/{case_id}/on-behalf/{move}")
    def move_form(request: Request, case_id: str, move: str) -> Response:
        visit = shell.visit(request)
        draft = draft_asked(shell, visit, f"/cases/{case_id}/on-behalf/{move}")
        if draft is not None:
            kept = _typed_move(shell, visit, CaseId(case_id), move, plain_fields(draft))
            return _move_page(shell, visit, CaseId(case_id), move, replace(kept, note=note_of(visit, draft)))
        return _move_page(shell, visit, CaseId(case_id), move, Typed(key=secrets.token_urlsafe(16)))

    @router.post("/cases/{case_id}/on-behalf/{move}")
    async def make_move(request: Request, case_id: str, move: str) -> Response:
        visit = await shell.visiting(request)
        posted = await uploads_of(request, cabinet, (visit.known.root, visit.known.actor))
        typed = await run_in_threadpool(_typed_move, shell, visit, CaseId(case_id), move, posted.fields)
        if typed.people is not None and typed.people.is_open:
            unclear = _refused(typed, typed.people.refusal)
            return await run_in_threadpool(_move_page, shell, visit, CaseId(case_id), move, unclear)
        try:
            on_behalf, stated = await run_in_threadpool(_entry, shell, visit, typed, posted)
            done = await shell.edge.ask(
                FireTransition(
                    root=visit.known.root,
                    actor=visit.known.actor,
                    key=typed.key,
                    case=CaseId(case_id),
                    transition=move,
                    form=typed.values,
                    stated=stated,
                    on_behalf=on_behalf,
                )
            )
        except CaseNotFound:
            raise
        except BanjieError as refusal:
            return await run_in_threadpool(_move_page, shell, visit, CaseId(case_id), move, _refused(typed, refusal))
        await run_in_threadpool(sent, shell, visit, f"/cases/{case_id}/on-behalf/{move}")
        return _to_slip(done.outcome.case, done.outcome.seq)

    @router.get("/cases/{case_id}/slip/{seq:int}")
    def slip(request: Request, case_id: str, seq: int) -> Response:
        return _slip_page(shell, shell.visit(request), CaseId(case_id), seq)

    return router


def _to_slip(case: CaseId, seq: int) -> RedirectResponse:
    return RedirectResponse(f"/cases/{case}/slip/{seq}?done=1", status_code=303)


def _refused(typed: Typed, refusal: BanjieError | None) -> Typed:
    return replace(typed, refusal=refusal)


def _typed_new(shell: Shell, visit: Visit, workflow: str, posted: dict[str, list[str]]) -> Typed:
    session = posted.get("session", [""])[0]
    definition = _definition(shell, visit, workflow, session)
    people = people_typed(definition, definition.workflow.opening, posted, roster_of(shell, visit))
    return Typed(
        key=posted_key(posted),
        basis=_basis_typed(posted),
        values=filled(definition, definition.workflow.opening, people.posted),
        unit=posted.get("unit", [""])[0],
        session=session,
        people=people,
    )


def _typed_move(shell: Shell, visit: Visit, case_id: CaseId, move: str, posted: dict[str, list[str]]) -> Typed:
    view = shell.edge.desk.queries.case(visit.known.root, case_id, visit.known.actor, shell.world(visit))
    part = view.definition.workflow.transitions.get(move)
    asked = {} if part is None else part.form
    people = people_typed(view.definition, asked, posted, roster_of(shell, visit, view))
    values = filled(view.definition, asked, people.posted)
    return Typed(key=posted_key(posted), basis=_basis_typed(posted), values=values, people=people)


def _basis_typed(posted: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: posted.get(f"{_BASIS}{name}", [""])[0] for name in FIELDS}


def _entry(shell: Shell, visit: Visit, typed: Typed, posted: Posted) -> tuple[OnBehalf, Stated]:
    demand_files(posted)
    desk, said = shell.edge.desk, typed.basis
    entry = Entry(
        kind=said["kind"],
        basis=said["basis"],
        happened_at=_happened_at(said["occurred_at"], visit.now),
        person=said["person"],
        scan=said["scan"],
    )
    return entered(desk.reads, desk.queries, visit.known.root, entry, visit.now)


def _happened_at(text: str, now: datetime) -> datetime | None:
    try:
        return day_stated(date.fromisoformat(text.strip()), now)
    except (ValueError, OverflowError):
        return None


def _new_page(shell: Shell, visit: Visit, workflow: str, typed: Typed) -> Response:
    world, words = shell.world(visit), visit.words
    definition = _definition(shell, visit, workflow, typed.session)
    allowed = set(entering_units(definition.workflow, world, visit.known.actor))
    maker = _maker(shell, visit, definition, definition.workflow.opening, typed, roster_of(shell, visit))
    title = words.t("behalf_new", title=words.say(definition.workflow.title.text))
    return _page(
        shell,
        visit,
        typed,
        definition,
        title=title,
        address=f"/cases/new/{workflow}/on-behalf",
        back=None,
        may=bool(allowed),
        person_help=words.t("behalf_person_help"),
        units=[
            Option(value=unit, title=name, is_chosen=unit == typed.unit)
            for unit, name in maker.choices.units(words)
            if unit in allowed
        ],
        sessions=[
            Option(value=each.id, title=words.say(each.title), is_chosen=each.id == typed.session)
            for each in world.surroundings.sessions.values()
        ],
        widgets=maker.widgets(definition.workflow.opening, {**_initial(definition), **typed.values}, typed.problems),
    )


def _move_page(shell: Shell, visit: Visit, case_id: CaseId, move: str, typed: Typed) -> Response:
    words = visit.words
    view = shell.edge.desk.queries.case(visit.known.root, case_id, visit.known.actor, shell.world(visit))
    part = view.definition.workflow.transitions.get(move)
    if part is None:
        raise CaseNotFound
    maker = _maker(shell, visit, view.definition, part.form, typed, roster_of(shell, visit, view))
    return _page(
        shell,
        visit,
        typed,
        view.definition,
        title=words.t("behalf_move", title=words.say(part.title.text)),
        address=f"/cases/{case_id}/on-behalf/{move}",
        back=(f"/cases/{case_id}", _called(view, visit)),
        may=move in view.enterable,
        person_help=words.t("behalf_person_move_help"),
        units=None,
        sessions=None,
        widgets=maker.widgets(part.form, typed.values, typed.problems),
    )


def _page(
    shell: Shell,
    visit: Visit,
    typed: Typed,
    definition: Definition,
    *,
    widgets: tuple[Widget, ...],
    address: str,
    **view: object,
) -> Response:
    words, refusal = visit.words, typed.refusal
    errors: dict[str, str] = {}
    for problem in typed.problems:
        if problem.path.startswith(_BASIS):
            errors.setdefault(problem.path.removeprefix(_BASIS), words.say(problem.text))
    is_fresh = visit.request.method == "GET" and typed.note is None
    response = shell.page(
        visit,
        "on_behalf.html",
        section="cases",
        status=200 if refusal is None else status_of(refusal),
        key=typed.key,
        basis={name: typed.basis.get(name, "") for name in FIELDS},
        errors={name: errors.get(name, "") for name in FIELDS},
        kinds=[
            Option(value=kind, title=words.t(f"behalf_kind_{kind}"), is_chosen=typed.basis.get("kind") == kind)
            for kind in BasisKind
        ],
        today=visit.now.astimezone(SHANGHAI).date().isoformat(),
        has_veil=definition.workflow.identity is not None,
        message=None if refusal is None else _message(refusal, definition, visit, errors),
        message_source=None if refusal is None else source_of(refusal, words.language),
        widgets=widgets,
        links=_links(errors, widgets, words),
        note=typed.note,
        address=address,
        draft_of=stamp_for(shell, visit, address),
        draft=keeping_of(shell, visit).kept.get(address) if is_fresh else None,
        resume=page_of(address, "open"),
        has_long_text=has_long_text(widgets),
        has_files=any(widget.kind is Kind.FILES for widget in widgets),
        **view,
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


def _links(errors: Mapping[str, str], widgets: Sequence[Widget], words: Words) -> tuple[ErrorLink, ...]:
    """Return a way to everything that is wrong: first what is said of the entry itself, then the fields."""
    said = (ErrorLink(anchor=f"behalf-{name}", text=text) for name, text in errors.items() if name in FIELDS)
    return (*said, *error_links(widgets, "behalf", words))


def _message(refusal: BanjieError, definition: Definition, visit: Visit, errors: Mapping[str, str]) -> str:
    """Return what a refusal says; what is wrong with the basis stands in full, as no field of the case bears it."""
    if isinstance(refusal, FormInvalid) and errors:
        return visit.words.listed(errors.values())
    return message_of(refusal, definition, visit.words)


def _slip_page(shell: Shell, visit: Visit, case_id: CaseId, seq: int) -> Response:
    desk, asker, words, world = shell.edge.desk, visit.known, visit.words, shell.world(visit)
    view = desk.queries.case(asker.root, case_id, asker.actor, world)
    lines = desk.queries.timeline(asker.root, case_id, asker.actor, world)
    line = next((line for line in lines if line.seq == seq and line.entered is not None), None)
    if line is None or line.entered is None or line.occurred_at is None:
        raise CaseNotFound
    workflow, part = view.definition.workflow, view.definition.workflow.on_behalf
    clock = None if part is None else view.case.clock(part.deadline)
    moved = None if line.transition is None else words.say(title_of(line.transition, workflow.transitions))
    rows = [
        (words.t("behalf_slip_number"), number_of(view) or words.t("no_number")),
        (words.t("behalf_slip_case"), _called(view, visit)),
        (words.t("behalf_slip_what"), moved or words.t("entry_opened")),
        (words.t("behalf_slip_whom"), "；".join(entered_words(line.entered, words))),
        (words.t("behalf_slip_happened"), stated_words(at_from(line.occurred_at), words)),
        (words.t("behalf_slip_who"), line.who),
        (words.t("behalf_slip_at"), words.instant(at_from(line.at))),
        (words.t("behalf_slip_until"), None if clock is None else words.date(clock.due_on)),
        (words.t("behalf_slip_hash"), line.hash),
    ]
    return shell.page(
        visit,
        "on_behalf_slip.html",
        section="cases",
        rows=[(title, text) for title, text in rows if text is not None],
        address=f"/cases/{case_id}",
        receipt=slip_receipt(shell, visit, case_id, line),
        is_new=visit.request.query_params.get("done") == "1",
    )


def _called(view: CaseView, visit: Visit) -> str:
    return str(view.fields.get(view.definition.workflow.subject_field) or visit.words.t("no_subject"))


def _maker(shell: Shell, visit: Visit, definition: Definition, asked: Asked, typed: Typed, roster: Roster) -> FormMaker:
    whose = (visit.known.root, visit.known.actor)
    choices = Choices(
        surroundings=roster.surroundings,
        files=names_in(Cabinet(shell.edge.desk), whose, definition, [typed.values]),
    )
    choices = with_people(choices, definition, asked, [typed.values], roster, typed.people)
    return FormMaker(words=visit.words, definition=definition, choices=choices)


def _definition(shell: Shell, visit: Visit, workflow: str, session: str) -> Definition:
    world = shell.world(visit)
    known = world.surroundings.sessions.get(SessionId(session))
    return world.rules.for_new(workflow, None if known is None else known.lists)


def _initial(definition: Definition) -> dict[str, JsonValue]:
    fields = definition.workflow.fields
    return {name: fields[name].initial for name in definition.workflow.opening if fields[name].initial is not None}


def _newest_session(shell: Shell, visit: Visit) -> str:
    sessions = shell.world(visit).surroundings.sessions.values()
    return max(sessions, key=lambda each: (each.term, each.meeting)).id if sessions else ""
