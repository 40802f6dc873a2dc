"""``banjie jobs``: what runs in the background, what failed and why; let a job run again, or take it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.text import Text
from runtime.cli.options import AsJson
from runtime.cli.run import Run, clock_for, refuse_missing, the_run

if TYPE_CHECKING:
    from engine.service.jobs import Job, Jobs

LISTED = 50
LISTED_LAST = 200
NUMBER_LAST: Final = 2**53

commands = typer.Typer(
    invoke_without_command=True,
    help="后台任务：列出、重新执行、取消 · Jobs in the background: list, run again, cancel.",
)


class Shown(StrEnum):
    """The states one may ask for; the same words as ``JobState``, which is not imported to read ``--help``."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"
    CANCELLED = "cancelled"


_HEAD: Final = (
    Text("编号", "No."),
    Text("种类", "Kind"),
    Text("对象", "Subject"),
    Text("状态", "State"),
    Text("应执行时间", "Due"),
    Text("尝试次数", "Attempts"),
    Text("已处理", "Done"),
    Text("失败原因", "Reason"),
)
_RIGHT: Final = (0, 5, 6)

Number = Annotated[int, typer.Argument(metavar="ID", min=1, max=NUMBER_LAST, help="任务编号 · number of the job")]


@commands.callback()
def list_jobs(
    context: typer.Context,
    state: Annotated[Shown | None, typer.Option(help="只列这一状态 · only those in this state")] = None,
    limit: Annotated[int, typer.Option(min=1, max=LISTED_LAST, help="最多列出几项 · how many at most")] = LISTED,
    as_json: AsJson = False,
) -> None:
    """后台任务：列出、重新执行、取消 · Jobs in the background: list, run again, cancel."""
    if context.invoked_subcommand is not None:
        return
    from engine.service.jobs import JobState

    run = the_run(context)
    with _jobs(run) as jobs:
        listed = jobs.listed(None if state is None else JobState(state), limit=limit)
        counts = jobs.counts()
    if as_json:
        from api.rendering import job_json

        counted = {each: counts.get(JobState(each), 0) for each in Shown}
        run.terminal.json({"counts": counted, "jobs": [job_json(job) for job in listed]})
    elif not listed:
        run.terminal.say(Text("没有任务", "There are no jobs"))
    else:
        run.terminal.table(_HEAD, [_row(run, job) for job in listed], right=_RIGHT)


@commands.command("rerun")
def rerun(context: typer.Context, number: Number) -> None:
    """重新执行已结束的任务，或立即执行待执行的任务 · Run a job again that is over, or one that waits now."""
    from engine.service.jobs import JobNumber

    run = the_run(context)
    with _jobs(run) as jobs:
        jobs.re_run(JobNumber(number))
    run.terminal.say(Text(f"任务 {number} 将立即重新执行", f"Job {number} will run again now"))


@commands.command("cancel")
def cancel(context: typer.Context, number: Number) -> None:
    """取消任务；执行中的任务完成本批后不再继续 · Take a job back; one that is running ends its batch first."""
    from engine.service.jobs import JobNumber

    run = the_run(context)
    with _jobs(run) as jobs:
        jobs.cancel(JobNumber(number))
    run.terminal.say(Text(f"任务 {number} 已取消", f"Job {number} is cancelled"))


@contextmanager
def _jobs(run: Run) -> Iterator[Jobs]:
    from runtime.jobs.leases import LeasedJobs

    settings = run.settings()
    refuse_missing(settings.sqlite_path)
    jobs = LeasedJobs.open(settings.database_url, clock_for(settings))
    try:
        yield jobs
    finally:
        jobs.close()


def _row(run: Run, job: Job) -> Sequence[str]:
    from engine.calendar.term import SHANGHAI
    from engine.service.jobs import STATE_TITLES

    return (
        str(job.number),
        job.kind,
        job.subject,
        run.terminal.read(STATE_TITLES[job.state]),
        f"{job.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        str(job.attempts),
        str(job.done),
        job.reason or "",
    )
