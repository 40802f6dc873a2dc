"""A new case: the form of its workflow's opening."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from fastapi import APIRouter, Request
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.multipart import uploads_of
from api.problems import headers_of, status_of
from engine.case.commands import OpenCase
from engine.case.forms import Asked
from engine.case.identity import SessionId, UnitId
from engine.definition.compiled import Definition
from engine.errors import BanjieError, FieldProblem, FormInvalid
from engine.service.filing.cabinet import Cabinet
from engine.service.world import World
from web.forms.files import demand_files, names_in
from web.forms.filled import filled
from web.forms.moves import message_of, source_of
from web.forms.people import PeopleTyped, asks_for_people, people_typed
from web.forms.widgets import Choices, FormMaker, Option, Widget
from web.pages.case import posted_key
from web.pages.front import files_for_self, openable, opening_units
from web.pages.receipt_kept import parting_page, still_seen
from web.shell import Shell, Visit
from web.views.openness import always_seen, levels_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed so far, and why it was refused if it was."""

    key: str
    unit: str = ""
    session: str | None = None
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    refusal: BanjieError | None = None
    people: PeopleTyped | None = None

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """What was wrong with single fields."""
        return self.refusal.fields if isinstance(self.refusal, FormInvalid) else ()


def new_case_pages(shell: Shell) -> APIRouter:
    """Return the addresses of new cases."""
    router = APIRouter(include_in_schema=False)
    cabinet = Cabinet(shell.edge.desk)

    @router.get("/cases/new/{workflow}")
    def form(request: Request, workflow: str) -> Response:
        visit = shell.visit(request)
        return _page(shell, visit, workflow, Typed(key=secrets.token_urlsafe(16)))

    @router.post("/cases/new/{workflow}")
    async def open_case(request: Request, workflow: str) -> Response:
        visit = await shell.visiting(request)
        posted = await uploads_of(request, cabinet, (visit.known.root, visit.known.actor))
        command, people = await run_in_threadpool(_command, shell, visit, workflow, posted.fields)
        if people.only_find or people.problems:
            looked_up = Typed(
                key=command.key,
                unit=command.unit,
                session=command.congress_session or "",
                values=command.form,
                refusal=FormInvalid(people.problems) if people.problems else None,
                people=people,
            )
            return await run_in_threadpool(_page, shell, visit, workflow, looked_up)
        try:
            demand_files(posted)
            done = await shell.edge.ask(command)
        except BanjieError as refusal:
            typed = Typed(
                key=command.key,
                unit=command.unit,
                session=command.congress_session or "",
                values=command.form,
                refusal=refusal,
            )
            return await run_in_threadpool(_page, shell, visit, workflow, typed)
        if not await run_in_threadpool(still_seen, shell, visit, done.outcome.case):
            return await run_in_threadpool(parting_page, shell, visit, done.outcome)
        return RedirectResponse(f"/cases/{done.outcome.case}?done=open&seq={done.outcome.seq}", status_code=303)

    return router


def _command(shell: Shell, visit: Visit, workflow: str, posted: dict[str, list[str]]) -> tuple[OpenCase, PeopleTyped]:
    world, asker = shell.world(visit), visit.known
    session, unit = posted.get("session", [""])[0], UnitId(posted.get("unit", [""])[0])
    definition = _definition(world, workflow, session)
    asked = definition.workflow.opening
    persons = shell.edge.desk.reads.all_persons(asker.root) if asks_for_people(definition, asked) else ()
    people = people_typed(definition, asked, posted, persons, world.surroundings)
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
    people = typed.people
    choices = Choices(
        surroundings=world.surroundings,
        persons=shell.edge.desk.reads.all_persons(visit.known.root),
        typed={} if people is None else people.left,
        candidates={} if people is None else people.candidates,
        files=names_in(Cabinet(shell.edge.desk), (visit.known.root, visit.known.actor), definition, [typed.values]),
    )
    asked = _asked(definition, visit, world, allowed)
    maker = FormMaker(words=words, definition=definition, choices=choices)
    response = shell.page(
        visit,
        "new_case.html",
        section="cases",
        status=200 if typed.refusal is None else status_of(typed.refusal),
        title=words.t("new_title", title=words.say(definition.workflow.title.text)),
        purpose=words.say(definition.workflow.purpose.text),
        address=f"/cases/new/{workflow}",
        others=[
            (f"/cases/new/{part.name}", words.say(part.title.text))
            for part in openable(world, visit.known.actor)
            if part.name != workflow
        ],
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
        widgets=_without_anonymous(
            maker.widgets(asked, {**_initial(definition), **typed.values}, typed.problems), definition
        ),
        levels=levels_seen(definition, words, anonymous=False),
        always=always_seen(definition, words),
        has_anonymous=bool(definition.anonymous_codes),
        message=None if typed.refusal is None else message_of(typed.refusal, definition, words),
        message_source=None if typed.refusal is None else source_of(typed.refusal, words.language),
    )
    if typed.refusal is not None:
        response.headers.update(headers_of(typed.refusal))
    return response


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
