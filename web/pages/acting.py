"""Taking a measure of supervision on a selection of cases: the reason with a preview, then what became of each."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.incoming import read_form
from api.limits import BATCH_COMMANDS_MAX
from api.problems import headers_of, status_of
from engine.case.commands import FireTransition
from engine.case.identity import CaseId
from engine.definition.wording import source_words
from engine.errors import BanjieError, FieldProblem, FormInvalid
from engine.service.execute import Done
from engine.service.measures import Planned, asked_fields, commands, measure_called, measures_of, plan
from engine.service.world import World
from web.forms.filled import PREFIX, filled
from web.forms.moves import message_of, source_of
from web.forms.widgets import Choices, FormMaker, Widget
from web.pages.case import VERSION_DIGITS_MAX, posted_key
from web.pages.overdue import address, filter_of
from web.shell import Shell, Visit
from web.views.fields import format_of

Values = Mapping[str, JsonValue]
Answer = Done | BanjieError


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One case of the selection: what will be done, or why not."""

    case_id: str
    address: str | None
    number: str
    subject: str
    version: int | None
    what: tuple[str, ...]
    refusal: str | None
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """What became of one case."""

    row: PlannedRow
    is_done: bool
    text: str
    reason: str | None
    source: str | None


def acting_pages(shell: Shell) -> APIRouter:
    """Return the address at which a measure is prepared and taken."""
    router = APIRouter(include_in_schema=False)

    @router.get("/overdue/act")
    def prepare(request: Request) -> Response:
        visit = shell.visit(request)
        chosen = [CaseId(case) for case in request.query_params.getlist("case")[:BATCH_COMMANDS_MAX]]
        return _page(shell, visit, request.query_params.get("measure", ""), chosen)

    @router.post("/overdue/act")
    async def act(request: Request) -> Response:
        visit = await shell.visiting(request)
        posted = await read_form(request)
        measure = posted.get("measure", [""])[0]
        chosen = [CaseId(case) for case in posted.get("case", [])[:BATCH_COMMANDS_MAX]]
        planned, asked = await run_in_threadpool(_commands, shell, visit, measure, chosen, posted)
        answers = await asyncio.gather(*(_answer(shell, command) for command in asked))
        results = [(one, answer) for one, answer in zip(planned, answers, strict=True)]
        response = await run_in_threadpool(_page, shell, visit, measure, chosen, results, _typed(posted))
        refused = [(answer, one.id) for one, answer in results if isinstance(answer, BanjieError)]
        response.background = shell.edge.denials.among(request, refused)
        return response

    return router


async def _answer(shell: Shell, command: FireTransition) -> Answer:
    try:
        return await shell.edge.ask(command)
    except BanjieError as refusal:
        return refusal


def _commands(
    shell: Shell, visit: Visit, measure: str, chosen: Sequence[CaseId], posted: dict[str, list[str]]
) -> tuple[list[Planned], list[FireTransition]]:
    """Return the cases and their commands, also of those it is not offered for: the refusal is the engine's."""
    asker = visit.known
    measure = measure_called(shell.world(visit).rules, measure)
    planned = plan(shell.edge.desk, asker.root, asker.actor, measure, chosen)
    fields = asked_fields(planned, measure)
    form: dict[str, JsonValue] = {}
    for definition in {one.definition.hash: one.definition for one in planned if one.definition}.values():
        own: dict[str, Literal["required", "optional"]] = {
            name: "optional" for name, known in fields.items() if known is definition
        }
        form.update({name: value for name, value in filled(definition, own, posted).items() if name in own})
    return planned, commands(
        planned,
        measure,
        form,
        actor=asker.actor,
        root=asker.root,
        key=posted_key(posted),
        versions=dict(_versions(chosen, posted)),
    )


def _versions(chosen: Sequence[CaseId], posted: Mapping[str, list[str]]) -> Iterator[tuple[CaseId, int]]:
    for case in chosen:
        text = posted.get(f"version.{case}", [""])[0]
        if text.isascii() and text.isdigit() and len(text) <= VERSION_DIGITS_MAX:
            yield case, int(text)


def _typed(posted: Mapping[str, list[str]]) -> dict[str, JsonValue]:
    """Return what was typed, to be shown again."""
    return {
        name.removeprefix(PREFIX): list[JsonValue](values) if len(values) > 1 else values[0]
        for name, values in posted.items()
        if name.startswith(PREFIX) and values
    }


def _page(
    shell: Shell,
    visit: Visit,
    measure: str,
    chosen: Sequence[CaseId],
    results: Sequence[tuple[Planned, Answer]] = (),
    typed: Values | None = None,
) -> Response:
    """Return the page: the form over what can still be done, below what became of a measure that was taken."""
    words, asker = visit.words, visit.known
    world = shell.world(visit)
    measure = measure_called(world.rules, measure)
    left = chosen if not results else [one.id for one, answer in results if isinstance(answer, BanjieError)]
    planned = plan(shell.edge.desk, asker.root, asker.actor, measure, left)
    open_ones = [one for one in planned if one.refusal is None]
    refusals = [answer for _one, answer in results if isinstance(answer, BanjieError)]
    problems = next((refusal.fields for refusal in refusals if isinstance(refusal, FormInvalid)), ())
    asked, _ask = filter_of(shell, visit)
    title = words.say(measures_of(world.rules)[measure])
    response = shell.page(
        visit,
        "overdue_act.html",
        section="overdue",
        status=status_of(refusals[0]) if refusals and len(refusals) == len(results) else 200,
        title=title,
        measure=measure,
        rows=[_row(one, visit) for one in planned],
        open_count=len(open_ones),
        widgets=_widgets(shell, visit, world, open_ones, measure, typed or {}, problems),
        sources=_sources(open_ones, measure, visit),
        key=secrets.token_urlsafe(16),
        results=[_result(one, answer, visit) for one, answer in results],
        done_count=len(results) - len(refusals),
        refused_count=len(refusals),
        back=address(asked),
    )
    if refusals and len(refusals) == len(results):
        response.headers.update(headers_of(refusals[0]))
    return response


def _row(one: Planned, visit: Visit) -> PlannedRow:
    words = visit.words
    what = [words.t("act_will_open", title=words.say(title)) for title in one.opens]
    if one.tells:
        what.append(words.t("act_will_tell", roles=words.listed(words.say(title) for title in one.tells)))
    refusal = one.refusal
    return PlannedRow(
        case_id=one.id,
        address=None if one.case is None else f"/cases/{one.id}",
        number=one.number or words.t("no_number"),
        subject=one.subject or words.t("no_subject"),
        version=None if one.case is None else one.case.version,
        what=tuple(what) or (words.t("act_will_do"),),
        refusal=None if refusal is None else words.say(refusal.text),
        source=None if refusal is None else source_of(refusal, words.language),
    )


def _result(one: Planned, answer: Answer, visit: Visit) -> ResultRow:
    words, row = visit.words, _row(one, visit)
    if isinstance(answer, Done):
        text = words.t("act_repeated") if answer.repeated else words.t("act_done")
        return ResultRow(row=row, is_done=True, text=text, reason=None, source=None)
    told = words.say(answer.text) if one.definition is None else message_of(answer, one.definition, words)
    return ResultRow(
        row=row, is_done=False, text=words.t("act_refused"), reason=told, source=source_of(answer, words.language)
    )


def _widgets(
    shell: Shell,
    visit: Visit,
    world: World,
    planned: Sequence[Planned],
    measure: str,
    typed: Values,
    problems: Sequence[FieldProblem],
) -> list[Widget]:
    """Return one control for each field that the measure asks for, whichever definitions ask."""
    found: list[Widget] = []
    for name, definition in asked_fields(planned, measure).items():
        workflow = definition.workflow
        is_person = format_of(workflow.fields[name]) == "person"
        persons = shell.edge.desk.reads.all_persons(visit.known.root) if is_person else ()
        choices = Choices(surroundings=world.surroundings, persons=persons)
        maker = FormMaker(words=visit.words, definition=definition, choices=choices)
        need = workflow.transitions[measure].form[name]
        found += maker.widgets({name: need}, typed, [one for one in problems if one.path.partition(".")[0] == name])
    return found


def _sources(planned: Sequence[Planned], measure: str, visit: Visit) -> list[str]:
    """Return document and article of the measure, of each definition that names one."""
    found: dict[str, None] = {}
    for one in planned:
        if one.definition is not None:
            workflow = one.definition.workflow
            source = workflow.transitions[measure].source
            if source is not None:
                found[visit.words.say(source_words(source, workflow))] = None
    return list(found)
