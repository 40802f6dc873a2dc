"""The page of a poll: what is asked, how many have answered, and the form by which one answers once and for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from engine.case.identity import CaseId
from engine.errors import BanjieError, FormInvalid, InputRefused
from engine.service.polls import Poll, PollDesk, Standing
from engine.service.queries import CaseView
from engine.text import Text
from web.pages.account import first
from web.routing import Pages
from web.shell import Shell, Visit

PREFIX = "a."
"""Before the key of a question, as the name of its control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """One question: its place, the name of its control, what was chosen so far, and what is wrong with it."""

    number: int
    name: str
    title: str
    chosen: str
    problem: str


def poll_pages(shell: Shell) -> Pages:
    """Return the addresses of polls."""
    router = Pages()

    @router.get("/cases/{case_id}/polls/{name}")
    def show(request: Request, case_id: str, name: str) -> Response:
        visit = shell.visit(request)
        return _page(shell, visit, _view(shell, visit, case_id), name)

    @router.post("/cases/{case_id}/polls/{name}")
    async def cast(request: Request, case_id: str, name: str) -> Response:
        visit = await shell.visiting(request)
        posted = await read_form(request)

        def act() -> Response:
            view = _view(shell, visit, case_id)
            answers = {
                key.removeprefix(PREFIX): values[0]
                for key, values in posted.items()
                if key.startswith(PREFIX) and values[0]
            }
            try:
                if first(posted, "sure") != "yes":
                    raise InputRefused(Text("请先勾选“我已核对”", "Tick that you have checked it first"))
                PollDesk.at(shell.edge.desk, visit.known.actor).cast(view.case, view.definition, name, answers)
            except (FormInvalid, InputRefused) as error:
                return _page(shell, visit, view, name, answers, error)
            return RedirectResponse(f"/cases/{case_id}/polls/{name}?done=cast", status_code=303)

        return await run_in_threadpool(act)

    return router


def _view(shell: Shell, visit: Visit, case_id: str) -> CaseView:
    known = visit.known
    return shell.edge.desk.queries.case(known.root, CaseId(case_id), known.actor, shell.world(visit))


def _page(
    shell: Shell,
    visit: Visit,
    view: CaseView,
    name: str,
    answers: Mapping[str, str] | None = None,
    error: BanjieError | None = None,
) -> Response:
    words = visit.words
    poll = PollDesk.at(shell.edge.desk, visit.known.actor).poll(view.case, view.definition, name)
    problems: dict[str, str] = {}
    for problem in error.fields if isinstance(error, FormInvalid) else ():
        problems.setdefault(problem.path, words.say(problem.text))
    asked = {question.key for question in poll.questions}
    others = [text for path, text in problems.items() if path not in asked]
    refusal = None if error is None else words.listed(others) if others else words.say(error.text)
    return shell.page(
        visit,
        "poll.html",
        section="cases",
        status=200 if error is None else status_of(error),
        title=words.say(poll.part.title.text),
        note="" if poll.part.note is None else words.say(poll.part.note.text),
        subject=str(view.fields.get(view.definition.workflow.subject_field) or view.case.id),
        address=f"/cases/{view.case.id}",
        here=f"/cases/{view.case.id}/polls/{name}",
        is_open=poll.standing is not Standing.CLOSED,
        waits=poll.standing is Standing.WAITING,
        counts=words.t("poll_counts", electors=poll.electors, returned=poll.returned),
        told=_told(visit, poll),
        every=poll.part.every,
        questions=_questions(visit, poll, answers or {}, problems),
        choices=[(key, words.say(label.text)) for key, label in poll.part.choices.items()],
        refusal=refusal,
    )


def _told(visit: Visit, poll: Poll) -> str:
    """Return what whoever has nothing to fill in is told instead."""
    if poll.standing is Standing.ANSWERED and visit.request.query_params.get("done") == "cast":
        return visit.words.t("poll_cast_done")
    return "" if poll.standing is Standing.WAITING else visit.words.t(f"poll_{poll.standing}")


def _questions(
    visit: Visit, poll: Poll, answers: Mapping[str, str], problems: Mapping[str, str]
) -> Sequence[QuestionView]:
    return [
        QuestionView(
            number=number,
            name=f"{PREFIX}{question.key}",
            title=visit.words.say(question.title),
            chosen=answers.get(question.key, ""),
            problem=problems.get(question.key, ""),
        )
        for number, question in enumerate(poll.questions, start=1)
    ]
