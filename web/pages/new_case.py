"""A new case: the form of its workflow's opening."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import headers_of, status_of
from engine.case.commands import OpenCase
from engine.case.identity import SessionId, UnitId
from engine.definition.compiled import Definition
from engine.errors import BanjieError, FieldProblem, FormInvalid
from engine.service.world import World
from web.forms.filled import filled
from web.forms.moves import message_of, source_of
from web.forms.widgets import Choices, FormMaker, Option
from web.pages.case import posted_key
from web.pages.front import openable, opening_units
from web.shell import Shell, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed so far, and why it was refused if it was."""

    key: str
    unit: str = ""
    session: str | None = None
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    refusal: BanjieError | None = None

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """What was wrong with single fields."""
        return self.refusal.fields if isinstance(self.refusal, FormInvalid) else ()


def new_case_pages(shell: Shell) -> APIRouter:
    """Return the addresses of new cases."""
    router = APIRouter(include_in_schema=False)

    @router.get("/cases/new/{workflow}")
    def form(request: Request, workflow: str) -> Response:
        visit = shell.visit(request)
        return _page(shell, visit, workflow, Typed(key=secrets.token_urlsafe(16)))

    @router.post("/cases/new/{workflow}")
    async def open_case(request: Request, workflow: str) -> Response:
        visit = await shell.visiting(request)
        posted = await read_form(request)
        command = await run_in_threadpool(_command, shell, visit, workflow, posted)
        try:
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
        return RedirectResponse(f"/cases/{done.outcome.case}?done=open", status_code=303)

    return router


def _command(shell: Shell, visit: Visit, workflow: str, posted: dict[str, list[str]]) -> OpenCase:
    world = shell.world(visit)
    session = posted.get("session", [""])[0]
    definition = _definition(world, workflow, session)
    return OpenCase(
        root=visit.known.root,
        actor=visit.known.actor,
        key=posted_key(posted),
        workflow=workflow,
        unit=UnitId(posted.get("unit", [""])[0]),
        congress_session=SessionId(session) if session else None,
        form=filled(definition, definition.workflow.opening, posted),
    )


def _page(shell: Shell, visit: Visit, workflow: str, typed: Typed) -> Response:
    world, words = shell.world(visit), visit.words
    session = _newest_session(world) if typed.session is None else typed.session
    definition = _definition(world, workflow, session)
    allowed = set(opening_units(definition.workflow, world, visit.known.actor))
    choices = Choices(surroundings=world.surroundings, persons=shell.edge.desk.reads.all_persons(visit.known.root))
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
        widgets=maker.widgets(definition.workflow.opening, {**_initial(definition), **typed.values}, typed.problems),
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


def _initial(definition: Definition) -> dict[str, JsonValue]:
    """Return what the fields of the form are if nobody says otherwise."""
    fields = definition.workflow.fields
    return {name: fields[name].initial for name in definition.workflow.opening if fields[name].initial is not None}


def _newest_session(world: World) -> str:
    sessions = world.surroundings.sessions.values()
    return max(sessions, key=lambda each: (each.term, each.meeting)).id if sessions else ""
