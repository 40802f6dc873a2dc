"""``banjie jobs`` and ``banjie work``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from engine.service.jobs import JobState
from runtime.clock import SetClock
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import JobFailed, Registry, Report
from runtime.jobs.worker import Worker
from tests.support.command_line import PROJECT, CommandLine

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
WAIT_SECONDS = 60


@pytest.fixture
def jobs(house: CommandLine) -> Iterator[LeasedJobs]:
    """The jobs of a house: number 1 has failed, 2 has delivered seven, 3 waits."""
    clock = SetClock(NOON)
    opened = LeasedJobs.open(house.database, clock)

    def deliver(subject: str) -> Report:
        if subject == "wecom":
            raise JobFailed("errcode 93000", permanent=True)
        return Report(done=7)

    opened.schedule("deliver", "wecom")
    opened.schedule("deliver", "email")
    Worker(opened, Registry(handlers={"deliver": deliver}), clock).run_due()
    opened.schedule("unheard-of")
    yield opened
    opened.close()


@pytest.mark.usefixtures("jobs")
def test_jobs_are_listed_with_state_and_reason(house: CommandLine) -> None:
    head, _rule, failed, waiting, done = house.must("jobs").splitlines()
    assert head.split() == ["编号", "种类", "对象", "状态", "应执行时间", "尝试次数", "已处理", "失败原因"]
    assert failed.split() == ["1", "deliver", "wecom", "失败", "2026-03-02", "12:00:00", "1", "0", "errcode", "93000"]
    assert waiting.split() == ["3", "unheard-of", "待执行", "2026-03-02", "12:00:00", "0", "0"]
    assert done.split() == ["2", "deliver", "email", "已完成", "2026-03-02", "12:00:00", "0", "7"]


def test_jobs_are_listed_as_json(house: CommandLine, jobs: LeasedJobs) -> None:
    (failed,) = jobs.listed(JobState.FAILED)
    answered = house.run("jobs", "--json", "--state", "failed").json
    assert answered == {
        "counts": {"waiting": 1, "running": 0, "failed": 1, "done": 1, "cancelled": 0},
        "jobs": [
            {
                "number": 1,
                "kind": "deliver",
                "subject": "wecom",
                "state": "failed",
                "due_at": "2026-03-02T04:00:00.000000Z",
                "attempts": 1,
                "done": 0,
                "reason": "errcode 93000",
                "worker": failed.worker,
                "started_at": "2026-03-02T04:00:00.000000Z",
                "ended_at": "2026-03-02T04:00:00.000000Z",
            }
        ],
    }


def test_a_failed_job_is_run_again_and_a_waiting_one_cancelled(house: CommandLine, jobs: LeasedJobs) -> None:
    assert house.must("jobs", "rerun", "1") == "任务 1 将立即重新执行\n"
    assert house.must("jobs", "cancel", "3") == "任务 3 已取消\n"
    assert {job.number: job.state for job in jobs.listed()} == {
        1: JobState.WAITING,
        2: JobState.DONE,
        3: JobState.CANCELLED,
    }


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("change", ["rerun", "cancel"])
def test_a_number_that_is_no_job_is_refused(house: CommandLine, change: str) -> None:
    answered = house.run("jobs", change, "99")
    assert answered.code == 1
    assert "99" in answered.err
    assert house.run("jobs", change, "0").code == 2


def test_without_jobs_and_without_a_database_that_is_said(house: CommandLine, banjie: CommandLine) -> None:
    assert house.must("jobs") == "没有任务\n"
    answered = banjie.run("jobs")
    assert (answered.code, answered.out) == (1, "")


@contextmanager
def at_work(banjie: CommandLine) -> Iterator[subprocess.Popen[str]]:
    """Start ``banjie work`` and wait until it has said everything."""
    with banjie.start("work") as process:
        try:
            assert process.stdout is not None
            told = process.stdout.readline() + process.stdout.readline()
            assert "任务执行进程已启动" in told, process.communicate(timeout=WAIT_SECONDS)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_worker_ends_in_good_order_and_says_nothing_more(house: CommandLine, by: signal.Signals, code: int) -> None:
    with at_work(house) as process:
        process.send_signal(by)
        out, err = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode, out, err) == (code, "", "")


def test_jobs_are_seen_beside_a_worker(house: CommandLine, jobs: LeasedJobs) -> None:
    with at_work(house):
        seen = json.loads(house.must("jobs", "--json"))["jobs"]
    assert [job["state"] for job in seen if job["kind"] == "unheard-of"] == ["waiting"]
    # No build has a handler for it: it is left alone.
    assert "unheard-of" in [job.kind for job in jobs.listed(JobState.WAITING)]


def test_help_loads_neither_the_jobs_nor_a_database_library() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from runtime.cli.main import app\n"
        "for arguments in (['--help'], ['work', '--help'], ['jobs', '--help']):\n"
        "    assert CliRunner().invoke(app, arguments).exit_code == 0\n"
        "print(sorted({'sqlalchemy', 'psycopg', 'dbos', 'runtime.jobs.leases'} & sys.modules.keys()))"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True, text=True, capture_output=True)
    assert told.stdout == "[]\n"
