"""Work in the background for those who look after the installation: what waits, runs, failed and why; run one again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.edge import Edge
from api.incoming import read_key
from api.limits import INTEGER_MAX, PAGE_LINES, PAGE_LINES_MAX
from api.rendering import job_json
from api.routing import api_router
from engine.access.operators import demand_operator
from engine.errors import InputRefused
from engine.service.jobs import JobNumber, JobState
from engine.text import Text


def jobs_routes(edge: Edge) -> APIRouter:
    """Return the routes of background jobs."""
    router = api_router("jobs")

    @router.get("/jobs")
    def list_jobs(
        request: Request,
        state: Annotated[str | None, Query(max_length=20)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_LINES_MAX)] = PAGE_LINES,
    ) -> JSONResponse:
        """Return jobs, failed first, then running, waiting, done and cancelled, and how many there are of each."""
        asker = edge.identities.in_thread(request)
        demand_operator(asker.actor, asker.root)
        jobs = edge.running_jobs()
        listed = jobs.listed(None if state is None else state_from(state), limit=limit)
        counts = jobs.counts()
        return JSONResponse(
            {
                "counts": {str(each): counts.get(each, 0) for each in JobState},
                "jobs": [job_json(job) for job in listed],
            }
        )

    @router.post("/jobs/{number}/run")
    async def run(request: Request, number: Annotated[int, Path(ge=1, le=INTEGER_MAX)]) -> JSONResponse:
        """Let a job that is over run again, or one that waits run now."""
        asker = await edge.identities.of(request)
        read_key(request)
        demand_operator(asker.actor, asker.root)
        await run_in_threadpool(edge.running_jobs().re_run, JobNumber(number))
        return JSONResponse({"number": number, "state": str(JobState.WAITING)})

    return router


def state_from(text: str) -> JobState:
    """Return the state of this name; raises InputRefused."""
    if text not in tuple(JobState):
        names = "、".join(JobState)
        raise InputRefused(Text(f"state 只能是 {names}", f"state is one of {names}"), parameter="state")
    return JobState(text)
