"""Doing from the list what asks for nothing to be filled in: one case by its button, several after a look at each."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import BATCH_COMMANDS_MAX
from api.problems import headers_of, status_of
from engine.access.readers import principals_of
from engine.case.case import Case
from engine.case.commands import FireTransition
from engine.case.events import Step
from engine.case.identity import CaseId
from engine.errors import BanjieError, CaseNotFound
from engine.service.execute import Done
from engine.service.rehearsal import rehearse
from web.forms.drafting import resumed, sent, stamp_for
from web.forms.moves import message_of, source_of
from web.pages.case import VERSION_DIGITS_MAX, posted_key
from web.pages.mine import list_page
from web.routing import Pages
from web.shell import Shell, Visit

FORM: Final = "/mine/do"
Answer = Done | Step | BanjieError


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneRow:
    """One case: what would be done, or was, or why not. ``key`` names case and move, as the list sends them."""

    key: str
    case_id: str
    address: str | None
    number: str
    subject: str
    version: int | None
    is_done: bool
    refusal: str | None
    source: str | None


def mine_doing_pages(shell: Shell) -> Pages:
    """Return the address to which the list sends what is to be done."""
    router = Pages()

    @router.get(FORM)
    def go_on(request: Request) -> Response:
        """Show again what was chosen when a session ended; nothing is done but by the form."""
        visit = shell.visit(request)
        found = resumed(shell, visit, FORM)
        move = "" if found is None else found.typed(["move"])["move"]
        chosen = [] if found is None else _named(found.fields, move)
        if found is None or not chosen:
            return RedirectResponse("/mine", status_code=303)
        commands = _commands(visit, chosen, found.fields)
        answers = rehearse(shell.edge.desk, visit.known.root, commands)
        return _page(shell, visit, move, commands, answers, is_preview=True, note=found.note)

    @router.post(FORM)
    async def do(request: Request) -> Response:
        """Make the one move that the address names; else show what the chosen one comes to, and once confirmed do it.

        Only a button names one in the address: of a form that is sent once, the browser leaves out what its button
        says.
        """
        visit = await shell.visiting(request)
        posted = await read_form(request)
        one = request.query_params.get("one")
        if one is not None:
            return await _one(shell, visit, one, posted)
        move = posted.get("move", [""])[0]
        commands = await run_in_threadpool(_commands, visit, _named(posted, move), posted)
        answers: Sequence[Answer]
        if "confirmed" in posted:
            answers = await asyncio.gather(*(_answer(shell, command) for command in commands))
            await run_in_threadpool(sent, shell, visit, FORM)
        else:
            answers = await run_in_threadpool(rehearse, shell.edge.desk, visit.known.root, commands)
        refused = [(answer, command.case) for command, answer in zip(commands, answers, strict=True)
                   if isinstance(answer, BanjieError)]  # fmt: skip
        is_preview = "confirmed" not in posted
        response = await run_in_threadpool(_page, shell, visit, move, commands, answers, is_preview)
        response.background = shell.edge.denials.among(request, refused)
        return response

    return router


async def _one(shell: Shell, visit: Visit, one: str, posted: Mapping[str, list[str]]) -> Response:
    case_id, _, move = one.partition(".")
    (command,) = await run_in_threadpool(_commands, visit, [(CaseId(case_id), move)], posted)
    answer = await _answer(shell, command)
    if isinstance(answer, Done):
        return RedirectResponse(f"/mine?did={case_id}.{move}", status_code=303)
    if isinstance(answer, CaseNotFound):
        raise answer
    message, source = await run_in_threadpool(_told, shell, visit, command, answer)
    response = await run_in_threadpool(
        lambda: list_page(shell, visit, refusal=(message, source), status=status_of(answer))
    )
    response.headers.update(headers_of(answer))
    response.background = shell.edge.denials.of(visit.request, answer)
    return response


async def _answer(shell: Shell, command: FireTransition) -> Done | BanjieError:
    try:
        return await shell.edge.ask(command)
    except BanjieError as refusal:
        return refusal


def _named(posted: Mapping[str, list[str]], move: str) -> list[tuple[CaseId, str]]:
    """Return the cases that were ticked and have this move; a line stands for a case and its part, each by itself."""
    keys = (key for line in posted.get("case", [])[:BATCH_COMMANDS_MAX] for key in line.split(" "))
    pairs = (key.partition(".") for key in keys)
    return list(dict.fromkeys((CaseId(case), name) for case, _, name in pairs if name == move))[:BATCH_COMMANDS_MAX]


def _commands(
    visit: Visit, wanted: Sequence[tuple[CaseId, str]], posted: Mapping[str, list[str]]
) -> list[FireTransition]:
    asker, key = visit.known, posted_key(posted)
    return [
        FireTransition(
            root=asker.root,
            actor=asker.actor,
            key=f"{key}:{case}",
            case=case,
            transition=move,
            form={},
            expected_version=_version(posted.get(f"version.{case}", [""])[0]),
        )
        for case, move in wanted
    ]


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= VERSION_DIGITS_MAX else None


def _page(
    shell: Shell,
    visit: Visit,
    move: str,
    commands: Sequence[FireTransition],
    answers: Sequence[Answer],
    is_preview: bool,
    note: str | None = None,
) -> Response:
    """Return the page of several cases: before it is done with what is ready, afterwards with what became of each."""
    world, words, asker = shell.world(visit), visit.words, visit.known
    ids = [command.case for command in commands]
    principals = principals_of(asker.actor)
    seen = {case.id: case for case in shell.edge.desk.reads.visible_cases(asker.root, ids, principals)}
    rows = [
        _row(shell, visit, command, answer, seen.get(command.case))
        for command, answer in zip(commands, answers, strict=True)
    ]
    title = next(
        (
            words.say(part.title.text)
            for case in seen.values()
            if (part := world.rules.newest(case.workflow).transitions.get(move)) is not None
        ),
        "",
    )
    return shell.page(
        visit,
        "mine_do.html",
        section="mine",
        title=title,
        move=move,
        rows=rows,
        ready=[row for row in rows if row.refusal is None],
        refused=[row for row in rows if row.refusal is not None],
        is_preview=is_preview,
        note=note,
        draft_of=stamp_for(shell, visit, FORM),
        key=secrets.token_urlsafe(16),
    )


def _row(shell: Shell, visit: Visit, command: FireTransition, answer: Answer, case: Case | None) -> DoneRow:
    words = visit.words
    refusal = source = None
    if isinstance(answer, BanjieError) or case is None:
        wrong = answer if isinstance(answer, BanjieError) else CaseNotFound()
        refusal, source = _told(shell, visit, command, wrong if case is not None else CaseNotFound())
    number = subject = None
    if case is not None:
        workflow = shell.world(visit).rules.pinned(case.pins.definition, case.pins.lists).workflow
        number = next((str(value) for name in workflow.number_fields if (value := case.data.get(name))), None)
        subject = case.data.get(workflow.subject_field)
    return DoneRow(
        key=f"{command.case}.{command.transition}",
        case_id=command.case,
        address=None if case is None else f"/cases/{case.id}",
        number=number or words.t("no_number"),
        subject=str(subject or words.t("no_subject")),
        version=None if case is None else case.version,
        is_done=isinstance(answer, Done),
        refusal=refusal,
        source=source,
    )


def _told(shell: Shell, visit: Visit, command: FireTransition, refusal: BanjieError) -> tuple[str, str | None]:
    """Return what a refusal says, fields by their titles where the case may be seen, and its source."""
    words, asker = visit.words, visit.known
    case = shell.edge.desk.reads.case(asker.root, command.case, principals_of(asker.actor))
    source = source_of(refusal, words.language)
    if case is None:
        return words.say(refusal.text), source
    definition = shell.world(visit).rules.pinned(case.pins.definition, case.pins.lists)
    return message_of(refusal, definition, words), source
