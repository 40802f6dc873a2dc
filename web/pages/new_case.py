"""A new case: choosing what it is, the form of its workflow's opening, a last look at it, and then it is filed."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.multipart import uploads_of
from api.problems import headers_of, status_of
from engine.case.commands import OpenCase
from engine.case.forms import Asked
from engine.case.identity import PersonId, SessionId, UnitId
from engine.definition.compiled import Definition
from engine.errors import BanjieError, FieldProblem, FormInvalid
from engine.service.filing.cabinet import Cabinet
from engine.service.rehearsal_opening import refusal_of_opening
from engine.service.world import World
from web.forms.asked import roster_of
from web.forms.drafting import draft_asked, keeping_of, note_of, page_of, plain_fields, sent, stamp_for
from web.forms.files import demand_files, names_in
from web.forms.filled import filled
from web.forms.moves import error_links, has_long_text, message_of, source_of
from web.forms.people import PeopleTyped, people_typed, with_people
from web.forms.widgets import Choices, FormMaker, Kind, Option, Widget
from web.pages.case import posted_key
from web.pages.front import files_for_self, openable, opening_units
from web.pages.receipt_kept import parting_page, still_seen
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.choosing import kind_of
from web.views.fields import named
from web.views.last_look import last_look
from web.views.openness import always_seen, levels_seen
from web.words import Words

Fields = dict[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed so far, and why it was refused if it was."""

    key: str
    unit: str = ""
    session: str | None = None
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    refusal: BanjieError | None = None
    people: PeopleTyped | None = None
    note: str | None = None

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """What was wrong with single fields."""
        return self.refusal.fields if isinstance(self.refusal, FormInvalid) else ()


def new_case_pages(shell: Shell) -> Pages:
    """Return the addresses of new cases."""
    router = Pages()
    cabinet = Cabinet(shell.edge.desk)

    @router.get("/cases/new")
    def choose(request: Request) -> Response:
        visit = shell.visit(request)
        world = shell.world(visit)
        session = _newest_session(world)
        kinds = [
            kind_of(_definition(world, part.name, session), visit.words) for part in openable(world, visit.known.actor)
        ]
        return shell.page(visit, "new_choose.html", section="cases", kinds=kinds)

    @router.get("/cases/new/{workflow}")
    def form(request: Request, workflow: str) -> Response:
        visit = shell.visit(request)
        draft = draft_asked(shell, visit, f"/cases/new/{workflow}")
        if draft is not None:
            command, people = _command(shell, visit, workflow, plain_fields(draft))
            kept = replace(_typed(command), people=people, note=note_of(visit, draft))
            return _page(shell, visit, workflow, kept)
        return _page(
            shell, visit, workflow, Typed(key=secrets.token_urlsafe(16), values=_chosen(shell, visit, workflow))
        )

    @router.post("/cases/new/{workflow}/look")
    async def look(request: Request, workflow: str) -> Response:
        """Show what was filled in once more, or the form again with everything that is wrong with it."""
        visit = await shell.visiting(request)
        posted = await uploads_of(request, cabinet, (visit.known.root, visit.known.actor))
        command, people = await run_in_threadpool(_command, shell, visit, workflow, posted.fields)
        if people.is_open:
            return await run_in_threadpool(_page, shell, visit, workflow, _looked_up(command, people))
        try:
            demand_files(posted)
        except FormInvalid as files:
            other = await run_in_threadpool(refusal_of_opening, shell.edge.desk, command)
            more = other.fields if isinstance(other, FormInvalid) else ()
            refusal: BanjieError | None = FormInvalid([*files.fields, *more])
        else:
            refusal = await run_in_threadpool(refusal_of_opening, shell.edge.desk, command)
        if refusal is not None:
            typed = replace(_typed(command), refusal=refusal)
            return await run_in_threadpool(_page, shell, visit, workflow, typed)
        return await run_in_threadpool(_look, shell, visit, command, posted.fields)

    @router.post("/cases/new/{workflow}/edit")
    async def edit(request: Request, workflow: str) -> Response:
        """Show the form again with all that was typed into it."""
        visit = await shell.visiting(request)
        posted = await uploads_of(request, cabinet, (visit.known.root, visit.known.actor))
        command, people = await run_in_threadpool(_command, shell, visit, workflow, posted.fields)
        return await run_in_threadpool(_page, shell, visit, workflow, replace(_typed(command), people=people))

    @router.post("/cases/new/{workflow}")
    async def open_case(request: Request, workflow: str) -> Response:
        visit = await shell.visiting(request)
        posted = await uploads_of(request, cabinet, (visit.known.root, visit.known.actor))
        command, people = await run_in_threadpool(_command, shell, visit, workflow, posted.fields)
        if people.is_open:
            return await run_in_threadpool(_page, shell, visit, workflow, _looked_up(command, people))
        try:
            demand_files(posted)
            done = await shell.edge.ask(command)
        except BanjieError as refusal:
            typed = replace(_typed(command), refusal=refusal)
            return await run_in_threadpool(_page, shell, visit, workflow, typed)
        await run_in_threadpool(sent, shell, visit, f"/cases/new/{workflow}")
        if not await run_in_threadpool(still_seen, shell, visit, done.outcome.case):
            return await run_in_threadpool(parting_page, shell, visit, done.outcome)
        return RedirectResponse(f"/cases/{done.outcome.case}?done=open&seq={done.outcome.seq}", status_code=303)

    return router


def _typed(command: OpenCase) -> Typed:
    return Typed(key=command.key, unit=command.unit, session=command.congress_session or "", values=command.form)


def _looked_up(command: OpenCase, people: PeopleTyped) -> Typed:
    return replace(_typed(command), refusal=people.refusal, people=people)


def _chosen(shell: Shell, visit: Visit, workflow: str) -> dict[str, JsonValue]:
    """Return the level of confidentiality that was chosen before the form, as far as the definition knows it."""
    world = shell.world(visit)
    definition = _definition(world, workflow, _newest_session(world))
    identity, level = definition.workflow.identity, visit.request.query_params.get("level", "")
    if identity is None or level not in (definition.codes.get(identity.level) or ()):
        return {}
    return {} if level in definition.anonymous_codes.get(identity.level, ()) else {identity.level: level}


def _command(shell: Shell, visit: Visit, workflow: str, posted: Fields) -> tuple[OpenCase, PeopleTyped]:
    world, asker = shell.world(visit), visit.known
    session, unit = posted.get("session", [""])[0], UnitId(posted.get("unit", [""])[0])
    definition = _definition(world, workflow, session)
    asked = definition.workflow.opening
    people = people_typed(definition, asked, posted, roster_of(shell, visit))
    own = (
        _self_filed(definition)
        if files_for_self(definition.workflow, asker.actor, unit, world.surroundings.tree)
        else {}
    )
    command = OpenCase(
        root=asker.root,
        actor=asker.actor,
        key=posted_key(posted),
        workflow=workflow,
        unit=unit,
        congress_session=SessionId(session) if session else None,
        form={**filled(definition, asked, people.posted), **own},
    )
    return command, people


def _page(shell: Shell, visit: Visit, workflow: str, typed: Typed) -> Response:
    world, words = shell.world(visit), visit.words
    session = _newest_session(world) if typed.session is None else typed.session
    definition = _definition(world, workflow, session)
    allowed = set(opening_units(definition.workflow, world, visit.known.actor))
    choices = Choices(
        surroundings=world.surroundings,
        files=names_in(Cabinet(shell.edge.desk), (visit.known.root, visit.known.actor), definition, [typed.values]),
    )
    asked = _asked(definition, visit, world, allowed)
    choices = with_people(choices, definition, asked, [typed.values], roster_of(shell, visit), typed.people)
    maker = FormMaker(words=words, definition=definition, choices=choices)
    initial = _initial(definition)
    widgets = _without_anonymous(maker.widgets(asked, {**initial, **typed.values}, typed.problems), definition)
    first, more = in_sight(widgets, definition)
    address = f"/cases/new/{workflow}"
    is_fresh = visit.request.method == "GET" and typed.note is None
    response = shell.page(
        visit,
        "new_case.html",
        section="cases",
        status=200 if typed.refusal is None else status_of(typed.refusal),
        title=words.t("new_title", title=words.say(definition.workflow.title.text)),
        purpose=words.say(definition.workflow.purpose.text),
        workflow=workflow,
        address=address,
        errors=() if typed.refusal is None else error_links(widgets, "new", words, _elsewhere(typed, asked, words)),
        note=typed.note,
        draft_of=stamp_for(shell, visit, address),
        draft=keeping_of(shell, visit).kept.get(address) if is_fresh else None,
        resume=page_of(address, "open"),
        has_long_text=has_long_text(widgets),
        has_files=any(widget.kind is Kind.FILES for widget in widgets),
        units=[
            Option(value=unit, title=title, is_chosen=unit == typed.unit)
            for unit, title in choices.units(words)
            if unit in allowed
        ],
        sessions=[
            Option(value=each.id, title=words.say(each.title), is_chosen=each.id == session)
            for each in world.surroundings.sessions.values()
        ],
        key=typed.key,
        widgets=first,
        more=more,
        more_open=any(w.error or (w.values and typed.values.get(w.name) != initial.get(w.name)) for w in more),
        subject_field=definition.workflow.subject_field,
        kind=kind_of(definition, words),
        levels=levels_seen(definition, words, anonymous=False),
        always=always_seen(definition, words),
        has_anonymous=bool(definition.anonymous_codes),
        message=None if typed.refusal is None else message_of(typed.refusal, definition, words),
        message_source=None if typed.refusal is None else source_of(typed.refusal, words.language),
    )
    if typed.refusal is not None:
        response.headers.update(headers_of(typed.refusal))
    return response


def _look(shell: Shell, visit: Visit, command: OpenCase, posted: Fields) -> Response:
    world, words = shell.world(visit), visit.words
    definition = _definition(world, command.workflow, command.congress_session or "")
    desk, asker = shell.edge.desk, visit.known
    named_there = {PersonId(person) for person in named(definition, command.form, "person")}
    return shell.page(
        visit,
        "new_look.html",
        section="cases",
        title=words.say(definition.workflow.title.text),
        address=f"/cases/new/{command.workflow}",
        seen=last_look(
            definition,
            command.form,
            words,
            unit=command.unit,
            session=command.congress_session,
            surroundings=world.surroundings,
            persons=desk.reads.persons(asker.root, named_there) if named_there else {},
            files=names_in(Cabinet(desk), (asker.root, asker.actor), definition, [command.form]),
        ),
        hidden=[(name, value) for name, values in posted.items() for value in values if name != "find" and value],
    )


def _elsewhere(typed: Typed, asked: Asked, words: Words) -> list[str]:
    """Return what is wrong with what no field of the definition bears."""
    return [words.say(one.text) for one in typed.problems if one.path.partition(".")[0] not in asked]


def _definition(world: World, workflow: str, session: str) -> Definition:
    """Return what a new case of the congress session would run under."""
    known = world.surroundings.sessions.get(SessionId(session))
    return world.rules.for_new(workflow, None if known is None else known.lists)


def _asked(definition: Definition, visit: Visit, world: World, units: Collection[str]) -> Asked:
    """Return what the form asks: nothing that only an office knows of somebody who files for themselves."""
    workflow, tree = definition.workflow, world.surroundings.tree
    is_own = all(files_for_self(workflow, visit.known.actor, UnitId(unit), tree) for unit in units)
    hidden = workflow.identity.self_filed.keys() if is_own and workflow.identity is not None else ()
    return {name: need for name, need in workflow.opening.items() if name not in hidden}


def in_sight(widgets: Iterable[Widget], definition: Definition) -> tuple[list[Widget], list[Widget]]:
    """Return the controls in sight, what is required first, and those that stand folded behind them."""
    first = definition.workflow.opening_first
    known = {widget.name: widget for widget in widgets}
    shown = [widget for widget in known.values() if widget.is_required or not first]
    shown += [known[name] for name in first if name in known and not known[name].is_required]
    return shown, [widget for widget in known.values() if widget not in shown]


def _self_filed(definition: Definition) -> dict[str, JsonValue]:
    """Return what the fields say that nobody is asked who files for themselves."""
    identity = definition.workflow.identity
    return {} if identity is None else {name: value for name, value in identity.self_filed.items() if value}


def _without_anonymous(widgets: Iterable[Widget], definition: Definition) -> list[Widget]:
    """Return the controls without levels for those who never say who they are: the system knows who is logged in."""
    codes = definition.anonymous_codes
    return [
        replace(widget, options=tuple(one for one in widget.options if one.value not in codes[widget.name]))
        if widget.name in codes
        else widget
        for widget in widgets
    ]


def _initial(definition: Definition) -> dict[str, JsonValue]:
    """Return what the fields of the form are if nobody says otherwise."""
    fields = definition.workflow.fields
    return {name: fields[name].initial for name in definition.workflow.opening if fields[name].initial is not None}


def _newest_session(world: World) -> str:
    sessions = world.surroundings.sessions.values()
    return max(sessions, key=lambda each: (each.term, each.meeting)).id if sessions else ""
