"""Background jobs for those who look after the installation: what waits, runs, failed and why; run one again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.limits import INTEGER_MAX, PAGE_LINES_MAX
from engine.access.operators import demand_operator
from engine.errors import NotFound
from engine.service.jobs import STATE_TITLES, Job, JobNumber, JobState, kind_title
from engine.text import Text
from web.routing import Pages
from web.shell import Shell, Visit
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job of the list; ``run`` says what its button does, None while it runs."""

    number: int
    title: str
    name: str
    state: str
    tone: str
    due: str
    attempts: int
    done: int
    reason: str
    run: str | None


def jobs_pages(shell: Shell) -> Pages:
    """Return the addresses of background jobs."""
    router = Pages()

    @router.get("/jobs")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        demand_operator(visit.known.actor, visit.known.root)
        jobs = shell.edge.running_jobs()
        state = _state(request.query_params.get("state", ""))
        listed, counts = jobs.listed(state, limit=PAGE_LINES_MAX), jobs.counts()
        words = visit.words
        return shell.page(
            visit,
            "jobs.html",
            section="jobs",
            rows=[_row(job, words) for job in listed],
            cut=PAGE_LINES_MAX if len(listed) == PAGE_LINES_MAX else None,
            state="" if state is None else str(state),
            states=[(str(each), words.say(STATE_TITLES[each]), counts.get(each, 0)) for each in _order()],
            done=_done(visit),
        )

    @router.post("/jobs/{number}/run")
    async def run(request: Request, number: str) -> Response:
        visit = await shell.visiting(request)
        demand_operator(visit.known.actor, visit.known.root)
        posted = await read_form(request)
        await run_in_threadpool(shell.edge.running_jobs().re_run, _number(number))
        state = _state(posted.get("state", [""])[0])
        kept = "" if state is None else f"state={state}&"
        return RedirectResponse(f"/jobs?{kept}done={number}", status_code=303)

    return router


def _order() -> Sequence[JobState]:
    return (JobState.FAILED, JobState.RUNNING, JobState.WAITING, JobState.DONE, JobState.CANCELLED)


def _state(text: str) -> JobState | None:
    return JobState(text) if text in tuple(JobState) else None


def _number(text: str) -> JobNumber:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(INTEGER_MAX)) and int(text) <= INTEGER_MAX):
        raise NotFound(Text("没有这个任务", "There is no such job"))
    return JobNumber(int(text))


def _done(visit: Visit) -> str | None:
    number = visit.request.query_params.get("done", "")
    return visit.words.t("job_will_run", number=number) if number.isascii() and number.isdigit() else None


def _row(job: Job, words: Words) -> JobRow:
    title = words.say(kind_title(job.kind))
    name = " ".join(part for part in (job.kind, job.subject) if part)
    tones = {JobState.FAILED: "late", JobState.DONE: "done", JobState.RUNNING: "soon"}
    run = words.t("job_run_now") if job.state is JobState.WAITING else words.t("job_run")
    return JobRow(
        number=job.number,
        title=title,
        name=name,
        state=words.say(STATE_TITLES[job.state]),
        tone=tones.get(job.state, ""),
        due=words.instant(job.due_at),
        attempts=job.attempts,
        done=job.done,
        reason=job.reason or "",
        run=None if job.state is JobState.RUNNING else run,
    )
